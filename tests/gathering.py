"""One domain in a sandbox of its own, and what a test asks of the facts that are gathered about it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import sandbox
from checker.facts import DomainFacts, EndpointFacts, ScanRequest
from checker.gather import gather
from checker.names import DomainName, IPAddress
from checker.network.bounds import Bounds
from checker.network.ports import CaaRecord, LookUp, MxRecord, Network, Stream, TlsaRecord, TxtRecord
from checker.observation import PENDING, Seen
from sandbox.domains import DemoDomain, DemoServer

PATIENCE_S = 10.0
NOW = datetime.now(UTC)
DOMAIN = DomainName("mail.demo.test")
QUICK = Bounds(retry_pause_s=0.0, let_go_s=0.1)
NEVER_S = 3600.0  # a greeting so late


def server(number: int, *more: int, is_slow: bool = False, ipv6: tuple[str, ...] = ()) -> DemoServer:
    """mx1 at 192.52.193.1, and at more addresses of that block."""
    ipv4 = tuple(f"192.52.193.{last}" for last in (number, *more))
    return DemoServer(label=f"mx{number}", preference=number, ipv4=ipv4, ipv6=ipv6, is_slow=is_slow)


GOOD = (server(1, ipv6=("3ffe::1",)), server(2))
ONE_MUTE = (server(1, 11, is_slow=True), server(2), server(3))


@asynccontextmanager
async def box(*servers: DemoServer, bounds: Bounds = QUICK) -> AsyncIterator[sandbox.Sandbox]:
    """A sandbox with one domain."""
    domain = DemoDomain(name=DOMAIN, title="", note="", level="ready", servers=servers)
    async with sandbox.running(NEVER_S, bounds, (domain,)) as running:
        yield running


async def snapshots_of(network: Network, *, fresh: bool = False) -> list[DomainFacts]:
    async with asyncio.timeout(PATIENCE_S):
        return [facts async for facts in gather(ScanRequest(domain=DOMAIN, fresh=fresh), network, NOW)]


async def facts_of(network: Network, *, fresh: bool = False) -> DomainFacts:
    return (await snapshots_of(network, fresh=fresh))[-1]


def endpoints(facts: DomainFacts) -> dict[str, EndpointFacts]:
    return {str(endpoint.address): endpoint for each in facts.servers for endpoint in each.endpoints}


def pending(facts: DomainFacts) -> set[str]:
    return {a for a, e in endpoints(facts).items() if e.not_tried is None and e.smtp.connect == PENDING}


def has_tls(facts: DomainFacts, address: str) -> bool:
    endpoint = endpoints(facts).get(address)
    return endpoint is not None and isinstance(endpoint.smtp.ehlo_tls, Seen)


def codes(facts: DomainFacts) -> set[tuple[str, str]]:
    return {(limit.path, limit.code) for limit in facts.limits}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 -- the conditions are of the event loop itself
            await asyncio.sleep(0.005)


def probes() -> set[Any]:
    """Tasks of this loop, without the test's own and the sandbox's."""
    others = (task for task in asyncio.all_tasks() if task is not asyncio.current_task())
    return {task for task in others if "Listener" not in repr(task.get_coro())}


class AlarmClock:
    """Real time, but who sleeps is woken by the test: so the hard deadline comes when the test wants it."""

    def __init__(self) -> None:
        self.alarm = asyncio.Event()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.alarm.wait()


class Stuck:
    """A resolver and dialler that never come back from some names and addresses, and break over others."""

    def __init__(self, network: Network, stuck: tuple[str, ...] = (), broken: tuple[str, ...] = ()) -> None:
        self._network = network
        self._stuck = stuck
        self._broken = broken

    @property
    def network(self) -> Network:
        return replace(self._network, resolver=self, dialer=self)

    async def _meet(self, subject: str) -> None:
        if subject in self._stuck:
            await asyncio.get_running_loop().create_future()
        if subject in self._broken:
            raise ZeroDivisionError(subject)

    async def look_up_mx(self, name: DomainName) -> LookUp[MxRecord]:
        await self._meet(f"{name} MX")
        return await self._network.resolver.look_up_mx(name)

    async def look_up_addresses(self, name: DomainName, family: Literal[4, 6]) -> LookUp[IPAddress]:
        await self._meet(name)
        return await self._network.resolver.look_up_addresses(name, family)

    async def look_up_txt(self, name: DomainName) -> LookUp[TxtRecord]:
        await self._meet(name)
        return await self._network.resolver.look_up_txt(name)

    async def look_up_tlsa(self, name: DomainName) -> LookUp[TlsaRecord]:
        await self._meet(name)
        return await self._network.resolver.look_up_tlsa(name)

    async def look_up_caa(self, name: DomainName) -> LookUp[CaaRecord]:
        await self._meet(f"{name} CAA")
        return await self._network.resolver.look_up_caa(name)

    async def look_up_alias(self, name: DomainName) -> LookUp[DomainName]:
        await self._meet(f"{name} CNAME")
        return await self._network.resolver.look_up_alias(name)

    async def validates(self) -> bool | None:
        return await self._network.resolver.validates()

    async def dial(self, address: IPAddress, timeout: float) -> Stream:
        await self._meet(str(address))
        return await self._network.dialer.dial(address, timeout)
