"""A command sent in clear behind STARTTLS: what tells that a server obeys it or doesn't, and what tells nothing."""

from typing import cast

import pytest

from checker.allowance import Allowance
from checker.connection import Errand
from checker.interview import _injected
from checker.network.ports import Stream, StreamFailure
from checker.observation import Failed, FailureKind
from checker.tls.answer import Replied, Unclear
from checker.waiting import nobody
from tests.interviews import asked, played
from tests.peers import ADDRESS, BYE, EHLO, EHLO_IN_TLS, GREETING, HOST, Peer, Play, network_to
from tests.plays import ALERT_40, BOUNDS, NOW


def injected(ends: Play) -> Play:
    """Takes no offer; what it does about a command behind STARTTLS is ``ends``."""

    async def play(peer: Peer) -> None:
        await peer.send(GREETING)
        await peer.hear(b"EHLO ")
        await peer.send(EHLO)
        await peer.hear(b"STARTTLS")
        if peer.behind:
            assert peer.behind == b"NOOP\r\n"
            await ends(peer)
        else:
            await peer.send(b"220 go ahead\r\n")
            await peer.take()
            await peer.send(ALERT_40)

    return play


def in_tls(*before_ehlo: bytes) -> Play:
    async def play(peer: Peer) -> None:
        peer.forget()
        await peer.send(b"220 go ahead\r\n")
        await peer.start_tls()
        for reply in before_ehlo:
            await peer.send(reply)
        await peer.hear(b"EHLO ")
        await peer.send(EHLO_IN_TLS)
        await peer.hear(b"QUIT")
        await peer.send(BYE)

    return play


async def says_no(peer: Peer) -> None:
    await peer.send(b"500 improper pipelining\r\n")


async def says_later(peer: Peer) -> None:
    await peer.send(b"421 improper pipelining\r\n")


async def leaves(peer: Peer) -> None:
    peer.reset()


async def takes_it_for_tls(peer: Peer) -> None:
    await peer.send(b"220 go ahead\r\n")
    await peer.send(b"\x15\x03\x03\x00\x02\x02\x0a")


async def goes_silent(peer: Peer) -> None:
    peer.forget()
    await peer.send(b"220 go ahead\r\n")
    await peer.start_tls()
    await peer.hear(b"EHLO ")
    await peer.send(EHLO_IN_TLS)


@pytest.mark.parametrize(
    ("ends", "obeys"),
    [
        (in_tls(), False),
        (in_tls(b"250 ok\r\n"), True),
        (says_no, False),
        (leaves, False),
        (takes_it_for_tls, False),
        (goes_silent, None),
    ],
    ids=["forgets it", "obeys it", "500", "leaves", "takes it for TLS", "no answer to QUIT"],
)
async def test_a_command_behind_starttls(ends: Play, obeys: bool | None) -> None:
    """Inside TLS nothing may be obeyed that was sent before (RFC 3207 section 4.2); it is asked last."""
    async with played(injected(ends)) as (network, clock, _):
        found = await asked(network, depth="deep")

    assert found.plaintext_injection is obeys
    assert 60.0 not in clock.slept
    assert found.asked[-1].asks == "A command sent in clear behind STARTTLS"
    assert any("STARTTLS" in why for why in found.missing) is (obeys is None)


async def test_later_is_no_answer_to_a_command_behind_starttls() -> None:
    """It may have nothing to do with the command: asked once more after the pause, then not determined."""
    async with played(injected(says_later)) as (network, clock, _):
        found = await asked(network, depth="deep")
    assert found.plaintext_injection is None
    assert clock.slept.count(60.0) == 1
    assert "The server asked us to come back later, twice." in found.missing


@pytest.mark.parametrize(
    ("kind", "is_answer"),
    [
        (FailureKind.CLOSED, True),  # it would have nothing to do with what was pushed
        (FailureKind.HANDSHAKE, True),
        (FailureKind.TIMEOUT, False),
        (FailureKind.INTERNAL, False),
        (FailureKind.DEADLINE, False),
    ],
)
async def test_only_the_servers_own_end_tells_that_it_is_safe_from_injection(
    kind: FailureKind, is_answer: bool
) -> None:
    """A silence, or a mistake of ours, says nothing about it."""

    class Fails:
        async def start_tls(self, *_: object) -> None:
            raise StreamFailure(Failed(kind))

    network = network_to(1, BOUNDS)
    errand = Errand(HOST, ADDRESS, network, NOW, network.clock.monotonic() + 60, Allowance(1), nobody)
    answer = await _injected(cast("Stream", Fails()), errand, 5)
    assert isinstance(answer, Replied if is_answer else Unclear)
