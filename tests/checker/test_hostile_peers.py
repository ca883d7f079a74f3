"""Hostile and broken servers, each a real one on loopback: where a visit ends, what is kept, and that it does end."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

import pytest

from checker.endpoint import Visited, probe_endpoint
from checker.facts import EndpointFacts
from checker.network.bounds import Bounds
from checker.observation import Seen
from checker.outcome import Outcome, Stage, outcome
from tests.peers import (
    ADDRESS,
    BYE,
    EHLO,
    EHLO_IN_TLS,
    GO_AHEAD,
    GREETING,
    HOST,
    Peer,
    Play,
    network_to,
    server_context,
    stage,
)

PATIENCE_S = 10.0
BOUNDS = Bounds(
    tries=1, greeting_s=0.5, reply_s=0.5, handshake_s=0.5, quit_s=0.1, let_go_s=0.05, retry_pause_s=0.01, reply_lines=20
)
ALERT_40 = b"\x15\x03\x03\x00\x02\x02\x28"


async def visit(*plays: Play, bounds: Bounds = BOUNDS) -> Visited:
    async with stage(*plays) as opened, asyncio.timeout(PATIENCE_S):
        return await probe_endpoint(HOST, ADDRESS, network_to(opened.port, bounds), datetime.now(UTC))


@dataclass(frozen=True)
class Case:
    """A peer, and how the visit to it ends."""

    play: Play
    outcome: Outcome
    stage: Stage
    detail: str = ""


CASES: dict[str, Case] = {}


def case(name: str, outcome: Outcome, stage: Stage, detail: str = "") -> Callable[[Play], Play]:
    """Puts a script in the table. ``detail`` is part of the report's."""

    def put(play: Play) -> Play:
        CASES[name] = Case(play, outcome, stage, detail)
        return play

    return put


# Where a dialogue may stop, and what the peer does until then.


async def until_greeting(peer: Peer) -> None:
    pass


async def until_ehlo(peer: Peer) -> None:
    await peer.send(GREETING)
    await peer.hear(b"EHLO ")


async def until_starttls(peer: Peer) -> None:
    await until_ehlo(peer)
    await peer.send(EHLO)
    await peer.hear(b"STARTTLS")


async def until_handshake(peer: Peer) -> None:
    await peer.until_go_ahead()
    await peer.client_hello()


async def until_ehlo_tls(peer: Peer) -> None:
    await peer.until_go_ahead()
    await peer.start_tls()
    await peer.hear(b"EHLO ")


STOPS: dict[Stage, Play] = {
    "greeting": until_greeting,
    "ehlo": until_ehlo,
    "starttls": until_starttls,
    "handshake": until_handshake,
    "ehlo-tls": until_ehlo_tls,
}


def stopping(until: Play, end: str) -> Play:
    async def play(peer: Peer) -> None:
        await until(peer)
        if end == "silence":
            await peer.silence()
        elif end == "reset":
            peer.reset()

    return play


def answering(until: Play, *pieces: bytes) -> Play:
    """Says this at that stage, then listens until the client goes."""

    async def play(peer: Peer) -> None:
        await until(peer)
        await peer.send_pieces(*pieces)
        await peer.silence()

    return play


for stop, until in STOPS.items():
    CASES[f"silence at {stop}"] = Case(stopping(until, "silence"), "timeout", stop)
    CASES[f"reset at {stop}"] = Case(stopping(until, "reset"), "reset", stop)
    CASES[f"close at {stop}"] = Case(stopping(until, "close"), "closed", stop)
    if stop != "handshake":
        wrong_codes = (b"199 x", b"999 x", b"099 x", b"25 x", b"2500 x", b"250-x\r\n220 x", b"\x1b[2J\x00\xff")
        for wrong in wrong_codes:
            CASES[f"{wrong!r} at {stop}"] = Case(answering(until, wrong + b"\r\n"), "bad-reply", stop)
        CASES[f"10 MB without a line end at {stop}"] = Case(
            answering(until, *[b"2" * 10**6] * 10), "bad-reply", stop, "4096"
        )
        CASES[f"endless lines at {stop}"] = Case(answering(until, b"250-x\r\n" * 10**4), "bad-reply", stop, "20 lines")
CASES["half a line at ehlo"] = Case(answering(until_ehlo, b"25"), "timeout", "ehlo", "had begun")

