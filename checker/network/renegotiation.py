"""A second handshake that the client begins inside the first, as TLS 1.2 and older have it (RFC 5746).

Python's ``ssl`` can't begin one, so pyOpenSSL does the cryptography here; we move the bytes and count them. Nothing is
verified. The one rule of this file: what the server does about the second handshake is an answer, and only trouble
before it, silence, or a mistake of our own is a failure.
"""

import contextlib
from collections.abc import Awaitable, Callable

from OpenSSL import SSL

from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.ports import StreamFailure
from checker.network.tls_layer import EVERY_SUITE, alert_text, clear_text
from checker.observation import Failed, FailureKind

_CLOSED = Failed(FailureKind.CLOSED, "The server closed the connection during TLS.")
_RESET = Failed(FailureKind.RESET, "The server reset the connection.")
_TOO_MUCH = Failed(FailureKind.HANDSHAKE, "The server sent more data than TLS has use for.")
_NOT_BEGUN = Failed(FailureKind.HANDSHAKE, "The server sent data instead of a second handshake.")


class Renegotiation:
    """Two handshakes over two functions that receive and send bytes, each of ``bounds.handshake_bytes`` at most."""

    def __init__(
        self,
        server_name: DomainName,
        receive: Callable[[int], Awaitable[bytes]],
        send: Callable[[bytes], Awaitable[None]],
        bounds: Bounds,
    ) -> None:
        self._receive, self._send, self._bounds = receive, send, bounds
        self._tls = SSL.Connection(_context(), None)
        self._tls.set_connect_state()
        if server_name:
            self._tls.set_tlsext_host_name(server_name.encode())
        self._tls.set_info_callback(self._note)
        self._alert: int | None = None  # the last one that the server sent in this handshake
        self._is_broken = False

    async def refusal(self) -> Failed | None:
        """How the server refused the second handshake; null: it completed it. Raises OSError and StreamFailure."""
        try:
            first = await self._shake_hands()
        except SSL.Error as error:
            raise StreamFailure(_why(error)) from error
        if first is not None:
            raise StreamFailure(first)
        try:
            self._tls.renegotiate()
            refused = await self._shake_hands()
        except ConnectionError:
            return _RESET
        except SSL.Error as error:
            raise StreamFailure(_why(error)) from error
        if refused is None and self._tls.renegotiate_pending():
            raise StreamFailure(_NOT_BEGUN)
        await self._say_goodbye()
        return refused

    async def _shake_hands(self) -> Failed | None:
        """How the server ended the handshake that is due; null: it is complete. Raises SSL.Error for other ends."""
        self._alert, left, begins = None, self._bounds.handshake_bytes, b""
        while True:
            try:
                self._tls.do_handshake()
            except SSL.WantReadError:
                await self._flush()
            except SSL.ZeroReturnError:
                return _CLOSED
            except SSL.Error:
                await self._flush()
                if self._alert is not None:
                    return Failed(FailureKind.HANDSHAKE, alert_text(self._alert))
                if (given_up := clear_text(begins)) is not None:
                    return given_up
                raise
            else:
                await self._flush()
                return None
            data = await self._receive(self._bounds.read_bytes)
            if not data:
                return _CLOSED
            left -= len(data)
            if left < 0:
                raise StreamFailure(_TOO_MUCH)
            begins = begins or data
            self._tls.bio_write(data)

    async def _flush(self) -> None:
        """Send what is ready. A broken connection shows later: what came before the break is read first."""
        with contextlib.suppress(SSL.WantReadError):  # nothing is
            while data := self._tls.bio_read(self._bounds.read_bytes):
                if not self._is_broken:
                    try:
                        await self._send(data)
                    except ConnectionError:
                        self._is_broken = True

    async def _say_goodbye(self) -> None:
        with contextlib.suppress(SSL.Error):  # after an alert there is nothing more to say
            self._tls.shutdown()
        await self._flush()

    def _note(self, _: SSL.Connection, where: int, value: int) -> None:
        if where & SSL.SSL_CB_READ_ALERT == SSL.SSL_CB_READ_ALERT:
            self._alert = value & 0xFF


def _context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_verify(SSL.VERIFY_NONE)
    context.set_cipher_list(EVERY_SUITE.encode())
    context.set_min_proto_version(0)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_LEGACY_SERVER_CONNECT | SSL.OP_NO_TICKET | SSL.OP_NO_SSLv3)
    return context


def _why(error: SSL.Error) -> Failed:
    """What OpenSSL found wrong: each entry of its list ends with words for people."""
    listed = error.args[0] if error.args else None
    reason = str(listed[0][-1]) if isinstance(listed, list) and listed else "unknown"
    return Failed(FailureKind.HANDSHAKE, f"TLS broke off: {reason}")
