"""Who may write to a scan, and what becomes of one that nobody holds."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery.signals import worker_ready
from django.db import connection
from django.utils import timezone

from checker.facts import from_json
from webui.scans import services, tasks  # noqa: F401 - what a worker does when it starts, it does once it has tasks
from webui.scans.models import Scan
from webui.scans.services import Lease

from .conftest import NOW

PATIENCE = services.PATIENCE[Scan.Queue.INTERACTIVE]
SECOND = timedelta(seconds=1)


@pytest.fixture
def lease_time() -> timedelta:
    return services.lease_time()


@pytest.fixture
def held(scan: Scan) -> Lease:
    """A lease from NOW on."""
    lease = services.claim(scan.pk, "worker 1", NOW)
    assert lease is not None
    return lease


def row(lease: Lease) -> Scan:
    return Scan.objects.get(pk=lease.scan_id)


def test_a_claim_is_exclusive(scan: Scan, lease_time: timedelta) -> None:
    """Of two workers with the same message one wins, and the row says which and for how long."""
    first, second = services.claim(scan.pk, "worker 1", NOW), services.claim(scan.pk, "worker 2", NOW)
    assert (first, second) == (Lease(scan.pk, 1), None)
    scan.refresh_from_db()
    assert (scan.state, scan.worker, scan.attempts) == ("running", "worker 1", 1)
    assert scan.lease_until == NOW + lease_time


def test_nothing_to_claim(scan: Scan, held: Lease, scanned: Callable[..., Any]) -> None:
    """A scan that is deleted, held (also beyond its time: that is for the sweep), or finished."""
    assert services.claim(uuid4(), "worker 2", NOW) is None
    assert services.claim(scan.pk, "worker 2", NOW + timedelta(days=1)) is None
    services.finish(held, scanned(scan, "complete"), NOW)
    assert services.claim(scan.pk, "worker 2", NOW) is None


def test_the_holder_renews_publishes_and_finishes(
    scan: Scan, held: Lease, scanned: Callable[..., Any], lease_time: timedelta
) -> None:
    """Each snapshot replaces the one before and renews the lease; what is filtered by stands in columns of its own."""
    assert services.renew(held, NOW + SECOND)
    assert row(held).lease_until == NOW + SECOND + lease_time
    snapshot = scanned(scan, duration_ms=7)
    assert services.publish_snapshot(held, snapshot, NOW + 2 * SECOND)
    assert row(held).lease_until == NOW + 2 * SECOND + lease_time
    assert (row(held).report, from_json(row(held).facts)) == (snapshot.report, snapshot.facts)
    last = scanned(scan, "complete")
    assert services.finish(held, last, NOW + 3 * SECOND)
    finished = row(held)
    assert (finished.state, finished.finished_at, finished.lease_until) == ("finished", NOW + 3 * SECOND, None)
    assert (finished.report, from_json(finished.facts)) == (last.report, last.facts)
    assert (finished.level, finished.score) == (last.report["verdict"]["level"], last.report["verdict"]["score"])


def lost(lease: Lease, lease_time: timedelta) -> Lease:
    services.sweep(NOW + lease_time)
    return lease


def lost_and_held_by_another(lease: Lease, lease_time: timedelta) -> Lease:
    services.sweep(NOW + lease_time)
    # The same worker process may be the next to take it: its name alone must not let the earlier attempt in.
    assert services.claim(lease.scan_id, "worker 1", NOW + lease_time)
    return lease


def finished(lease: Lease, _: timedelta) -> Lease:
    Scan.objects.filter(pk=lease.scan_id).update(state="finished", report={"kept": True}, lease_until=None)
    return lease


def deleted(lease: Lease, _: timedelta) -> Lease:
    Scan.objects.filter(pk=lease.scan_id).delete()
    return lease


@pytest.mark.parametrize("loses", [lost, lost_and_held_by_another, finished, deleted])
def test_a_former_holder_changes_nothing(
    broker: Any,
    scan: Scan,
    held: Lease,
    scanned: Callable[..., Any],
    lease_time: timedelta,
    loses: Callable[[Lease, timedelta], Lease],
) -> None:
    """However the lease ended, nothing that comes later under it is written; a finished report never changes."""
    former = loses(held, lease_time)
    before = list(Scan.objects.values())
    assert not services.renew(former, NOW + timedelta(hours=1))
    assert not services.publish_snapshot(former, scanned(scan), NOW + timedelta(hours=1))
    assert not services.finish(former, scanned(scan, "complete"), NOW + timedelta(hours=1))
    services.give_back(former, NOW + timedelta(hours=1))
    assert list(Scan.objects.values()) == before


def test_the_sweep_leaves_alone_what_is_well(
    broker: Any, scan: Scan, held: Lease, make_scan: Callable[..., Scan], lease_time: timedelta
) -> None:
    """A lease in force, a message that was sent just now, and what is finished."""
    make_scan(queued_at=NOW + lease_time)
    make_scan(state="finished")
    before = list(Scan.objects.values())
    services.sweep(NOW + lease_time - SECOND)
    assert (list(Scan.objects.values()), broker.waiting()) == (before, [])


def test_the_sweep_queues_again_what_lost_its_worker(
    broker: Any, scan: Scan, held: Lease, scanned: Callable[..., Any], lease_time: timedelta
) -> None:
    """The last snapshot stays to be seen, the next worker's attempt counts one more, and one message is enough."""
    services.publish_snapshot(held, scanned(scan, duration_ms=7), NOW)
    services.sweep(NOW + lease_time)
    services.sweep(NOW + lease_time)
    assert (row(held).state, row(held).report["duration_ms"]) == ("queued", 7)
    assert broker.waiting() == [str(scan.pk)]
    assert services.claim(scan.pk, "worker 2", NOW + lease_time) == Lease(scan.pk, 2)


