"""A running sandbox with short pauses, and a watch over where connections go."""

import socket
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

import sandbox
from checker.network.bounds import Bounds

GREETING_DELAY_S = 0.1
BOUNDS = Bounds(slow_greeting_s=0.05, retry_pause_s=0.0)

_dialled: list[tuple[str, int]] = []


def _note_connections(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        sock, address = arguments
        assert isinstance(sock, socket.socket)
        # A datagram socket only notes its peer: that is how the engine asks for its own address.
        if sock.type == socket.SOCK_STREAM and isinstance(address, tuple):
            _dialled.append((address[0], address[1]))


sys.addaudithook(_note_connections)  # for the life of the process: there is no way to take it off


@pytest.fixture
def dialled() -> Iterator[list[tuple[str, int]]]:
    """Every host and port that a TCP connection of this process was tried to, during the test."""
    _dialled.clear()
    yield _dialled
    _dialled.clear()


@pytest.fixture
async def box() -> AsyncIterator[sandbox.Sandbox]:
    """The demo domains, the slow one just slow enough."""
    async with sandbox.running(GREETING_DELAY_S, BOUNDS) as running:
        yield running
