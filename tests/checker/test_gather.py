"""The fan-out, against real servers on loopback: what it gathers, and what is left out or breaks costs its own fact."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from checker.network.ports import Remembered
from checker.observation import PENDING, Failed, FailureKind, Reason
from sandbox.resolver import TableResolver
from tests.gathering import (
    DOMAIN,
    GOOD,
    NOW,
    QUICK,
    Stuck,
    box,
    codes,
    endpoints,
    facts_of,
    has_tls,
    pending,
    server,
    snapshots_of,
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
