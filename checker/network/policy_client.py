"""The PolicyClient port: one GET of the MTA-STS policy file from one address (RFC 8461 section 3.3, RFC 9112).

httpx makes the request and h11 reads what comes, over a stream of our own dialler, so the address that the guard judged
is the one that is asked. The one rule of this file: a file that is not whole is a failure, never a shorter file.
"""

import asyncio
import logging
import re
import zlib
from collections.abc import AsyncIterator

import h11
import httpx

from checker import __version__
from checker.breakdown import where
from checker.names import DomainName, IPAddress
from checker.network.bounds import Bounds
from checker.network.ports import (
    AddressBlocked,
    Clock,
    Dialer,
    HttpResponse,
    PolicyAnswer,
    Stream,
    StreamFailure,
    TlsOffer,
    TlsSession,
)
from checker.observation import NOT_REACHED, Failed, FailureKind, NotTried, Observation, Seen
from checker.printable import printable

_LOG = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)  # below, it tells the log which domain was asked about

_PATH = "/.well-known/mta-sts.txt"
# Nothing conditional and no cookie: RFC 8461 section 3.3 wants no HTTP cache in between.
_REQUEST_FIELDS = {
    "Accept": "text/plain",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": f"Mailseal/{__version__} (MTA-STS check)",
}
_QUOTED = re.compile(r"bytearray\(b(['\"])(.*)\1\)")  # how h11 quotes: Python's own words, which tell people nothing
_GZIP, _ZLIB, _BARE = 31, 15, -15  # what zlib calls wbits

_BUG = Failed(FailureKind.INTERNAL, "Mailseal made a mistake here. It says nothing about this server.")
_NO_ANSWER = Failed(FailureKind.CLOSED, "The server closed the connection before its answer was complete.")
_HALF_A_FILE = Failed(FailureKind.CLOSED, "The server closed the connection in the middle of the file.")
_CUT_OFF = Failed(
    FailureKind.CLOSED,
    "The server gave no length for the file and closed without the goodbye of TLS (close_notify), so nobody can tell "
    "whether the file is whole.",
)
_BAD_FRAMING = Failed(FailureKind.BAD_REPLY, "The file came in pieces that are not marked as HTTP asks (chunked).")
_BAD_CODING = Failed(FailureKind.BAD_REPLY, "The file came compressed, and what came can't be unpacked.")


class HttpsPolicyClient:
    """Fetches the policy file of one address with httpx, over streams of ``dialer``."""

    def __init__(self, dialer: Dialer, clock: Clock, bounds: Bounds) -> None:
        self._dialer, self._clock, self._bounds = dialer, clock, bounds

    async def fetch(self, host: DomainName, address: IPAddress) -> PolicyAnswer:
        """GET https://<host>/.well-known/mta-sts.txt from this very address. Never raises."""
        visit = _Visit(host, _Time(self._clock, self._bounds.policy_s), self._bounds)
        try:
            await visit.make(self._dialer, address)
        except Exception as failure:
            _LOG.error("A fetch broke down: %s", where(failure))
        return PolicyAnswer(
            connect=visit.connect, session=visit.session, response=visit.response, duration_ms=visit.duration_ms
        )


class _Time:
    """The time of one visit. All in seconds but ``spent_ms``."""

    def __init__(self, clock: Clock, limit: float) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._too_late = Failed(FailureKind.TIMEOUT, f"The whole answer did not come within {limit:g} s.")
        self._limit = limit

    @property
    def spent_ms(self) -> int:
        return round(1000 * (self._clock.monotonic() - self._began))

    def left(self) -> float:
        """More than 0. Raises StreamFailure where nothing is left."""
        left = self._began + self._limit - self._clock.monotonic()
        if left <= 0:
            raise StreamFailure(self._too_late)
        return left

    def judged(self, failed: Failed) -> Failed:
        """A failure of a step that had all the time that was left."""
        return self._too_late if failed.failure is FailureKind.TIMEOUT else failed


