"""The dialogue over a real stream: conduct towards the server, times, and a transcript that ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from checker.network.bounds import Bounds
from checker.network.clock import SystemClock
from checker.network.ports import Network, Stream, TlsOffer
from checker.observation import Absent, Failed, FailureKind, Seen
from checker.smtp.probe import Dialogue
from checker.smtp.transcript import Transcript
from tests.peers import ADDRESS, BYE, EHLO, EHLO_IN_TLS, GREETING, HOST, Peer, Play, network_to, stage

PATIENCE_S = 10.0
BOUNDS = Bounds(greeting_s=0.3, reply_s=0.3, quit_s=0.2, let_go_s=0.05)


def dialogue_of(stream: Stream, network: Network, transcript: Transcript, began: float) -> Dialogue:
    return Dialogue(
        stream,
        network,
        transcript,
        opened_at=began,
        deadline=began + PATIENCE_S,
        greeting_s=network.bounds.greeting_s,
    )


@asynccontextmanager
async def dialogue_with(play: Play, bounds: Bounds = BOUNDS) -> AsyncIterator[tuple[Dialogue, Transcript, Peer]]:
    """A dialogue that has just connected to a peer."""
    async with stage(play) as opened, asyncio.timeout(PATIENCE_S):
        network = network_to(opened.port, bounds)
        began = network.clock.monotonic()
        stream = await network.dialer.dial(ADDRESS, 5)
        try:
            transcript = Transcript(network.clock, bounds.transcript_lines)
            dialogue = dialogue_of(stream, network, transcript, began)
            while not opened.peers:  # noqa: ASYNC110 - the connection is made: the peer is a turn of the loop away
                await asyncio.sleep(0)
            yield dialogue, transcript, opened.peers[0]
        finally:
            await stream.close()


async def test_nothing_is_said_to_a_server_that_does_not_greet() -> None:
    """SMTP-3: not even QUIT, when we give up."""
    spoken = bytearray()

    async def listens(peer: Peer) -> None:
        while True:
            spoken.extend(await peer.take())

    async with dialogue_with(listens) as (dialogue, _, _):
        facts = await dialogue.until_starttls()
    assert isinstance(facts.greeting, Failed)
    assert facts.greeting.failure is FailureKind.TIMEOUT
    assert facts.greeting.detail == "The server did not send a greeting within 0.3 s."
    assert spoken == b""


@pytest.mark.parametrize(
    "answers",
    [
        [b"554 no\r\n"],
        [b"hello\r\n"],
        [GREETING, b"999 what\r\n"],
        [GREETING, b""],
        [GREETING, EHLO, b"454 not now\r\n"],
        [GREETING, EHLO, b""],
    ],
    ids=["554", "garbage", "garbage later", "silence after EHLO", "454", "silence after STARTTLS"],
)
async def test_a_server_that_spoke_is_told_goodbye(answers: list[bytes]) -> None:
    """GEN-5: QUIT at the end, whatever came before."""
    said_goodbye = asyncio.Event()

    async def play(peer: Peer) -> None:
        await peer.send(answers[0])
        for command, answer in zip((b"EHLO", b"STARTTLS"), answers[1:], strict=False):
            await peer.hear(command)
            await peer.send(answer)
        await peer.hear(b"QUIT")
        said_goodbye.set()

    async with dialogue_with(play) as (dialogue, _, _):
        await dialogue.until_starttls()
        await said_goodbye.wait()


async def test_a_server_that_never_answers_quit_does_not_hold_us() -> None:
    async def play(peer: Peer) -> None:
        await peer.send(b"554 no\r\n")
        await peer.hear(b"QUIT")
        await peer.silence()

    async with dialogue_with(play) as (dialogue, _, _):
        facts = await dialogue.until_starttls()
    assert isinstance(facts.greeting, Seen)
    assert isinstance(facts.quit, Failed)
    assert facts.quit.detail == "The server did not send an answer to QUIT within 0.2 s."


async def test_stages_are_timed_apart() -> None:
    async def slow_then_quick(peer: Peer) -> None:
        await asyncio.sleep(0.15)
        await peer.send(GREETING)
        await peer.hear(b"EHLO")
        await peer.send(EHLO_IN_TLS)
        await peer.hear(b"QUIT")
        await peer.send(BYE)

    async with dialogue_with(slow_then_quick, replace(BOUNDS, greeting_s=2)) as (dialogue, _, _):
        facts = await dialogue.until_starttls()
    times = facts.stages_ms
    assert times.greeting is not None
    assert times.greeting >= 140
    assert times.ehlo is not None
    assert times.ehlo < times.greeting
    assert (times.starttls, times.handshake, times.ehlo_tls) == (None, None, None)
    assert facts.connect == Seen(times.connect)


async def test_ehlo_and_helo_are_one_stage() -> None:
    async def old(peer: Peer) -> None:
        await peer.send(GREETING)
        await peer.hear(b"EHLO")
        await asyncio.sleep(0.05)
        await peer.send(b"500 what\r\n")
        await peer.hear(b"HELO")
        await asyncio.sleep(0.05)
        await peer.send(b"250 mx.example.test\r\n")
        await peer.hear(b"QUIT")

    async with dialogue_with(old) as (dialogue, _, _):
        facts = await dialogue.until_starttls()
    assert facts.stages_ms.ehlo is not None
    assert facts.stages_ms.ehlo >= 90


async def test_the_whole_good_dialogue_and_its_thrown_away_bytes() -> None:
    async def play(peer: Peer) -> None:
        await peer.send(GREETING)
        await peer.hear(b"EHLO")
        await peer.send(EHLO)
        await peer.hear(b"STARTTLS")
        await peer.send(b"220 go\r\n250 injected\r\n")
        await peer.start_tls()
        await peer.hear(b"EHLO")
        await peer.send(EHLO_IN_TLS)
        await peer.hear(b"QUIT")
        await peer.send(BYE)

    async with stage(play) as opened, asyncio.timeout(PATIENCE_S):
        network = network_to(opened.port, BOUNDS)
        began = network.clock.monotonic()
        stream = await network.dialer.dial(ADDRESS, 5)
        transcript = Transcript(network.clock, 200)
        dialogue = dialogue_of(stream, network, transcript, began)
        await dialogue.until_starttls()
        assert dialogue.may_start_tls
        await stream.start_tls(TlsOffer.NIST, HOST, 5)
        facts = await dialogue.inside_tls()
        await stream.close()
    assert facts.bytes_after_starttls == len(b"250 injected\r\n")
    assert isinstance(facts.ehlo_tls, Seen)
    assert facts.ehlo_tls.value.keywords == ("SIZE 1000",)
    assert facts.stages_ms.handshake is not None
    assert ("note", "14 bytes behind the 220 were thrown away.") in [(li.sender, li.line) for li in transcript.lines]
    assert "250 injected" not in [line.line for line in transcript.lines]


async def test_what_comes_early_is_noted_in_the_transcript() -> None:
    async def play(peer: Peer) -> None:
        await peer.send(GREETING + EHLO)
        await peer.hear(b"EHLO")
        await peer.send(EHLO_IN_TLS)
        await peer.hear(b"QUIT")
        await peer.send(BYE)

    async with dialogue_with(play) as (dialogue, transcript, _):
        facts = await dialogue.until_starttls()
    assert isinstance(facts.starttls, Absent)
    assert f"{len(EHLO)} bytes that came before a command was sent were thrown away." in [
        line.line for line in transcript.lines if line.sender == "note"
    ]


def test_a_transcript_ends_with_a_word_about_it() -> None:
    transcript = Transcript(SystemClock(), 3)
    for number in range(10):
        transcript.add("server", str(number))
    assert [line.line for line in transcript.lines] == ["0", "1", "2", "What follows was not kept: it is too long."]
    assert transcript.lines[-1].sender == "note"
