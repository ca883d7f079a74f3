"""A scan is judged with what earlier scans of the same domain saw, and with nothing else."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from checker.facts import DomainFacts, ScanRequest, from_json, to_json
from checker.names import DomainName, parse_domain
from checker.scan import Scanned
from webui.scans.engine import Engine, Running
from webui.scans.models import Scan
from webui.scans.queries import EARLIER_SCANS, earlier_facts
from webui.scans.runs import carry_out

from .conftest import NOW

DOMAIN = parse_domain("example.test")

type Finished = Callable[..., Scan]

# A worker closes its connection while it waits, and a test's own transaction would end with that.
beyond_a_transaction = pytest.mark.django_db(transaction=True)


@pytest.fixture
def finished(make_scan: Callable[..., Scan], scanned: Callable[..., Scanned]) -> Finished:
    """Makes finished scans. ``number`` tells their facts apart: it is the duration."""

    def make(number: int, domain: str = DOMAIN, at: datetime = NOW, **fields: object) -> Scan:
        scan = make_scan(domain=domain)
        facts = to_json(scanned(scan, "complete", number).facts)
        for name, value in ({"state": "finished", "facts": facts, "finished_at": at} | fields).items():
            setattr(scan, name, value)
        scan.save()
        return scan

    return make


def numbers(domain: DomainName = DOMAIN, before: datetime = NOW + timedelta(days=1)) -> list[int]:
    return [facts.duration_ms for facts in earlier_facts(domain, before)]


def test_the_newest_stands_first(finished: Finished) -> None:
    for number in (2, 3, 1):
        finished(number, at=NOW + timedelta(minutes=number))
    assert numbers() == [3, 2, 1]


def test_other_domains_are_not_its_past(finished: Finished) -> None:
    """Neither those above or below it, nor strangers."""
    for number, domain in enumerate(("other.test", "a.example.test", "test", DOMAIN)):
        finished(number, domain)
    assert numbers() == [3]


def test_what_is_not_over_is_not_its_past(finished: Finished) -> None:
    """A scan that runs, one that waits, and one that ended later."""
    finished(1, state="running", finished_at=None)
    finished(2, state="queued", finished_at=None)
    finished(3, at=NOW + timedelta(minutes=1))
    finished(4, at=NOW - timedelta(minutes=1))
    assert numbers(before=NOW) == [4]


def test_its_length_is_bounded(finished: Finished) -> None:
    for number in range(EARLIER_SCANS + 3):
        finished(number, at=NOW + timedelta(minutes=number))
    assert numbers() == list(range(EARLIER_SCANS + 2, 2, -1))


@pytest.mark.parametrize("facts", ["", "{", '{"version": 0}', "said by a peer"])
def test_what_cannot_be_read_is_left_out(finished: Finished, caplog: pytest.LogCaptureFixture, facts: str) -> None:
    """The log names the scan, and nothing of what it holds."""
    caplog.set_level(logging.WARNING)
    broken = finished(1, facts=facts)
    finished(2, at=NOW - timedelta(days=1))
    assert numbers() == [2]
    assert str(broken.pk) in caplog.text
    assert "said by a peer" not in caplog.text


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """An engine with a sandbox."""
    settings.MAILSEAL_SANDBOX = True
    engine = Engine()
    yield engine
    engine.stop()


@beyond_a_transaction
def test_a_policy_that_was_there_before_is_remembered(make_scan: Callable[..., Scan], engine: Engine) -> None:
    """From the stored facts of one scan to the report of the next: another policy under the id that is still there."""
    before, after = make_scan(domain="enforced.demo.test"), make_scan(domain="enforced.demo.test")
    carry_out(before.pk, "worker 1", engine)
    before.refresh_from_db()
    seen = from_json(before.facts)
    assert seen.mta_sts.policy is not None
    other = replace(seen.mta_sts.policy, mode="testing")
    before.facts = to_json(replace(seen, mta_sts=replace(seen.mta_sts, policy=other, lenient_policy=other)))
    before.save()
    carry_out(after.pk, "worker 1", engine)
    after.refresh_from_db()
    codes = [{finding["code"] for finding in scan.report["findings"]} for scan in (before, after)]
    assert ["mta-sts-id-reused" in found for found in codes] == [False, True]


class Listening(Engine):
    """An engine that notes the past it was given, and fails."""

    past: Sequence[DomainFacts] = ()

    def start(self, request: ScanRequest, identity: str, past: Sequence[DomainFacts] = ()) -> Running:
        self.past = past
        running = Running()
        running.outcome.set_exception(ValueError())
        return running


@beyond_a_transaction
def test_a_worker_hands_it_to_the_engine(make_scan: Callable[..., Scan], finished: Finished) -> None:
    """Also of a scan that is begun a second time: it never is its own past."""
    finished(7)
    finished(8, "other.test")
    scan, engine = make_scan(domain=DOMAIN), Listening()
    for worker in ("worker 1", "worker 2"):
        carry_out(scan.pk, worker, engine)
        assert [facts.duration_ms for facts in engine.past] == [7]
        engine.past = ()
        scan.refresh_from_db()
        Scan.objects.filter(pk=scan.pk).update(state="queued", lease_until=None)
