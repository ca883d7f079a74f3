"""``python -m benchmarks.relay LOG ONE_WAY_MS LISTENS=TARGET …``: a relay on loopback that counts, and is far away.

Each of ``LISTENS`` and ``TARGET`` is an address and a port, ``127.0.0.1:2525``. The log gets a line a connection. The
one rule of this file: no byte, no end and no first packet comes earlier than it would over a line of that length.
"""

import asyncio
import contextlib
import sys
from functools import partial
from pathlib import Path

CHUNK = 65536


async def relay(log: Path, one_way_s: float, routes: dict[str, str]) -> None:
    """Relay until cancelled."""
    servers = []
    with log.open("a", buffering=1) as lines:
        for listens, target in routes.items():

            async def visit(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listens: str = listens, target: str = target
            ) -> None:
                lines.write(f"{listens}\n")
                with contextlib.suppress(OSError):
                    await _between(reader, writer, target, one_way_s)

            servers.append(await asyncio.start_server(visit, *_split(listens), backlog=256))
        async with contextlib.AsyncExitStack() as stack:
            for server in servers:
                await stack.enter_async_context(server)
            await asyncio.gather(*(server.serve_forever() for server in servers))


async def _between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str, one_way_s: float) -> None:
    # The kernel has answered at once: SYN, SYN-ACK and ACK would have taken three ways.
    await asyncio.sleep(3 * one_way_s)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(writer.close)
        far_reader, far_writer = await asyncio.open_connection(*_split(target))
        stack.callback(far_writer.close)
        async with asyncio.TaskGroup() as ways:
            ways.create_task(_carry(reader, far_writer, one_way_s))
            ways.create_task(_carry(far_reader, writer, one_way_s))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, one_way_s: float) -> None:
    """One direction: what comes leaves ``one_way_s`` later, the end too; then the writing side is closed."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    while data := await _read(reader):
        loop.call_later(one_way_s, partial(_write, writer, data))
    loop.call_later(one_way_s, ended.set_result, None)
    await ended
    with contextlib.suppress(OSError):
        writer.write_eof()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(CHUNK)
    except OSError:
        return b""


def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    if not writer.is_closing():
        writer.write(data)


def _split(place: str) -> tuple[str, int]:
    host, _, port = place.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    pairs = dict(route.split("=") for route in sys.argv[3:])
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(relay(Path(sys.argv[1]), float(sys.argv[2]) / 1000, pairs))
