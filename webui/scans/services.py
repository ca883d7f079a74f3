"""Everything that writes scans and links.

The one rule of this file: the truth is in the database. A scan is claimed with a lease, only the holder of the
lease in force writes to it, and the sweep queues again whatever nobody holds; a lost queue message costs seconds.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from checker.facts import Depth, to_json
from checker.names import DomainName
from checker.scan import Scanned
from webui.celery import app
from webui.scans.models import Link, Scan
from webui.scans.unfinished import give_up

ATTEMPTS = 3  # so many workers may fail at a scan; then it ends as a report that says so
RENEWALS_PER_LEASE = 3  # two renewals may be late before a scan is taken from its worker
TOKEN_BYTES = 18  # 144 random bits, 24 characters
# How long a queue message may wait for a worker before another is sent: a spare message costs one UPDATE.
PATIENCE = {Scan.Queue.INTERACTIVE: timedelta(seconds=5), Scan.Queue.BACKGROUND: timedelta(seconds=60)}
SWEPT_AT_ONCE = 500  # of each queue; the rest is still there for the next sweep
RUN_SCAN, SWEEP = "webui.scans.tasks.run_scan", "webui.scans.tasks.sweep"
_PUBLISH_RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}  # someone waits

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Requested:
    """A new link, and the secret that may delete it: this is the only time that the secret is known.

    Only its hash is stored, with the link. No page hands it out yet.
    """

    link: Link
    deletion_secret: str


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write to a scan. ``attempt`` tells it from every earlier and later lease of the same scan."""

    scan_id: UUID
    attempt: int


def lease_time() -> timedelta:
    """For how long a worker that says nothing still holds a scan."""
    return timedelta(seconds=settings.MAILSEAL_LEASE_S)


def request_scan(domain: DomainName, depth: Depth = "verdict", queue: Scan.Queue = Scan.Queue.INTERACTIVE) -> Requested:
    """Write down a new scan with a link, and queue it once that is committed. Never fails for want of a broker."""
    now = timezone.now()
    with transaction.atomic():
        scan = Scan.objects.create(domain=domain, depth=depth, queue=queue, created_at=now, queued_at=now)
        requested = add_link(scan, now)
        transaction.on_commit(lambda: _queue(scan))
    return requested


def add_link(scan: Scan, now: datetime) -> Requested:
    """One more address for a scan's report, with a deletion secret of its own."""
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    link = Link.objects.create(
        token=secrets.token_urlsafe(TOKEN_BYTES),
        scan=scan,
        secret_hash=hashlib.sha256(secret.encode()).hexdigest(),
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
    return shown == 1


def finish(lease: Lease, scanned: Scanned, now: datetime) -> bool:
    """Store the last report, for good. False, and nothing changed, if the lease is held no more."""
    return _held(lease).update(**_ending(scanned, now)) == 1


def give_back(lease: Lease, now: datetime) -> None:
    """Let go of a scan that this worker can't carry through. The sweep queues it again."""
    _held(lease).update(lease_until=now)


def sweep(now: datetime) -> None:
    """Queue again what lost its lease or was never picked up, and end what failed too often."""
    for scan in Scan.objects.filter(state=Scan.State.RUNNING, lease_until__lte=now):
        (_take_away if scan.attempts < ATTEMPTS else _end_without_success)(scan, now)
    for queue, patience in PATIENCE.items():
        waiting = Scan.objects.filter(state=Scan.State.QUEUED, queue=queue, queued_at__lte=now - patience)
        for scan in waiting.only("id", "queue").order_by("queued_at")[:SWEPT_AT_ONCE]:
            if not _queue(scan):
                return  # the broker is away: the next sweep tries again
            Scan.objects.filter(pk=scan.pk).update(queued_at=now)


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


def _still_lost(scan: Scan, now: datetime) -> QuerySet[Scan]:
    """The scan, unless its worker renewed the lease or another sweep was here since it was looked at."""
    return Scan.objects.filter(pk=scan.pk, state=Scan.State.RUNNING, attempts=scan.attempts, lease_until__lte=now)


def _take_away(scan: Scan, now: datetime) -> None:
    if _still_lost(scan, now).update(state=Scan.State.QUEUED, lease_until=None, queued_at=now):
        logger.warning("scan %s: attempt %d lost its lease, queued again", scan.pk, scan.attempts)
        _queue(scan)


def _end_without_success(scan: Scan, now: datetime) -> None:
    if _still_lost(scan, now).update(**_ending(give_up(scan, now), now)):
        logger.error("scan %s: given up after %d attempts", scan.pk, scan.attempts)


def _queue(scan: Scan) -> bool:
    """Tell a worker. False if the broker is away, which costs time only: the row is there for the sweep."""
    try:
        app.send_task(RUN_SCAN, [str(scan.pk)], queue=scan.queue, retry_policy=_PUBLISH_RETRY)
    except OperationalError as away:
        logger.warning("scan %s: not queued for now, the broker is away (%s)", scan.pk, type(away).__name__)
        return False
    return True
