"""What a domain's DNS amounts to: statuses, host order, and failures that stay failures."""

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any, Literal

import pytest

from checker.mx.facts import HostAddresses, MxFacts
from checker.mx.probe import look_up_host, look_up_mx
from checker.names import DomainName, IPAddress, parse_domain
from checker.network.bounds import Bounds
from checker.network.ports import LookUp, MxRecord
from checker.observation import PENDING, Failed, FailureKind, NotTried, Reason, Seen
from sandbox.resolver import Entry, TableResolver
from tests.networks import network_over

DOMAIN = DomainName("d.test")


type Probe = Callable[[dict[str, Entry]], Awaitable[MxFacts]]


@pytest.fixture
def probe() -> Probe:
    return lambda table: look_up_mx(DOMAIN, network_over(TableResolver(table)))


STATUSES: list[tuple[dict[str, Entry], str, str]] = [
    ({"d.test MX": [(10, "mx.test")]}, "explicit", "one MX"),
    ({"d.test MX": [(10, "d.test")]}, "explicit", "an MX that names the domain"),
    ({"d.test MX": [(0, ".")]}, "null-mx", "the null MX"),
    ({"d.test MX": [(10, ".")]}, "null-mx", "a null MX with another preference"),
    ({"d.test MX": [(0, "."), (10, ".")]}, "null-mx", "two null MX records"),
    ({"d.test MX": [(0, "."), (10, "mx.test")]}, "invalid", "a null MX beside another"),
    ({"d.test A": ["192.0.2.1"]}, "implicit", "no MX, an A record"),
    ({"d.test AAAA": ["2001:db8::1"]}, "implicit", "no MX, an AAAA record"),
    ({"d.test A": ["192.0.2.1"], "d.test AAAA": "SERVFAIL"}, "implicit", "one family is enough"),
    ({"d.test MX": "NODATA"}, "none", "neither MX nor address"),
    ({"x.d.test A": ["192.0.2.1"]}, "none", "only a name below"),
    ({}, "nxdomain", "no such name"),
    ({"d.test MX": "SERVFAIL", "d.test A": ["192.0.2.1"]}, "failed", "no way round a failed MX look-up"),
    ({"d.test MX": "TIMEOUT", "d.test A": ["192.0.2.1"]}, "failed", "nor round a time-out"),
    ({"d.test MX": "BOGUS", "d.test A": ["192.0.2.1"]}, "failed", "nor round a bogus answer"),
    ({"d.test MX": "NODATA", "d.test A": "SERVFAIL"}, "failed", "no MX, A failed, no AAAA"),
    ({"d.test MX": "NODATA", "d.test AAAA": "TIMEOUT"}, "failed", "no MX, no A, AAAA failed"),
    ({"d.test CNAME": "d.test"}, "failed", "an alias of itself"),
    ({"d.test CNAME": "gone.test"}, "nxdomain", "an alias of nothing"),
    ({"d.test CNAME": "e.test", "e.test MX": [(1, "mx.test")]}, "explicit", "an alias with MX"),
    ({"d.test CNAME": "e.test", "e.test A": ["192.0.2.1"]}, "implicit", "an alias with an address"),
    ({"d.test CNAME": "e.test", "e.test MX": [(0, ".")]}, "null-mx", "an alias of a null MX"),
]


@pytest.mark.parametrize(("table", "status", "why"), STATUSES, ids=[why for *_, why in STATUSES])
async def test_status(probe: Probe, table: dict[str, Entry], status: str, why: str) -> None:
    facts = await probe(table)
    assert facts.status == status
    assert (facts.failure is not None) == (status == "failed")
    assert bool(facts.hosts) == (status in ("explicit", "implicit", "invalid"))


async def test_hosts_stand_by_preference_then_name_and_once(probe: Probe) -> None:
    """Equals are a set to senders: the name only keeps their order still. A name twice counts at its best."""
    rows = [(20, "b.test"), (10, "z.test"), (10, "a.test"), (5, "B.test."), (0, "."), (30, "a.test")]
    facts = await probe({"d.test MX": rows})
    assert [(host.preference, host.host) for host in facts.hosts] == [(5, "b.test"), (10, "a.test"), (10, "z.test")]
    assert all(host.ipv4 == host.ipv6 == PENDING for host in facts.hosts)


