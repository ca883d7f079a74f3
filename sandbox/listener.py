"""A listener on loopback, and the server side of TLS: what the scripted servers have in common.

The one rule of this file: a client may do anything, vanish at any point included, and costs only its own connection.
"""

import asyncio
import contextlib
import ssl
import warnings
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Any, Self

from sandbox.authority import Issued
from sandbox.dialler import HOST

LINE_BYTES = 4096
HANDSHAKE_S = 20.0
CLOSING_S = 2.0  # what an orderly end of TLS may take


class Listener:
    """One listener on an ephemeral loopback port while its context is entered. ``connections`` counts those accepted.

    A server is a subclass that says what happens on a connection.
    """

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0
        self._listener: asyncio.Server
        self._sessions: set[asyncio.Task[None]] = set()

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client. May raise what a client that vanishes raises: OSError, EOFError, a line without end."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._accept, HOST, 0, limit=LINE_BYTES)
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop listening and drop every connection at once."""
        self._listener.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)
        await self._listener.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._listener.is_serving():  # it was accepted in the moment of stopping
            writer.transport.abort()
            return
        self.connections += 1
        session = asyncio.create_task(self._serve(reader, writer))
        self._sessions.add(session)
        session.add_done_callback(self._sessions.discard)
        # Not in _serve: a task that is cancelled before it began runs no code of its own.
        session.add_done_callback(lambda _: writer.transport.abort())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # What a vanished client raises: resets, half a handshake, the end in mid-line, a line without end.
        with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
            await self.play(reader, writer)
            async with asyncio.timeout(CLOSING_S):
                writer.close()
                await writer.wait_closed()


class HandshakeFailed(ssl.SSLError):
    """A handshake failed, and this is what the client is to be told: asyncio closes and says nothing."""

    alert = b""


class _Alerting(ssl.SSLObject):
    """A server's side that keeps what OpenSSL has to say of a failure."""

    _unsent: ssl.MemoryBIO

    @classmethod
    def _create(cls, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, **named: Any) -> "_Alerting":
        made: _Alerting = super()._create(incoming, outgoing, **named)  # type: ignore[misc]
        made._unsent = outgoing
        return made

    def do_handshake(self) -> None:
        """Raises HandshakeFailed in place of OpenSSL's own errors."""
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as failure:
            told = HandshakeFailed(*failure.args)
            told.alert = self._unsent.read()
            raise told from failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Takes:
    """What a server's TLS takes: versions, suites up to TLS 1.2 in the library's words, and whose order of them rules.

    By default what RFC 9325 section 4.2 recommends, so that nothing is to be said against it.
    """

    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    suites: str = "ECDHE+AESGCM:ECDHE+CHACHA20"
    is_client_first: bool = False


BY_THE_BOOK = Takes()


def server_context(issued: Issued, takes: Takes = BY_THE_BOOK) -> ssl.SSLContext:
    """The server side of TLS. The library takes chain and key from a file only, which is gone on return."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(takes.suites)
    if takes.is_client_first:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    with warnings.catch_warnings():  # that a version is old is what some servers are there to show
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = takes.oldest, takes.newest
    context.sslobject_class = _Alerting
    with NamedTemporaryFile() as file:  # readable by its owner alone
        file.write(issued.key_pem + issued.chain_pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context


async def start_tls(writer: asyncio.StreamWriter, context: ssl.SSLContext) -> None:
    """Shake hands as the server, and go on inside TLS. Raises OSError, and has told the client why."""
    line = writer.get_extra_info("socket").dup()  # asyncio shuts its own before anything can be said
    try:
        await writer.start_tls(context, ssl_handshake_timeout=HANDSHAKE_S, ssl_shutdown_timeout=CLOSING_S)
    except HandshakeFailed as failed:
        with contextlib.suppress(OSError):
            line.send(failed.alert)
        raise
    finally:
        line.close()
