"""Keeps one process a gentle guest: at most so many connections at once to an address, whoever asks.

The one rule of this file: a place is given back whatever happens, and an address that nobody uses or waits for is
forgotten.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from checker.names import IPAddress


@dataclass(slots=True)
class _Places:
    """The places at one address, and how many use them or wait for one."""

    semaphore: asyncio.Semaphore
    guests: int = 0


class InProcessCourtesy:
    """``Courtesy`` for one process: ``at_once`` connections to each address, first come first served."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._places: dict[IPAddress, _Places] = {}

    @asynccontextmanager
    async def slot(self, address: IPAddress) -> AsyncIterator[None]:
        """Wait for a place at this address and hold it while the connection lasts."""
        places = self._places.setdefault(address, _Places(asyncio.Semaphore(self._at_once)))
        places.guests += 1
        try:
            async with places.semaphore:
                yield
        finally:
            places.guests -= 1
            if not places.guests:
                del self._places[address]

    def __len__(self) -> int:
        """How many addresses are in use or waited for."""
        return len(self._places)
