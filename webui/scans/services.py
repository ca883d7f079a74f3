"""Everything that writes scans and links.

The one rule of this file: the truth is in the database. A scan is claimed with a lease, only the holder of the
lease in force writes to it, and the sweep queues again whatever nobody holds; a lost queue message costs seconds.
"""

import hashlib
import logging
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from kombu.exceptions import LimitExceeded, OperationalError

from checker.facts import Depth, to_json
from checker.names import DomainName
from checker.scan import Scanned
from webui import coordination, tally
from webui.celery import app
from webui.coordination import SILENCE
from webui.scans import queries
from webui.scans.models import Link, Scan
from webui.scans.unfinished import give_up

JOINED_FOR = timedelta(minutes=5)  # so long who asks for a domain is given the scan that there is
KEPT_FOR = timedelta(days=180)  # a report, after its scan finished
REMOVED_AT_ONCE = 200
ATTEMPTS = 3  # so many workers may fail at a scan; then it ends as a report that says so
RENEWALS_PER_LEASE = 3  # two renewals may be late before a scan is taken from its worker
TOKEN_BYTES = 18  # 144 random bits, 24 characters
# How long a scan may wait for a worker before another message is sent for it: a spare one costs one UPDATE. In the
# background only as many are sent as are lacking.
PATIENCE = {Scan.Queue.INTERACTIVE: timedelta(seconds=5), Scan.Queue.BACKGROUND: timedelta(seconds=15)}
NO_PATIENCE = dict.fromkeys(PATIENCE, timedelta())
SWEPT_AT_ONCE = 500  # of each queue; the rest is still there for the next sweep
RUN_SCAN, SWEEP = "webui.scans.tasks.run_scan", "webui.scans.tasks.sweep"
REMOVE_EXPIRED = "webui.scans.tasks.remove_expired"
_PUBLISH_RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}  # someone waits
_PUBLISH_WAIT_S = 2.0  # for one of this process's connections to the broker

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Requested:
    """A new link, and the secret that may delete it: this is the only time that the secret is known.

    Only its hash is stored, with the link. ``joined``: the scan is one that somebody asked for just before.
    """

    link: Link
    deletion_secret: str
    joined: bool = False


class TooSoon(Exception):
    """The domain was scanned just now: it can be scanned anew ``at`` this time, and no earlier by anybody."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.at = at


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write to a scan. ``attempt`` tells it from every earlier and later lease of the same scan."""

    scan_id: UUID
    attempt: int


def lease_time() -> timedelta:
    """For how long a worker that says nothing still holds a scan."""
    return timedelta(seconds=settings.MAILSEAL_LEASE_S)


def request_scan(
    domain: DomainName,
    *,
    depth: Depth = "verdict",
    queue: Scan.Queue = Scan.Queue.INTERACTIVE,
    fresh: bool = False,
    now: datetime | None = None,
) -> Requested:
    """A link to a scan of the domain: one that isn't over or is of the last five minutes, or a new one.

    A new one is queued once it is committed.

    ``fresh``: only a new one will do, which believes nothing that an earlier one saw. Raises TooSoon then, and
    django.db.DatabaseError where the database is away; never fails for want of a broker.
    """
    now = now or timezone.now()
    if fresh and (at := anew_from(domain, now)):
        raise TooSoon(at)
    with transaction.atomic():
        _one_at_a_time(domain)
        # Locked, or its last link might be deleted before ours is there.
        candidates = _recent(domain, now) if fresh else _to_join(domain, now).filter(depth=depth)
        found = candidates.select_for_update().first()
        if found and fresh:  # somebody was quicker, just now
            raise TooSoon(found.created_at + JOINED_FOR)
        if found:
            _hurry(found, queue, now)
            return replace(add_link(found, now), joined=True)
        scan = Scan.objects.create(domain=domain, depth=depth, queue=queue, fresh=fresh, created_at=now, queued_at=now)
        requested = add_link(scan, now)
        transaction.on_commit(lambda: _queue(scan))
    if fresh:
        _remember_anew(domain, now)
    return requested


def is_joinable(domain: DomainName, depth: Depth, now: datetime) -> bool:
    """Would who asks now be given a scan that there is?"""
    return _to_join(domain, now).filter(depth=depth).exists()


def anew_from(domain: DomainName, now: datetime) -> datetime | None:
    """From when on the domain may be scanned anew. None: now."""
    began = list(_recent(domain, now).values_list("created_at", flat=True)[:1])
    with suppress(coordination.CoordinationAway):
        if remembered := coordination.recall(f"anew:{domain}"):
            began.append(datetime.fromisoformat(remembered))
    at = max(began, default=now - JOINED_FOR) + JOINED_FOR
    return at if at > now else None


def may_scan_anew(domain: DomainName, now: datetime) -> bool:
    """At most once in five minutes for a domain, whoever asks."""
    return anew_from(domain, now) is None


