"""Port 25 blocked here, their servers down, or the resolver away: told apart by control hosts, seldom asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_address

import pytest

import sandbox
from checker.assessment.verdict import Verdict, assess
from checker.facts import DomainFacts
from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.ports import Network
from checker.network.standing import InProcessStanding
from checker.network.streams import TcpDialer
from checker.vantage import port_25, resolver, standing_of
from sandbox.demo import DemoDomain, DemoServer
from sandbox.dialler import mapped
from sandbox.resolver import TableResolver, Told
from tests.gathering import DOMAIN, NOW, QUICK, facts_of

SILENT = (
    DemoServer(label="mx1", preference=10, ipv4=("192.52.193.1",), is_silent=True),
    DemoServer(label="mx2", preference=20, ipv4=("192.52.193.2",), is_silent=True),
)
GREETING = DemoServer(label="c1", preference=10, ipv4=("192.52.193.91",))
MUTE = DemoServer(label="c2", preference=10, ipv4=("192.52.193.92",), is_silent=True)
LATE = DemoServer(label="c3", preference=10, ipv4=("192.52.193.93",), is_slow=True)
REFUSING = DemoServer(label="c4", preference=10, ipv4=("192.52.193.94",), is_dead=True)


def _domain(name: str, *servers: DemoServer) -> DemoDomain:
    return DemoDomain(name=DomainName(name), title="", note="", level="ready", servers=servers)


@asynccontextmanager
async def box(*controls: DemoServer, bounds: Bounds = QUICK) -> AsyncIterator[sandbox.Sandbox]:
    """A domain whose servers are all silent, beside these control hosts."""
    control = _domain("control.test", *controls)
    async with sandbox.running(3600.0, bounds, (_domain(DOMAIN, *SILENT),), control) as running:
        yield running


async def judged(network: Network) -> tuple[DomainFacts, Verdict]:
    facts = await facts_of(network)
    return facts, assess(facts, (), NOW)


async def test_a_control_host_that_greets_holds_the_silence_against_the_servers() -> None:
    """Port 25 is open from here, so all servers are dead and mail is lost."""
    async with box(MUTE, GREETING) as running:
        facts, verdict = await judged(running.network)
    assert (facts.vantage.smtp, verdict.level) == ("open", "losing-mail")
    assert "servers-all-dead" in {finding.code for finding in verdict.findings}


async def test_control_hosts_that_are_silent_too_clear_the_servers() -> None:
    """Port 25 is blocked here: nothing is held against the domain, and the report says why."""
    async with box(MUTE, MUTE) as running:
        facts, verdict = await judged(running.network)
    assert (facts.vantage.smtp, verdict.level) == ("blocked", "inconclusive")
    assert "outbound port 25 is blocked here" in verdict.headline
    codes = {finding.code for finding in verdict.findings}
    assert "port-25-blocked" in codes
    assert not codes & {"port-25-unknown", "servers-all-dead"}
    assert "Port 25 is blocked here." in verdict.deliveries[0].steps[0].why


async def test_without_control_hosts_nobody_can_tell() -> None:
    async with box() as running:
        facts, verdict = await judged(running.network)
    assert (facts.vantage.smtp, verdict.level) == ("unknown", "inconclusive")
    assert "port-25-unknown" in {finding.code for finding in verdict.findings}


async def test_a_domain_that_answers_costs_no_control_host_anything() -> None:
    good = _domain(DOMAIN, DemoServer(label="mx", preference=1, ipv4=("192.52.193.5",)))
    async with sandbox.running(0.0, QUICK, (good,)) as running:
        await facts_of(running.network)
        assert {server.connections for server in running.controls.values()} == {0}


async def test_a_control_host_is_asked_once_in_ten_minutes() -> None:
    """Many scans at once, and scans after them, share one answer."""
    async with box(GREETING) as running:
        await asyncio.gather(*(facts_of(running.network, fresh=True) for _ in range(5)))
        await facts_of(running.network)
        [control] = running.controls.values()
        assert control.connections == 1


async def test_a_control_host_gets_quit_right_after_its_greeting() -> None:
    """No EHLO, no mail, and one connection."""
    said: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220-welcome\r\n220 here\r\n")
        said.append(await reader.read())
        writer.close()

    async with box(GREETING) as running, await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        route = mapped({ip_address("192.52.193.91"): port})
        network = replace(running.network, dialer=TcpDialer(25, bounds=QUICK, route=route))
        assert await port_25(network) == "works"
    assert said == [b"QUIT\r\n"]


CONTROLS = [
    ("one of two greets", (MUTE, GREETING), "works"),
    ("none greets in time", (LATE,), "away"),
    ("all refuse, as a firewall may make them", (REFUSING,), "away"),
    ("there are none", (), "unknown"),
]


@pytest.mark.parametrize(("name", "controls", "want"), CONTROLS, ids=[case[0] for case in CONTROLS])
async def test_what_control_hosts_tell(name: str, controls: tuple[DemoServer, ...], want: str) -> None:
    async with box(*controls, bounds=replace(QUICK, control_s=0.2)) as running:
        assert await port_25(running.network) == want, name


async def test_control_hosts_that_do_not_resolve_tell_nothing() -> None:
    async with box(GREETING) as running:
        assert await port_25(replace(running.network, control_hosts=(DomainName("gone.test"),))) == "unknown"


async def test_no_time_left_tells_nothing() -> None:
    async with box(GREETING) as running:
        assert await standing_of("port-25", running.network, running.network.clock.monotonic()) == "unknown"


def _speechless(told: Told) -> TableResolver:
    names = (DOMAIN, "", f"_mta-sts.{DOMAIN}", f"_smtp._tls.{DOMAIN}", f"mta-sts.{DOMAIN}")
    types = ("MX", "A", "AAAA", "TXT")
    return TableResolver({f"{name} {rdtype}": told for name in names for rdtype in types})


@pytest.mark.parametrize("told", [Told.TIMEOUT, Told.REFUSED])
async def test_a_resolver_that_answers_nothing_is_told_as_away(told: Told) -> None:
    """Not even about the root: the domain is not judged, and the report says whose fault it is."""
    async with box() as running:
        network = replace(running.network, resolver=_speechless(told))
        network = replace(network, standing=InProcessStanding(network.clock, network.bounds))
        facts, verdict = await judged(network)
        assert await resolver(network) == "away"
    assert (facts.vantage.resolver, verdict.level) == ("away", "inconclusive")
    assert "the DNS resolver here does not answer" in verdict.headline


async def test_a_resolver_that_answers_about_others_is_not_away() -> None:
    """One zone whose name servers are silent is no reason to say that the resolver is."""
    async with box(GREETING) as running:
        names = (DOMAIN, f"_mta-sts.{DOMAIN}", f"_smtp._tls.{DOMAIN}", f"mta-sts.{DOMAIN}")
        table = {f"{name} {rdtype}": Told.TIMEOUT for name in names for rdtype in ("MX", "A", "AAAA", "TXT")}
        facts, _ = await judged(replace(running.network, resolver=TableResolver(table)))
    assert facts.vantage.resolver == "works"
