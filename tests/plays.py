"""What a server may do from connect to end, for the tests of a visit, and that visit."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from checker.endpoint import Visited, probe_endpoint
from checker.network.bounds import Bounds
from checker.network.ports import Network
from checker.observation import Failed, FailureKind
from tests.peers import (
    ADDRESS,
    BYE,
    EHLO,
    EHLO_IN_TLS,
    GREETING,
    HOST,
    Peer,
)

PATIENCE_S = 10.0
NOW = datetime.now(UTC)
BOUNDS = Bounds(
    greeting_s=2.0, reply_s=2.0, handshake_s=2.0, quit_s=0.5, let_go_s=0.05, retry_pause_s=0.01, busy_pause_s=0.01
)
PRODUCT = replace(BOUNDS, retry_pause_s=Bounds().retry_pause_s, busy_pause_s=Bounds().busy_pause_s)
ALERT_40 = b"\x15\x03\x03\x00\x02\x02\x28"
HANDSHAKE_FAILURE = Failed(FailureKind.ALERT, "TLS alert 40 (handshake_failure)")


async def probe(network: Network, deadline: float | None = None) -> Visited:
    async with asyncio.timeout(PATIENCE_S):
        return await probe_endpoint(HOST, ADDRESS, network, NOW, deadline)


async def good(peer: Peer) -> None:
    """Does everything right."""
    await peer.until_go_ahead()
    await peer.start_tls()
    await finish(peer)


async def finish(peer: Peer) -> None:
    """From inside TLS to the end."""
    await peer.hear(b"EHLO ")
    await peer.send(EHLO_IN_TLS)
    await peer.hear(b"QUIT")
    await peer.send(BYE)


async def busy(peer: Peer) -> None:
    await peer.send(b"421 too many connections\r\n")
    await peer.hear(b"QUIT")


async def no_starttls(peer: Peer) -> None:
    await peer.send(GREETING)
    await peer.hear(b"EHLO ")
    await peer.send(EHLO_IN_TLS)
    await peer.hear(b"QUIT")
    await peer.send(BYE)


async def tls_not_now(peer: Peer) -> None:
    await peer.send(GREETING)
    await peer.hear(b"EHLO ")
    await peer.send(EHLO)
    await peer.hear(b"STARTTLS")
    await peer.send(b"454 no TLS now\r\n")
    await peer.hear(b"QUIT")


async def alert(peer: Peer) -> None:
    await peer.until_go_ahead()
    await peer.client_hello()
    await peer.send(ALERT_40)


async def mute(peer: Peer) -> None:
    await peer.silence()


async def hangs_up(peer: Peer) -> None:
    pass


async def later_to_ehlo(peer: Peer) -> None:
    await peer.send(GREETING)
    await peer.hear(b"EHLO ")
    await peer.send(b"451 come back\r\n")
    await peer.hear(b"QUIT")


async def later_in_tls(peer: Peer) -> None:
    await peer.until_go_ahead()
    await peer.start_tls()
    await peer.hear(b"EHLO ")
    await peer.send(b"421 closing\r\n")
    await peer.hear(b"QUIT")


async def no_mail(peer: Peer) -> None:
    await peer.send(b"554 no mail\r\n")
    await peer.hear(b"QUIT")


def answering_hello(answer: bytes) -> Any:
    async def play(peer: Peer) -> None:
        await peer.until_go_ahead()
        await peer.client_hello()
        await peer.send(answer)

    return play


class NotedSleep:
    """Real time that leaps where it is told to sleep, and keeps for how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
