"""Pasted text as plain lines: what MIME (RFC 2045 section 6), HTML and quoting did to it is undone, as far as it goes.

The one rule of this file: any text leads to lines, each character is looked at a fixed number of times, and what is
beyond the bound isn't looked at.
"""

import binascii
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checker.network.bounds import PASTED_CHARACTERS

_ENCODING = re.compile(r"content-transfer-encoding:\s{0,20}(quoted-printable|base64)\b", re.IGNORECASE)
_STATUS_PART = re.compile(r"content-type:\s{0,20}message/(?:global-)?delivery-status", re.IGNORECASE)
_RETURNED_PART = re.compile(r"content-type:\s{0,20}(?:message/(?:rfc822|global)|text/rfc822-headers)", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]{0,15})(\s[^<>]{0,2000})?/?>", re.IGNORECASE)
_BREAKING = frozenset(("br", "p", "div", "tr", "td", "th", "li", "h1", "h2", "h3", "table", "pre", "title", "body"))
_DELIVERED = re.compile(  # in a log of Postfix, of Exim
    r"\bstatus=sent\b|^[0-9-]{10} [0-9:.]{8,20} (?:[+-][0-9]{4} )?[\w-]{16,30} [=-]> "
)
_QUOTED = re.compile(r"(?:>[ \t]?){1,20}")
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "＠": "@", "\u00a0": " ", "\u200b": "", "\0": ""})


@dataclass(frozen=True, slots=True)
class Reading:
    """``lines`` as they stood, and ``flat``: all of it as one line with single spaces, since texts are wrapped.

    Lines of a log about mail that was delivered are left out, unless there are no others.
    ``flat`` ends where a report of non-delivery appends the mail that came back (RFC 3462 section 2): what that mail
    says is no software's words. ``was_cut``: there was more than we read.
    """

    lines: tuple[str, ...]
    flat: str
    was_cut: bool


def read(text: str, limit: int = PASTED_CHARACTERS) -> Reading:
    """The text in lines. Never raises; reads ``limit`` characters."""
    decoded = "\n".join(_decoded(map(_without_quoting, text[:limit].splitlines())))
    plain = tuple(html.unescape(_TAG.sub(_without_tag, decoded)).translate(_PLAIN).splitlines())
    lines = tuple(line for line in plain if not _DELIVERED.search(line)) or plain
    return Reading(lines, " ".join(" ".join(_without_returned(lines)).split()), len(text) > limit)


def _without_returned(lines: tuple[str, ...]) -> tuple[str, ...]:
    """What stands before the mail that came back, which follows the part that says what became of it."""
    status = next((at for at, line in enumerate(lines) if _STATUS_PART.match(line)), len(lines))
    end = next((at for at, line in enumerate(lines) if at > status and _RETURNED_PART.match(line)), len(lines))
    return lines[:end]


def _decoded(lines: Iterable[str]) -> Iterator[str]:
    """Each MIME part as text. What no header calls encoded stays as it is."""
    encoding, pending, body = "", "", list[str]()
    for line in lines:
        if line.startswith("--") and encoding:
            yield from _decode(encoding, body)
            encoding, body = "", []
        if encoding:
            body.append(line)
            continue
        if found := _ENCODING.match(line):
            pending = found[1].lower()
        elif not line.strip():
            encoding, pending = pending, ""
        yield line
    yield from _decode(encoding, body)


def _decode(encoding: str, body: list[str]) -> list[str]:
    if encoding == "quoted-printable":
        # a2b_qp drops the line's end behind "=", which is what joins a line to the next.
        return _text(binascii.a2b_qp("\n".join(body).encode("utf-8", "replace"))).splitlines()
    if encoding == "base64":
        return _text(_base64("".join(body))).splitlines()
    return body


def _base64(body: str) -> bytes:
    octets = re.sub(rb"[^A-Za-z0-9+/]", b"", body.encode("ascii", "ignore"))
    octets = octets[: len(octets) - (len(octets) % 4 == 1)]  # what was cut off in the middle of an octet
    return binascii.a2b_base64(octets + b"=" * (-len(octets) % 4))


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


def _without_tag(tag: re.Match[str]) -> str:
    return "\n" if tag[2].lower() in _BREAKING else ""


def _without_quoting(line: str) -> str:
    """As an answer to a mail quotes it."""
    quoted = _QUOTED.match(line)
    return line[quoted.end() :] if quoted else line
