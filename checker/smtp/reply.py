"""SMTP replies: bytes to ``Reply`` (RFC 5321 section 4.2).

The one rule of this file: what comes out depends on the bytes alone, never on the pieces they came in, and nothing of
a peer leaves it raw. Whatever is no reply ends the parsing; what is merely untidy is read, and noted as a defect.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from checker.defect import Defect
from checker.network.bounds import Bounds
from checker.printable import printable
from checker.smtp.facts import Ehlo, Reply

LINE_OCTETS = 512  # with CRLF (section 4.5.3.1.5)

# Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
# Reply-code = %x32-35 %x30-35 %x30-39, but a client goes by the first digit (section 4.3.2).
_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_CODE = re.compile(rb"[2-5][0-5][0-9]")
_TEXTSTRING = re.compile(rb"[\t\x20-\x7e]*")
# Greeting = "220 " ( Domain / address-literal ) [ SP textstring ] CRLF
_SUB_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_GREETER = re.compile(rf"{_SUB_DOMAIN}(?:\.{_SUB_DOMAIN})*\.?|\[[\x21-\x5a\x5e-\x7e]+\]")


@dataclass(frozen=True, slots=True)
class ServerLine:
    """One line as the server sent it, code and all, made printable."""

    text: str


@dataclass(frozen=True, slots=True)
class NotAReply:
    """These bytes are no reply, or more than we read. ``detail`` is a sentence for people."""

    detail: str


type Parsed = ServerLine | Reply | NotAReply


class ReplyParser:
    """Takes bytes in any pieces, gives each line as it is complete and then the reply it ends, until NotAReply."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._buffer = bytearray()
        self._searched = 0
        self._ended = False
        self._begin()

    def _begin(self) -> None:
        """Forget the lines of the reply before."""
        self._code = 0
        self._lines: list[str] = []
        self._defects: list[Defect] = []
        self._bytes_left = self._bounds.reply_bytes

    @property
    def has_begun(self) -> bool:
        """Part of a reply has come, and not its end."""
        return bool(self._lines or self._buffer)

    def receive(self, data: bytes) -> None:
        """Take bytes from the peer."""
        if not self._ended:
            self._buffer += data

    def drop(self) -> int:
        """Throw away what hasn't been parsed, and count it."""
        dropped = len(self._buffer)
        self._buffer.clear()
        return dropped

    def parse(self) -> Iterator[Parsed]:
        """Everything that the bytes so far add up to. May be left and called again between any two events."""
        while not self._ended:
            raw = self._pull_line()
            if raw is None:
                return
            if raw:
                yield ServerLine(printable(_content(raw), self._bounds.reply_line_characters))
            parsed = self._parse_line(raw)
            self._ended = isinstance(parsed, NotAReply)
            if isinstance(parsed, Reply):
                self._begin()
            if parsed is not None:
                yield parsed

    def _pull_line(self) -> bytes | None:
        """The next line with its end, or as much of an endless one as we read; null if there is no whole one yet."""
        allowed = min(self._bounds.reply_line_bytes, self._bytes_left)
        end = self._buffer.find(b"\n", self._searched, allowed) + 1
        if not end and len(self._buffer) < allowed:
            self._searched = len(self._buffer)
            return None
        raw = bytes(self._buffer[: end or allowed])
        del self._buffer[: len(raw)]
        self._searched = 0
        self._bytes_left -= len(raw)
        return raw

    def _parse_line(self, raw: bytes) -> Reply | NotAReply | None:
        """What this line makes of the reply that it belongs to; null if more lines follow."""
        bounds = self._bounds
        if not raw.endswith(b"\n"):
            much = bounds.reply_line_bytes if len(raw) == bounds.reply_line_bytes else bounds.reply_bytes
            return NotAReply(f"The server sent a line or a reply of more than {much} bytes.")
        parts = _LINE.fullmatch(_content(raw))
        if parts is None:
            return NotAReply(f"The server sent something that is no SMTP reply: “{printable(_content(raw), 100)}”")
        code, text = int(parts[1]), parts[3] or b""
        if self._lines and code != self._code:
            return NotAReply(f"The server sent one reply with two codes, {self._code} and {code}.")
        if len(self._lines) == bounds.reply_lines:
            return NotAReply(f"The server sent a reply of more than {bounds.reply_lines} lines.")
        self._code = code
        self._lines.append(printable(text, bounds.reply_line_characters))
        self._defects += _line_defects(raw, len(self._lines))
        return None if parts[2] == b"-" else Reply(code=code, lines=tuple(self._lines), defects=tuple(self._defects))


def parse_greeting(reply: Reply) -> Reply:
    """The greeting, with a defect if it welcomes and doesn't begin with the server's name (section 4.2)."""
    if not reply.is_positive or _GREETER.fullmatch(reply.lines[0].split(" ", 1)[0]):
        return reply
    defect = _defect("greeting-without-name", "The greeting does not begin with the server's name.", 1, 5, "4.2")
    return replace(reply, defects=(*reply.defects, defect))


def parse_ehlo(verb: Literal["EHLO", "HELO"], reply: Reply) -> Ehlo:
    """The answer to EHLO: a name, then a keyword a line (section 4.1.1.1). HELO has no keywords, whatever it says."""
    keywords = reply.lines[1:] if verb == "EHLO" and reply.is_positive else ()
    return Ehlo(verb=verb, reply=reply, keywords=tuple(filter(None, keywords)))


def _content(raw: bytes) -> bytes:
    """A line without its end."""
    return raw.removesuffix(b"\n").removesuffix(b"\r")


def _line_defects(raw: bytes, line: int) -> Iterator[Defect]:
    """What is untidy about a line that can be read."""
    content = _content(raw)
    tidy = _TEXTSTRING.match(content)
    if not _CODE.match(content[:3]):
        yield _defect("code-out-of-range", "The second digit of a reply code goes from 0 to 5.", line, 2, "4.2")
    if tidy is not None and tidy.end() < len(content):
        detail = "The text holds characters other than printable ASCII."
        yield _defect("not-ascii", detail, line, tidy.end() + 1, "4.2")
    if len(raw) > LINE_OCTETS:
        detail = f"The line has {len(raw)} octets, more than {LINE_OCTETS}."
        yield _defect("line-too-long", detail, line, LINE_OCTETS, "4.5.3.1.5")
    if not raw.endswith(b"\r\n"):
        yield _defect("bare-line-feed", "The line ends in LF alone, not CRLF.", line, len(raw), "2.3.8")


def _defect(code: str, detail: str, line: int, column: int, section: str) -> Defect:
    return Defect(code=code, detail=detail, line=line, column=column, reference=f"RFC 5321 section {section}")
