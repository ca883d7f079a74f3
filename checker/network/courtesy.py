"""Keeps one process a gentle guest: so many connections at once to an address, and so many over time, whoever asks.

The one rule of this file: a connection is counted before it is opened, and a place is given back whatever happens. An
address that nobody uses or waits for is forgotten when its last connection no longer counts.
"""

import asyncio
from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network

from checker.names import IPAddress
from checker.network.address_guard import IPNetwork
from checker.network.bounds import Bounds
from checker.network.ports import CapReached, Clock, Purpose

TEN_MINUTES, HOUR = 600.0, 3600.0  # seconds
NEVER = float("-inf")
_UNCOUNTED: tuple[Purpose, ...] = ("policy", "control")
_PREFIXES = {4: 24, 6: 48}  # of what one operator usually has to itself


def network_of(address: IPAddress) -> IPv4Network | IPv6Network:
    """The /24 or /48 of an address."""
    return ip_network((address, _PREFIXES[address.version]), strict=False)


def cap_reached(address: IPAddress, count: int, span: str) -> CapReached:
    """The sentence for an address that has had its share."""
    return CapReached(f"{address} has had {count} connections from us in {span}, and gets no more for now")


def network_cap_reached(address: IPAddress, count: int) -> CapReached:
    """The sentence for a network that has had its share."""
    return CapReached(f"{network_of(address)} has had {count} connections from us in ten minutes, and gets no more now")


@dataclass(slots=True)
class _Place:
    """What is known of one address. Times are of the clock."""

    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    guests: int = 0  # inside, or waiting to be
    inside: int = 0
    opened: dict[Purpose, deque[float]] = field(default_factory=dict)
    slow_until: float = NEVER
    busy_until: float = NEVER
    deep_until: float = NEVER

    def last(self) -> float:
        """When it stops to matter."""
        latest = max((times[-1] + HOUR for times in self.opened.values() if times), default=NEVER)
        return max(latest, self.slow_until, self.busy_until, self.deep_until)


class InProcessCourtesy:
    """``Courtesy`` for one process. The cap of a network doesn't hold inside ``allow_networks``."""

    def __init__(self, clock: Clock, bounds: Bounds, allow_networks: Sequence[IPNetwork] = ()) -> None:
        self._clock, self._bounds, self._caps = clock, bounds, bounds.caps
        self._allow = tuple(allow_networks)
        self._places: OrderedDict[IPAddress, _Place] = OrderedDict()
        self._networks: OrderedDict[IPNetwork, deque[float]] = OrderedDict()

    @asynccontextmanager
    async def slot(self, address: IPAddress, purpose: Purpose = "mail") -> AsyncIterator[None]:
        """Wait for a place at this address and hold it while the connection lasts. Raises CapReached."""
        place = self._place(address)
        place.guests += 1
        try:
            await self._enter(address, place, purpose)
            try:
                yield
            except CapReached:  # a line behind this one let it no further: nothing was opened
                self._uncount(address, place, purpose)
                raise
            finally:
                place.inside -= 1
                async with place.news:
                    place.news.notify_all()
        finally:
            place.guests -= 1
            self._forget()

    async def note_slow(self, address: IPAddress) -> None:
        """It greets slowly: for ``slow_s`` it gets one connection at a time."""
        self._place(address).slow_until = self._clock.monotonic() + self._bounds.slow_s

    async def note_busy(self, address: IPAddress) -> None:
        """It said "come back later": nobody connects for ``busy_pause_s``, then one at a time as where it is slow."""
        await self.note_slow(address)
        self._place(address).busy_until = self._clock.monotonic() + self._bounds.busy_pause_s

    async def grant_deep(self, address: IPAddress) -> bool:
        """Once in an hour."""
        place, now = self._place(address), self._clock.monotonic()
        if now < place.deep_until:
            return False
        place.deep_until = now + HOUR
        place.opened.pop("deep", None)
        return True

    def __len__(self) -> int:
        """How many addresses are in use or waited for."""
        return sum(place.guests > 0 for place in self._places.values())

    @property
    def remembered(self) -> int:
        """How many addresses something is known of."""
        return len(self._places)

    async def _enter(self, address: IPAddress, place: _Place, purpose: Purpose) -> None:
        while True:
            now = self._clock.monotonic()
            if purpose != "policy" and now < place.busy_until:
                await self._clock.sleep(place.busy_until - now)
            elif place.inside < (1 if now < place.slow_until else self._caps.at_once):
                self._count(address, place, purpose, now)
                place.inside += 1
                return
            else:
                async with place.news:
                    await place.news.wait()

    def _count(self, address: IPAddress, place: _Place, purpose: Purpose, now: float) -> None:
        """Note one connection more. Raises CapReached instead, and notes nothing."""
        if purpose in _UNCOUNTED:
            return
        times = place.opened.setdefault(purpose, deque())
        _drop(times, now - HOUR)
        if purpose == "deep":
            if len(times) >= self._caps.deep:
                raise cap_reached(address, self._caps.deep, "one deep scan")
        elif len(times) >= self._caps.hour:
            raise cap_reached(address, self._caps.hour, "an hour")
        elif len(times) - bisect_right(times, now - TEN_MINUTES) >= self._caps.ten_minutes:
            raise cap_reached(address, self._caps.ten_minutes, "ten minutes")
        if not self._is_allowed(address):
            self._count_network(address, now)
        times.append(now)

    def _is_allowed(self, address: IPAddress) -> bool:
        return any(address in network for network in self._allow)

    def _count_network(self, address: IPAddress, now: float) -> None:
        network = network_of(address)
        times = self._networks.setdefault(network, deque())
        self._networks.move_to_end(network)
        _drop(times, now - TEN_MINUTES)
        if len(times) >= self._caps.network:
            raise network_cap_reached(address, self._caps.network)
        times.append(now)

    def _uncount(self, address: IPAddress, place: _Place, purpose: Purpose) -> None:
        """Take back what ``_count`` noted. Which of the latest it was doesn't matter."""
        if purpose in _UNCOUNTED:
            return
        of_network = None if self._is_allowed(address) else self._networks.get(network_of(address))
        for times in (place.opened.get(purpose), of_network):
            if times:
                times.pop()

    def _place(self, address: IPAddress) -> _Place:
        place = self._places.setdefault(address, _Place())
        self._places.move_to_end(address)
        return place

    def _forget(self) -> None:
        """What was used longest ago and no longer matters. The rest goes when its turn comes."""
        now = self._clock.monotonic()
        while self._places and (place := next(iter(self._places.values()))).last() <= now and not place.guests:
            self._places.popitem(last=False)
        while self._networks and not ((times := next(iter(self._networks.values()))) and times[-1] > now - TEN_MINUTES):
            self._networks.popitem(last=False)


def _drop(times: deque[float], until: float) -> None:
    while times and times[0] <= until:
        times.popleft()
