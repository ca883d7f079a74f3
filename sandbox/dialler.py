"""Where connections in the sandbox really go: from public-looking addresses to ports on loopback.

The one rule of this file: an address that is not on the map is unreachable, so nothing ever leaves the box. The real
dialler asks the address guard before it asks for a route, so the guard is on here as everywhere.
"""

import socket
from collections.abc import Mapping, Set
from types import TracebackType
from typing import Self

from checker.names import IPAddress
from checker.network.ports import StreamFailure
from checker.network.streams import Route
from checker.observation import Failed, FailureKind

HOST = "127.0.0.1"


def mapped(ports: Mapping[IPAddress, int], silent: Set[IPAddress] = frozenset()) -> Route:
    """The route of a TcpDialer to these loopback ports, or into silence. Both may still grow.

    Silence is told at once, so that nobody has to wait for it.
    """

    def route(address: IPAddress, _port: int) -> tuple[str, int]:
        if address in silent:
            raise StreamFailure(Failed(FailureKind.TIMEOUT, "No connection came about in the time allowed."))
        if address not in ports:
            raise StreamFailure(Failed(FailureKind.UNREACHABLE, "There is no such address in the sandbox."))
        return HOST, ports[address]

    return route


class ClosedPort:
    """A loopback port that refuses connections: taken, so that nobody else gets it, and not listened on."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind((HOST, 0))
        self.number: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()
