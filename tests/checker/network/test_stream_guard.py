"""The live dialler never leads home: what the guard stops sends no packet, and traps on this machine would tell."""

import socket
from ipaddress import ip_address
from typing import Any

import pytest

from checker.names import IPAddress
from checker.network.ports import AddressBlocked, StreamFailure
from checker.network.streams import TcpDialer, source_address, straight
from checker.observation import Failed, FailureKind
from tests.live_streams import BOUNDS, LOOPBACK
from tests.peers import ADDRESS


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