class _Visit:
    """One connection, stage by stage. A stage that has begun counts as our mistake until its result is in."""

    def __init__(self, host: DomainName, time: _Time, bounds: Bounds) -> None:
        self._host, self._time, self._bounds = host, time, bounds
        self.connect: Observation[int] = _BUG
        self.session: Observation[TlsSession] = NOT_REACHED
        self.response: Observation[HttpResponse] = NOT_REACHED
        self.duration_ms = 0

    async def make(self, dialer: Dialer, address: IPAddress) -> None:
        """Connect, talk, hang up. How long hanging up takes is up to us, and doesn't count."""
        stream = await self._dial(dialer, address)
        try:
            if stream is not None:
                await self._talk(stream)
        finally:
            self.duration_ms = self._time.spent_ms
            if stream is not None:
                await stream.close()

    async def _dial(self, dialer: Dialer, address: IPAddress) -> Stream | None:
        try:
            stream = await dialer.dial(address, min(self._bounds.connect_s, self._time.left()))
        except AddressBlocked as blocked:
            self.connect = NotTried(blocked.reason, f"{blocked}.")
            return None
        except StreamFailure as failure:
            self.connect = failure.failed
            return None
        self.connect = Seen(self._time.spent_ms)
        return stream

    async def _talk(self, stream: Stream) -> None:
        self.session = _BUG
        try:
            limit = min(self._bounds.handshake_s, self._time.left())
            self.session = Seen(await stream.start_tls(TlsOffer.EVERY, self._host, limit))
        except StreamFailure as failure:
            self.session = failure.failed
            return
        self.response = _BUG
        try:
            self.response = Seen(await self._get(stream))
        except StreamFailure as failure:
            self.response = self._time.judged(failure.failed)

    async def _get(self, stream: Stream) -> HttpResponse:
        exchange = _Exchange(stream, self._time, self._bounds)
        # httpx only passes its time-outs on to the transport, which has its own.
        async with httpx.AsyncClient(
            transport=exchange, trust_env=False, follow_redirects=False, headers=_REQUEST_FIELDS
        ) as client:
            response = await client.get(f"https://{self._host}{_PATH}")
        return _read(response.status_code, exchange.fields, response.content, self._bounds)


class _Exchange(httpx.AsyncBaseTransport, httpx.AsyncByteStream):
    """One request and its response over one stream: httpx's transport, and the body that it reads.

    httpx sees no header field of the response: it would act on Set-Cookie, Location and Content-Encoding, all of them
    hostile, though it is told not to follow. They stand in ``fields``, by lower-case name.
    """

    def __init__(self, stream: Stream, time: _Time, bounds: Bounds) -> None:
        self.fields: dict[bytes, bytes] = {}
        self._stream, self._time, self._bounds = stream, time, bounds
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=bounds.policy_header_bytes)
        self._received = 0
        self._first_bytes = b""
        self._has_ended = False
        self._head: h11.Response | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask, and read up to the body. Provisional answers are passed over (RFC 9110 section 15.2)."""
        asked = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        sent = [self._http.send(event) or b"" for event in (asked, h11.EndOfMessage())]
        await self._stream.write(b"".join(sent), self._time.left())
        while isinstance(event := await self._next(), h11.InformationalResponse):
            pass
        assert isinstance(event, h11.Response)
        self._head = event
        for name, value in event.headers:  # several of one name are a list (RFC 9110 section 5.3)
            self.fields[name] = self.fields[name] + b", " + value if name in self.fields else value
        return httpx.Response(event.status_code, stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The body of a 200 as it came, up to one piece beyond the limit; of another status nothing."""
        if self._head is None or self._head.status_code != 200:
            return
        given = 0
        while given <= self._bounds.policy_bytes and isinstance(event := await self._next(), h11.Data):
            given += len(event.data)
            yield bytes(event.data)

    async def _next(self) -> object:
        """The next event of h11. Raises StreamFailure."""
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(await self._receive())
        except h11.RemoteProtocolError as error:
            raise StreamFailure(self._why(error)) from error
        if self._has_ended and self._stream.is_cut_off:  # the file ends with the connection: by whose will?
            raise StreamFailure(_CUT_OFF)
        return event

    async def _receive(self) -> bytes:
        limit = self._bounds.policy_wire_bytes if self._head else self._bounds.policy_header_bytes
        if self._received >= limit:
            which = "in all" if self._head else "before the file"
            raise StreamFailure(Failed(FailureKind.BAD_REPLY, f"The server sent more than {limit} bytes {which}."))
        await asyncio.sleep(0)  # reading what is there already waits for nothing, and others have their work too
        data = await self._stream.read(min(limit - self._received, self._bounds.read_bytes), self._time.left())
        self._received += len(data)
        self._has_ended = not data
        if not self._head:
            self._first_bytes += data
        return data

    def _why(self, error: h11.RemoteProtocolError) -> Failed:
        """Why h11 can't go on."""
        if self._has_ended:
            return _HALF_A_FILE if self._head else _NO_ANSWER
        if self._head:
            return _BAD_FRAMING
        return _no_http(self._first_bytes, error, self._bounds.policy_field_characters)


