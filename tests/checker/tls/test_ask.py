"""One offer put to a server on loopback: what its library or its bytes come to, and nothing waits for ever."""

import asyncio
import ssl
import subprocess
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from checker.observation import Failed, FailureKind
from checker.tls.answer import Accepted, Answer, Incomplete, Rejected, Renegotiated, Unclear
from checker.tls.offer import Offer, best_first, usual
from checker.tls.primes import prime_name
from checker.tls.probe import ask
from sandbox.authority import rsa_key
from tests.peers import ADDRESS, AUTHORITY, HOST, Peer, Play, Stage, network_to, server_context, stage
from tests.plays import ALERT_40, BOUNDS
from tests.tls_bytes import CERTIFICATE, ECDHE, FLIGHT, alert, block, hello_body, message, record

GROUPS = (29, 23, 24)
EVERY = tuple(suite.code for suite in best_first(usual("TLSv1.2")))
TLS_1_2 = Offer(version=0x0303, suites=EVERY, groups=GROUPS)
TLS_1_3 = Offer(version=0x0304, suites=(0x1301, 0x1302, 0x1303), groups=GROUPS)
SECOND = Offer(version=0x0303, suites=(), act="renegotiate")
RSA = AUTHORITY.issue([HOST], key=rsa_key(2048))
pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")


async def answered(opened: Stage, offer: Offer, timeout: float = 2.0, **bounds: int) -> Answer:
    network = network_to(opened.port, replace(BOUNDS, **bounds))
    stream = await network.dialer.dial(ADDRESS, 2.0)
    try:
        async with asyncio.timeout(10):
            return await ask(stream, HOST, offer, network, timeout)
    finally:
        await stream.close()


def tls(context: ssl.SSLContext) -> AbstractAsyncContextManager[Stage]:
    """A server that speaks TLS at once."""

    async def play(peer: Peer) -> None:
        await peer.start_tls(context)

    return stage(play)


def says(data: bytes) -> Play:
    async def play(peer: Peer) -> None:
        await peer.take()
        await peer.send(data)
        await peer.silence()

    return play


def old(suites: str) -> ssl.SSLContext:
    """TLS 1.2 with these suites, and an RSA certificate."""
    context = server_context(RSA)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{suites}:@SECLEVEL=0")
    return context


# Against the library


async def test_a_choice_of_tls_1_2_shows_chain_and_curve() -> None:
    async with tls(old("ECDHE-RSA-AES128-GCM-SHA256")) as opened:
        answer = await answered(opened, TLS_1_2)
    assert isinstance(answer, Accepted)
    assert (answer.hello.version, answer.hello.suite, answer.hello.compression) == (0x0303, 0xC02F, 0)
    assert answer.chain == RSA.der
    assert answer.key_exchange is not None
    assert answer.key_exchange.group == 29
    assert answer.key_exchange.scheme is not None
    assert {23, 0xFF01} <= answer.hello.extensions


@pytest.fixture
def dh_file(tmp_path: Path) -> Path:
    """A well-known group, as a server's administrator would put it into a file."""
    file = tmp_path / "dh.pem"
    command = ["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", str(file)]
    subprocess.run(command, check=True)
    return file


async def test_a_dh_prime(dh_file: Path) -> None:
    context = old("DHE-RSA-AES128-SHA")
    context.load_dh_params(dh_file)
    async with tls(context) as opened:
        answer = await answered(opened, TLS_1_2)
    assert isinstance(answer, Accepted)
    assert answer.key_exchange is not None
    assert answer.key_exchange.prime is not None
    assert prime_name(answer.key_exchange.prime) == "ffdhe2048"


async def test_tls_1_3_answers_an_empty_key_share_with_suite_and_group() -> None:
    async with tls(server_context()) as opened:
        answer = await answered(opened, replace(TLS_1_3, groups=(24,)))
    assert isinstance(answer, Accepted)
    assert (answer.hello.version, answer.hello.group, answer.hello.is_retry) == (0x0304, 24, True)
    assert answer.chain is None


@pytest.mark.parametrize(
    ("offer", "alerts"),
    [
        (replace(TLS_1_2, suites=(0x0005,)), (40,)),
        (replace(TLS_1_2, version=0x0302), (70, 40)),
        (Offer(version=0x0300, suites=(0x002F,)), (70, 40)),
        (replace(TLS_1_3, groups=(0x11EC,)), (40,)),
        (replace(TLS_1_2, signs_sha1=True), (40,)),
    ],
    ids=["RC4", "TLS 1.1", "SSLv3", "a group that this library doesn't have", "SHA-1"],
)
async def test_what_a_current_server_rejects(offer: Offer, alerts: tuple[int, ...]) -> None:
    """By an alert about the offer, in whatever version."""
    context = server_context()
    context.set_ciphers("ECDHE+AESGCM:@SECLEVEL=2")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    async with tls(context) as opened:
        answer = await answered(opened, offer)
    assert isinstance(answer, Rejected), answer
    assert answer.alert in alerts