@pytest.mark.parametrize("attempts", [1, services.ATTEMPTS], ids=["to be queued again", "to be given up"])
def test_a_renewal_while_the_sweep_looks_counts(
    broker: Any, scan: Scan, held: Lease, lease_time: timedelta, attempts: int
) -> None:
    """A worker that was late, but came between the sweep's look and its write, keeps its scan."""
    Scan.objects.update(attempts=attempts)
    holder = Lease(scan.pk, attempts)
    renewals: list[bool] = []

    def renew_first(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and not renewals:
            renewals.append(True)
            renewals.append(services.renew(holder, NOW + lease_time))
        return execute(sql, *rest)

    with connection.execute_wrapper(renew_first):
        services.sweep(NOW + lease_time)
    assert renewals == [True, True]
    assert (row(held).state, row(held).lease_until, broker.waiting()) == ("running", NOW + 2 * lease_time, [])


def test_the_sweep_sends_a_lost_message_again(broker: Any, make_scan: Callable[..., Scan]) -> None:
    """Each queue has its patience, and the oldest go first."""
    newer, older = make_scan(), make_scan(queued_at=NOW - SECOND)
    background = make_scan(queue="background")
    services.sweep(NOW + PATIENCE - SECOND / 2)
    assert broker.waiting() == [str(older.pk)]
    services.sweep(NOW + PATIENCE)
    assert broker.waiting() == [str(older.pk), str(newer.pk)]
    assert broker.waiting("background") == []
    services.sweep(NOW + services.PATIENCE[Scan.Queue.BACKGROUND])
    assert broker.waiting("background") == [str(background.pk)]


def test_a_worker_that_starts_has_no_patience(broker: Any, make_scan: Callable[..., Scan]) -> None:
    """The one before it may have died with messages in hand, of which nobody else knows."""
    waiting = make_scan(queued_at=timezone.now(), queue="background")
    make_scan(queued_at=timezone.now(), state="running", lease_until=timezone.now() + services.lease_time())
    worker_ready.send(sender=None)
    assert (broker.waiting(), broker.waiting("background")) == ([], [str(waiting.pk)])


def test_the_sweep_sends_no_message_that_is_there(broker: Any, make_scan: Callable[..., Scan]) -> None:
    """Behind a long list scans wait for hours: a second message for each, every minute, would fill the broker."""
    lost, *others = (make_scan(queue="background", queued_at=NOW + SECOND * number) for number in range(4))
    for scan in others:
        services._sent(scan)
    for _ in range(3):
        services.sweep(NOW + timedelta(hours=1))
    assert broker.waiting("background") == [*(str(scan.pk) for scan in others), str(lost.pk)]


def test_given_back_is_swept_at_once(broker: Any, scan: Scan, held: Lease) -> None:
    """A worker that stops doesn't let others wait for its lease to run out."""
    services.give_back(held, NOW + SECOND)
    services.sweep(NOW + SECOND)
    assert broker.waiting() == [str(scan.pk)]


@pytest.mark.parametrize(
    ("facts", "seen_ms"),
    [
        pytest.param("of the last snapshot", 7, id="what was seen by then is kept"),
        pytest.param("", None, id="nothing was seen"),
        pytest.param('{"version": 99}', None, id="facts that this version can't read"),
    ],
)
def test_the_third_failure_is_the_last(
    broker: Any,
    make_scan: Callable[..., Scan],
    scanned: Callable[..., Any],
    lease_time: timedelta,
    facts: str,
    seen_ms: int | None,
) -> None:
    """Then the scan ends as a partial report that says so, and blames nobody else."""
    scan = make_scan(attempts=services.ATTEMPTS - 1)
    lease = services.claim(scan.pk, "worker 3", NOW)
    assert lease is not None
    if seen_ms:
        services.publish_snapshot(lease, scanned(scan, duration_ms=seen_ms), NOW)
    else:
        Scan.objects.update(facts=facts)
    services.sweep(NOW + lease_time)
    scan.refresh_from_db()
    assert (scan.state, scan.finished_at, broker.waiting()) == ("finished", NOW + lease_time, [])
    assert (scan.report["state"], scan.report["verdict"]["level"], scan.level) == ("partial", *["inconclusive"] * 2)
    assert scan.report["limits"][0]["code"] == "gave-up"
    assert scan.report["duration_ms"] == (seen_ms or 0)