def _no_http(begin: bytes, error: h11.RemoteProtocolError, limit: int) -> Failed:
    """Something else altogether, or HTTP with a fault that h11 names. Both are quoted, up to ``limit`` characters."""
    line = begin.lstrip(b"\r\n").partition(b"\n")[0].rstrip(b"\r")
    if not line.startswith(b"HTTP/"):
        quoted = f": {printable(line, limit)}" if line else "."
        return Failed(FailureKind.BAD_REPLY, f"What came is no HTTP{quoted}")
    said = "it changes to another protocol" if "SWITCH" in str(error) else _QUOTED.sub(r"“\2”", str(error))
    why = printable(said.encode(), limit)
    return Failed(FailureKind.BAD_REPLY, f"The header of the answer breaks the rules of HTTP: {why}")


def _read(status: int, fields: dict[bytes, bytes], body: bytes, bounds: Bounds) -> HttpResponse:
    """The response in our own terms. Raises StreamFailure for a compressed body that is broken."""
    plain = _unpacked(body, fields.get(b"content-encoding", b""), bounds.policy_bytes)

    def field(name: bytes) -> str | None:
        return printable(fields[name], bounds.policy_field_characters) if name in fields else None

    return HttpResponse(
        status=status,
        body=plain[: bounds.policy_bytes],
        is_cut=max(len(body), len(plain)) > bounds.policy_bytes,
        content_type=field(b"content-type"),
        content_encoding=field(b"content-encoding"),
        cache_control=field(b"cache-control"),
        location=field(b"location"),
    )


def _unpacked(body: bytes, coding: bytes, limit: int) -> bytes:
    """``body`` without its coding (RFC 9110 section 8.4.1), at most ``limit`` bytes and one more to tell.

    A longer ``body`` was not read to its end, and gives what it gives.
    """
    wbits = _wbits(coding, body)
    if wbits is None or not body:
        return body
    inflater = zlib.decompressobj(wbits)
    try:
        plain = inflater.decompress(body[:limit], limit + 1)
    except zlib.error:
        raise StreamFailure(_BAD_CODING) from None
    is_whole = inflater.eof and not inflater.unused_data
    if len(body) <= limit and len(plain) <= limit and not is_whole:
        raise StreamFailure(_BAD_CODING)
    return plain


def _wbits(coding: bytes, body: bytes) -> int | None:
    match coding.strip().lower():
        case b"gzip" | b"x-gzip":
            return _GZIP
        case b"deflate":  # some servers leave the frame of RFC 1950 away, against RFC 9110 section 8.4.1.2
            return _ZLIB if body[:1] and body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0 else _BARE
        case _:
            return None
