"""The watch over the tests themselves (conftest): what leaves this machine fails a test."""

import asyncio
import socket
from contextlib import suppress

import pytest

from tests.conftest import OutsideTraffic


def test_a_connection_beyond_loopback_is_refused_and_noted(outside_traffic: list[str]) -> None:
    """Also where the code under test makes nothing of it, and before any packet."""
    with socket.socket() as sock, suppress(Exception):
        sock.connect(("192.0.2.1", 25))
    assert outside_traffic == ["socket.connect to ('192.0.2.1', 25)"]
    outside_traffic.clear()


async def test_asyncio_is_watched_too(outside_traffic: list[str]) -> None:
    """The loop connects by another way than a plain socket, and is seen all the same."""
    with pytest.raises(OutsideTraffic):
        await asyncio.open_connection("2001:db8::1", 25)
    assert len(outside_traffic) == 1
    outside_traffic.clear()


def test_a_datagram_beyond_loopback_is_refused(outside_traffic: list[str]) -> None:
    """DNS questions count as traffic."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(OutsideTraffic):
        sock.sendto(b"?", ("192.0.2.1", 53))
    outside_traffic.clear()


def test_loopback_is_free(outside_traffic: list[str]) -> None:
    """Real servers on this machine are what tests talk to."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    assert outside_traffic == []
