"""What holds for every test: it speaks to no other machine, and no test depends on the speed of this one."""

import os
import socket
import sys
from collections.abc import Iterator
from ipaddress import ip_address

import hypothesis
import pytest

# In CI the examples are always the same: what it finds must be a fault of the change that it looks at.
hypothesis.settings.register_profile(
    "mailseal",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
hypothesis.settings.load_profile("mailseal")

# A datagram socket that is connected to the discard port asks the routing table for a source address: no packet goes.
DISCARD_PORT = 9
_WATCHED = {"socket.connect", "socket.sendto", "socket.sendmsg"}

_outside: list[str] = []


class OutsideTraffic(Exception):
    """A test tried to reach another machine. Not an OSError: nothing may take it for a network that is down."""


def _forbid_outside(event: str, arguments: tuple[object, ...]) -> None:
    if event not in _WATCHED:
        return
    sock, address = arguments
    if isinstance(address, tuple) and isinstance(sock, socket.socket) and not _stays_here(sock, *address[:2]):
        _outside.append(f"{event} to {address}")
        raise OutsideTraffic(_outside[-1])


def _stays_here(sock: socket.socket, host: str, port: int) -> bool:
    if sock.type == socket.SOCK_DGRAM and port == DISCARD_PORT:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


sys.addaudithook(_forbid_outside)  # for the life of the process: there is no way to take it off


@pytest.fixture(autouse=True)
def outside_traffic() -> Iterator[list[str]]:
    """What was tried beyond loopback in this test, which fails it. A test of this very watch clears the list."""
    _outside.clear()
    yield _outside
    if _outside:
        pytest.fail(f"beyond loopback: {', '.join(_outside)}")
