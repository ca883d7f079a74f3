"""Scans as the tests need them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from checker.assessment.verdict import assess
from checker.facts import DomainFacts, State, Vantage
from checker.names import parse_domain
from checker.report.build import build
from checker.scan import Scanned
from tests.report_examples import EXAMPLES
from webui.scans import services
from webui.scans.models import Scan

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def make_scan(db: None) -> Callable[..., Scan]:
    """Makes scans: queued at NOW, unless the fields say otherwise."""

    def make(**fields: object) -> Scan:
        plain = {"domain": "example.test", "depth": "verdict", "created_at": NOW, "queued_at": NOW}
        return Scan.objects.create(**plain | fields)

    return make


@pytest.fixture
def scan(make_scan: Callable[..., Scan]) -> Scan:
    """A queued scan."""
    return make_scan()


@pytest.fixture
def scanned() -> Callable[..., Scanned]:
    """Makes what the engine hands over for a scan. ``duration_ms`` tells several apart."""

    def make(scan: Scan, state: State = "running", duration_ms: int = 0) -> Scanned:
        facts = DomainFacts(
            domain=parse_domain(scan.domain),
            depth="verdict",
            started_at=NOW,
            duration_ms=duration_ms,
            state=state,
            vantage=Vantage(name="default", smtp="open", ipv4=True, ipv6=False, dnssec=None, helo="probe.test"),
        )
        verdict = None if state == "running" else assess(facts, (), NOW)
        return Scanned(facts, build(facts, verdict, str(scan.pk)))

    return make


@pytest.fixture
def finish(db: None, scanned: Callable[..., Scanned]) -> Callable[..., None]:
    """Finishes the only scan, so long after it was asked for."""

    def end(after: timedelta = timedelta()) -> None:
        scan = Scan.objects.get()
        lease = services.claim(scan.pk, "worker 1", scan.created_at)
        assert lease is not None
        assert services.finish(lease, scanned(scan, "complete"), scan.created_at + after)

    return end


@dataclass(frozen=True)
class RealDatabase:
    """A database for several threads and processes at once, which find it under ``url``."""

    url: str
    _thread: ThreadPoolExecutor

    def __call__[T](self, function: Callable[[], T]) -> T:
        """What the function gives, with this database."""
        return self._thread.submit(_closing, function).result()


def _closing[T](function: Callable[[], T]) -> T:
    try:
        return function()
    finally:
        connection.close()


@pytest.fixture
def real_database(tmp_path: Path, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealDatabase]:
    """Django's own for tests; where that is SQLite in memory, which has no waiting writers, a file."""
    with ThreadPoolExecutor(1) as thread:
        if connection.vendor != "sqlite":
            where = connection.settings_dict
            yield RealDatabase("postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(where), thread)
            return
        file = tmp_path / "db"
        monkeypatch.setitem(connections.settings["default"], "NAME", str(file))
        real = RealDatabase(f"sqlite:///{file}", thread)
        real(lambda: call_command("migrate", verbosity=0))
        yield real
        monkeypatch.undo()


@pytest.fixture
def make_old(db: None) -> Callable[[], None]:
    """Gives the only scan a report of days ago, with a server: its age in words stays the same while a test runs."""

    def change() -> None:
        began = timezone.now() - timedelta(days=2, hours=12)
        Scan.objects.update(report=EXAMPLES["ready"] | {"started_at": began.isoformat()})

    return change
