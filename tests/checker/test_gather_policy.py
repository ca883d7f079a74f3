"""The policy is gathered beside the mail servers: no more visits than needed, and what breaks costs its own fact."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_address
from itertools import pairwise
from typing import Any, Literal

import pytest

import sandbox
from checker.facts import DomainFacts, ScanRequest, from_json, to_json
from checker.gather import gather
from checker.mta_sts.facts import MtaStsFacts
from checker.names import DomainName, IPAddress
from checker.network.bounds import Bounds
from checker.network.ports import (
    CaaRecord,
    HttpResponse,
    LookUp,
    MxRecord,
    Network,
    PolicyAnswer,
    TlsSession,
    TxtRecord,
)
from checker.observation import NOT_REACHED, PENDING, Failed, FailureKind, NotTried, Observation, Reason, Seen
from sandbox.demo import DemoDomain, DemoPolicyHost, DemoServer
from sandbox.demo_policies import RECORD, REPORTING, policy
from sandbox.resolver import Entry, TableResolver
from tests.gathering import DOMAIN, NOW, PATIENCE_S, QUICK, AlarmClock

HOST = f"mta-sts.{DOMAIN}"
SERVER = DemoServer(label="mx", preference=10, ipv4=("192.52.193.1",))
POLICY_HOST = DemoPolicyHost(ipv4=("192.52.193.2",), ipv6=("3ffe::2",), body=policy("enforce", f"mx.{DOMAIN}"))
REFUSED = Failed(FailureKind.REFUSED, "It refuses.")


@asynccontextmanager
async def box(bounds: Bounds = QUICK, **domain: Any) -> AsyncIterator[sandbox.Sandbox]:
    """A sandbox with one domain that keeps its policy."""
    fields: dict[str, Any] = {
        "servers": (SERVER,),
        "records": (RECORD,),
        "reporting": (REPORTING,),
        "policy_host": POLICY_HOST,
    }
    demo = DemoDomain(name=DOMAIN, title="", note="", level="enforced", **fields | domain)
    async with sandbox.running(0.0, bounds, (demo,)) as running:
        yield running


async def snapshots_of(network: Network, domain: str = DOMAIN) -> list[DomainFacts]:
    async with asyncio.timeout(PATIENCE_S):
        return [facts async for facts in gather(ScanRequest(domain=DomainName(domain)), network, NOW)]


async def facts_of(network: Network, domain: str = DOMAIN) -> DomainFacts:
    return (await snapshots_of(network, domain))[-1]


def failures(*observations: Observation[Any]) -> list[FailureKind | None]:
    return [seen.failure if isinstance(seen, Failed) else None for seen in observations]


async def test_all_that_a_domain_promises() -> None:
    """Record, file from each family, reporting address, and the certificate among those of the servers."""
    async with box() as running:
        facts = await facts_of(running.network)
        asked = [host.connections for host in running.policy_hosts.values()]
    mta_sts = facts.mta_sts
    assert (facts.state, facts.limits) == ("complete", ())
    assert (mta_sts.record.status, facts.tls_rpt.status, mta_sts.parent) == ("valid", "valid", NOT_REACHED)
    assert mta_sts.policy is not None
    assert (mta_sts.policy.mode, mta_sts.policy.mx) == ("enforce", (f"mx.{DOMAIN}",))
    assert ([str(visit.address) for visit in mta_sts.visits], asked) == (["192.52.193.2", "3ffe::2"], [1, 1])
    shown = {chain.chain_id: chain.presented_for for chain in facts.certificates}
    assert {shown[visit.chain] for visit in mta_sts.visits if visit.chain} == {(HOST,)}
    assert set(shown.values()) == {(HOST,), (f"mx.{DOMAIN}",)}
    assert from_json(to_json(facts)) == facts


async def test_the_file_is_fetched_without_a_record() -> None:
    """And the record one label up is looked at, since there is none here."""
    async with box(records=()) as running:
        facts = await facts_of(running.network)
    assert (facts.mta_sts.record.status, facts.mta_sts.policy is not None) == ("absent", True)
    assert isinstance(facts.mta_sts.parent, Seen)


async def test_a_domain_that_takes_no_mail_is_looked_at_too() -> None:
    async with box(servers=()) as running:
        facts = await facts_of(running.network)
    assert (facts.mx.status, facts.mta_sts.record.status, facts.mta_sts.policy is not None) == (
        "null-mx",
        "valid",
        True,
    )


async def test_nothing_is_fetched_for_a_domain_that_does_not_exist() -> None:
    """Though its DNS has an address for the policy host."""
    table: dict[str, Entry] = {f"{DOMAIN} MX": "NXDOMAIN", f"{HOST} A": ["192.52.193.2"]}
    async with box() as running:
        facts = await facts_of(replace(running.network, resolver=TableResolver(table)))
        assert {host.connections for host in running.policy_hosts.values()} == {0}
    assert facts.mx.status == "nxdomain"
    assert (facts.mta_sts.visits, facts.limits) == ((), ())
    assert facts.mta_sts.not_tried is not None
    assert facts.mta_sts.not_tried.reason is Reason.NOT_ASKED


async def test_snapshots_only_grow() -> None:
    async with box() as running:
        snapshots = await snapshots_of(running.network)
    known = [
        (f.mta_sts.record.status is not None, f.tls_rpt.status is not None, len(f.mta_sts.visits), len(f.certificates))
        for f in snapshots
    ]
    for before, after in pairwise(known):
        assert all(one <= two for one, two in zip(before, after, strict=True))
    assert known[0] != known[-1]


class Hosts:
    """A PolicyClient by address: some answer with a policy, one breaks, one hangs, and all others refuse."""

    def __init__(self, *answering: str, broken: str = "", hanging: str = "") -> None:
        self.asked: list[str] = []
        self._answering = answering
        self._broken = broken
        self._hanging = hanging

    async def fetch(self, host: DomainName, address: IPAddress) -> PolicyAnswer:
        self.asked.append(str(address))
        if str(address) == self._broken:
            raise ZeroDivisionError(host)
        if str(address) == self._hanging:
            await asyncio.get_running_loop().create_future()
        if str(address) not in self._answering:
            return PolicyAnswer(connect=REFUSED, session=NOT_REACHED, response=NOT_REACHED, duration_ms=1)
        response = HttpResponse(status=200, body=POLICY_HOST.body.encode(), content_type="text/plain")
        session = TlsSession(version="TLSv1.3", suite=0x1301, chain=())
        return PolicyAnswer(connect=Seen(1), session=Seen(session), response=Seen(response), duration_ms=1)


IPV4 = [f"192.52.193.{last}" for last in range(101, 107)]
IPV6 = [f"3ffe::{last}" for last in range(101, 107)]
TABLE: dict[str, Entry] = {
    f"{DOMAIN} MX": [(0, ".")],
    f"_mta-sts.{DOMAIN} TXT": [RECORD],
    f"{HOST} A": IPV4,
    f"{HOST} AAAA": IPV6,
}


async def visited(hosts: Hosts, table: dict[str, Entry] = TABLE, **network: Any) -> DomainFacts:
    async with box() as running:
        return await facts_of(replace(running.network, resolver=TableResolver(table), policy_client=hosts, **network))


@pytest.mark.parametrize(
    ("answering", "asked", "beyond"),
    [
        ((IPV4[0], IPV6[0]), {IPV4[0], IPV6[0]}, 0),
        ((IPV4[0], IPV6[1]), {IPV4[0], *IPV6[:2]}, 0),
        ((IPV4[0],), {IPV4[0], *IPV6[:3]}, 3),
        ((), {*IPV4[:2], *IPV6[:2]}, 8),
    ],
    ids=["both at once", "the second of a family", "a family that is down", "all down"],
)
async def test_no_more_addresses_than_needed(answering: tuple[str, ...], asked: set[str], beyond: int) -> None:
    """One of each family, the next only where that gave no answer, and never more than the bound."""
    hosts = Hosts(*answering)
    facts = await visited(hosts)
    assert (set(hosts.asked), len(hosts.asked)) == (asked, len(asked))
    assert len(asked) <= QUICK.policy_addresses
    reasons = [visit.not_tried.reason for visit in facts.mta_sts.visits if visit.not_tried]
    assert reasons == [Reason.BEYOND_CAP] * beyond
    assert [limit.path for limit in facts.limits] == ["mta_sts.policy"] * bool(beyond)
    assert (facts.mta_sts.policy is not None) == bool(answering)


async def test_what_answers_without_a_file_ends_the_search_too() -> None:
    """A status is an answer, whichever."""
    async with box(policy_host=replace(POLICY_HOST, ipv4=("192.52.193.2", "192.52.193.3"), status=500)) as running:
        facts = await facts_of(running.network)
    assert [str(visit.address) for visit in facts.mta_sts.visits] == ["192.52.193.2", "3ffe::2"]
    assert facts.mta_sts.policy is None


async def test_a_family_that_is_missing_here() -> None:
    """Its addresses are not tried and named in the limits; the other is."""
    hosts = Hosts(IPV4[0])
    facts = await visited(hosts, TABLE | {f"{HOST} AAAA": IPV6[:1]}, ipv6=False)
    assert hosts.asked == [IPV4[0]]
    missing = next(visit for visit in facts.mta_sts.visits if visit.address.version == 6)
    assert isinstance(missing.not_tried, NotTried)
    assert missing.not_tried.reason is Reason.NO_ADDRESS_FAMILY
    assert [(limit.path, limit.code) for limit in facts.limits] == [("mta_sts.policy", "no-address-family")]


async def test_a_trap_is_not_dialled_and_the_next_address_is() -> None:
    async with box() as running:
        table = TABLE | {f"{HOST} A": ["10.0.0.1", "127.0.0.1", "192.52.193.2"], f"{HOST} AAAA": "NODATA"}
        facts = await facts_of(replace(running.network, resolver=TableResolver(table)))
    reasons = [visit.not_tried and visit.not_tried.reason for visit in facts.mta_sts.visits]
    assert reasons == [Reason.BLOCKED_ADDRESS, Reason.BLOCKED_ADDRESS, None]
    assert facts.mta_sts.policy is not None


class Fickle(TableResolver):
    """Its policy host is public when first asked for, and leads home ever after."""

    async def look_up_addresses(self, name: DomainName, family: Literal[4, 6]) -> LookUp[IPAddress]:
        found = await super().look_up_addresses(name, family)
        if name == HOST:
            self._addresses[family] = {**self._addresses[family], name: (ip_address("127.0.0.1"),)}
        return found


async def test_an_answer_that_changes_leads_nowhere_else() -> None:
    """The address that was looked up and judged is the one that is dialled: nobody asks for it again."""
    async with box() as running:
        table = TABLE | {f"{HOST} A": ["192.52.193.2"], f"{HOST} AAAA": "NODATA"}
        resolver = Fickle(table)
        facts = await facts_of(replace(running.network, resolver=resolver))
        assert await resolver.look_up_addresses(DomainName(HOST), 4) != facts.mta_sts.ipv4
    assert [str(visit.address) for visit in facts.mta_sts.visits] == ["192.52.193.2"]
    assert facts.mta_sts.policy is not None


async def test_a_mistake_of_ours_costs_one_address(caplog: pytest.LogCaptureFixture) -> None:
    """It is nobody's failure, the next address is asked, and the log doesn't repeat what the error says."""
    facts = await visited(Hosts(IPV4[1], IPV6[0], broken=IPV4[0]))
    assert failures(*(visit.connect for visit in facts.mta_sts.visits)).count(FailureKind.INTERNAL) == 1
    assert facts.mta_sts.policy is not None
    assert [(limit.path, limit.code) for limit in facts.limits] == [("mta_sts.policy", "internal")]
    assert "ZeroDivisionError" in caplog.text
    assert HOST not in caplog.text


class Dns:
    """A resolver that breaks over some names, never comes back from others, and knows the rest from a table."""

    def __init__(self, broken: Callable[[str], bool], hanging: Callable[[str], bool]) -> None:
        self._table = TableResolver(TABLE)
        self._broken, self._hanging = broken, hanging

    async def _meet(self, question: str) -> None:
        if self._broken(question):
            raise ZeroDivisionError(question)
        if self._hanging(question):
            await asyncio.get_running_loop().create_future()

    async def look_up_mx(self, name: DomainName) -> LookUp[MxRecord]:
        await self._meet(f"{name} MX")
        return await self._table.look_up_mx(name)

    async def look_up_addresses(self, name: DomainName, family: Literal[4, 6]) -> LookUp[IPAddress]:
        await self._meet(f"{name} {family}")
        return await self._table.look_up_addresses(name, family)

    async def look_up_txt(self, name: DomainName) -> LookUp[TxtRecord]:
        await self._meet(f"{name} TXT")
        return await self._table.look_up_txt(name)

    async def look_up_caa(self, name: DomainName) -> LookUp[CaaRecord]:
        await self._meet(f"{name} CAA")
        return await self._table.look_up_caa(name)

    async def validates(self) -> bool | None:
        return await self._table.validates()


QUESTIONS: dict[str, tuple[str, Callable[[DomainFacts], Observation[Any]]]] = {
    f"_mta-sts.{DOMAIN} TXT": ("mta_sts.record", lambda facts: facts.mta_sts.record.answer),
    f"_smtp._tls.{DOMAIN} TXT": ("tls_rpt", lambda facts: facts.tls_rpt.answer),
    f"{HOST} 4": ("mta_sts.policy", lambda facts: facts.mta_sts.ipv4),
    f"{HOST} 6": ("mta_sts.policy", lambda facts: facts.mta_sts.ipv6),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_mistake_of_ours_costs_one_look_up(question: str) -> None:
    path, answer = QUESTIONS[question]
    async with box() as running:
        resolver = Dns(lambda asked: asked == question, lambda _: False)
        hosts = Hosts(IPV4[0], IPV6[0])
        facts = await facts_of(replace(running.network, resolver=resolver, policy_client=hosts))
    assert failures(answer(facts)) == [FailureKind.INTERNAL]
    assert [(limit.path, limit.code) for limit in facts.limits] == [(path, "internal")]
    assert facts.state == "complete"
    assert facts.mta_sts.policy is not None


async def cut_off(network: Network, is_time: Callable[[MtaStsFacts], bool]) -> DomainFacts:
    clock = AlarmClock()
    async with asyncio.timeout(PATIENCE_S):
        async for facts in gather(ScanRequest(domain=DOMAIN), replace(network, clock=clock), NOW):
            if is_time(facts.mta_sts):
                clock.alarm.set()
    return facts


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_look_up_that_hangs_is_cut_off(question: str) -> None:
    """It is a failure of ours. What was known stays, and what it held up was not seen."""
    path, answer = QUESTIONS[question]
    async with box() as running:
        network = replace(running.network, resolver=Dns(lambda _: False, lambda asked: asked == question))
        network = replace(network, policy_client=Hosts(IPV4[0], IPV6[0]))
        facts = await cut_off(network, lambda known: known.record.status is not None or "_mta-sts" in question)
    assert (facts.state, failures(answer(facts))) == ("partial", [FailureKind.DEADLINE])
    assert (path, "deadline") in {(limit.path, limit.code) for limit in facts.limits}
    assert '"pending"' not in to_json(facts)


async def test_an_address_that_hangs_is_cut_off() -> None:
    """Its visit failed for us; the file that the other family brought is kept."""
    async with box() as running:
        network = replace(running.network, resolver=TableResolver(TABLE))
        network = replace(network, policy_client=Hosts(IPV6[0], hanging=IPV4[0]))
        facts = await cut_off(network, lambda known: known.policy is not None)
    first, second = facts.mta_sts.visits
    assert failures(first.connect, second.connect) == [FailureKind.DEADLINE, None]
    assert (facts.state, facts.mta_sts.policy is not None) == ("partial", True)


async def test_a_file_that_was_never_asked_for_is_not_missing() -> None:
    """The MX look-up hung, so the fetch was not begun: that is our failure, and no failure of the host's."""
    async with box() as running:
        network = replace(running.network, resolver=Dns(lambda _: False, lambda asked: asked.endswith("MX")))
        facts = await cut_off(network, lambda known: known.ipv4 != PENDING)
    assert [failures(visit.connect) for visit in facts.mta_sts.visits] == [[FailureKind.DEADLINE]]


async def test_after_the_soft_deadline_no_address_is_begun() -> None:
    hosts = Hosts(IPV4[0])
    async with box(bounds=replace(QUICK, scan_soft_s=0.0)) as running:
        facts = await facts_of(replace(running.network, resolver=TableResolver(TABLE), policy_client=hosts))
    assert hosts.asked == []
    assert {visit.not_tried.reason for visit in facts.mta_sts.visits if visit.not_tried} == {Reason.DEADLINE}
    assert (facts.state, [limit.path for limit in facts.limits]) == ("partial", ["mta_sts.policy"])
