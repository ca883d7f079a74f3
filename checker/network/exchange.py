"""One question to one recursive resolver, over UDP and TCP (RFC 7766) or HTTPS (RFC 8484).

The one rule of this file: every exception of the libraries and the network ends here, as a failure in our own words.
"""

import asyncio
import socket
from contextlib import suppress
from typing import Any

import dns.asyncbackend
import dns.exception
import dns.inet
import dns.message
import dns.rcode

from checker.network import extended_errors
from checker.network.bounds import DNS_MESSAGE_BYTES, Bounds
from checker.network.doh import DohClient, DohFailure
from checker.network.opaque import read_response
from checker.network.upstreams import AnyUpstream, HttpsUpstream, Upstream
from checker.observation import Failed, FailureKind

_ASYNCIO: Any = dns.asyncbackend.get_backend("asyncio")


class Exchange:
    """Sends questions, each for at most ``dns_query_s``. ``roots``: the trusted roots in PEM, for HTTPS."""

    def __init__(self, bounds: Bounds, roots: bytes = b"") -> None:
        self._bounds, self._roots = bounds, roots
        self._doh: DohClient | None = None

    async def ask(self, upstream: AnyUpstream, query: dns.message.Message) -> dns.message.Message | Failed:
        """What the resolver responds, whatever its rcode."""
        try:
            async with asyncio.timeout(self._bounds.dns_query_s):
                return await self._send(upstream, query)
        except (TimeoutError, dns.exception.Timeout):
            return Failed(FailureKind.RESOLVER_TIMEOUT, f"The resolver {upstream} did not answer in time.")
        except OSError:
            return Failed(FailureKind.RESOLVER_REFUSED, f"The resolver {upstream} cannot be reached.")
        except DohFailure as failure:
            return failure.failed
        except (dns.exception.DNSException, EOFError):
            said = f"The resolver {upstream} sent something that is no DNS answer."
            return Failed(FailureKind.RESOLVER_REFUSED, said)

    async def _send(self, upstream: AnyUpstream, query: dns.message.Message) -> dns.message.Message:
        match upstream:
            case HttpsUpstream():
                self._doh = self._doh or DohClient(self._roots, self._bounds)
                query.id = 0
                return await self._doh.ask(upstream, query)
            case Upstream():
                return await _send_plain(upstream, query)


async def _send_plain(upstream: Upstream, query: dns.message.Message) -> dns.message.Message:
    """Over UDP, and over TCP if the answer was cut short (RFC 7766 section 5)."""
    where, port = str(upstream.address), upstream.port
    wire = query.to_wire()
    # A connected socket: the system drops what others send, and tells us when nobody listens there.
    udp = await _ASYNCIO.make_socket(dns.inet.af_for_address(where), socket.SOCK_DGRAM, destination=(where, port))
    async with udp:
        await udp.sendto(wire, (where, port), None)
        while True:
            datagram, _ = await udp.recvfrom(DNS_MESSAGE_BYTES, None)
            # What doesn't match the question may be a forgery, and the answer still under way.
            with suppress(dns.exception.DNSException):
                try:
                    return read_response(query, datagram)
                except dns.message.Truncated as cut:
                    if query.is_response(cut.kwargs["message"]):
                        break
    return await _send_over_tcp(where, port, query, wire)


async def _send_over_tcp(where: str, port: int, query: dns.message.Message, wire: bytes) -> dns.message.Message:
    reader, writer = await asyncio.open_connection(where, port)
    try:
        writer.write(len(wire).to_bytes(2) + wire)
        length = int.from_bytes(await reader.readexactly(2))
        return read_response(query, await reader.readexactly(length))
    finally:
        writer.close()


def judged(response: dns.message.Message | Failed, upstream: AnyUpstream) -> dns.message.Message | Failed:
    """The response if it is an answer: NOERROR or NXDOMAIN, of the name's own servers."""
    if isinstance(response, Failed):
        return response
    match response.rcode():
        case dns.rcode.NOERROR | dns.rcode.NXDOMAIN if extended_errors.is_filtered(response):
            return _failed(FailureKind.RESOLVER_REFUSED, f"The resolver {upstream} hides the true answer.", response)
        case dns.rcode.NOERROR | dns.rcode.NXDOMAIN:
            return response
        case dns.rcode.SERVFAIL:
            said = f"The resolver {upstream} could not get an answer (SERVFAIL)."
            return _failed(FailureKind.SERVFAIL, said, response)
        case dns.rcode.REFUSED:
            said = f"The resolver {upstream} refuses to answer us (REFUSED)."
            return _failed(FailureKind.RESOLVER_REFUSED, said, response)
        case other:
            said = f"The resolver {upstream} could not answer the question ({dns.rcode.to_text(other)})."
            return _failed(FailureKind.SERVFAIL, said, response)


def why(response: dns.message.Message) -> str:
    """The resolver's own reason as a sentence to put behind another; empty where it gives none."""
    reason = extended_errors.told(response)
    return f" It gives as the reason: {reason}." if reason else ""


def _failed(kind: FailureKind, said: str, response: dns.message.Message) -> Failed:
    return Failed(kind, said + why(response))
