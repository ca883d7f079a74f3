"""The live dialler, led to a port of a test's own on loopback, and what it fails with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import pytest

from checker.network.bounds import Bounds
from checker.network.ports import StreamFailure
from checker.network.streams import TcpDialer, TcpStream
from checker.observation import Failed
from tests.peers import ADDRESS

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
