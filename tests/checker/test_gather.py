"""The fan-out, against real servers on loopback: what is slow, hostile, broken or too much costs its own fact only."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from checker.facts import DomainFacts, ScanRequest
from checker.gather import gather
from checker.names import IPAddress
from checker.network.bounds import NO_CAPS
from checker.network.courtesy import InProcessCourtesy
from checker.network.ports import (
    Courtesy,
    Network,
    Purpose,
    Remembered,
    Stream,
)
from checker.observation import PENDING, Failed, FailureKind, NotTried, Reason, Seen
from sandbox.resolver import TableResolver
from tests.gathering import (
    DOMAIN,
    GOOD,
    NEVER_S,
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
    snapshots_of,
    until,
)


async def test_every_address_of_every_server() -> None:
    """In order, IPv4 first, with the certificates that were shown and the hosts that they were shown for."""
    async with box(*GOOD) as running:
        facts = await facts_of(running.network)
    assert facts.state == "complete"
    assert [each.host for each in facts.servers] == ["mx1.mail.demo.test", "mx2.mail.demo.test"]
    assert list(endpoints(facts)) == ["192.52.193.1", "3ffe::1", "192.52.193.2"]
    assert all(has_tls(facts, address) for address in endpoints(facts))
    assert {c.presented_for for c in facts.certificates} == {("mx1.mail.demo.test",), ("mx2.mail.demo.test",)}
    assert (facts.limits, facts.vantage.smtp, facts.started_at) == ((), "open", NOW)
    told = {address: endpoint.connections for address, endpoint in endpoints(facts).items()}
    assert {str(address): one.connections for address, one in running.servers.items()} == told
    assert told["3ffe::1"] == 1  # it behaves like the other address of its server, which was asked
    assert 8 <= told["192.52.193.1"] <= 14


async def test_snapshots_only_grow() -> None:
    async with box(*GOOD) as running:
        snapshots = await snapshots_of(running.network)
    assert [facts.state for facts in snapshots] == ["running"] * (len(snapshots) - 1) + ["complete"]
    assert [each.host for each in snapshots[0].servers] == ["mx1.mail.demo.test", "mx2.mail.demo.test"]
    assert endpoints(snapshots[0]) == {}
    assert any(pending(facts) == {"192.52.193.1", "3ffe::1", "192.52.193.2"} for facts in snapshots)
    for before, after in pairwise(snapshots):
        for address in endpoints(before).keys() - pending(before):
            known, then = endpoints(before)[address], endpoints(after)[address]
            asked = replace(known.tls, inventory=then.tls.inventory)
            assert then in (known, replace(known, tls=asked, connections=then.connections))
            assert known.tls.inventory is None or then == known
        assert set(before.certificates) <= set(after.certificates)


@pytest.mark.parametrize(
    ("table", "status"),
    [
        ({f"{DOMAIN} MX": [(0, ".")]}, "null-mx"),
        ({"elsewhere.test A": ["192.52.193.1"]}, "nxdomain"),
        ({f"{DOMAIN} MX": "SERVFAIL"}, "failed"),
    ],
)
async def test_without_servers_it_is_complete(table: dict[str, Any], status: str) -> None:
    async with box() as running:
        facts = await facts_of(replace(running.network, resolver=TableResolver(table)))
    assert (facts.state, facts.mx.status, facts.servers) == ("complete", status, ())


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


async def test_a_mistake_of_ours_costs_one_fact(caplog: pytest.LogCaptureFixture) -> None:
    """A port that breaks over one host and one address: theirs are failures of ours, and the scan is complete."""
    async with box(server(1), server(2, 22), bounds=QUICK) as running:
        facts = await facts_of(Stuck(running.network, (), ("mx1.mail.demo.test", "192.52.193.2")).network)
    assert facts.state == "complete"
    assert isinstance(facts.mx.hosts[0].ipv4, Failed)
    assert facts.mx.hosts[0].ipv4.failure is FailureKind.INTERNAL
    assert isinstance(connect := endpoints(facts)["192.52.193.2"].smtp.connect, Failed)
    assert connect.failure is FailureKind.INTERNAL
    assert has_tls(facts, "192.52.193.22")
    assert codes(facts) == {(f"servers.mx{n}.mail.demo.test", "internal") for n in (1, 2)}
    assert "ZeroDivisionError" in caplog.text
    assert "mx1.mail.demo.test" not in caplog.text  # which is what the error says, and a peer could have said


class BrokenMemory:
    """A memory that can't be reached."""

    async def observe[T](self, key: str, probe: Callable[[], Any], *, fresh: bool = False) -> Remembered[T]:
        raise ConnectionError(key)


async def test_a_broken_memory_costs_each_endpoint() -> None:
    async with box(*GOOD) as running:
        facts = await facts_of(replace(running.network, memory=BrokenMemory()))
    assert {e.smtp.connect for e in endpoints(facts).values()} == {
        Failed(FailureKind.INTERNAL, "Mailseal made a mistake here. It says nothing about this server.")
    }
    assert (facts.state, facts.vantage.smtp) == ("complete", "unknown")


@pytest.mark.parametrize("fresh", [False, True])
async def test_a_fresh_scan_asks_what_is_remembered(fresh: bool) -> None:
    async with box(*GOOD) as running:
        await facts_of(running.network)
        after = await facts_of(running.network, fresh=fresh)
    assert {(e.reused is None, e.connections > 0) for e in endpoints(after).values()} == {(fresh, fresh)}


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


async def test_servers_beyond_the_cap_are_named() -> None:
    async with box(server(1), server(2), server(3), bounds=replace(QUICK, servers=1)) as running:
        facts = await facts_of(running.network)
    assert [each.not_tried and each.not_tried.reason for each in facts.servers] == [None] + [Reason.BEYOND_CAP] * 2
    assert [host.ipv4 for host in facts.mx.hosts[1:]] == [PENDING] * 2
    assert codes(facts) == {("servers", "beyond-cap")}
    assert facts.limits[0].detail.endswith("Affected: mx2.mail.demo.test and mx3.mail.demo.test.")
    assert facts.state == "complete"


async def test_a_vantage_without_ipv6_says_so() -> None:
    async with box(*GOOD) as running:
        facts = await facts_of(replace(running.network, ipv6=False))
    six = endpoints(facts)["3ffe::1"]
    assert six.not_tried is not None
    assert six.not_tried.reason is Reason.NO_ADDRESS_FAMILY
    assert codes(facts) == {("servers.mx1.mail.demo.test", "no-address-family")}
    assert (facts.vantage.ipv4, facts.vantage.ipv6, facts.state) == (True, False, "complete")
