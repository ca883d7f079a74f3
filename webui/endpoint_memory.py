"""What mail servers showed, remembered in Redis for all workers: a thousand domains on one server ask it once.

The one rule of this file: a fact's life is fixed when it is kept (``checker.network.memory``). While Redis is away each
worker remembers by itself; a worker that dies over a question leaves it to others after ``CLAIM_S``.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from checker.network.bounds import Bounds
from checker.network.memory import SingleFlight, life_s, utc_now
from checker.network.ports import EndpointMemory, Memorable, Remembered
from webui import coordination
from webui.coordination import CoordinationAway

CLAIM_S = 15
POLL_S = 0.2  # for what another worker finds out


class SharedMemory:
    """``EndpointMemory`` for all workers of a service. ``own`` serves while Redis is away."""

    def __init__(self, own: EndpointMemory, bounds: Bounds, vantage_name: str) -> None:
        self._own, self._bounds, self._name = own, bounds, vantage_name
        self._flight = SingleFlight()

    async def observe[T](
        self, key: str, probe: Callable[[], Awaitable[T]], sort: Memorable[T], *, fresh: bool = False
    ) -> Remembered[T]:
        """The fact under ``key``: remembered, awaited from whoever is asking it now, or asked with ``probe``.

        ``fresh``: what is remembered won't do. What ``probe`` raises is raised to all who wait for it, and not kept.
        """
        shared = f"endpoint:{self._name}:{key}"
        since = utc_now() if fresh else None
        try:
            if not fresh and (known := await asyncio.to_thread(_recall, shared, sort)) is not None:
                return known
        except CoordinationAway:
            return await self._own.observe(key, probe, sort, fresh=fresh)
        return await self._flight.join(key, lambda: self._ask(shared, probe, sort, since), sort.worth)

    async def _ask[T](
        self, key: str, probe: Callable[[], Awaitable[T]], sort: Memorable[T], since: datetime | None
    ) -> Remembered[T]:
        """Be the one who asks, or wait for who is. ``since``: what was observed before won't do."""
        with suppress(CoordinationAway):
            while True:
                if await asyncio.to_thread(coordination.claim, key, CLAIM_S):
                    break
                await asyncio.sleep(POLL_S)
        async with _claimed(key):
            with suppress(CoordinationAway):  # who had the claim before may have ended since we looked
                if (known := await asyncio.to_thread(_recall, key, sort, since)) is not None:
                    return known
            value = await probe()
            if life := life_s(sort.worth(value), self._bounds):
                with suppress(CoordinationAway):
                    await asyncio.to_thread(_keep, key, value, sort, round(life))
        return Remembered(value)


@asynccontextmanager
async def _claimed(key: str) -> AsyncIterator[None]:
    """Renew the claim on a question while it is asked, and give it up."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(CLAIM_S / 3)
            with suppress(CoordinationAway):
                await asyncio.to_thread(coordination.renew, key, CLAIM_S)

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        with suppress(CoordinationAway):
            await asyncio.to_thread(coordination.let_go, key)


def _recall[T](key: str, sort: Memorable[T], since: datetime | None = None) -> Remembered[T] | None:
    text = coordination.recall(key)
    if text is None:
        return None
    when, _, fact = text.partition("\n")
    try:
        observed_at = datetime.fromisoformat(when)
        return None if since and observed_at < since else Remembered(sort.from_json(fact.encode()), observed_at)
    except ValueError:  # another version wrote it
        return None


def _keep[T](key: str, value: T, sort: Memorable[T], seconds: int) -> None:
    if sort.keeps_whole and (kept := _recall(key, sort)) is not None and not sort.gives_way(kept.value, value):
        return
    coordination.remember(key, f"{utc_now().isoformat()}\n{sort.to_json(value).decode()}", seconds)
