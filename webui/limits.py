"""How much one client may ask for.

The one rule of this file: limits guard the mail servers of strangers, and are never a reason to fail. Without Redis
each process counts by itself, so a client gets a little more, and pages go on.
"""

import logging
import threading
import time

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from webui import coordination
from webui.clients import client_of, is_trusted
from webui.coordination import Rule, Wait

# Somebody who looks after a few domains never meets it; a class behind one address sees it, and its sentence.
SCANS = Rule("scans", count=20, seconds=60, burst=20)
SCAN_COST = 1.0
JOIN_COST = 0.1  # no mail server is visited: a link and a row
REMEMBERED = 10_000  # clients, in a process without Redis

logger = logging.getLogger(__name__)


class TooMany(Exception):
    """The client asked for too much: it may ask again after ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class LocalLimit:
    """The same count in the memory of one process, for while Redis is away (see ``gcra.lua``)."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, key: str, rule: Rule, cost: float, now: float) -> Wait | None:
        """As ``coordination.take``; ``now`` in seconds of any clock that only goes forward."""
        interval = rule.seconds / rule.count
        with self._lock:
            due = max(self._due.get(key, now), now) + interval * cost
            wait = due - rule.burst * interval - now
            if wait > 0:
                return Wait(wait)
            self._due[key] = due
            if len(self._due) > REMEMBERED:
                self._forget(now)
        return None

    def _forget(self, now: float) -> None:
        """Drop who owes nothing any more, or everybody where too many do."""
        owing = {key: due for key, due in self._due.items() if due > now}
        self._due = owing if len(owing) <= REMEMBERED // 2 else {}


_local = LocalLimit()


def admit(request: HttpRequest, cost: float = SCAN_COST, rule: Rule = SCANS) -> None:
    """Count what the client asks for, unless it holds a trusted token. Raises TooMany, and then doesn't count it."""
    if is_trusted(request):
        return
    if wait := _take(_key(client_of(request)), rule, cost):
        raise TooMany(wait.seconds)


def _take(key: str, rule: Rule, cost: float) -> Wait | None:
    try:
        return coordination.take(key, rule, cost)
    except coordination.CoordinationAway as away:
        logger.warning("limits are counted by each process: Redis is away (%s)", away)
        return _local.take(key, rule, cost, time.monotonic())


def _key(client: str) -> str:
    """An address is personal, and Redis may write to a disk: it sees what only we could make of it."""
    return salted_hmac("mailseal.limits", client, algorithm="sha256").hexdigest()[:32]
