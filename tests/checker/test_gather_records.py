"""TLSA and CAA beside the visits of servers: what hangs or breaks there costs its own fact."""

from contextlib import aclosing
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from checker.caa.facts import CaaFacts
from checker.dane.facts import DaneFacts
from checker.facts import DomainFacts, ScanRequest, from_json, to_json
from checker.gather import gather
from checker.gather_records import dane_begun
from checker.mx.facts import HostAddresses
from checker.names import DomainName
from checker.network.do_not_probe import DoNotProbe
from checker.network.ports import Answer, Network, Security
from checker.observation import Failed, FailureKind, NotTried, Reason, Seen
from checker.report.dane import host_security
from sandbox.resolver import Entry, TableResolver
from tests.gathering import DOMAIN, GOOD, NOW, QUICK, AlarmClock, Stuck, box, codes, facts_of, has_tls, server

MX1 = f"mx1.{DOMAIN}"
TLSA = f"_25._tcp.{MX1}"
DIGEST = "ab" * 32
TABLE: dict[str, Entry] = {
    f"{DOMAIN} MX": [(1, MX1)],
    f"{MX1} A": ["192.52.193.1"],
    f"{TLSA} TLSA": [(3, 1, 1, DIGEST)],
    f"{DOMAIN} CAA": [(0, "issue", "ca.test")],
}


def signed(network: Network, table: dict[str, Entry] = TABLE) -> Network:
    return replace(network, resolver=TableResolver(table, {"test": "secure"}))


def only_failures(facts: DaneFacts | CaaFacts) -> set[FailureKind]:
    answers = [facts.answer] if isinstance(facts, CaaFacts) else [c.answer for c in facts.candidates]
    assert all(isinstance(answer, Failed) for answer in answers)
    return {answer.failure for answer in answers if isinstance(answer, Failed)}


async def test_each_server_and_the_policy_host() -> None:
    """And they survive being written down."""
    async with box(server(1)) as running:
        facts = await facts_of(signed(running.network))
    (one,) = facts.servers
    (candidate,) = one.dane.candidates
    assert (one.dane.addresses, candidate.base) == ("secure", MX1)
    assert isinstance(candidate.answer, Seen)
    assert [record.data for record in candidate.answer.value.records] == [DIGEST]
    for caa in (one.caa, facts.policy_host_caa):
        assert caa is not None
        assert caa.found_at == DOMAIN
    assert facts.limits == ()
    assert from_json(to_json(facts)) == facts


async def test_what_hangs_is_cut_off() -> None:
    """The server is visited all the same, and the scan is partial: its TLSA was not seen."""
    clock = AlarmClock()
    async with box(server(1)) as running:
        hanging = Stuck(signed(running.network), (TLSA, f"{MX1} CAA", f"mta-sts.{DOMAIN} CAA")).network
        async with aclosing(gather(ScanRequest(domain=DOMAIN), replace(hanging, clock=clock), NOW)) as snapshots:
            async for facts in snapshots:
                if has_tls(facts, "192.52.193.1"):
                    clock.alarm.set()
    assert facts.state == "partial"
    assert has_tls(facts, "192.52.193.1")
    (one,) = facts.servers
    assert one.caa is not None
    assert facts.policy_host_caa is not None
    for seen in (one.dane, one.caa, facts.policy_host_caa):
        assert only_failures(seen) == {FailureKind.DEADLINE}
    assert {f"servers.{MX1}.tlsa", f"servers.{MX1}.caa", "mta_sts.caa"} <= {limit.path for limit in facts.limits}
    assert '"pending"' not in to_json(facts)


async def test_a_mistake_of_ours_costs_one_fact() -> None:
    async with box(server(1)) as running:
        facts = await facts_of(Stuck(signed(running.network), (), (TLSA,)).network)
    (one,) = facts.servers
    assert only_failures(one.dane) == {FailureKind.INTERNAL}
    assert one.caa is not None
    assert (facts.state, has_tls(facts, "192.52.193.1"), one.caa.found_at) == ("complete", True, DOMAIN)
    assert codes(facts) == {(f"servers.{MX1}.tlsa", "internal")}


