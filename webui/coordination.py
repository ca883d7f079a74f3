"""What processes tell each other through Redis, beside Celery: limits, short memories, and "there is news of a scan".

The one rule of this file: nothing here is the truth, so all of it may be lost. A Redis that is away raises
CoordinationAway within a second or so, and the caller decides what that means. One that takes connections and never
answers costs that second once, and not each caller in turn: see ``SILENCE``. All keys begin with ``mailseal:``.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from webui.celery import app

TIMEOUT_S = 1.0  # someone waits for a page
SILENT_S = 2.0  # so long nobody asks a Redis that let somebody wait in vain
SCAN_CHANNELS = "mailseal:scan:"
_SOCKET = "redis+socket://"  # as Celery calls a Unix socket
_GCRA = (Path(__file__).parent / "gcra.lua").read_text("ascii")


class CoordinationAway(Exception):
    """Redis can't be reached, is still starting, or refuses to write."""


class Silence:
    """What this process knows of a Redis that hangs. For any thread."""

    def __init__(self) -> None:
        self._ends = float("-inf")

    def begin(self) -> None:
        """It did not answer in time."""
        self._ends = time.monotonic() + SILENT_S

    def end(self) -> None:
        """Ask again at once."""
        self._ends = float("-inf")

    def __bool__(self) -> bool:
        """Is it too early to ask again?"""
        return time.monotonic() < self._ends


SILENCE = Silence()


@dataclass(frozen=True, slots=True)
class Rule:
    """So many in so many seconds, evenly, of which ``burst`` may come at once."""

    name: str
    count: int
    seconds: float
    burst: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many: the next is welcome after so many seconds."""

    seconds: float


def client() -> redis.Redis:
    """The connections of this process, for any thread. Its own errors are redis.RedisError: see ``reaching``."""
    return _client(app.conf.broker_url)


def async_client() -> redis.asyncio.Redis:
    """Connections for the event loop at hand; who asks for them closes them."""
    return redis.asyncio.Redis.from_url(_url(app.conf.broker_url), socket_connect_timeout=TIMEOUT_S)


@contextmanager
def reaching() -> Iterator[None]:
    """Turns what redis-py raises into CoordinationAway, which it raises at once while Redis is silent."""
    if SILENCE:
        raise CoordinationAway("silent")
    try:
        yield
    except redis.TimeoutError as away:
        SILENCE.begin()
        raise CoordinationAway(type(away).__name__) from away
    except redis.RedisError as away:
        raise CoordinationAway(type(away).__name__) from away


def channel_of(scan_id: UUID) -> str:
    """Where news of a scan is announced."""
    return f"{SCAN_CHANNELS}{scan_id}"


def announce(scan_id: UUID) -> None:
    """Say that there is news of a scan: who shows it reads it from the database. Raises CoordinationAway."""
    with reaching():
        client().publish(channel_of(scan_id), "")


def take(key: str, rule: Rule, cost: float = 1.0, now: float | None = None) -> Wait | None:
    """Count one request of ``key`` against a rule. None: it is within it. A Wait: it isn't, and wasn't counted.

    ``now`` is in seconds, and Redis's own clock where it isn't given. Raises CoordinationAway.
    """
    interval = rule.seconds / rule.count
    with reaching():
        run = client().register_script(_GCRA)
        arguments: list[str | float] = [interval, rule.burst * interval, cost, "" if now is None else repr(now)]
        wait = float(run(keys=[f"mailseal:limit:{rule.name}:{key}"], args=arguments))
    return Wait(wait) if wait > 0 else None


def queue_length(queue: str) -> int:
    """How many messages wait in a queue of Celery's, without those that a worker has taken. Raises CoordinationAway."""
    with reaching():
        length = client().llen(queue)
    assert isinstance(length, int)
    return length


def remember(key: str, text: str, seconds: int) -> None:
    """Keep a short text for all processes. Raises CoordinationAway."""
    with reaching():
        client().set(f"mailseal:memory:{key}", text, ex=seconds)


def recall(key: str) -> str | None:
    """A text that is still remembered. Raises CoordinationAway."""
    with reaching():
        found = client().get(f"mailseal:memory:{key}")
    return found.decode() if isinstance(found, bytes) else None


def claim(key: str, seconds: int) -> bool:
    """Be the only one who does something, for at most so long. False: somebody is at it. Raises CoordinationAway."""
    with reaching():
        return bool(client().set(f"mailseal:claim:{key}", "", ex=seconds, nx=True))


def renew(key: str, seconds: int) -> None:
    """Keep a claim for so long from now. Raises CoordinationAway."""
    with reaching():
        client().expire(f"mailseal:claim:{key}", seconds)


def let_go(key: str) -> None:
    """The end of a claim. Raises CoordinationAway."""
    with reaching():
        client().delete(f"mailseal:claim:{key}")


def forget(key: str) -> None:
    """Forget a text before its time. Raises CoordinationAway."""
    with reaching():
        client().delete(f"mailseal:memory:{key}")


def _url(broker_url: str) -> str:
    return f"unix://{broker_url.removeprefix(_SOCKET)}" if broker_url.startswith(_SOCKET) else broker_url


@cache
def _client(broker_url: str) -> redis.Redis:
    once_more = Retry(NoBackoff(), 1, (redis.ConnectionError,))  # a connection from before Redis was started anew
    return redis.Redis.from_url(
        _url(broker_url), socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S, retry=once_more
    )
