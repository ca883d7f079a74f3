"""TLS over the live streams, against real sockets: what a session tells, what is offered, and every limit on it."""

import asyncio
import ssl
from dataclasses import replace
from typing import Any

import pytest

from checker.data import nist_suites
from checker.network.bounds import Bounds
from checker.network.ports import TlsOffer, TlsSession
from checker.network.tls_layer import TlsContexts
from checker.observation import Failed, FailureKind
from tests.live_streams import PATIENCE_S, connected, dialer, failed
from tests.peers import ADDRESS, AUTHORITY, HOST, Peer, server_context, stage


async def echo(peer: Peer) -> None:
    await peer.start_tls()
    await peer.hear(b"ping")
    await peer.send(b"pong")
    await peer.silence()


@pytest.mark.parametrize("offer", list(TlsOffer))
async def test_a_session_tells_version_suite_and_chain_as_sent(offer: TlsOffer) -> None:
    async with stage(echo) as opened, connected(opened.port) as stream:
        session = await stream.start_tls(offer, HOST, 5)
        await stream.write(b"ping\r\n", 5)
        assert await stream.read(100, 5) == b"pong"
    assert (session.version, session.suite) == ("TLSv1.3", 0x1302)
    assert len(session.chain) == 2
    assert session.chain[1] == AUTHORITY.issue([HOST]).der[1]


async def test_a_long_chain_is_cut() -> None:
    async with stage(echo) as opened, connected(opened.port, Bounds(chain_certificates=1, let_go_s=0.1)) as stream:
        session = await stream.start_tls(TlsOffer.NIST, HOST, 5)
    assert len(session.chain) == 1


def ending_with(context: ssl.SSLContext) -> Any:
    async def play(peer: Peer) -> None:
        await peer.start_tls(context)

    return play


@pytest.mark.parametrize("suite", ["AES128-SHA", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA"])
async def test_the_suite_is_named_by_its_iana_code(suite: str) -> None:
    codes = {"AES128-SHA": 0x002F, "ECDHE-ECDSA-AES256-GCM-SHA384": 0xC02C, "ECDHE-ECDSA-AES128-SHA": 0xC009}
    context = server_context() if "ECDSA" in suite else server_context(rsa_issued())
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{suite}:@SECLEVEL=0")
    async with stage(ending_with(context)) as opened, connected(opened.port) as stream:
        session = await stream.start_tls(TlsOffer.NIST, HOST, 5)
    assert (session.version, session.suite) == ("TLSv1.2", codes[suite])


def rsa_issued() -> Any:
    from sandbox.authority import rsa_key

    return AUTHORITY.issue([HOST], key=rsa_key(2048))


async def test_an_anonymous_suite_has_no_chain_and_is_in_the_wider_offer_only() -> None:
    context = server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    async with stage(ending_with(context)) as opened:
        async with connected(opened.port) as stream:
            failure = await failed(stream.start_tls(TlsOffer.NIST, HOST, 5))
        async with connected(opened.port) as stream:
            session = await stream.start_tls(TlsOffer.EVERY, HOST, 5)
    assert failure == Failed(FailureKind.ALERT, "TLS alert 40 (handshake_failure)")
    assert replace(session, begins=b"") == TlsSession(version="TLSv1.2", suite=0xC019, chain=())


def test_the_nist_offer_holds_nothing_else_below_tls_1_3() -> None:
    offered = TlsContexts()[TlsOffer.NIST].get_ciphers()
    below = [suite for suite in offered if suite["protocol"] != "TLSv1.3"]
    assert len(below) > 20
    assert {suite["id"] & 0xFFFF for suite in below} <= nist_suites()


@pytest.mark.parametrize("offer", list(TlsOffer))
def test_nothing_is_verified_while_connecting(offer: TlsOffer) -> None:
    context = TlsContexts()[offer]
    assert context.verify_mode is ssl.CERT_NONE
    assert not context.check_hostname
    assert context.verify_flags == ssl.VerifyFlags.VERIFY_DEFAULT
    assert context.options & ssl.OP_NO_SSLv3


async def test_a_handshake_has_a_byte_limit() -> None:
    async with stage(echo) as opened, connected(opened.port, Bounds(handshake_bytes=300, let_go_s=0.1)) as stream:
        failure = await failed(stream.start_tls(TlsOffer.NIST, HOST, 5))
    assert failure.failure is FailureKind.HANDSHAKE
    assert "more data" in failure.detail


async def test_what_comes_inside_tls_has_a_byte_limit() -> None:
    async def floods(peer: Peer) -> None:
        await peer.start_tls()
        while True:
            await peer.send(b"x" * 10_000)

    async with (
        stage(floods) as opened,
        connected(opened.port, Bounds(tls_record_bytes=100_000, let_go_s=0.1)) as stream,
    ):
        await stream.start_tls(TlsOffer.NIST, HOST, 5)
        read = 0

        async def read_on() -> None:
            nonlocal read
            while data := await stream.read(4096, 5):
                read += len(data)

        failure = await failed(read_on())
    assert "more data" in failure.detail
    assert 0 < read <= 100_000


async def test_a_handshake_has_one_time_limit_for_all_of_its_bytes() -> None:
    async def drips(peer: Peer) -> None:
        await peer.client_hello()
        await peer.send(b"\x16\x03\x03\x40\x00")
        while True:
            await peer.send_pieces(b"\x00", pause=0.01)

    async with stage(drips) as opened, connected(opened.port) as stream:
        failure = await failed(stream.start_tls(TlsOffer.NIST, HOST, 0.1))
    assert failure == Failed(FailureKind.TIMEOUT, "The TLS handshake was not complete within 0.1 s.")


async def test_after_a_failed_handshake_the_stream_is_closed() -> None:
    gone = asyncio.Event()

    async def refuses(peer: Peer) -> None:
        await peer.client_hello()
        await peer.send(b"nonsense\r\n")
        try:
            await peer.silence()
        finally:
            gone.set()

    async with stage(refuses) as opened, asyncio.timeout(PATIENCE_S):
        stream = await dialer(opened.port).dial(ADDRESS, 5)
        await failed(stream.start_tls(TlsOffer.NIST, HOST, 5))
        await gone.wait()


async def test_what_came_before_a_reset_is_still_read_inside_tls() -> None:
    """An alert that the reset behind it overtakes would be lost to a client that writes first."""
    said = asyncio.Event()

    async def last_words(peer: Peer) -> None:
        await peer.start_tls()
        await peer.send(b"421 bye\r\n")
        peer.reset()
        said.set()

    async with stage(last_words) as opened, connected(opened.port) as stream:
        await stream.start_tls(TlsOffer.NIST, HOST, 5)
        await said.wait()
        await failed(stream.write(b"EHLO x\r\n", 5))
        assert await stream.read(100, 5) == b"421 bye\r\n"
