"""The questions put to a server that a test plays, and to one that refuses all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from checker.allowance import Allowance
from checker.connection import Errand
from checker.facts import Depth
from checker.interview import interview
from checker.network.bounds import Bounds
from checker.network.courtesy import InProcessCourtesy
from checker.network.ports import Network
from checker.tls.facts import Inventory
from checker.tls.known import First
from checker.waiting import nobody
from tests.peers import ADDRESS, HOST, Peer, Play, network_to, stage
from tests.plays import ALERT_40, BOUNDS, NOW, NotedSleep

LONG = replace(BOUNDS, busy_pause_s=60.0)
OLD = First(version="TLSv1.2", suite=0xC02F, proof="RSA")
ALL = 7  # questions that a server gets that refuses everything, as a verdict
ALL_IN_TURN = 6  # one at a time: by then an answer has spoken for two


async def refuses(peer: Peer) -> None:
    """Grants STARTTLS and takes no offer."""
    await peer.until_go_ahead()
    await peer.take()
    await peer.send(ALERT_40)


async def asked(
    network: Network,
    *,
    depth: Depth = "verdict",
    first: First = OLD,
    at_once: int = 4,
    left: float = 300,
    spend: int = 200,
) -> Inventory:
    errand = Errand(HOST, ADDRESS, network, NOW, network.clock.monotonic() + left, Allowance(spend), nobody)
    async with asyncio.timeout(20):
        return (await interview(errand, first, depth, at_once=at_once)).inventory


@asynccontextmanager
async def played(*plays: Play, bounds: Bounds = LONG) -> AsyncIterator[tuple[Network, NotedSleep, list[Peer]]]:
    clock = NotedSleep()
    async with stage(*plays) as opened:
        network = replace(network_to(opened.port, bounds), clock=clock, courtesy=InProcessCourtesy(clock, bounds))
        yield network, clock, opened.peers
