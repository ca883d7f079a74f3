"""TLS records, without I/O: bytes to records and back (RFC 8446 section 5.1, RFC 5246 section 6.2.1).

The one rule of this file: what is no record ends the reading with a sentence, never with an exception, and nothing is
kept beyond one record.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

HEADER_BYTES = 5
FRAGMENT_LIMIT = 2**14 + 2048  # RFC 5246 section 6.2.3; in clear 2048 less, which not all servers keep


class ContentType(IntEnum):
    """What a record carries."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23
    HEARTBEAT = 24


@dataclass(frozen=True, slots=True)
class Record:
    """One record. ``version`` is the legacy version that it bears, 0x0301 for TLS 1.0."""

    content: ContentType
    version: int
    fragment: bytes


@dataclass(frozen=True, slots=True)
class NotARecord:
    """Where a record was due, something else began: these are its first bytes."""

    begins: bytes


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert (RFC 8446 section 6)."""

    is_fatal: bool
    description: int


def push_record(content: ContentType, version: int, fragment: bytes) -> bytes:
    """One record on the wire. ``fragment`` is at most 2¹⁴ bytes."""
    return bytes((content,)) + version.to_bytes(2) + len(fragment).to_bytes(2) + fragment


def push_alert(version: int, description: int) -> bytes:
    """A fatal alert in a record of its own."""
    return push_record(ContentType.ALERT, version, bytes((2, description)))


def pull_alert(fragment: bytes) -> Alert | None:
    """The first alert of a record's content. Null: it is none, or cut short."""
    return Alert(fragment[0] == 2, fragment[1]) if len(fragment) >= 2 else None


class RecordReader:
    """Takes bytes as they come and yields whole records; after a ``NotARecord`` nothing more."""

    def __init__(self) -> None:
        self._buffer = b""
        self._is_lost = False

    @property
    def has_begun(self) -> bool:
        """Part of a record has come."""
        return bool(self._buffer)

    def receive(self, data: bytes) -> Iterator[Record | NotARecord]:
        """Take bytes from the server."""
        if self._is_lost:
            return
        self._buffer += data
        while self._buffer and not self._is_lost:
            head = self._buffer[:HEADER_BYTES]
            if not _may_begin_a_record(head):
                self._is_lost = True
                yield NotARecord(self._buffer)
                self._buffer = b""
                return
            if len(head) < HEADER_BYTES:
                return
            end = HEADER_BYTES + int.from_bytes(head[3:])
            if len(self._buffer) < end:
                return
            fragment, self._buffer = self._buffer[HEADER_BYTES:end], self._buffer[end:]
            yield Record(ContentType(head[0]), int.from_bytes(head[1:3]), fragment)


def _may_begin_a_record(head: bytes) -> bool:
    """As far as it has come: a known type, version 3.x, and a length within the limit."""
    if head[0] not in ContentType or (len(head) > 1 and head[1] != 3):
        return False
    return len(head) < HEADER_BYTES or int.from_bytes(head[3:]) <= FRAGMENT_LIMIT
