"""Remembers for a while what endpoints showed, so that a thousand domains on one server ask it once.

The one rule of this file: a fact's life is fixed when it is observed and never grows by being read. A failure's is
shorter, and what is our own fault is nobody else's answer. Who asks for something that is being observed waits for
that; the observation ends when nobody waits.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from checker.network.bounds import Bounds
from checker.network.ports import Clock, Memorable, Remembered, Worth


def life_s(worth: Worth, bounds: Bounds) -> float:
    """Seconds that an observation is kept; 0 for what says nothing."""
    return {"lasting": bounds.memory_s, "passing": bounds.memory_failure_s, "ours": 0.0}[worth]


def utc_now() -> datetime:
    """The time, for when something was observed."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Kept:
    value: Any
    observed_at: datetime
    until: float  # of the monotonic clock


@dataclass(slots=True)
class _Asking:
    task: asyncio.Future[Any]
    waiting: int = 0


class SingleFlight:
    """Of those who ask the same at the same time in one event loop, one asks and the others wait for its answer."""

    def __init__(self) -> None:
        self._asking: dict[str, _Asking] = {}

    async def join[T](
        self, key: str, probe: Callable[[], Awaitable[Remembered[T]]], worth: Callable[[T], Worth]
    ) -> Remembered[T]:
        """What is being found out under ``key``, or what ``probe`` finds out. What it raises is raised to all.

        Who waited for what turns out to be our fault (the other's time was up) asks with its own ``probe``.
        """
        while (asking := self._asking.get(key)) is not None:
            shared: Remembered[T] = await self._wait(key, asking)
            if worth(shared.value) != "ours":
                return Remembered(shared.value, shared.observed_at, is_shared=True)
        asking = self._asking[key] = _Asking(asyncio.ensure_future(probe()))
        found: Remembered[T] = await self._wait(key, asking)
        return found

    async def _wait(self, key: str, asking: _Asking) -> Any:
        """The answer. Who is cancelled while waiting takes the probe along only if nobody else waits."""
        asking.waiting += 1
        try:
            return await asyncio.shield(asking.task)
        finally:
            asking.waiting -= 1
            if asking.task.done() or not asking.waiting:
                asking.task.cancel()
                if self._asking.get(key) is asking:
                    del self._asking[key]


class InProcessMemory:
    """``EndpointMemory`` for one process, with one event loop.

    A fact's worth tells whether it lives ``memory_s`` or ``memory_failure_s``, or is not kept. Beyond
    ``memory_entries`` the oldest is forgotten.
    """

    def __init__(self, clock: Clock, bounds: Bounds, utc_now: Callable[[], datetime] = utc_now) -> None:
        self._clock, self._bounds, self._utc_now = clock, bounds, utc_now
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._flight = SingleFlight()

    async def observe[T](
        self, key: str, probe: Callable[[], Awaitable[T]], sort: Memorable[T], *, fresh: bool = False
    ) -> Remembered[T]:
        """The fact under ``key``: remembered, awaited from whoever is asking it now, or asked with ``probe``.

        ``fresh``: what is remembered won't do. What ``probe`` raises is raised to all who wait for it, and not kept.
        """
        kept = None if fresh else self._kept.get(key)
        if kept is not None and self._clock.monotonic() < kept.until:
            return Remembered(kept.value, kept.observed_at)
        return await self._flight.join(key, lambda: self._ask(key, probe, sort), sort.worth)

    async def _ask[T](self, key: str, probe: Callable[[], Awaitable[T]], sort: Memorable[T]) -> Remembered[T]:
        value = await probe()
        kept, now = self._kept.get(key), self._clock.monotonic()
        stays = kept is not None and now < kept.until and not sort.gives_way(kept.value, value)
        if (life := life_s(sort.worth(value), self._bounds)) and not stays:
            self._kept.pop(key, None)
            self._kept[key] = _Kept(value, self._utc_now(), self._clock.monotonic() + life)
            while len(self._kept) > self._bounds.memory_entries:
                self._kept.popitem(last=False)
        return Remembered(value)
