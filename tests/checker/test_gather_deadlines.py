"""The scan's deadlines, against real servers on loopback: what is known stays, and what is cut off is told."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from checker.facts import DomainFacts, ScanRequest
from checker.gather import gather
from checker.names import IPAddress
from checker.network.ports import Network, Stream
from checker.observation import Failed, FailureKind, NotTried, Reason, Seen
from tests.gathering import (
    DOMAIN,
    NOW,
    ONE_MUTE,
    PATIENCE_S,
    QUICK,
    AlarmClock,
    Stuck,
    box,
    codes,
    endpoints,
    facts_of,
    has_tls,
    pending,
    probes,
    server,
    until,
)


async def test_at_the_hard_deadline_what_is_known_stays() -> None:
    """The silent server is connected, and its greeting is a failure of ours; the others are as ever."""
    async with box(*ONE_MUTE, bounds=replace(QUICK, scan_hard_s=1.0)) as running:
        facts = await facts_of(running.network)
    assert facts.state == "partial"
    assert has_tls(facts, "192.52.193.2")
    mute = endpoints(facts)["192.52.193.1"]
    assert isinstance(mute.smtp.connect, Seen)
    assert isinstance(mute.smtp.greeting, Failed)
    assert mute.smtp.greeting.failure is FailureKind.DEADLINE
    assert codes(facts) == {("servers.mx1.mail.demo.test", "deadline")}
    assert facts.limits[0].detail.endswith("Affected: 192.52.193.1 and 192.52.193.11.")


async def cut_off(network: Network, is_time: Callable[[DomainFacts], bool]) -> DomainFacts:
    """The last snapshot of a scan whose hard deadline comes at a snapshot that the test names."""
    clock = AlarmClock()
    async with asyncio.timeout(PATIENCE_S):
        async for facts in gather(ScanRequest(domain=DOMAIN), replace(network, clock=clock), NOW):
            if is_time(facts):
                clock.alarm.set()
    await until(lambda: not probes())
    return facts


async def test_what_hangs_is_cut_off() -> None:
    """Ports that ignore every time-out: a look-up and a connection that never end are failures of ours."""
    async with box(server(1), server(2), server(3)) as running:
        hanging = Stuck(running.network, ("mx1.mail.demo.test", "192.52.193.2")).network
        facts = await cut_off(hanging, lambda facts: has_tls(facts, "192.52.193.3"))
    assert facts.state == "partial"
    assert isinstance(facts.mx.hosts[0].ipv4, Failed)
    assert facts.mx.hosts[0].ipv4.failure is FailureKind.DEADLINE
    assert facts.servers[0].endpoints == ()
    connect = endpoints(facts)["192.52.193.2"].smtp.connect
    assert isinstance(connect, Failed)
    assert connect.failure is FailureKind.DEADLINE
    assert has_tls(facts, "192.52.193.3")
    assert codes(facts) == {(f"servers.mx{n}.mail.demo.test", "deadline") for n in (1, 2)}


async def test_what_waited_for_its_turn_was_not_tried() -> None:
    async with box(server(1), server(2), bounds=replace(QUICK, addresses_at_once=1)) as running:
        hanging = Stuck(running.network, ("192.52.193.1", "192.52.193.2")).network
        facts = await cut_off(hanging, lambda facts: len(pending(facts)) == 2)
    reasons = [e.not_tried and e.not_tried.reason for e in endpoints(facts).values()]
    assert (facts.state, reasons) == ("partial", [None, Reason.DEADLINE])


async def test_dns_that_hangs() -> None:
    """Not even the MX look-up ends."""
    async with box(server(1), bounds=replace(QUICK, scan_hard_s=0.05)) as running:
        facts = await facts_of(Stuck(running.network, (f"{DOMAIN} MX",)).network)
    assert (facts.state, facts.mx.status, codes(facts)) == ("partial", "failed", {("mx", "deadline")})


class LeapingClock:
    """Real time, and leaps."""

    def __init__(self) -> None:
        self.leapt = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.leapt

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class LeapingDialer:
    """Each connection takes a long time by the clock, and counts how many there are at once."""

    def __init__(self, network: Network, clock: LeapingClock, seconds: float) -> None:
        self._network = network
        self._clock = clock
        self._seconds = seconds

    async def dial(self, address: IPAddress, timeout: float) -> Stream:
        self._clock.leapt += self._seconds
        return await self._network.dialer.dial(address, timeout)


async def test_after_the_soft_deadline_nothing_is_begun() -> None:
    """One at a time, the first takes past the soft deadline: it is finished, the other isn't begun."""
    async with box(server(1), server(2), bounds=replace(QUICK, addresses_at_once=1)) as running:
        clock = LeapingClock()
        leaping = LeapingDialer(running.network, clock, QUICK.scan_soft_s)
        facts = await facts_of(replace(running.network, clock=clock, dialer=leaping))
        connections = {str(address): one.connections for address, one in running.servers.items()}
    assert has_tls(facts, "192.52.193.1")
    assert endpoints(facts)["192.52.193.2"].not_tried == NotTried(
        Reason.DEADLINE, "The scan's time was up before its turn came."
    )
    assert facts.state == "partial"
    assert connections == {"192.52.193.1": 1, "192.52.193.2": 0}
