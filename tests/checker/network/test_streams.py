"""The live streams against real sockets: the guard's traps, failures in our words, and every limit on TLS."""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest

from checker.data import nist_suites
from checker.names import IPAddress
from checker.network.bounds import Bounds
from checker.network.ports import AddressBlocked, StreamFailure, TlsOffer, TlsSession
from checker.network.streams import TcpDialer, TcpStream, source_address, straight
from checker.network.tls_layer import TlsContexts
from checker.observation import Failed, FailureKind
from tests.peers import ADDRESS, AUTHORITY, HOST, Peer, server_context, stage

PATIENCE_S = 10.0
BOUNDS = Bounds(let_go_s=0.1)
LOOPBACK = ip_network("127.0.0.0/8")


def dialer(port: int, bounds: Bounds = BOUNDS) -> TcpDialer:
    return TcpDialer(25, bounds=bounds, route=lambda _address, _port: ("127.0.0.1", port))


@asynccontextmanager
async def connected(port: int, bounds: Bounds = BOUNDS) -> AsyncIterator[TcpStream]:
    async with asyncio.timeout(PATIENCE_S):
        stream = await dialer(port, bounds).dial(ADDRESS, 5)
        try:
            yield stream
        finally:
            await stream.close()


async def failed(awaitable: Any) -> Failed:
    with pytest.raises(StreamFailure) as raised:
        await awaitable
    return raised.value.failed


# Loopback traps: listeners that must see nothing


def own_addresses() -> list[IPAddress]:
    """Addresses of this machine, as routes to the outside and its own name tell."""
    outside = [source_address(ip_address("198.41.0.4")), source_address(ip_address("2001:503:ba3e::2:30"))]
    names = socket.getaddrinfo(socket.gethostname(), 25, type=socket.SOCK_STREAM)
    return [a for a in outside if a] + [ip_address(info[4][0]) for info in names]


TRAPPED = [
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "0.0.0.0",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:0.0.0.0",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "2002:7f00:1::1",
    "fe80::1%lo",
    "::1%lo",
    *map(str, dict.fromkeys(own_addresses())),
]


@pytest.fixture
def trap() -> Any:
    """Listens on every address of this machine, both families, and can tell whether anybody came."""
    ipv6 = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    ipv6.setblocking(False)
    with ipv6:
        yield ipv6


def visitors(trap: socket.socket) -> int:
    count = 0
    while True:
        try:
            client, _ = trap.accept()
        except BlockingIOError:
            return count
        client.close()
        count += 1


@pytest.mark.parametrize("address", TRAPPED)
async def test_the_guard_stops_what_leads_home_before_any_packet(address: str, trap: socket.socket) -> None:
    port = trap.getsockname()[1]
    with pytest.raises(AddressBlocked):
        await TcpDialer(port, bounds=BOUNDS, route=straight).dial(ip_address(address), 1)
    assert visitors(trap) == 0


async def test_the_trap_does_see_who_is_let_through(trap: socket.socket) -> None:
    """The test above can fail: with the network allowed, the same dialler arrives."""
    port = trap.getsockname()[1]
    stream = await TcpDialer(port, allow_networks=[LOOPBACK], bounds=BOUNDS).dial(ip_address("127.0.0.1"), 1)
    assert visitors(trap) == 1
    await stream.close()


async def test_the_guard_judges_the_address_before_the_route_is_asked() -> None:
    asked = []

    def route(address: IPAddress, port: int) -> tuple[str, int]:
        asked.append((address, port))
        raise StreamFailure(Failed(FailureKind.UNREACHABLE, "nowhere"))

    tried = TcpDialer(25, bounds=BOUNDS, route=route)
    with pytest.raises(AddressBlocked):
        await tried.dial(ip_address("10.0.0.1"), 1)
    assert asked == []
    with pytest.raises(StreamFailure):
        await tried.dial(ADDRESS, 1)
    assert asked == [(ADDRESS, 25)]


# Failures, in our own words


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def test_a_refusal() -> None:
    failure = await failed(dialer(closed_port()).dial(ADDRESS, 5))
    assert failure.failure is FailureKind.REFUSED


