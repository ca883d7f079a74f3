"""TCP and TLS over asyncio: the live side of the ports ``Dialer`` and ``Stream``.

TLS runs through ``ssl.MemoryBIO`` over our own bounded reads, so that byte and time limits, alerts and clear text
where TLS is due are ours to see. The one rule of this file: the address guard decides on the very address that is
dialled, and every exception of a library becomes a ``StreamFailure`` here.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address

from checker.names import DomainName, IPAddress
from checker.network.address_guard import IPNetwork, forbidden
from checker.network.bounds import Bounds
from checker.network.do_not_probe import NOBODY, DoNotProbe
from checker.network.ports import AddressBlocked, OneSuite, StreamFailure, TlsOffer, TlsSession
from checker.network.renegotiation import Renegotiation
from checker.network.tls_layer import TlsContexts, TlsLayer
from checker.observation import Failed, FailureKind, Reason

type Route = Callable[[IPAddress, int], tuple[str, int]]
"""Where packets for an address and port really go, as a numeric host and a port.

May raise StreamFailure, and any OSError that connect(2) knows.
"""

_KINDS = {
    errno.ECONNREFUSED: (FailureKind.REFUSED, "The server refuses connections to this port."),
    errno.EHOSTUNREACH: (FailureKind.UNREACHABLE, "The network says that this host cannot be reached."),
    errno.ENETUNREACH: (FailureKind.UNREACHABLE, "The network says that this address cannot be reached."),
    errno.ECONNRESET: (FailureKind.RESET, "The server reset the connection."),
    errno.ECONNABORTED: (FailureKind.RESET, "The server reset the connection."),
    errno.EPIPE: (FailureKind.RESET, "The server reset the connection."),
    errno.EACCES: (FailureKind.PORT_BLOCKED, "The machine that Mailseal runs on forbids this connection."),
    errno.EPERM: (FailureKind.PORT_BLOCKED, "The machine that Mailseal runs on forbids this connection."),
    errno.EAFNOSUPPORT: (FailureKind.NO_ADDRESS_FAMILY, "This machine does not speak this version of IP."),
    errno.EADDRNOTAVAIL: (FailureKind.NO_ADDRESS_FAMILY, "This machine has no address of this version of IP."),
}


def straight(address: IPAddress, port: int) -> tuple[str, int]:
    """The route of the real world: to the address itself."""
    return str(address), port


class TcpDialer:
    """Opens connections to one port of any address that the guard allows.

    ``allow_networks`` may be dialled though they are not public; what ``do_not_probe`` holds may not. The guard
    judges ``address`` before ``route`` is asked where its packets go.
    """

    def __init__(
        self,
        port: int,
        *,
        allow_networks: Sequence[IPNetwork] = (),
        do_not_probe: DoNotProbe = NOBODY,
        bounds: Bounds,
        route: Route = straight,
    ) -> None:
        self._port = port
        self._allow = tuple(allow_networks)
        self._do_not_probe = do_not_probe
        self._bounds = bounds
        self._route = route
        self._contexts = TlsContexts()

    async def dial(self, address: IPAddress, timeout: float) -> "TcpStream":
        """Connect within ``timeout`` seconds. Raises StreamFailure, or AddressBlocked before any packet."""
        reason = forbidden(address, self._allow) or self._own(address)
        if reason is not None:
            raise AddressBlocked(reason)
        if (asked := self._do_not_probe.holds(address)) is not None:
            raise AddressBlocked(asked, Reason.DO_NOT_PROBE)
        try:
            with _mapped(f"No connection within {timeout:g} s."):
                host, port = self._route(address, self._port)
                return TcpStream(await _connect(host, port, timeout), self._contexts, self._bounds)
        except StreamFailure as failure:
            if failure.failed.failure is FailureKind.UNREACHABLE and source_address(address) is None:
                raise StreamFailure(_no_route(address)) from None
            raise

    def _own(self, address: IPAddress) -> str | None:
        """An address of this very machine is as private as loopback, wherever it lies."""
        if any(address in network for network in self._allow) or source_address(address) != address:
            return None
        return f"{address} is the machine that Mailseal runs on"


class TcpStream:
    """One TCP connection, in clear or inside TLS."""

    def __init__(self, sock: socket.socket, contexts: TlsContexts, bounds: Bounds) -> None:
        self._sock = sock
        self._contexts = contexts
        self._bounds = bounds
        self._tls: TlsLayer | None = None

    async def read(self, limit: int, timeout: float) -> bytes:
        """At least one and at most ``limit`` bytes, ``b""`` at the end. Raises StreamFailure."""
        with _mapped(f"Nothing came within {timeout:g} s."):
            async with asyncio.timeout(timeout):
                return await (self._receive(limit) if self._tls is None else self._tls.read(limit))

    async def write(self, data: bytes, timeout: float) -> None:
        """Send all of ``data``. Raises StreamFailure."""
        with _mapped(f"The server took no data for {timeout:g} s."):
            if self._tls is None and not (data := self._unsent(data)):
                return
            async with asyncio.timeout(timeout):
                await (self._send(data) if self._tls is None else self._tls.write(data))

    async def start_tls(self, offer: TlsOffer | OneSuite, server_name: DomainName, timeout: float) -> TlsSession:
        """Complete a TLS handshake with this SNI, verifying nothing. Closes the stream if it raises StreamFailure."""
        self._tls = TlsLayer(self._contexts[offer], server_name, self._receive, self._send, self._bounds)
        try:
            with _mapped(f"The TLS handshake was not complete within {timeout:g} s."):
                async with asyncio.timeout(timeout):
                    return await self._tls.shake_hands()
        except StreamFailure:
            await self.close()
            raise

    async def renegotiate(self, server_name: DomainName, timeout: float) -> Failed | None:
        """Shake hands twice with this SNI; how the server refused the second, null if it didn't. Raises StreamFailure.

        The stream is useless then.
        """
        second = Renegotiation(server_name, self._receive, self._send, self._bounds)
        with _mapped(f"Two TLS handshakes were not complete within {timeout:g} s."):
            async with asyncio.timeout(timeout):
                return await second.refusal()

    @property
    def is_cut_off(self) -> bool:
        """The end came inside TLS without a close_notify."""
        return self._tls is not None and self._tls.is_cut_off

    async def close(self) -> None:
        """Say goodbye in TLS and TCP, then wait for the server's FIN, at most ``let_go_s`` seconds. Never raises."""
        if self._sock.fileno() == -1:
            return
        try:
            if self._tls is not None:
                with contextlib.suppress(OSError):
                    self._sock.send(self._tls.last_words())  # not blocking: what doesn't fit is not said
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_WR)
                async with asyncio.timeout(self._bounds.let_go_s):
                    while await self._receive(self._bounds.read_bytes):
                        pass
        finally:
            self._sock.close()

    def _unsent(self, data: bytes) -> bytes:
        """What the kernel has no room for yet, which is seldom anything: most writes need no time limit."""
        try:
            return data[self._sock.send(data) :]
        except BlockingIOError:
            return data

    async def _receive(self, limit: int) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self._sock, limit)

    async def _send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._sock, data)


