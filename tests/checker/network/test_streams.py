"""The live streams without TLS, against real sockets: failures in our words, reading, writing and closing."""

import asyncio
import errno
import os
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from checker.names import IPAddress
from checker.network.streams import TcpDialer, source_address
from checker.observation import Failed, FailureKind
from tests.live_streams import BOUNDS, LOOPBACK, PATIENCE_S, connected, dialer, failed
from tests.peers import ADDRESS, Peer, stage


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


def test_the_source_address_of_loopback_is_itself_and_nothing_is_sent() -> None:
    assert source_address(IPv4Address("127.0.0.1")) == IPv4Address("127.0.0.1")
    assert source_address(IPv6Address("::1")) == IPv6Address("::1")
