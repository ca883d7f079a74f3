"""The fan-out side by side, against real servers: who keeps us waiting, how many at once, and who stops listening."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from checker.facts import DomainFacts, ScanRequest
from checker.gather import gather
from checker.names import IPAddress
from checker.network.bounds import NO_CAPS
from checker.network.courtesy import InProcessCourtesy
from checker.network.ports import Courtesy, Network, Purpose, Stream
from tests.gathering import (
    DOMAIN,
    NEVER_S,
    NOW,
    ONE_MUTE,
    PATIENCE_S,
    QUICK,
    box,
    endpoints,
    facts_of,
    has_tls,
    pending,
    probes,
    server,
    snapshots_of,
    until,
)


async def test_a_silent_server_delays_nobody() -> None:
    """All about the others is known while it is still waited for."""
    async with box(*ONE_MUTE) as running, aclosing(gather(ScanRequest(domain=DOMAIN), running.network, NOW)) as facts:
        async with asyncio.timeout(PATIENCE_S):
            async for snapshot in facts:
                if all(has_tls(snapshot, address) for address in ("192.52.193.2", "192.52.193.3")):
                    break
        assert snapshot.state == "running"
        assert pending(snapshot) == {"192.52.193.1", "192.52.193.11"}


class MuteDialer:
    """One address doesn't answer."""

    def __init__(self, network: Network, mute: str) -> None:
        self._network, self._mute = network, mute

    async def dial(self, address: IPAddress, timeout: float) -> Stream:
        if str(address) == self._mute:
            await asyncio.sleep(NEVER_S)
        return await self._network.dialer.dial(address, timeout)


async def test_a_mute_address_beside_it_keeps_no_address_from_being_asked() -> None:
    """It may take until nothing more is begun; by then the questions to the other are answered."""
    async with box(server(1, 11), bounds=replace(QUICK, siblings_s=0.05)) as running:
        network = replace(running.network, dialer=MuteDialer(running.network, "192.52.193.11"))
        async with aclosing(gather(ScanRequest(domain=DOMAIN), network, NOW)) as facts, asyncio.timeout(PATIENCE_S):
            async for snapshot in facts:
                if endpoints(snapshot) and endpoints(snapshot)["192.52.193.1"].tls.inventory:
                    break
    assert snapshot.state == "running"
    assert pending(snapshot) == {"192.52.193.11"}


class Overlaps:
    """Courtesy that notes how many are in at an address each time that one more goes in."""

    def __init__(self, inner: Courtesy) -> None:
        self._inner, self._inside = inner, 0
        self.seen: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @asynccontextmanager
    async def slot(self, address: IPAddress, purpose: Purpose = "mail") -> AsyncIterator[None]:
        async with self._inner.slot(address, purpose):
            self._inside += 1
            self.seen.append(self._inside)
            try:
                yield
            finally:
                self._inside -= 1


async def test_the_first_connection_to_an_address_goes_alone() -> None:
    """A postscreen keeps it waiting, and lets those pass that come after it has ended."""
    async with box(server(1)) as running:
        overlaps = Overlaps(running.network.courtesy)
        await facts_of(replace(running.network, courtesy=overlaps))
    assert overlaps.seen[:3] == [1, 1, 2]
    assert max(overlaps.seen) <= 4


async def test_what_keeps_us_waiting_is_told() -> None:
    """Once it has lasted a while, and with the stage and since when; of the others nothing is told."""
    async with (
        box(*ONE_MUTE, bounds=replace(QUICK, told_after_s=0.2)) as running,
        aclosing(gather(ScanRequest(domain=DOMAIN), running.network, NOW)) as facts,
        asyncio.timeout(PATIENCE_S),
    ):
        async for snapshot in facts:
            waits = {address: e.waiting for address, e in endpoints(snapshot).items() if e.waiting}
            if len(waits) == 2:
                break
    assert {address: wait.stage for address, wait in waits.items()} == {
        "192.52.193.1": "greeting",
        "192.52.193.11": "greeting",
    }
    assert all(wait.since_ms <= snapshot.duration_ms - 200 for wait in waits.values())


async def test_nobody_keeps_us_waiting_at_the_end() -> None:
    """What was cut off is a limit, and no news any more."""
    hurried = replace(QUICK, told_after_s=0.05, greeting_s=0.3)
    async with box(*ONE_MUTE, bounds=hurried) as running:
        snapshots = await snapshots_of(running.network)
    assert any(e.waiting for facts in snapshots[:-1] for e in endpoints(facts).values())
    assert not any(e.waiting for e in endpoints(snapshots[-1]).values())


@pytest.mark.parametrize("how", ["close", "cancel"])
async def test_who_stops_listening_stops_the_probes(how: str) -> None:
    """No task is left behind, whether the generator is closed or its consumer cancelled."""

    async def consume(is_enough: Callable[[DomainFacts], bool]) -> None:
        async with aclosing(gather(ScanRequest(domain=DOMAIN), running.network, NOW)) as facts:
            async for snapshot in facts:
                if is_enough(snapshot):
                    return

    def others_are_known(snapshot: DomainFacts) -> bool:
        return len(pending(snapshot)) == 2

    async with box(*ONE_MUTE) as running:
        if how == "close":
            await consume(others_are_known)
        else:
            task = asyncio.create_task(consume(lambda _: False))
            await until(lambda: sum(one.connections for one in running.servers.values()) == 4)
            task.cancel()
            await asyncio.wait((task,))
            assert task.cancelled()
        await until(lambda: not probes())


class CountingDialer:
    """How many connections are open at once, at most."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._open = 0
        self.most = 0

    async def dial(self, address: IPAddress, timeout: float) -> Stream:
        self._open += 1
        self.most = max(self.most, self._open)
        stream = await self._network.dialer.dial(address, timeout)
        return Counted(stream, self)

    def let_go(self) -> None:
        self._open -= 1


class Counted:
    """A stream that tells when it closes."""

    def __init__(self, stream: Stream, dialer: CountingDialer) -> None:
        self._stream = stream
        self._dialer = dialer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def close(self) -> None:
        await self._stream.close()
        self._dialer.let_go()


@pytest.mark.parametrize("at_once", [1, 3])
async def test_addresses_at_once_are_bounded(at_once: int) -> None:
    """Of eight endpoints that could be visited at once, and all are visited."""
    servers = [server(n, n + 10) for n in range(1, 5)]
    async with box(*servers, bounds=replace(QUICK, addresses_at_once=at_once)) as running:
        counting = CountingDialer(running.network)
        courtesy = InProcessCourtesy(running.network.clock, replace(QUICK, caps=replace(NO_CAPS, at_once=1)))
        facts = await facts_of(replace(running.network, dialer=counting, courtesy=courtesy))
    assert all(has_tls(facts, address) for address in endpoints(facts))
    assert (len(endpoints(facts)), counting.most) == (8, at_once)
