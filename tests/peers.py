"""Hostile and clumsy mail servers on loopback, scripted by each test: what a peer does is a coroutine over ``Peer``.

``sandbox.smtp_server`` plays servers that behave; these do anything else. TLS is pumped through memory, as in the
client, so that alerts go out as they would from a real server.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import IPv4Address
from tempfile import NamedTemporaryFile

from checker.certificates.trust import TrustedRoots
from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.clock import SystemClock
from checker.network.courtesy import InProcessCourtesy
from checker.network.memory import InProcessMemory
from checker.network.policy_client import HttpsPolicyClient
from checker.network.ports import Network
from checker.network.streams import TcpDialer
from sandbox.authority import Authority, Issued
from sandbox.resolver import TableResolver

HOST = DomainName("mx.example.test")
ADDRESS = IPv4Address("192.52.193.1")
AUTHORITY = Authority(datetime.now(UTC))

GREETING = b"220 mx.example.test ESMTP\r\n"
EHLO = b"250-mx.example.test\r\n250-SIZE 1000\r\n250 STARTTLS\r\n"
EHLO_IN_TLS = b"250-mx.example.test\r\n250 SIZE 1000\r\n"
GO_AHEAD = b"220 go ahead\r\n"
BYE = b"221 bye\r\n"


def server_context(issued: Issued | None = None) -> ssl.SSLContext:
    """The server side of TLS, with a good certificate unless told otherwise."""
    issued = issued or AUTHORITY.issue([HOST])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with NamedTemporaryFile() as file:
        file.write(issued.key_pem + issued.chain_pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context


class Gone(Exception):
    """The client hung up."""


class Peer:
    """The server's end of one connection, in clear or inside TLS."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._tls: ssl.SSLObject | None = None
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._buffer = b""
        self.heard: list[bytes] = []

    async def send(self, data: bytes) -> None:
        """Send, in one piece."""
        if self._tls is not None:
            self._tls.write(data)
            data = self._outgoing.read()
        await self.send_in_clear(data)

    async def send_in_clear(self, data: bytes) -> None:
        """The same, TLS or not."""
        await asyncio.get_running_loop().sock_sendall(self._sock, data)

    async def send_pieces(self, *pieces: bytes, pause: float = 0.0) -> None:
        """Send, piece by piece, so that each is read for itself."""
        for piece in pieces:
            await self.send(piece)
            await asyncio.sleep(pause)

    @property
    def behind(self) -> bytes:
        """What came with the line that was heard last, behind it."""
        return self._buffer

    def forget(self) -> None:
        """Throw away what was not heard yet, as a careful server does before TLS."""
        self._buffer = b""

    async def hear(self, command: bytes) -> None:
        """Wait for a command line. Anything else is a mistake of the client, which fails the test."""
        while b"\r\n" not in self._buffer:
            self._buffer += await self._read()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        self.heard.append(line)
        assert line.startswith(command), f"the client said {line!r}, not {command!r}"

    async def until_go_ahead(self) -> None:
        """Behave until STARTTLS is granted."""
        await self.send(GREETING)
        await self.hear(b"EHLO ")
        await self.send(EHLO)
        await self.hear(b"STARTTLS")
        await self.send(GO_AHEAD)

    async def start_tls(self, context: ssl.SSLContext | None = None) -> None:
        """Shake hands, with a good certificate unless told otherwise. An alert goes out before SSLError is raised."""
        context = context or server_context()
        tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                self._incoming.write(await self._receive())
            except ssl.SSLError:
                await self._flush()
                raise
            else:
                await self._flush()
                self._tls = tls
                return

    async def take(self) -> bytes:
        """Whatever the client says next."""
        return await self._read()

    async def client_hello(self) -> None:
        """Take the first bytes of a handshake."""
        hello = await self._receive()
        assert hello.startswith(b"\x16\x03"), f"the client sent {hello[:20]!r}, no handshake"

    async def silence(self) -> None:
        """Say nothing until the client hangs up."""
        while True:
            await self._receive()

    def reset(self) -> None:
        """End the connection by a TCP reset."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    async def _read(self) -> bytes:
        while self._tls is not None:
            try:
                if data := self._tls.read(4096):
                    return data
            except ssl.SSLWantReadError:
                self._incoming.write(await self._receive())
                continue
            except ssl.SSLError:
                pass
            raise Gone
        return await self._receive()

    async def _receive(self) -> bytes:
        data = await asyncio.get_running_loop().sock_recv(self._sock, 16384)
        if not data:
            raise Gone
        return data

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await asyncio.get_running_loop().sock_sendall(self._sock, data)


type Play = Callable[[Peer], Awaitable[None]]


class Stage:
    """A listener that plays one script per connection, the last one again and again. ``peers`` are all that came."""

    def __init__(self, plays: Sequence[Play]) -> None:
        self._plays = plays
        self._sock = socket.create_server(("127.0.0.1", 0))
        self._sock.setblocking(False)
        self._acts: list[asyncio.Task[None]] = []
        self.peers: list[Peer] = []
        self.port: int = self._sock.getsockname()[1]

    async def accept(self) -> None:
        """Let clients in, for ever."""
        while True:
            client, _ = await asyncio.get_running_loop().sock_accept(self._sock)
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or a reset takes the last piece along
            play = self._plays[min(len(self.peers), len(self._plays) - 1)]
            self.peers.append(Peer(client))
            self._acts.append(asyncio.create_task(_act(play, self.peers[-1], client)))

    async def close(self) -> None:
        """Stop, and raise what a script found wrong with the client."""
        self._sock.close()
        for act in self._acts:
            act.cancel()
        for end in await asyncio.gather(*self._acts, return_exceptions=True):
            if isinstance(end, AssertionError):
                raise end


async def _act(play: Play, peer: Peer, client: socket.socket) -> None:
    try:
        await play(peer)
    except (Gone, OSError):  # SSLError is one too
        pass
    finally:
        client.close()


@asynccontextmanager
async def stage(*plays: Play) -> AsyncIterator[Stage]:
    """A listening ``Stage``."""
    opened = Stage(plays)
    accepting = asyncio.create_task(opened.accept())
    try:
        yield opened
    finally:
        accepting.cancel()
        await asyncio.wait([accepting])
        await opened.close()


def network_to(port: int, bounds: Bounds) -> Network:
    """The real dialler with its guard on, whose every route ends at one loopback port."""
    clock = SystemClock()
    dialer = TcpDialer(25, bounds=bounds, route=lambda address, port_asked: ("127.0.0.1", port))
    return Network(
        resolver=TableResolver({}),
        dialer=dialer,
        policy_client=HttpsPolicyClient(dialer, clock, bounds),
        courtesy=InProcessCourtesy(clock, bounds),
        memory=InProcessMemory(clock, bounds),
        clock=clock,
        roots=TrustedRoots.load(AUTHORITY.root_pem),
        helo_name="probe.example.test",
        bounds=bounds,
    )
