"""How many connections a mail server's address gets from all workers together, counted in Redis.

The one rule of this file: no worker opens a connection that the others don't count. While Redis is away each worker
keeps the caps by itself; a worker that dies gives its places back by saying nothing for ``LEASE_S``.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from checker.names import IPAddress
from checker.network.address_guard import IPNetwork
from checker.network.bounds import Bounds
from checker.network.courtesy import HOUR, cap_reached, network_cap_reached, network_of
from checker.network.ports import CapReached, Courtesy, Purpose
from webui import coordination
from webui.coordination import CoordinationAway

LEASE_S = 15.0
POLL_S = 0.1  # for a place that another worker holds; those of this one wait in line
_SCRIPT = (Path(__file__).parent / "courtesy.lua").read_text("ascii")
_KEY = "mailseal:courtesy:"


class SharedCourtesy:
    """``Courtesy`` for all workers of a service. ``own`` keeps the line within this one, and serves without Redis.

    ``now`` is in seconds, and Redis's own clock where it isn't given.
    """

    def __init__(
        self,
        own: Courtesy,
        bounds: Bounds,
        allow_networks: Sequence[IPNetwork] = (),
        now: Callable[[], float] | None = None,
    ) -> None:
        self._own, self._bounds, self._caps, self._now = own, bounds, bounds.caps, now
        self._allow = tuple(allow_networks)
        self._held: dict[str, str] = {}  # the key of the place, by token
        self._living: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def slot(self, address: IPAddress, purpose: Purpose = "mail") -> AsyncIterator[None]:
        """Wait for a place at this address and hold it while the connection lasts. Raises CapReached."""
        async with self._own.slot(address, purpose):
            token = secrets.token_hex(8)
            try:
                with suppress(CoordinationAway):
                    await self._enter(address, purpose, token)
                yield
            finally:
                await self._leave(token)

    async def note_slow(self, address: IPAddress) -> None:
        """It greets slowly: for ``slow_s`` it gets one connection at a time."""
        await self._own.note_slow(address)
        await self._flag(address, "slow", self._bounds.slow_s)

    async def note_busy(self, address: IPAddress) -> None:
        """It said "come back later": nobody connects for ``busy_pause_s``, then one at a time as where it is slow."""
        await self._own.note_busy(address)
        await self._flag(address, "slow", self._bounds.slow_s)
        await self._flag(address, "busy", self._bounds.busy_pause_s)

    async def grant_deep(self, address: IPAddress) -> bool:
        """Once in an hour."""
        with suppress(CoordinationAway):
            if not await asyncio.to_thread(coordination.claim, f"deep:{address}", round(HOUR)):
                return False  # before this worker notes one of its own, or its hour would begin anew
            await asyncio.to_thread(_forget, _key(address, "deep"))  # the last one ended less than an hour ago
        return await self._own.grant_deep(address)

    async def _enter(self, address: IPAddress, purpose: Purpose, token: str) -> None:
        while True:
            said = await asyncio.to_thread(self._ask, address, purpose, token)
            match said.split(" ", 1):
                case ["wait", seconds]:
                    await asyncio.sleep(float(seconds) or POLL_S)
                case ["cap", which]:
                    raise self._reached(address, purpose, which)
                case _:
                    self._held[token] = _key(address, "inside")
                    self._keep_alive()
                    return

    def _ask(self, address: IPAddress, purpose: Purpose, token: str) -> str:
        caps, is_mail = self._caps, purpose == "mail"
        is_counted = purpose in ("mail", "deep")
        has_network = is_counted and not any(address in network for network in self._allow)
        keys = [
            _key(address, "deep" if purpose == "deep" else "opened"),
            f"{_KEY}{network_of(address)}",
            *(_key(address, what) for what in ("inside", "slow", "busy")),
        ]
        arguments: list[str | float] = [
            token,
            LEASE_S,
            caps.at_once,
            caps.ten_minutes if is_mail else "",
            (caps.hour if is_mail else caps.deep) if is_counted else "",
            caps.network if has_network else "",
            "" if purpose == "policy" else "1",
            repr(self._now()) if self._now else "",
        ]
        with coordination.reaching():
            said = coordination.client().register_script(_SCRIPT)(keys=keys, args=arguments)
        return said.decode() if isinstance(said, bytes) else str(said)

    def _reached(self, address: IPAddress, purpose: Purpose, which: str) -> CapReached:
        if which == "network":
            return network_cap_reached(address, self._caps.network)
        if purpose == "deep":
            return cap_reached(address, self._caps.deep, "one deep scan")
        count = self._caps.hour if which == "hour" else self._caps.ten_minutes
        return cap_reached(address, count, "an hour" if which == "hour" else which)

    async def _leave(self, token: str) -> None:
        if (key := self._held.pop(token, None)) is not None:
            with suppress(CoordinationAway):
                await asyncio.to_thread(_remove, key, token)

    async def _flag(self, address: IPAddress, what: str, seconds: float) -> None:
        with suppress(CoordinationAway):
            await asyncio.to_thread(_set, _key(address, what), seconds)

    def _keep_alive(self) -> None:
        if self._living is None or self._living.done():
            self._living = asyncio.create_task(self._live())

    async def _live(self) -> None:
        """Say of each place that its holder lives, until none is held."""
        while self._held:
            await asyncio.sleep(LEASE_S / 3)
            with suppress(CoordinationAway):
                await asyncio.to_thread(_renew, dict(self._held))


def _key(address: IPAddress, what: str) -> str:
    return f"{_KEY}{address}:{what}"


def _remove(key: str, token: str) -> None:
    with coordination.reaching():
        coordination.client().zrem(key, token)


def _forget(key: str) -> None:
    with coordination.reaching():
        coordination.client().delete(key)


def _set(key: str, seconds: float) -> None:
    with coordination.reaching():
        coordination.client().set(key, "", px=max(1, round(seconds * 1000)))


def _renew(held: dict[str, str]) -> None:
    """Tokens that are still inside lapse later. One that lapsed already stays out."""
    with coordination.reaching():
        seconds, microseconds = coordination.client().time()
        pipe = coordination.client().pipeline(transaction=False)
        for token, key in held.items():
            pipe.zadd(key, {token: seconds + microseconds / 1e6 + LEASE_S}, xx=True)
            pipe.pexpire(key, round(LEASE_S * 1000))
        pipe.execute()