def source_address(address: IPAddress) -> IPAddress | None:
    """The address that this machine would speak from; null if it has no route. Sends nothing.

    For an address of its own, that is the address itself.
    """
    try:
        with socket.socket(_family(address), socket.SOCK_DGRAM) as sock:
            sock.connect((str(address), 9))  # no packet: a datagram socket only notes its peer
            return ip_address(sock.getsockname()[0])
    except OSError:
        return None


async def _connect(host: str, port: int, timeout: float) -> socket.socket:
    sock = socket.socket(_family(ip_address(host)), socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        # EHLO goes out right behind our last handshake message: don't let it wait for an acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(timeout):
            await asyncio.get_running_loop().sock_connect(sock, (host, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _family(address: IPAddress) -> socket.AddressFamily:
    return socket.AF_INET if address.version == 4 else socket.AF_INET6


def _no_route(address: IPAddress) -> Failed:
    return Failed(FailureKind.NO_ADDRESS_FAMILY, f"This machine has no route for IPv{address.version}.")


@contextlib.contextmanager
def _mapped(too_late: str) -> Iterator[None]:
    """Every way in which a socket fails, in our own words."""
    try:
        yield
    except TimeoutError:  # our own, and the kernel's
        raise StreamFailure(Failed(FailureKind.TIMEOUT, too_late)) from None
    except OSError as error:
        unknown = (FailureKind.INTERNAL, f"The connection failed on Mailseal's side: {error.strerror}.")
        raise StreamFailure(Failed(*_KINDS.get(error.errno or 0, unknown))) from error
