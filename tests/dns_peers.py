"""DNS servers on loopback for tests: friendly, slow, dead, lying or broken, as a handler makes them."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from checker.network.upstreams import Upstream

NOERROR = dns.rcode.NOERROR

type Handler = Callable[[dns.message.Message, str], list[bytes]]
"""What a server sends for a query over "udp" or "tcp": datagrams, or pieces of the stream."""


@dataclass
class Server(asyncio.DatagramProtocol):
    """A DNS server on one loopback port, UDP and TCP. ``asked`` are the transports and flags of its queries."""

    handler: Handler
    asked: list[tuple[str, bool]] = field(default_factory=list)
    upstream: Upstream = Upstream(ip_address("127.0.0.1"))

    async def start(self, stack: AsyncExitStack) -> None:
        loop = asyncio.get_running_loop()
        tcp = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        port = tcp.sockets[0].getsockname()[1]
        stack.push_async_callback(tcp.wait_closed)
        stack.callback(tcp.close)
        self._udp, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", port))
        stack.callback(self._udp.close)
        self.upstream = Upstream(ip_address("127.0.0.1"), port)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for answer in self._answers(data, "udp"):
            self._udp.sendto(answer, addr)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            for answer in self._answers(await reader.readexactly(length), "tcp"):
                writer.write(answer)
            await writer.drain()
        finally:
            writer.close()

    def _answers(self, data: bytes, transport: str) -> list[bytes]:
        query = dns.message.from_wire(data)
        self.asked.append((transport, bool(query.flags & dns.flags.CD)))
        return self.handler(query, transport)


type Serve = Callable[[Handler], Awaitable[Server]]


@asynccontextmanager
async def serving() -> AsyncIterator[Serve]:
    """Starts servers, which end with the context."""
    async with AsyncExitStack() as stack:

        async def start(handler: Handler) -> Server:
            server = Server(handler)
            await server.start(stack)
            return server

        yield start


def response(query: dns.message.Message, *rrsets: str, rcode: dns.rcode.Rcode = NOERROR) -> dns.message.Message:
    """A response with these RRsets as "name ttl TYPE data"."""
    made = dns.message.make_response(query, recursion_available=True)
    made.set_rcode(rcode)
    for rrset in rrsets:
        name, ttl, rdtype, *data = rrset.split(" ", 3)
        made.answer.append(dns.rrset.from_text(name, int(ttl), "IN", rdtype, *data[0].split("|")))
    return made


def wire(message: dns.message.Message, transport: str) -> list[bytes]:
    return [message.to_wire(max_size=65535, prepend_length=transport == "tcp")]


def says(*rrsets: str, rcode: dns.rcode.Rcode = NOERROR) -> Handler:
    return lambda query, transport: wire(response(query, *rrsets, rcode=rcode), transport)


def validating(handler: Handler) -> Handler:
    """This handler, of a resolver that proves by its answer about the root that it validates."""

    def handle(query: dns.message.Message, transport: str) -> list[bytes]:
        if query.question[0].name != dns.name.root:
            return handler(query, transport)
        return wire(secure(response(query, ". 60 SOA a.test. b.test. 1 2 3 4 5")), transport)

    return handle


def secure(message: dns.message.Message) -> dns.message.Message:
    """The response with the AD bit."""
    message.flags |= dns.flags.AD
    return message
