"""One scan in a worker, against the sandbox: what is published, and what becomes of it when something goes wrong."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from checker.facts import DomainFacts, ScanRequest
from checker.names import parse_domain
from checker.scan import Scanned
from webui.scans import services
from webui.scans.engine import Engine, EngineStopped, Running
from webui.scans.models import Scan
from webui.scans.runs import carry_out

# A worker closes its connection while it waits, and a test's own transaction would end with that.
pytestmark = pytest.mark.django_db(transaction=True)

HEALTHY = parse_domain("all-good.demo.test")
SLOW = parse_domain("slow.demo.test")


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """An engine with a sandbox whose slow server takes longer than any test waits."""
    settings.MAILSEAL_SANDBOX = True
    settings.MAILSEAL_SANDBOX_GREETING_S = 60.0
    engine = Engine()
    yield engine
    engine.stop()


def test_a_scan_from_claim_to_report(make_scan: Callable[..., Scan], engine: Engine) -> None:
    """The healthy demo domain ends in a finished report under the scan's own id."""
    scan = make_scan(domain=HEALTHY)
    carry_out(scan.pk, "worker 1", engine)
    scan.refresh_from_db()
    assert (scan.state, scan.attempts, scan.worker, scan.level) == ("finished", 1, "worker 1", "ready")
    assert (scan.report["id"], scan.report["state"], scan.report["domain"]) == (str(scan.pk), "complete", HEALTHY)
    assert scan.score == scan.report["verdict"]["score"]


def test_a_scan_that_is_held_is_let_alone(make_scan: Callable[..., Scan], engine: Engine) -> None:
    """A message that comes twice does no harm."""
    scan = make_scan(domain=HEALTHY)
    services.claim(scan.pk, "worker 1", timezone.now())
    carry_out(scan.pk, "worker 2", engine)
    scan.refresh_from_db()
    assert (scan.state, scan.attempts, scan.worker) == ("running", 1, "worker 1")


def test_snapshots_come_while_it_runs(engine: Engine) -> None:
    """What is known is handed over long before the slow server greets; cancelling ends the scan."""
    running = engine.start(ScanRequest(domain=SLOW), "an id")
    snapshot = running.newest(timeout=10)
    assert snapshot is not None
    assert (snapshot.report["state"], snapshot.report["id"]) == ("running", "an id")
    assert running.outcome.cancel()
    while running.newest(timeout=10):
        pass
    assert running.outcome.cancelled()


class Watched(Engine):
    """Says when a scan has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.has_begun = threading.Event()

    def start(self, request: ScanRequest, identity: str, past: Sequence[DomainFacts] = ()) -> Running:
        running = super().start(request, identity, past)
        self.has_begun.set()
        return running


def test_a_worker_that_stops_gives_its_scan_back(
    make_scan: Callable[..., Scan], settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Stopping doesn't wait for a slow server. The next sweep queues the scan, and this worker begins nothing more."""
    caplog.set_level(logging.INFO)
    settings.MAILSEAL_SANDBOX, settings.MAILSEAL_SANDBOX_GREETING_S = True, 60.0
    running, waiting = make_scan(domain=SLOW), make_scan(domain=SLOW)
    engine = Watched()
    stopper = threading.Thread(target=lambda: engine.has_begun.wait(10) and engine.stop())
    stopper.start()
    carry_out(running.pk, "worker 1", engine)
    stopper.join()
    running.refresh_from_db()
    assert f"scan {running.pk}: attempt 1 given back" in caplog.text
    assert running.lease_until is not None
    assert (running.state, running.lease_until <= timezone.now()) == ("running", True)
    carry_out(waiting.pk, "worker 1", engine)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == ("queued", 0)
    with pytest.raises(EngineStopped):
        engine.start(ScanRequest(domain=SLOW), "an id")


class Scripted(Engine):
    """An engine whose scans do what the test says instead of looking at anything."""

    def __init__(self, script: Callable[[Running], None]) -> None:
        super().__init__()
        self._script = script

    def start(self, request: ScanRequest, identity: str, past: Sequence[DomainFacts] = ()) -> Running:
        running = Running()
        self._script(running)
        return running


def test_a_failure_is_logged_without_its_words_and_given_back(
    make_scan: Callable[..., Scan], caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the scan, the error and the place, but never what the error says: a peer may have said it."""

    def fail(running: Running) -> None:
        running.outcome.set_exception(ExceptionGroup("said by a peer", [ValueError("said by a peer")]))

    scan = make_scan(domain=HEALTHY)
    carry_out(scan.pk, "worker 1", Scripted(fail))
    scan.refresh_from_db()
    assert scan.state == "running"
    assert scan.lease_until is not None
    assert scan.lease_until <= timezone.now()
    assert f"scan {scan.pk}: attempt 1 failed: ExceptionGroup" in caplog.text
    assert "ValueError" in caplog.text
    assert "said by a peer" not in caplog.text


def test_what_keeps_the_engine_from_opening_costs_an_attempt(
    make_scan: Callable[..., Scan], settings: Settings, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """Settings that can't be used don't hang the worker; once they can, the same engine opens."""
    usable, settings.NETWORK = settings.NETWORK, None
    first, second = make_scan(domain=HEALTHY), make_scan(domain=HEALTHY)
    carry_out(first.pk, "worker 1", engine)
    assert f"scan {first.pk}: attempt 1 failed" in caplog.text
    settings.NETWORK = usable
    carry_out(second.pk, "worker 1", engine)
    second.refresh_from_db()
    assert second.state == "finished"


@pytest.mark.parametrize("written", ["running", "finished"])
def test_a_database_that_is_away_is_waited_for(
    make_scan: Callable[..., Scan], scanned: Callable[..., Scanned], written: str
) -> None:
    """The message isn't used up, and the work not thrown away: what can't be written is written a moment later."""
    scan = make_scan(domain=HEALTHY)
    failures: list[str] = []

    def away_at_first(execute: Callable[..., Any], sql: str, values: Sequence[object], *rest: Any) -> Any:
        if sql.startswith("UPDATE") and values[0] == written and len(failures) < 2:
            failures.append(sql)
            raise OperationalError("connection refused")
        return execute(sql, values, *rest)

    with connection.execute_wrapper(away_at_first):
        carry_out(scan.pk, "worker 1", Scripted(lambda running: running.outcome.set_result(scanned(scan, "complete"))))
    scan.refresh_from_db()
    assert (scan.state, scan.attempts, len(failures)) == ("finished", 1, 2)


def test_a_scan_that_was_taken_away_is_stopped(
    make_scan: Callable[..., Scan], scanned: Callable[..., Scanned], broker: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that woke up too late notices at its next write, and stops probing."""
    caplog.set_level(logging.INFO)
    scan = make_scan(domain=HEALTHY)
    started: list[Running] = []

    def stall(running: Running) -> None:
        started.append(running)
        services.sweep(timezone.now() + timedelta(hours=1))
        running.show(scanned(scan))

    carry_out(scan.pk, "worker 1", Scripted(stall))
    scan.refresh_from_db()
    assert (scan.state, scan.report, broker.waiting()) == ("queued", None, [str(scan.pk)])
    assert started[0].outcome.cancelled()
    assert f"scan {scan.pk}: attempt 1 is no longer wanted" in caplog.text