REFUSALS: dict[str, tuple[Play, bytes, Outcome, Stage]] = {
    "421 greeting": (until_greeting, b"421 busy\r\n", "greeting-4xx", "greeting"),
    "450 greeting": (until_greeting, b"450 later\r\n", "greeting-4xx", "greeting"),
    "554 greeting": (until_greeting, b"554 no mail\r\n", "greeting-5xx", "greeting"),
    "354 greeting": (until_greeting, b"354 go on\r\n", "bad-reply", "greeting"),
    "EHLO refused": (until_ehlo, b"550 not you\r\n", "ehlo-refused", "ehlo"),
    "EHLO answered 421": (until_ehlo, b"421 bye\r\n", "ehlo-refused", "ehlo"),
    "STARTTLS answered 454": (until_starttls, b"454 no TLS now\r\n", "starttls-refused", "starttls"),
    "STARTTLS answered 501": (until_starttls, b"501 syntax\r\n", "starttls-refused", "starttls"),
    "STARTTLS answered 554": (until_starttls, b"554 no\r\n", "starttls-refused", "starttls"),
    "EHLO in TLS refused": (until_ehlo_tls, b"554 too weak\r\n", "ehlo-refused", "ehlo-tls"),
    "EHLO in TLS unknown": (until_ehlo_tls, b"502 what\r\n", "ehlo-refused", "ehlo-tls"),
}
for name, (until, refusal, what, where) in REFUSALS.items():
    CASES[name] = Case(answering(until, refusal), what, where, refusal.decode().strip())
    CASES[f"{name}, byte by byte"] = Case(
        answering(until, *(bytes([byte]) for byte in refusal)), what, where, refusal.decode().strip()
    )


@case("a greeting that drips for ever", "timeout", "greeting", "had begun")
async def _(peer: Peer) -> None:
    await peer.send_pieces(*(bytes([byte]) for byte in b"220-" + b"x" * 4000), pause=0.01)


@case("a greeting of lines that drip for ever", "timeout", "greeting", "had begun")
async def _(peer: Peer) -> None:
    await peer.send_pieces(*([b"220-x\r\n"] * 19), pause=0.03)
    await peer.silence()


@case("a handshake that drips for ever", "timeout", "handshake", "0.5 s")
async def _(peer: Peer) -> None:
    await until_handshake(peer)
    await peer.send(b"\x16\x03\x03\x40\x00")
    await peer.send_pieces(*([b"\x00"] * 4000), pause=0.01)


@case("a handshake message of 16 MB", "handshake-failed", "handshake")
async def _(peer: Peer) -> None:
    await until_handshake(peer)
    await peer.send(b"\x16\x03\x03\x40\x00\x0b\xff\xff\xff" + b"\x00" * (0x4000 - 4))
    while True:
        await peer.send(b"\x16\x03\x03\x40\x00" + b"\x00" * 0x4000)


@case("a TLS alert", "handshake-failed", "handshake", "TLS alert 40 (handshake_failure)")
async def _(peer: Peer) -> None:
    await until_handshake(peer)
    await peer.send(ALERT_40)


@case("a TLS alert and a reset behind it", "handshake-failed", "handshake", "TLS alert 40 (handshake_failure)")
async def _(peer: Peer) -> None:
    await until_handshake(peer)
    await peer.send(ALERT_40)
    peer.reset()


@case("an alert that we have no name for", "handshake-failed", "handshake", "TLS broke off")
async def _(peer: Peer) -> None:
    await until_handshake(peer)
    await peer.send(b"\x15\x03\x03\x00\x02\x02\xee")


@case("text where TLS is expected", "handshake-failed", "handshake", "sent: 500 5.5.1 what\\x1b[2J?")
async def _(peer: Peer) -> None:
    await until_handshake(peer)
    await peer.send(b"500 5.5.1 what\x1b[2J?\r\n")
    await peer.silence()


@case("junk where TLS is expected", "handshake-failed", "handshake", "")
async def _(peer: Peer) -> None:
    await until_handshake(peer)
    await peer.send(bytes(range(256)) * 40)


@case("text behind the 220, in a segment of its own", "handshake-failed", "handshake", "sent: 250 evil")
async def _(peer: Peer) -> None:
    await peer.until_go_ahead()
    await peer.client_hello()
    await peer.send(b"250 evil\r\n")
    await peer.silence()


@case("bytes behind the 220, in the same segment", "tls", "ehlo-tls")
async def _(peer: Peer) -> None:
    await until_starttls(peer)
    await peer.send(GO_AHEAD + b"250-evil.example\r\n250 AUTH PLAIN\r\n")
    await peer.start_tls()
    await peer.hear(b"EHLO ")
    await peer.send(EHLO_IN_TLS)
    await peer.hear(b"QUIT")
    await peer.send(BYE)


@case("a client certificate demanded in TLS 1.3", "handshake-failed", "ehlo-tls", "alert 116 (certificate_required)")
async def _(peer: Peer) -> None:
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    await peer.until_go_ahead()
    await peer.start_tls(context)


@case("a client certificate demanded in TLS 1.2", "handshake-failed", "handshake", "TLS alert 40")
async def _(peer: Peer) -> None:
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    await peer.until_go_ahead()
    await peer.start_tls(context)


@case("megabytes inside TLS", "bad-reply", "ehlo-tls", "4096")
async def _(peer: Peer) -> None:
    await until_ehlo_tls(peer)
    for _ in range(100):
        await peer.send(b"2" * 100_000)


