"""Carries out one scan in a worker: claim, run, publish what is known, finish.

The one rule of this file: no database connection is held while it waits for the network.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, wait
from uuid import UUID

from django.db import close_old_connections, connection
from django.utils import timezone

from checker.breakdown import where
from checker.scan import Scanned
from webui import tally
from webui.database import AWAY
from webui.logs import about_scan
from webui.scans import queries, services
from webui.scans.engine import Engine, EngineStopped
from webui.scans.services import Lease

PUBLISH_EVERY_S = 0.34  # at most three writes a second and scan
WITHOUT_DATABASE_S = 60.0  # a worker waits for it so long; after that the scan is the sweep's
ASK_AGAIN_S = 0.5

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """The sweep took the scan from this worker, or its last link was deleted. Nothing more is ours to write."""


def carry_out(scan_id: UUID, worker: str, engine: Engine) -> None:
    """Take up a scan and see it through. Does nothing if somebody else has it.

    A failure is logged and the scan given back: the sweep hands it to another worker, so often and no more.
    """
    if engine.is_stopped:
        return
    with about_scan(scan_id):
        # Or the whole queue would be taken and nothing of it begun, as long as the database is away.
        lease = _insist(lambda: services.claim(scan_id, worker, timezone.now()), engine, f"scan {scan_id}: its begin")
        if lease is None:
            return
        _see_through(lease, engine)
    tally.hand_over()


def _see_through(lease: Lease, engine: Engine) -> None:
    scan_id = lease.scan_id
    logger.info("scan %s: attempt %d", scan_id, lease.attempt)
    try:
        last = _run(lease, engine)
    except LeaseLost:
        logger.warning("scan %s: attempt %d is no longer wanted", scan_id, lease.attempt)
    except (CancelledError, EngineStopped):
        logger.info("scan %s: attempt %d given back, this worker stops", scan_id, lease.attempt)
        services.give_back(lease, timezone.now())
    except Exception as failure:
        logger.error("scan %s: attempt %d failed: %s", scan_id, lease.attempt, where(failure))
        services.give_back(lease, timezone.now())
    else:
        # All the work is done by now.
        kept = _insist(lambda: services.finish(lease, last, timezone.now()), engine, f"scan {scan_id}: its end")
        tally.count_seconds(last.facts.duration_ms / 1000)
        logger.info("scan %s: attempt %d %s", scan_id, lease.attempt, "finished" if kept else "came too late")


def _run(lease: Lease, engine: Engine) -> Scanned:
    request = queries.request_of(lease.scan_id)
    past = queries.earlier_facts(request.domain, timezone.now())
    running = engine.start(request, str(lease.scan_id), past)
    renew_every = services.lease_time().total_seconds() / services.RENEWALS_PER_LEASE
    close_old_connections()
    try:
        while not wait([running.outcome], PUBLISH_EVERY_S).done:
            newest = running.newest(renew_every)
            if running.outcome.done():
                break
            _try_to_publish(lease, newest)
            close_old_connections()
        return running.outcome.result()
    finally:
        running.outcome.cancel()


def _try_to_publish(lease: Lease, newest: Scanned | None) -> None:
    """What a database that is away misses is in the next snapshot too, or in the last report."""
    try:
        _publish_or_renew(lease, newest)
    except AWAY as away:
        logger.warning("scan %s: nothing is published for now, the database is away (%s)", lease.scan_id, _name(away))
        connection.close()


def _insist[T](ask: Callable[[], T], engine: Engine, what: str) -> T:
    """Wait for a database that is away, unless the worker stops. Raises what it raised after ``WITHOUT_DATABASE_S``."""
    ends, was_told = time.monotonic() + WITHOUT_DATABASE_S, False
    while True:
        try:
            return ask()
        except AWAY as away:
            connection.close()
            if engine.is_stopped or time.monotonic() > ends:
                raise
            if not was_told:
                logger.warning("%s waits, the database is away (%s)", what, _name(away))
            was_told = True
            time.sleep(ASK_AGAIN_S)


def _name(failure: Exception) -> str:
    return type(failure).__name__


def _publish_or_renew(lease: Lease, newest: Scanned | None) -> None:
    now = timezone.now()
    if not (services.publish_snapshot(lease, newest, now) if newest else services.renew(lease, now)):
        raise LeaseLost