async def test_no_answer_in_time() -> None:
    """A listener whose queue is full drops the SYN, as a firewall does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(2)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        failure = await failed(dialer(listener.getsockname()[1]).dial(ADDRESS, 0.1))
        for filler in fillers:
            filler.close()
    assert failure == Failed(FailureKind.TIMEOUT, "No connection within 0.1 s.")


async def test_a_family_without_a_route_is_our_fault() -> None:
    """The kernel says the same to us and for a router far away: whether we have a route at all tells them apart."""

    def unreachable(_address: IPAddress, _port: int) -> tuple[str, int]:
        raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))

    routeless = ip_address("255.255.255.255")
    assert source_address(routeless) is None
    everywhere = TcpDialer(25, allow_networks=[ip_network("0.0.0.0/0")], bounds=BOUNDS, route=unreachable)
    assert (await failed(everywhere.dial(routeless, 1))).failure is FailureKind.NO_ADDRESS_FAMILY
    here = ip_address("127.0.0.1")
    assert (await failed(everywhere.dial(here, 1))).failure is FailureKind.UNREACHABLE


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EHOSTUNREACH, FailureKind.UNREACHABLE),
        (errno.EPERM, FailureKind.PORT_BLOCKED),
        (errno.EADDRNOTAVAIL, FailureKind.NO_ADDRESS_FAMILY),
        (errno.ETIMEDOUT, FailureKind.TIMEOUT),
        (errno.EMFILE, FailureKind.INTERNAL),
    ],
)
async def test_what_the_kernel_says_is_told_in_our_words(number: int, kind: FailureKind) -> None:
    def route(_address: IPAddress, _port: int) -> tuple[str, int]:
        raise OSError(number, os.strerror(number))

    allowed = TcpDialer(25, allow_networks=[LOOPBACK], bounds=BOUNDS, route=route)
    failure = await failed(allowed.dial(ip_address("127.0.0.1"), 1))
    assert failure.failure is kind
    assert failure.detail.endswith(".")


async def test_silence_end_and_reset_are_told_apart() -> None:
    async def mute(peer: Peer) -> None:
        await peer.silence()

    async def ends(peer: Peer) -> None:
        pass

    async def resets(peer: Peer) -> None:
        peer.reset()

    async with stage(mute, ends, resets) as opened:
        async with connected(opened.port) as stream:
            assert (await failed(stream.read(100, 0.05))).failure is FailureKind.TIMEOUT
        async with connected(opened.port) as stream:
            assert await stream.read(100, 5) == b""
        async with connected(opened.port) as stream:
            assert (await failed(stream.read(100, 5))).failure is FailureKind.RESET


async def test_a_read_gives_no_more_than_it_was_asked_for() -> None:
    async def talks(peer: Peer) -> None:
        await peer.send(b"x" * 1000)
        await peer.silence()

    async with stage(talks) as opened, connected(opened.port) as stream:
        assert await stream.read(10, 5) == b"x" * 10


async def test_a_peer_that_takes_nothing_does_not_hold_us() -> None:
    held = asyncio.Event()

    async def deaf(peer: Peer) -> None:
        await held.wait()

    async with stage(deaf) as opened, connected(opened.port) as stream:
        failure = await failed(stream.write(b"x" * 50_000_000, 0.1))
        held.set()
    assert failure.failure is FailureKind.TIMEOUT


async def test_closing_waits_for_the_peer_to_close_but_not_long() -> None:
    async def stays(_peer: Peer) -> None:
        await asyncio.sleep(PATIENCE_S)

    async with stage(stays) as opened:
        loop = asyncio.get_running_loop()
        async with connected(opened.port) as stream:
            began = loop.time()
            await stream.close()
            took = loop.time() - began
            await stream.close()  # again: nothing
    assert BOUNDS.let_go_s * 0.9 <= took < PATIENCE_S / 2


async def test_closing_survives_a_reset() -> None:
    async def resets(peer: Peer) -> None:
        peer.reset()

    async with stage(resets) as opened, connected(opened.port) as stream:
        await failed(stream.read(1, 5))


# TLS


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


def test_the_source_address_of_loopback_is_itself_and_nothing_is_sent() -> None:
    assert source_address(IPv4Address("127.0.0.1")) == IPv4Address("127.0.0.1")
    assert source_address(IPv6Address("::1")) == IPv6Address("::1")
