"""A scripted policy host on loopback: HTTPS with a real certificate (RFC 8461 section 3.3).

What it answers is data: a ``PolicyScript``. The one rule of this file: every request is answered the same way, one
on each connection, and is kept for tests to look at.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus

from sandbox.authority import Issued
from sandbox.listener import LINE_BYTES, Listener, server_context, start_tls

IDLE_S = 120.0  # a client may stay so long in all
REQUESTS_KEPT = 100
NAMES_KEPT = 64  # certificates that were issued on being asked for

_IN_CLEAR = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyScript:
    """What one policy host answers. Times are seconds.

    ``issued`` None: it refuses in clear, as an HTTP server on the port of HTTPS does. ``issue`` gives a certificate for
    each further name that a client asks for; None: it has none but ``issued``. ``headers`` are sent with a
    Content-Length that fits and ``Connection: close``. ``delay_s`` passes before the answer. ``piece_bytes``: the
    answer dribbles in pieces of so many bytes with ``pause_s`` between them; 0 sends it whole. ``raw`` is the whole
    answer in place of all that.
    """

    host: str
    issued: Issued | None
    issue: Callable[[str], Issued] | None = None
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "text/plain"})
    delay_s: float = 0.0
    piece_bytes: int = 0
    pause_s: float = 0.0
    raw: bytes | None = None

    @property
    def answer(self) -> bytes:
        """The bytes that go inside TLS."""
        if self.raw is not None:
            return self.raw
        reasons = {status.value: status.phrase for status in HTTPStatus}
        fields = {**self.headers, "Content-Length": str(len(self.body)), "Connection": "close"}
        head = [f"HTTP/1.1 {self.status} {reasons.get(self.status, '')}", *(f"{k}: {v}" for k, v in fields.items())]
        return "\r\n".join([*head, "", ""]).encode() + self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A request. Header names are lower-cased; ``sni`` is null where the client named no host in TLS."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]
    sni: str | None

    def header(self, name: str) -> str | None:
        """The first header field of this lower-cased name."""
        return next((value for field_name, value in self.headers if field_name == name), None)


class PolicyHost(Listener):
    """A policy host that plays a script. ``requests`` are the last that it heard, in order."""

    def __init__(self, script: PolicyScript) -> None:
        super().__init__()
        self.script = script
        self.requests: deque[Heard] = deque(maxlen=REQUESTS_KEPT)
        self._context = None if script.issued is None else server_context(script.issued)
        # Each costs a signature and two files, so those of late are kept.
        self._context_for = lru_cache(maxsize=NAMES_KEPT)(self._further_context)
        if self._context is not None:
            self._context.sni_callback = self._meet

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hear one request and answer it. Raises what a client that vanishes raises."""
        async with asyncio.timeout(IDLE_S):
            if self._context is None:
                await reader.read(LINE_BYTES)
                writer.write(_IN_CLEAR)
                return
            await start_tls(writer, self._context)
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(_heard(head, getattr(writer.get_extra_info("ssl_object"), "named", None)))
            await asyncio.sleep(self.script.delay_s)
            await self._send(writer)

    def _meet(self, session: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        """Keep the name that the ClientHello asks for where the session is found again, on itself, and answer to it."""
        session.named = name  # type: ignore[attr-defined]
        if name and name != self.script.host and self.script.issue:
            session.context = self._context_for(name, self.script.issue)

    def _further_context(self, name: str, issue: Callable[[str], Issued]) -> ssl.SSLContext:
        return server_context(issue(name))

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        answer = self.script.answer
        step = self.script.piece_bytes or len(answer) or 1
        for start in range(0, len(answer), step):
            if start:
                await asyncio.sleep(self.script.pause_s)
            writer.write(answer[start : start + step])
            await writer.drain()


def _heard(head: bytes, sni: str | None) -> Heard:
    first, *lines = head.decode("iso-8859-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = [*first.split(" ", 2), "", ""][:3]
    pairs = (line.partition(":") for line in lines)
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    return Heard(method=method, target=target, version=version, headers=headers, sni=sni)
