"""What workers are told to do: tasks take ids, call the service, and do nothing more."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from celery.signals import worker_ready, worker_shutting_down
from django.db import connection
from django.utils import timezone

from webui import tally
from webui.celery import app
from webui.database import AWAY
from webui.scans import services
from webui.scans.engine import Engine
from webui.scans.runs import carry_out

ENGINE = Engine()

logger = logging.getLogger(__name__)


@contextmanager
def _awaiting_database() -> Iterator[None]:
    """A database that is away ends a task, and no more: the next sweep, or removal, finds all that is left to do."""
    try:
        yield
    except AWAY as away:
        logger.warning("the database is away (%s): the next task of this kind goes on with it", type(away).__name__)
        connection.close()


@app.task(name=services.RUN_SCAN)
def run_scan(scan_id: str) -> None:
    """Carry out a scan."""
    with _awaiting_database():
        carry_out(UUID(scan_id), f"{socket.gethostname()}:{os.getpid()}", ENGINE)


@app.task(name=services.SWEEP)
def sweep() -> None:
    """Recover what lost its worker or its message."""
    with _awaiting_database():
        services.sweep(timezone.now())
    tally.hand_over()


@app.task(name=services.REMOVE_EXPIRED)
def remove_expired() -> None:
    """Remove the reports that were kept for long enough."""
    with _awaiting_database():
        if removed := services.remove_expired(timezone.now()):
            logger.info("%d reports were removed after %d days", removed, services.KEPT_FOR.days)


@worker_ready.connect
def take_over(**_: Any) -> None:
    """Queue again whatever waits: who died before this worker came may have taken messages that it never acted on."""
    with _awaiting_database():
        services.sweep(timezone.now(), services.NO_PATIENCE)
    connection.close()  # this thread won't need it again


@worker_shutting_down.connect
def stop_engine(**_: Any) -> None:
    """Give back what runs at once, rather than keep a worker that was told to stop for minutes."""
    ENGINE.stop()