def add_link(scan: Scan, now: datetime) -> Requested:
    """One more address for a scan's report, with a deletion secret of its own."""
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    link = Link.objects.create(
        token=secrets.token_urlsafe(TOKEN_BYTES),
        scan=scan,
        secret_hash=_hash(secret),
        created_at=now,
    )
    return Requested(link, secret)


def delete_link(link: Link) -> None:
    """Take a link away, and with the last one the scan and all that it found."""
    with transaction.atomic():
        # Locked, or two people who delete the last two links at once would each leave the scan to the other.
        scan = Scan.objects.select_for_update().get(pk=link.scan_id)
        link.delete()
        if not scan.links.exists():
            scan.delete()
            _announce_once_committed(link.scan_id)


def delete_by_secret(token: str, secret: str) -> bool:
    """Take a link away for who holds its deletion secret. False: there is no such link, or that isn't its secret."""
    link = Link.objects.filter(token=token).first()
    if link is None or not is_secret_of(link.secret_hash, secret):
        return False
    with suppress(Scan.DoesNotExist):  # deleted twice at once
        delete_link(link)
    return True


def is_secret_of(secret_hash: str, secret: str) -> bool:
    """Is this the deletion secret of a link that has this hash?"""
    return secrets.compare_digest(secret_hash, _hash(secret))


def remove_expired(now: datetime) -> int:
    """Remove what was kept for long enough, so many at once that nobody waits long. Returns how many."""
    expired = Scan.objects.filter(finished_at__lte=now - KEPT_FOR).order_by("finished_at")
    removed = 0
    while ids := list(expired.values_list("pk", flat=True)[:REMOVED_AT_ONCE]):
        Scan.objects.filter(pk__in=ids).only("pk").delete()  # their reports are not even read
        removed += len(ids)
    return removed


def claim(scan_id: UUID, worker: str, now: datetime) -> Lease | None:
    """Take up a queued scan. None if it isn't there for the taking: held, finished or deleted."""
    with transaction.atomic():
        claimed = Scan.objects.filter(pk=scan_id, state=Scan.State.QUEUED).update(
            state=Scan.State.RUNNING, worker=worker, lease_until=now + lease_time(), attempts=F("attempts") + 1
        )
        # Our own UPDATE keeps the row locked, so this is the attempt that it counted.
        return Lease(scan_id, Scan.objects.values_list("attempts", flat=True).get(pk=scan_id)) if claimed else None


def renew(lease: Lease, now: datetime) -> bool:
    """Hold the scan for another lease time. False if it is held no more."""
    return _held(lease).update(lease_until=now + lease_time()) == 1


def publish_snapshot(lease: Lease, scanned: Scanned, now: datetime) -> bool:
    """Show what is known so far, and renew the lease. False, and nothing changed, if it is held no more."""
    shown = _held(lease).update(facts=to_json(scanned.facts), report=scanned.report, lease_until=now + lease_time())
    return _announced(lease.scan_id, shown == 1)


def finish(lease: Lease, scanned: Scanned, now: datetime) -> bool:
    """Store the last report, for good. False, and nothing changed, if the lease is held no more."""
    return _announced(lease.scan_id, _held(lease).update(**_ending(scanned, now)) == 1)


def give_back(lease: Lease, now: datetime) -> None:
    """Let go of a scan that this worker can't carry through. The sweep queues it again."""
    _held(lease).update(lease_until=now)


def sweep(now: datetime, patience: Mapping[Scan.Queue, timedelta] = PATIENCE) -> None:
    """Queue again what lost its lease or was never picked up, and end what failed too often."""
    for scan in Scan.objects.filter(state=Scan.State.RUNNING, lease_until__lte=now):
        (_take_away if scan.attempts < ATTEMPTS else _end_without_success)(scan, now)
    for queue, time in patience.items():
        waiting = Scan.objects.filter(state=Scan.State.QUEUED, queue=queue)
        old = waiting.filter(queued_at__lte=now - time).only("id", "queue").order_by("queued_at")
        for scan in old[: _lacking(waiting) if queue == Scan.Queue.BACKGROUND else SWEPT_AT_ONCE]:
            if not _sent(scan):
                return  # the broker is away: the next sweep tries again
            Scan.objects.filter(pk=scan.pk).update(queued_at=now)


def _lacking(waiting: QuerySet[Scan]) -> int:
    """How many scans of the background have no message: behind a long list all wait, and spare ones would pile up.

    Spare ones that there are hide as many that lack theirs, until a worker comes to them.
    """
    scans = waiting.count()
    with suppress(coordination.CoordinationAway):
        scans -= coordination.queue_length(Scan.Queue.BACKGROUND)
    return min(max(scans, 0), SWEPT_AT_ONCE)


def _to_join(domain: DomainName, now: datetime) -> QuerySet[Scan]:
    """The scans of the domain that are new enough, the newest first, or that still stand behind others."""
    return _of(domain).filter(Q(created_at__gt=now - JOINED_FOR) | ~Q(state=Scan.State.FINISHED))