async def test_an_implicit_mx_is_the_domain_itself(probe: Probe) -> None:
    """Also behind an alias: the addresses say where it led."""
    facts = await probe({"d.test CNAME": "e.test", "e.test A": ["192.0.2.1"]})
    assert [(host.preference, host.host) for host in facts.hosts] == [(0, DOMAIN)]
    assert isinstance(facts.hosts[0].ipv4, Seen)
    assert facts.hosts[0].ipv4.value.aliases == ("e.test",)
    assert facts.own_addresses == facts.hosts[0]


async def test_a_failure_says_why(probe: Probe) -> None:
    """Whether the MX or the address look-up failed."""
    tables: list[dict[str, Entry]] = [{"d.test MX": "TIMEOUT"}, {"d.test MX": "NODATA", "d.test AAAA": "TIMEOUT"}]
    for table in tables:
        failure = (await probe(table)).failure
        assert failure is not None
        assert failure.failure is FailureKind.RESOLVER_TIMEOUT


class Meeting:
    """A resolver whose two address look-ups each answer only once the other was asked."""

    def __init__(self) -> None:
        self.both = asyncio.Barrier(2)

    async def look_up_mx(self, name: DomainName) -> LookUp[MxRecord]:
        raise AssertionError("not asked for")

    async def look_up_addresses(self, name: DomainName, family: Literal[4, 6]) -> LookUp[IPAddress]:
        await self.both.wait()
        return Failed(FailureKind.SERVFAIL if family == 4 else FailureKind.RESOLVER_TIMEOUT)


async def test_families_are_asked_at_once() -> None:
    async with asyncio.timeout(5):
        host = await look_up_host(HostAddresses(host=DOMAIN, preference=1), network_over(Meeting()))
    assert host.ipv4 == Failed(FailureKind.SERVFAIL)
    assert host.ipv6 == Failed(FailureKind.RESOLVER_TIMEOUT)


async def test_only_what_is_pending_is_asked() -> None:
    beyond = NotTried(Reason.BEYOND_CAP)
    resolver = TableResolver({"d.test A": ["192.0.2.1"], "d.test AAAA": ["2001:db8::1"]})
    host = await look_up_host(
        HostAddresses(host=parse_domain("d.test"), preference=1, ipv6=beyond), network_over(resolver)
    )
    assert isinstance(host.ipv4, Seen)
    assert host.ipv4.value.records == (ip_address("192.0.2.1"),)
    assert host.ipv6 == beyond


async def test_of_endless_mx_records_the_best_are_kept(probe: Probe) -> None:
    """What is left out is counted, and a null MX that stands behind them all is not forgotten."""
    most = Bounds().mx_records_kept
    rows: list[Any] = [(place, f"mx{place}.test") for place in range(4000, 0, -1)]
    facts = await probe({"d.test MX": [*rows, (5000, ".")]})
    assert [host.preference for host in facts.hosts] == list(range(1, most + 1))
    assert facts.status == "invalid"
    assert isinstance(facts.answer, Seen)
    assert [record.preference for record in facts.answer.value.records] == list(range(1, most + 1))
    assert facts.answer.value.left_out == 4001 - most


async def test_of_endless_null_mx_records_a_null_mx_remains(probe: Probe) -> None:
    """They don't crowd out the one server beside them either."""
    null: list[Any] = [(preference, ".") for preference in range(500)]
    assert (await probe({"d.test MX": null})).status == "null-mx"
    facts = await probe({"d.test MX": [*null, (600, "mx.test")]})
    assert (facts.status, [host.host for host in facts.hosts]) == ("invalid", ["mx.test"])


@pytest.mark.parametrize(("extra", "left_out"), [(0, 0), (1, 1), (1000, 1000)])
async def test_of_endless_addresses_some_are_kept(extra: int, left_out: int) -> None:
    """Of each family as many as the bound, and the number of the others."""
    most = Bounds().addresses_kept
    addresses = [f"192.0.{number // 256}.{number % 256}" for number in range(most + extra)]
    table: dict[str, Entry] = {"d.test A": addresses, "d.test AAAA": ["2001:db8::1"]}
    host = await look_up_host(HostAddresses(host=DOMAIN, preference=1), network_over(TableResolver(table)))
    assert isinstance(host.ipv4, Seen)
    assert isinstance(host.ipv6, Seen)
    assert [str(address) for address in host.ipv4.value.records] == addresses[:most]
    assert (host.ipv4.value.left_out, host.ipv6.value.left_out) == (left_out, 0)