@pytest.mark.parametrize(
    ("security", "limits"),
    [("secure", {(f"servers.{MX1}.tlsa", "resolver-timeout")}), ("insecure", set())],
)
async def test_a_failure_that_no_sender_meets_is_no_limit(security: Any, limits: set[tuple[str, str]]) -> None:
    """Where the addresses aren't signed no sender asks for TLSA, and many name servers there can't answer."""
    table: dict[str, Entry] = TABLE | {f"{TLSA} TLSA": "TIMEOUT"}
    async with box(server(1)) as running:
        facts = await facts_of(replace(running.network, resolver=TableResolver(table, {"test": security})))
    assert codes(facts) == limits


async def test_of_servers_beyond_the_cap_nothing_is_asked() -> None:
    async with box(*GOOD, bounds=replace(QUICK, servers=1)) as running:
        facts = await facts_of(running.network)
    assert [(bool(each.dane.candidates), each.caa is not None) for each in facts.servers] == [
        (True, True),
        (False, False),
    ]


@pytest.mark.parametrize("listed", [MX1, f"real.{DOMAIN}"], ids=["by name", "by its alias"])
async def test_of_servers_left_alone_nothing_is_asked(listed: str) -> None:
    table: dict[str, Entry] = {f"{DOMAIN} MX": [(1, MX1)], f"{MX1} CNAME": f"real.{DOMAIN}"}
    table |= {f"real.{DOMAIN} A": ["192.52.193.1"]}
    async with box(server(1)) as running:
        left_alone = DoNotProbe(frozenset({DomainName(listed)}))
        facts = await facts_of(replace(signed(running.network, table), do_not_probe=left_alone))
    (one,) = facts.servers
    assert (one.dane, one.caa) == (DaneFacts(), None)


async def test_a_server_without_an_address_has_no_use_for_tlsa() -> None:
    table: dict[str, Entry] = {f"{DOMAIN} MX": [(1, MX1)], f"{TLSA} TLSA": "SERVFAIL"}
    async with box(server(1)) as running:
        facts: DomainFacts = await facts_of(signed(running.network, table))
    (candidate,) = facts.servers[0].dane.candidates
    assert isinstance(candidate.answer, NotTried)
    assert candidate.answer.reason is Reason.NOT_ASKED


def family(*addresses: str, security: Security | None) -> Seen[Answer[Any]]:
    return Seen(Answer(rcode="noerror", records=tuple(map(ip_address, addresses)), security=security))


IPV4, IPV6 = family("192.0.2.1", security="secure"), family("2001:db8::1", security="secure")
BOGUS, SILENT = Failed(FailureKind.BOGUS, "Bogus."), Failed(FailureKind.RESOLVER_TIMEOUT, "No answer.")


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "security"),
    [
        pytest.param(IPV4, IPV6, "secure", id="both signed"),
        pytest.param(IPV4, family("2001:db8::1", security="insecure"), "insecure", id="one not signed"),
        pytest.param(IPV4, family("2001:db8::1", security=None), None, id="of one it is not known"),
        pytest.param(IPV4, family(security="insecure"), "secure", id="a denial that is not signed"),
        pytest.param(IPV4, family(security=None), "secure", id="a denial of which nothing is known"),
        pytest.param(IPV4, BOGUS, "secure", id="one bogus: senders use the other"),
        pytest.param(IPV4, SILENT, "secure", id="one that nobody answered"),
        pytest.param(family(security="insecure"), family(security="secure"), "insecure", id="no address at all"),
        pytest.param(BOGUS, BOGUS, "bogus", id="both bogus"),
        pytest.param(SILENT, BOGUS, "bogus", id="nothing but one that is bogus"),
        pytest.param(SILENT, SILENT, None, id="no answer"),
    ],
)
def test_how_safe_the_addresses_are(ipv4: Any, ipv6: Any, security: Security | None) -> None:
    """By what a sender could connect to (RFC 7672 section 2.2.2), in either order; so the report has it too.

    But where a family is bogus or was not answered, the report shows that.
    """
    for one, other in ((ipv4, ipv6), (ipv6, ipv4)):
        host = HostAddresses(host=DomainName(MX1), preference=10, ipv4=one, ipv6=other)
        facts = dane_begun(host)
        assert facts.addresses == security
        if isinstance(one, Seen) and isinstance(other, Seen):
            assert host_security(host, facts)["address"] == security