def _recent(domain: DomainName, now: datetime) -> QuerySet[Scan]:
    """The scans of the domain that were asked for just now."""
    return _of(domain).filter(created_at__gt=now - JOINED_FOR)


def _of(domain: DomainName) -> QuerySet[Scan]:
    """The scans of the domain, the newest first. One that nobody could carry out helps nobody."""
    return Scan.objects.filter(domain=domain, gave_up=False).defer("facts", "report").order_by("-created_at")


def _one_at_a_time(domain: DomainName) -> None:
    """Of several who ask for a domain at once, one starts the scan. SQLite lets only one of them in anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"scan {domain}"])


def _hurry(scan: Scan, queue: Scan.Queue, now: datetime) -> None:
    """Somebody waits now for what nobody waited for: it overtakes the rest of the background."""
    waits = Scan.objects.filter(pk=scan.pk, state=Scan.State.QUEUED, queue=Scan.Queue.BACKGROUND)
    if queue == Scan.Queue.INTERACTIVE and waits.update(queue=queue, queued_at=now):
        scan.queue = queue
        transaction.on_commit(lambda: _queue(scan))


def _remember_anew(domain: DomainName, now: datetime) -> None:
    """For who deletes the report and asks again: the mail servers would be visited every time."""
    try:
        coordination.remember(f"anew:{domain}", now.isoformat(), int(JOINED_FOR.total_seconds()))
    except coordination.CoordinationAway:
        logger.warning("a fresh scan is not remembered: Redis is away")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _held(lease: Lease) -> QuerySet[Scan]:
    return Scan.objects.filter(pk=lease.scan_id, state=Scan.State.RUNNING, attempts=lease.attempt)


def _ending(scanned: Scanned, now: datetime) -> dict[str, Any]:
    verdict = scanned.report["verdict"]
    return {
        "state": Scan.State.FINISHED,
        "facts": to_json(scanned.facts),
        "report": scanned.report,
        "level": verdict["level"] if verdict else "",
        "score": verdict["score"] if verdict else None,
        "finished_at": now,
        "lease_until": None,
    }


def _announced(scan_id: UUID, is_news: bool) -> bool:
    """Tell who watches the scan, once it is committed. Without Redis they look for themselves (``live``)."""
    if is_news:
        _announce_once_committed(scan_id)
    return is_news


def _announce_once_committed(scan_id: UUID) -> None:
    def announce() -> None:
        with suppress(coordination.CoordinationAway):
            coordination.announce(scan_id)

    transaction.on_commit(announce)


def _still_lost(scan: Scan, now: datetime) -> QuerySet[Scan]:
    """The scan, unless its worker renewed the lease or another sweep was here since it was looked at."""
    return Scan.objects.filter(pk=scan.pk, state=Scan.State.RUNNING, attempts=scan.attempts, lease_until__lte=now)


def _take_away(scan: Scan, now: datetime) -> None:
    if _still_lost(scan, now).update(state=Scan.State.QUEUED, lease_until=None, queued_at=now):
        logger.warning("scan %s: attempt %d lost its lease, queued again", scan.pk, scan.attempts)
        tally.count(tally.RECOVERIES)
        _queue(scan)


def _end_without_success(scan: Scan, now: datetime) -> None:
    last = give_up(scan, queries.earlier_facts(DomainName(scan.domain), now), now)
    if _announced(scan.pk, _still_lost(scan, now).update(**_ending(last, now), gave_up=True) == 1):
        logger.error("scan %s: given up after %d attempts", scan.pk, scan.attempts)
        tally.count(tally.GIVEN_UP)


def _queue(scan: Scan) -> None:
    """Tell a worker, or leave it to the next sweep: no message is on its way that could be waited for."""
    if not _sent(scan):
        overdue = timezone.now() - PATIENCE[Scan.Queue(scan.queue)]
        with suppress(DatabaseError):  # the row is there: it is found all the same, later
            Scan.objects.filter(pk=scan.pk, state=Scan.State.QUEUED).update(queued_at=overdue)


def _sent(scan: Scan) -> bool:
    """Is there a message for a worker now? False if the broker is away: within seconds, and at once while it hangs."""
    try:
        with app.producer_pool.acquire(block=True, timeout=_PUBLISH_WAIT_S) as producer:
            if SILENCE:  # also if it began while we waited for a connection
                logger.warning("scan %s: not queued for now, the broker is silent", scan.pk)
                return False
            arguments = [str(scan.pk)]
            app.send_task(RUN_SCAN, arguments, queue=scan.queue, producer=producer, retry_policy=_PUBLISH_RETRY)
    except (OperationalError, LimitExceeded) as away:
        if isinstance(away.__cause__, redis.TimeoutError):
            SILENCE.begin()
        logger.warning("scan %s: not queued for now, the broker is away (%s)", scan.pk, type(away).__name__)
        return False
    return True
