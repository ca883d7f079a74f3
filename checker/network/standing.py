"""``VantageStanding`` in one process, for the command line and the sandbox."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable

from checker.network.bounds import Bounds
from checker.network.ports import Clock, Standing, Subsystem


def life_of(part: Subsystem, bounds: Bounds) -> float:
    """For how many seconds an answer holds."""
    return bounds.standing_s if part == "port-25" else bounds.resolver_standing_s


class InProcessStanding:
    """Remembers in this process; who comes while somebody asks waits for that answer."""

    def __init__(self, clock: Clock, bounds: Bounds) -> None:
        self._clock, self._bounds = clock, bounds
        self._known: dict[Subsystem, tuple[Standing, float]] = {}
        self._asking: defaultdict[Subsystem, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def of(self, part: Subsystem, ask: Callable[[], Awaitable[Standing]]) -> Standing:
        """What was found out in the last minutes, is being found out now, or ``ask`` finds out."""
        async with self._asking[part]:
            standing, until = self._known.get(part, ("unknown", float("-inf")))
            if self._clock.monotonic() >= until:
                standing = await ask()
                self._known[part] = (standing, self._clock.monotonic() + life_of(part, self._bounds))
        return standing

    async def was_seen_working(self, part: Subsystem) -> None:
        """Nobody is told anything from here."""