async def test_a_large_hello_and_a_small_one_are_answered_alike() -> None:
    async with tls(old("ECDHE-RSA-AES128-GCM-SHA256")) as opened:
        small, large = [await answered(opened, replace(TLS_1_2, padding=padding)) for padding in (0, 2000)]
    assert isinstance(small, Accepted)
    assert small == large


@pytest.mark.parametrize(("sni", "name"), [("host", HOST), ("unknown", "unknown.invalid"), ("none", None)])
@pytest.mark.parametrize("completes", [True, False])
async def test_the_name_that_is_asked_for(sni: str, name: str | None, completes: bool) -> None:
    names: list[str | None] = []
    context = old("ECDHE-RSA-AES128-GCM-SHA256")
    context.sni_callback = lambda _tls, asked, _context: names.append(asked)
    offer = replace(TLS_1_2, suites=(0xC02F,), sni=sni, act="complete" if completes else "hello")  # type: ignore[arg-type]
    async with tls(context) as opened:
        answer = await answered(opened, offer)
    assert isinstance(answer, Accepted)
    assert answer.chain == RSA.der
    assert names == [name]


async def test_a_whole_handshake_in_tls_1_3() -> None:
    """Of its suites the library offers all, whichever is asked for."""
    async with tls(server_context()) as opened:
        answer = await answered(opened, Offer(version=0x0304, suites=(0x1301,), act="complete"))
    assert isinstance(answer, Accepted)
    assert answer.hello.version == 0x0304
    assert answer.chain


async def test_a_whole_handshake_that_the_server_breaks_off() -> None:
    """As OpenSMTPD does, which chooses RSA key exchange and then can't decrypt: the choice was no handshake."""

    async def play(peer: Peer) -> None:
        await peer.take()
        chain = message(11, block(b"".join(block(one, 3) for one in RSA.der), 3))
        await peer.send(record(22, message(2, hello_body(0x002F, random=b"r" * 32)) + chain + message(14, b"")))
        await peer.take()
        await peer.send(alert(51))

    async with stage(play) as opened:
        answer = await answered(opened, Offer(version=0x0303, suites=(0x002F,), act="complete"))
    assert isinstance(answer, Incomplete)
    assert "51" in answer.failed.detail


async def test_a_suite_that_our_library_lacks_says_nothing_about_the_server() -> None:
    async with stage(says(b"")) as opened:
        answer = await answered(opened, Offer(version=0x0303, suites=(0x0004,), act="complete"))
    assert isinstance(answer, Unclear)
    assert answer.failed.failure is FailureKind.INTERNAL


# Against bytes


@pytest.mark.parametrize(
    "flight",
    [
        record(22, FLIGHT.replace(b"\xc0\x2f", b"\xc0\x30", 1)),
        record(22, message(2, hello_body(0xC02F, 0x0304))),
        record(22, message(2, hello_body(0xC02F, 0x0302)) + CERTIFICATE + ECDHE + message(14, b"")),
        record(22, message(2, hello_body(0x1301)) + message(14, b"")),
        record(22, FLIGHT.replace(b"\x03\x00\x1d", b"\x03\x00\x01", 1)),
        record(22, message(2, hello_body(0x0A0A)) + message(14, b"")),
    ],
    ids=[
        "another suite",
        "TLS 1.3",
        "a suite of TLS 1.2 in TLS 1.1",
        "a suite of TLS 1.3 in TLS 1.2",
        "another curve",
        "a suite that nobody knows",
    ],
)
async def test_a_choice_that_was_not_offered_is_no_acceptance(flight: bytes) -> None:
    """Clients break off then, so nothing can be said of what was chosen."""
    async with stage(says(flight)) as opened:
        answer = await answered(opened, replace(TLS_1_2, suites=(0xC02F, 0x002F)))
    assert isinstance(answer, Unclear)
    assert "what was not offered" in answer.failed.detail


async def test_the_same_flight_from_an_offer_that_has_it() -> None:
    async with stage(says(record(22, FLIGHT))) as opened:
        assert isinstance(await answered(opened, replace(TLS_1_2, suites=(0xC02F,))), Accepted)