@case("HELO only", "no-starttls", "ehlo")
async def _(peer: Peer) -> None:
    await until_ehlo(peer)
    await peer.send(b"502 what\r\n")
    await peer.hear(b"HELO ")
    await peer.send(b"250-mx.example.test\r\n250 STARTTLS\r\n")
    await peer.hear(b"QUIT")
    await peer.send(BYE)


@case("neither EHLO nor HELO", "ehlo-refused", "ehlo", "500 what")
async def _(peer: Peer) -> None:
    await until_ehlo(peer)
    await peer.send(b"500 what\r\n")
    await peer.hear(b"HELO ")
    await peer.send(b"500 what\r\n")
    await peer.hear(b"QUIT")


@case("a list without STARTTLS", "no-starttls", "ehlo")
async def _(peer: Peer) -> None:
    await until_ehlo(peer)
    await peer.send(b"250-STARTTLS.example.test\r\n250-XXXXXXXA\r\n250 HELP STARTTLS\r\n")
    await peer.hear(b"QUIT")
    await peer.send(BYE)


@case("a farewell and a reset in answer to EHLO", "ehlo-refused", "ehlo", "421 bye")
async def _(peer: Peer) -> None:
    await until_ehlo(peer)
    await peer.send(b"421 bye\r\n")
    peer.reset()


@case("NUL and invalid UTF-8 in every text", "tls", "ehlo-tls")
async def _(peer: Peer) -> None:
    await peer.send(b"220-mx.example.test \x00\xff\r\n220 \xc3\x28 \x1b]0;title\x07\r\n")
    await peer.hear(b"EHLO ")
    await peer.send(b"250-\x00\r\n250-STARTTLS\r\n250 \xff\xfe\r\n")
    await peer.hear(b"STARTTLS")
    await peer.send(b"220 \x00\x1b[2J\r\n")
    await peer.start_tls()
    await peer.hear(b"EHLO ")
    await peer.send(b"250 \xf0\x28\r\n")
    await peer.hear(b"QUIT")
    await peer.send(b"221 \x00\r\n")


@case("multi-line replies in odd pieces and bare line feeds", "tls", "ehlo-tls")
async def _(peer: Peer) -> None:
    await peer.send_pieces(b"2", b"20-mx.example.test\r", b"\n220", b"-please wait\n22", b"0", b" \r", b"\n")
    await peer.hear(b"EHLO ")
    await peer.send_pieces(b"250-mx", b"\r\n250-ST", b"ARTTLS\r\n2", b"50 HELP", b"\n")
    await peer.hear(b"STARTTLS")
    await peer.send_pieces(b"220-a\r\n", b"220\r\n")
    await peer.start_tls()
    await peer.hear(b"EHLO ")
    await peer.send_pieces(*(bytes([byte]) for byte in EHLO_IN_TLS))
    await peer.hear(b"QUIT")


def stages_seen(endpoint: EndpointFacts) -> list[Stage]:
    smtp, tls = endpoint.smtp, endpoint.tls
    by_stage: dict[Stage, object] = {
        "connect": smtp.connect,
        "greeting": smtp.greeting,
        "ehlo": smtp.ehlo,
        "starttls": smtp.starttls,
        "handshake": tls.nist,
        "ehlo-tls": smtp.ehlo_tls,
    }
    return [stage for stage, observation in by_stage.items() if isinstance(observation, Seen)]


STAGES: list[Stage] = ["connect", "greeting", "ehlo", "starttls", "handshake", "ehlo-tls"]


@pytest.mark.parametrize("name", CASES)
async def test_a_visit_ends_where_the_peer_ends_it_and_keeps_what_was_known(name: str) -> None:
    case = CASES[name]
    endpoint, _ = await visit(case.play)
    what, where, detail = outcome(endpoint)
    assert (what, where) == (case.outcome, case.stage)
    assert case.detail in (detail or "")
    before = STAGES[: STAGES.index(case.stage)]
    assert stages_seen(endpoint)[: len(before)] == before
    assert_nothing_raw_or_endless(endpoint)


def assert_nothing_raw_or_endless(endpoint: EndpointFacts) -> None:
    """Of all that is kept, every text is printable and short, and there are few."""
    replies = [endpoint.smtp.greeting, endpoint.smtp.starttls, endpoint.smtp.quit]
    introductions = [endpoint.smtp.ehlo, endpoint.smtp.ehlo_tls]
    texts = [line.line for line in endpoint.transcript]
    texts += chain.from_iterable(reply.value.lines for reply in replies if isinstance(reply, Seen))
    texts += chain.from_iterable(ehlo.value.reply.lines for ehlo in introductions if isinstance(ehlo, Seen))
    texts.append(outcome(endpoint)[2] or "")
    assert all(text.isprintable() for text in texts)
    assert all(len(text) <= BOUNDS.reply_line_characters + 100 for text in texts)
    assert len(endpoint.transcript) <= BOUNDS.transcript_lines + 1
