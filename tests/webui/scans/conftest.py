"""Scans as the tests need them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from checker.assessment.verdict import assess
from checker.facts import DomainFacts, State, Vantage
from checker.names import parse_domain
from checker.report.build import build
from checker.scan import Scanned
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
