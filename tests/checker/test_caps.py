"""Two hundred domains on one server: nobody can make us exceed a cap."""

import asyncio
from dataclasses import replace
from ipaddress import ip_address

import pytest

from checker.allowance import Allowance
from checker.connection import Errand
from checker.endpoint import probe_endpoint
from checker.facts import EndpointFacts
from checker.interview import take_inventory
from checker.names import DomainName
from checker.network.courtesy import InProcessCourtesy
from checker.network.ports import Network
from checker.observation import Reason
from checker.waiting import nobody
from tests.gathering import NOW, QUICK, box, server

ADDRESS = ip_address(server(1).ipv4[0])
DOMAINS = 200


async def looked_at(host: str, network: Network, *, fresh: bool) -> EndpointFacts:
    """The address as a scan sees it that knows it by this name: the handshake, then the questions."""
    name = DomainName(host)
    endpoint, _ = await probe_endpoint(name, ADDRESS, network, NOW, fresh=fresh)
    if endpoint.tls.completed is None:
        return endpoint
    allowance = Allowance(network.bounds.connections_per_scan)
    errand = Errand(name, ADDRESS, network, NOW, network.clock.monotonic() + 60, allowance, nobody)
    tls, _ = await take_inventory(errand, endpoint, None, "verdict", fresh=fresh)
    return replace(endpoint, tls=tls)


async def test_who_asks_anew_at_the_cap_costs_nobody_what_was_known() -> None:
    """That one is told what is missing and why; the next has the earlier facts, with their time."""
    async with box(server(1)) as running:
        bounds = replace(QUICK, caps=replace(QUICK.caps, ten_minutes=12))
        network = replace(running.network, courtesy=InProcessCourtesy(running.network.clock, bounds))
        first = await looked_at("mx.example.test", network, fresh=False)
        anew = await looked_at("mx.example.test", network, fresh=True)
        later = await looked_at("mx.example.test", network, fresh=False)
    assert first.tls.inventory is not None
    assert anew.tls.inventory is not None
    assert any("12 connections" in why for why in anew.tls.inventory.missing)
    assert later.tls.inventory == replace(first.tls.inventory, connections=0)
    assert later.tls.inventory_reused is not None


@pytest.mark.parametrize("fresh", [False, True])
async def test_two_hundred_names_for_one_address(fresh: bool) -> None:
    """Also for who asks anew each time: what comes too late isn't tried, and says so, or has part of the answers."""
    async with box(server(1)) as running:
        network = replace(running.network, courtesy=InProcessCourtesy(running.network.clock, QUICK))
        first = await looked_at("mx.example.test", network, fresh=fresh)
        looks = [looked_at(f"mx{number}.example.test", network, fresh=fresh) for number in range(1, DOMAINS)]
        seen = [first, *await asyncio.gather(*looks)]
        opened = sum(one.connections for one in running.servers.values())
    assert opened == QUICK.caps.ten_minutes
    refused = [endpoint for endpoint in seen if endpoint.not_tried]
    assert {endpoint.not_tried.reason for endpoint in refused if endpoint.not_tried} == {Reason.COURTESY}
    assert len(refused) >= DOMAINS - QUICK.caps.ten_minutes
    inventories = [endpoint.tls.inventory for endpoint in seen if endpoint not in refused]
    assert first.tls.inventory is not None
    assert first.tls.inventory.missing == ()
    if fresh:
        assert all(each and any("40 connections" in why for why in each.missing) for each in inventories[1:])
    else:
        shared = replace(first.tls.inventory, connections=0, chains=())
        assert all(each == shared for each in inventories[1:])
