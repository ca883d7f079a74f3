"""Who asks for a domain that was scanned just now is given that scan; anew it is scanned once in five minutes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from checker.names import parse_domain
from checker.scan import Scanned
from webui.celery import app
from webui.scans import queries, services, tasks  # noqa: F401 - tasks are known once they are imported
from webui.scans.models import Link, Scan

from .conftest import NOW, RealDatabase

EXAMPLE = parse_domain("example.test")
FINISHED = {"state": Scan.State.FINISHED, "finished_at": NOW}


@pytest.mark.parametrize("age_s", [0, 1, 299])
@pytest.mark.parametrize("fields", [{}, {"state": Scan.State.RUNNING}, FINISHED], ids=["queued", "running", "finished"])
def test_a_scan_of_the_last_five_minutes_is_joined(
    broker: Any, make_scan: Callable[..., Scan], age_s: int, fields: dict[str, Any]
) -> None:
    """However far it has come. Each has a link and a secret of their own."""
    first = services.add_link(make_scan(**fields), NOW)
    second = services.request_scan(EXAMPLE, now=NOW + timedelta(seconds=age_s))
    assert (second.joined, second.link.scan_id) == (True, first.link.scan_id)
    assert len({first.link.token, second.link.token, first.deletion_secret, second.deletion_secret}) == 4


@pytest.mark.parametrize("state", [Scan.State.QUEUED, Scan.State.RUNNING])
def test_a_scan_that_is_not_over_is_joined_whatever_its_age(
    broker: Any, make_scan: Callable[..., Scan], state: Scan.State
) -> None:
    """It stood in the background, say. Who wants one anew gets a new one all the same."""
    waiting = make_scan(state=state, created_at=NOW - timedelta(hours=1))
    assert services.request_scan(EXAMPLE, now=NOW).link.scan_id == waiting.pk
    assert services.request_scan(EXAMPLE, fresh=True, now=NOW).link.scan_id != waiting.pk


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({**FINISHED, "created_at": NOW - timedelta(minutes=5)}, "too old"),
        ({"domain": "other.test"}, "of another domain"),
        ({"domain": "www.example.test"}, "of a name below it"),
        ({"depth": "deep"}, "of another depth"),
        ({**FINISHED, "gave_up": True}, "given up"),
    ],
)
def test_any_other_is_not(broker: Any, make_scan: Callable[..., Scan], fields: dict[str, Any], why: str) -> None:
    """A new scan starts."""
    other = make_scan(**fields)
    requested = services.request_scan(EXAMPLE, now=NOW)
    assert not requested.joined, why
    assert requested.link.scan_id != other.pk


def test_of_several_the_newest_is_joined(broker: Any, make_scan: Callable[..., Scan]) -> None:
    """After a scan anew, nobody is given the older one."""
    newest = make_scan(created_at=NOW)
    make_scan(created_at=NOW - timedelta(minutes=4))
    assert services.request_scan(EXAMPLE, now=NOW).link.scan_id == newest.pk


def test_all_who_ask_at_once_are_given_one_scan(broker: Any, real_database: RealDatabase) -> None:
    """Eight threads ask at the same moment: one scan, one message, eight links."""
    together = Barrier(8)

    def ask(_: int) -> services.Requested:
        together.wait()
        try:
            return services.request_scan(EXAMPLE, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        requested = list(pool.map(ask, range(8)))
    (scan,) = real_database(lambda: list(Scan.objects.all()))
    assert real_database(Link.objects.count) == 8
    assert sorted(each.joined for each in requested) == [False] + [True] * 7
    assert broker.waiting() == [str(scan.pk)]


def test_who_waits_overtakes_the_background(
    broker: Any, make_scan: Callable[..., Scan], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    """A scan that nobody waited for is joined: now it stands in front, once."""
    scan = make_scan(queue=Scan.Queue.BACKGROUND)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            assert services.request_scan(EXAMPLE, now=NOW).joined
    assert broker.waiting("interactive") == [str(scan.pk)]


def test_a_scan_that_is_given_up_is_marked(broker: Any, make_scan: Callable[..., Scan]) -> None:
    """So nobody joins it, and the domain may be scanned anew at once."""
    scan = make_scan(state=Scan.State.RUNNING, attempts=services.ATTEMPTS, lease_until=NOW)
    services.sweep(NOW)
    scan.refresh_from_db()
    assert (scan.state, scan.gave_up) == ("finished", True)
    assert services.may_scan_anew(EXAMPLE, NOW)


def test_anew_at_most_once_in_five_minutes(broker: Any, db: None) -> None:
    """Whoever asks, and whatever was asked: the exception says from when on."""
    services.request_scan(EXAMPLE, now=NOW)
    with pytest.raises(services.TooSoon) as early:
        services.request_scan(EXAMPLE, fresh=True, now=NOW + timedelta(seconds=299))
    assert early.value.at == NOW + timedelta(minutes=5)
    later = NOW + timedelta(minutes=5)
    anew = services.request_scan(EXAMPLE, fresh=True, now=later)
    assert not anew.joined
    assert queries.request_of(anew.link.scan_id).fresh
    with pytest.raises(services.TooSoon):
        services.request_scan(EXAMPLE, fresh=True, now=later + timedelta(seconds=1))
    joined = services.request_scan(EXAMPLE, now=later + timedelta(seconds=1))
    assert (joined.joined, joined.link.scan_id) == (True, anew.link.scan_id)


def test_deleting_the_report_is_no_way_round(broker: Any, db: None) -> None:
    """Scan, delete, scan: the mail servers are not visited more often."""
    requested = services.request_scan(EXAMPLE, fresh=True, now=NOW)
    assert services.delete_by_secret(requested.link.token, requested.deletion_secret)
    assert Scan.objects.count() == 0
    assert services.anew_from(EXAMPLE, NOW) == NOW + timedelta(minutes=5)
    assert services.may_scan_anew(EXAMPLE, NOW + timedelta(minutes=5))
    assert services.may_scan_anew(parse_domain("other.test"), NOW)


def test_without_redis_scans_go_on(broker: Any, db: None) -> None:
    """What is only remembered there is not worth an error."""
    broker.stop()
    try:
        assert services.request_scan(EXAMPLE, fresh=True, now=NOW)
        assert services.anew_from(EXAMPLE, NOW) == NOW + timedelta(minutes=5)
    finally:
        broker.start()


def test_only_the_secret_deletes(broker: Any, make_scan: Callable[..., Scan]) -> None:
    """Each their own link; the scan goes with the last."""
    scan = make_scan()
    first, second = (services.add_link(scan, NOW) for _ in range(2))
    for wrong in ("", second.deletion_secret, first.link.token, first.link.secret_hash, "\ud800", "é"):
        assert not services.delete_by_secret(first.link.token, wrong)
    assert not services.delete_by_secret("nothing", first.deletion_secret)
    assert Link.objects.count() == 2
    assert services.delete_by_secret(first.link.token, first.deletion_secret)
    assert list(Link.objects.all()) == [second.link]
    assert services.delete_by_secret(second.link.token, second.deletion_secret)
    assert not Scan.objects.exists()


def test_reports_are_removed_after_180_days(
    make_scan: Callable[..., Scan],
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    """In batches, unread, with their links; what is younger or not finished stays."""
    monkeypatch.setattr(services, "REMOVED_AT_ONCE", 2)
    limit = NOW - timedelta(days=180)
    for age in range(5):
        services.add_link(make_scan(state=Scan.State.FINISHED, finished_at=limit - timedelta(days=age)), NOW)
    young = make_scan(state=Scan.State.FINISHED, finished_at=limit + timedelta(seconds=1))
    unfinished = make_scan(created_at=limit - timedelta(days=1))
    with django_assert_max_num_queries(30) as done:
        assert services.remove_expired(NOW) == 5
    assert not any('"report"' in query["sql"] for query in done)
    assert set(Scan.objects.all()) == {young, unfinished}
    assert not Link.objects.exists()


def test_what_beat_orders_is_known_to_workers() -> None:
    """The removal among it: on the queue that nobody waits for."""
    orders = app.conf.beat_schedule.values()
    assert {order["task"] for order in orders} <= set(app.tasks)
    (removal,) = [order for order in orders if order["task"] == services.REMOVE_EXPIRED]
    assert removal["options"]["queue"] == "background"


def test_a_finished_report_never_changes(
    broker: Any, make_scan: Callable[..., Scan], scanned: Callable[..., Scanned]
) -> None:
    """Joined or scanned anew, a late worker, a sweep: none writes to it."""
    scan = make_scan()
    lease = services.claim(scan.pk, "worker 1", NOW)
    assert lease is not None
    assert services.finish(lease, scanned(scan, "complete"), NOW)
    was = Scan.objects.filter(pk=scan.pk).values().get()
    services.request_scan(EXAMPLE, now=NOW)
    services.request_scan(EXAMPLE, fresh=True, now=NOW + timedelta(minutes=5))
    assert not services.publish_snapshot(lease, scanned(scan), NOW)
    assert not services.finish(lease, scanned(scan, "complete", 5), NOW)
    services.sweep(NOW + timedelta(days=1))
    assert Scan.objects.filter(pk=scan.pk).values().get() == was


def test_anew_once_in_five_minutes_whatever_the_depth(broker: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two who ask at the same moment, for a verdict and for all that there is, one is too soon."""
    monkeypatch.setattr(services, "anew_from", lambda *_: None)  # as both found it, just before
    services.request_scan(EXAMPLE, fresh=True, now=NOW)
    with pytest.raises(services.TooSoon):
        services.request_scan(EXAMPLE, depth="deep", fresh=True, now=NOW)