@pytest.mark.parametrize("data", [record(22, FLIGHT), ALERT_40], ids=["chosen", "rejected"])
async def test_the_server_is_let_go_by_an_alert_and_the_end(data: bytes) -> None:
    """handshake_failure, fatal: user_canceled would leave servers of TLS 1.3 waiting for more."""
    last: list[bytes] = []

    async def play(peer: Peer) -> None:
        await peer.take()
        await peer.send(data)
        last.append(await peer.take())
        await peer.silence()

    async with stage(play) as opened:
        await answered(opened, TLS_1_2)
        while not last:  # noqa: ASYNC110 -- the peer is a turn of the loop away
            await asyncio.sleep(0.005)
    assert last == [b"\x15\x03\x03\x00\x02\x02\x28"]


async def test_an_alert_with_a_reset_behind_it_is_kept() -> None:
    async def play(peer: Peer) -> None:
        await peer.take()
        await peer.send(ALERT_40)
        await asyncio.sleep(0.05)
        peer.reset()

    async with stage(play) as opened:
        assert await answered(opened, TLS_1_2) == Rejected(40)


@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (says(b""), FailureKind.TIMEOUT),
        (says(b"250 OK\r\n"), FailureKind.HANDSHAKE),
        (says(alert(80)), FailureKind.HANDSHAKE),
    ],
    ids=["silence", "clear text", "another alert"],
)
async def test_what_is_no_answer(play: Play, kind: FailureKind) -> None:
    async with stage(play) as opened:
        answer = await answered(opened, TLS_1_2, timeout=0.3)
    assert isinstance(answer, Unclear)
    assert (answer.failed.failure, answer.in_tls) == (kind, True)


async def test_who_drips_bytes_holds_us_no_longer_than_the_whole_takes() -> None:
    async def drips(peer: Peer) -> None:
        await peer.take()
        for at in range(len(FLIGHT)):
            await peer.send(record(22, FLIGHT)[at : at + 1])
            await asyncio.sleep(0.05)

    began = time.monotonic()
    async with stage(drips) as opened:
        answer = await answered(opened, TLS_1_2, timeout=0.4)
    assert isinstance(answer, Unclear)
    assert answer.failed.failure is FailureKind.TIMEOUT
    assert time.monotonic() - began < 5


async def test_who_sends_without_end_is_cut_off() -> None:
    async def floods(peer: Peer) -> None:
        await peer.take()
        while True:
            await peer.send(alert(112, level=1) * 500)

    async with stage(floods) as opened:
        answer = await answered(opened, TLS_1_2, handshake_bytes=20000)
    assert isinstance(answer, Unclear)
    assert "more data" in answer.failed.detail


async def test_a_chain_without_end_is_cut() -> None:
    chain = message(11, block(block(b"one", 3) * 1000, 3))
    flight = message(2, hello_body(0xC02F)) + chain + ECDHE + message(14, b"")
    async with stage(says(record(22, flight))) as opened:
        answer = await answered(opened, TLS_1_2)
    assert isinstance(answer, Accepted)
    assert answer.chain == (b"one",) * BOUNDS.chain_certificates


# A second handshake


def after_one_handshake(then: Play) -> Play:
    """What a server does about the second."""

    async def play(peer: Peer) -> None:
        await peer.start_tls(old("ALL"))
        await peer.client_hello()
        await then(peer)

    return play


async def leaves(_: Peer) -> None:
    pass


async def says_nothing(peer: Peer) -> None:
    await peer.silence()


async def test_who_closes_has_refused_a_second_handshake() -> None:
    async with stage(after_one_handshake(leaves)) as opened:
        answer = await answered(opened, SECOND)
    assert answer == Renegotiated(Failed(FailureKind.CLOSED, "The server closed the connection during TLS."))


async def test_silence_after_the_second_hello_is_no_answer() -> None:
    async with stage(after_one_handshake(says_nothing)) as opened:
        answer = await answered(opened, SECOND, timeout=0.5)
    assert isinstance(answer, Unclear)
    assert (answer.failed.failure, answer.in_tls) == (FailureKind.TIMEOUT, True)


async def test_without_a_first_handshake_there_is_no_answer() -> None:
    async with stage(says(ALERT_40)) as opened:
        answer = await answered(opened, SECOND)
    assert answer == Unclear(Failed(FailureKind.HANDSHAKE, "TLS alert 40 (handshake_failure)"), in_tls=True)
