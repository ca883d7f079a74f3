"""Scripted SMTP servers on loopback with real STARTTLS (RFC 5321, RFC 3207).

What a server says is data: a ``Script``. The one rule of this file: a client may do anything, vanish at any point
included, and costs only its own connection. Nothing that a client sends is kept or logged.
"""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass

from checker.smtp.facts import Reply
from sandbox.authority import Issued
from sandbox.listener import BY_THE_BOOK, LINE_BYTES, Listener, Takes, server_context, start_tls

IDLE_S = 120.0  # from the end of the greeting, a client may stay so long in all

_OK = Reply(code=250, lines=("OK",))
_BYE = Reply(code=221, lines=("Bye",))
_UNKNOWN = Reply(code=502, lines=("Command not implemented",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What one server says. ``greeting_delay_s`` is in seconds.

    ``greeting`` None: it accepts connections and then is silent for ever. ``issued`` None: it has no certificate,
    so it neither advertises STARTTLS nor knows it. Otherwise it advertises STARTTLS, answers it with ``starttls``, and
    shakes hands if that is a 220. ``ehlo_in_tls`` None: as in clear, without STARTTLS (RFC 3207 section 4.2).
    """

    host: str
    greeting: Reply | None = Reply(code=220, lines=("ESMTP ready",))
    greeting_delay_s: float = 0.0
    keywords: tuple[str, ...] = ("PIPELINING", "SIZE 10485760", "8BITMIME")
    issued: Issued | None = None
    takes: Takes = BY_THE_BOOK
    starttls: Reply = Reply(code=220, lines=("Go ahead",))
    ehlo_in_tls: Reply | None = None


class SmtpServer(Listener):
    """One listener on an ephemeral loopback port, playing a script while its context is entered.

    ``connections`` counts those it accepted.
    """

    def __init__(self, script: Script) -> None:
        super().__init__()
        self.script = script
        issued = script.issued
        self._context = None if issued is None else server_context(issued, script.takes)

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk with one client. Raises what a client that vanishes raises."""
        await _Session(self.script, self._context, reader, writer).play()


class _Session:
    """One connection with one client."""

    def __init__(
        self,
        script: Script,
        context: ssl.SSLContext | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._script = script
        self._context = context
        self._reader = reader
        self._writer = writer
        self._is_inside_tls = False

    async def play(self) -> None:
        """Greet, then answer commands until the client quits. Raises what a client that vanishes raises."""
        if self._script.greeting is None:
            while await self._reader.read(LINE_BYTES):
                pass  # until the client gives up
            return
        await asyncio.sleep(self._script.greeting_delay_s)
        await self._say(Reply(code=self._script.greeting.code, lines=self._named(self._script.greeting.lines)))
        if self._script.greeting.code == 220:
            async with asyncio.timeout(IDLE_S):
                await self._answer_commands()

    async def _answer_commands(self) -> None:
        while True:
            line = await self._reader.readuntil(b"\n")
            match line.split(None, 1)[0].upper() if line.strip() else b"":
                case b"EHLO":
                    await self._say(self._ehlo())
                case b"HELO":
                    await self._say(Reply(code=250, lines=(self._script.host,)))
                case b"STARTTLS" if self._context is not None and not self._is_inside_tls:
                    await self._start_tls(self._context)
                case b"NOOP" | b"RSET":
                    await self._say(_OK)
                case b"QUIT":
                    await self._say(_BYE)
                    return
                case _:
                    await self._say(_UNKNOWN)

    def _ehlo(self) -> Reply:
        if self._is_inside_tls and self._script.ehlo_in_tls is not None:
            return self._script.ehlo_in_tls
        offers_tls = self._context is not None and not self._is_inside_tls
        keywords = (*self._script.keywords, "STARTTLS") if offers_tls else self._script.keywords
        return Reply(code=250, lines=(self._script.host, *keywords))

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        await self._forget_what_came_before()
        await self._say(self._script.starttls)
        if self._script.starttls.code == 220:
            await start_tls(self._writer, context)
            self._is_inside_tls = True

    async def _forget_what_came_before(self) -> None:
        """What stands behind STARTTLS in clear text may be anybody's (RFC 3207 section 4.2)."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):  # read() waits only where there is nothing
                await self._reader.read(2 * LINE_BYTES)

    def _named(self, lines: tuple[str, ...]) -> tuple[str, ...]:
        """The first line of a greeting begins with the server's name (RFC 5321 section 4.2)."""
        return (f"{self._script.host} {lines[0]}", *lines[1:])

    async def _say(self, reply: Reply) -> None:
        last = len(reply.lines) - 1
        lines = (f"{reply.code}{' ' if i == last else '-'}{line}\r\n" for i, line in enumerate(reply.lines))
        self._writer.write("".join(lines).encode())
        await self._writer.drain()
