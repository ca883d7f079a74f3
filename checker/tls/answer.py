"""What a server answers to one hello, without I/O: accepted, rejected, or unclear and why.

The one rule of this file: a refusal is not a rejection. Only an alert that speaks of what was offered rejects it
(RFC 8446 section 6.2); silence, an end, another alert or clear text say nothing about the offer.
"""

from dataclasses import dataclass

from checker.observation import Failed, FailureKind
from checker.printable import printable
from checker.tls.handshake import (
    Message,
    MessageReader,
    ServerHello,
    ServerKeyExchange,
    pull_certificates,
    pull_server_hello,
    pull_server_key_exchange,
    pull_sslv2_hello,
)
from checker.tls.record_layer import ContentType, NotARecord, Record, RecordReader, pull_alert
from checker.tls.registry import suites

REJECTIONS = (40, 47, 70, 71, 86)
"""handshake_failure, illegal_parameter, protocol_version, insufficient_security, inappropriate_fallback."""
_SSLV2_RECORD_BYTES = 2 + 0x7FFF
_SHOWN_CHARACTERS = 100  # of clear text where TLS was due


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The server chose from the offer. ``chain`` and ``key_exchange`` are null where it sent none in clear."""

    hello: ServerHello
    chain: tuple[bytes, ...] | None = None
    key_exchange: ServerKeyExchange | None = None


@dataclass(frozen=True, slots=True)
class AcceptedSslv2:
    """The server speaks SSLv2, with these cipher specs."""

    specs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server took none of what was offered, and said so with this alert."""

    alert: int


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A whole handshake was begun, and the server broke it off."""

    failed: Failed


@dataclass(frozen=True, slots=True)
class Replied:
    """So many replies came inside TLS, up to the one to QUIT; 0 where TLS did not begin or did not come up."""

    replies: int


@dataclass(frozen=True, slots=True)
class Renegotiated:
    """Asked for a second handshake inside the first, the server completed it, or refused it in this way."""

    refusal: Failed | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """It can't be told, and this is why. ``in_tls``: the server had our hello by then."""

    failed: Failed
    in_tls: bool = False


type Answer = Accepted | AcceptedSslv2 | Rejected | Incomplete | Replied | Renegotiated | Unclear


class Hearing:
    """Takes what a server sends after our hello. ``answer`` is null until it is known."""

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self._records, self._messages = RecordReader(), MessageReader()
        self._hello: ServerHello | None = None
        self._chain: tuple[bytes, ...] | None = None
        self._key_exchange: ServerKeyExchange | None = None

    def receive(self, data: bytes) -> None:
        """Bytes from the server. Those behind the answer don't matter."""
        for record in self._records.receive(data):
            if self.answer is not None:
                return
            if isinstance(record, NotARecord):
                self.answer = Unclear(_not_tls(record.begins))
            else:
                self._take(record)

    def end(self, failed: Failed) -> None:
        """No more will come. Who chose a suite before that has answered."""
        if self.answer is None:
            self.answer = self._accepted() or Unclear(failed)

    def _take(self, record: Record) -> None:
        if record.content is ContentType.ALERT:
            self._alerted(record.fragment)
        elif record.content is ContentType.HANDSHAKE:
            for message in self._messages.receive(record.fragment):
                if message is None:
                    self.answer = Unclear(Failed(FailureKind.HANDSHAKE, "The server began a message without an end."))
                elif self.answer is None:
                    self._told(*message)

    def _alerted(self, fragment: bytes) -> None:
        alert = pull_alert(fragment)
        if alert is None or (not alert.is_fatal and alert.description != 0):
            return  # a warning, such as unrecognized_name, may come first
        if self._hello is None and alert.description in REJECTIONS:
            self.answer = Rejected(alert.description)
            return
        when = " after it had chosen" if self._hello else ""
        self.answer = Unclear(
            Failed(FailureKind.HANDSHAKE, f"The server broke off with alert {alert.description}{when}.")
        )

    def _told(self, kind: int, body: bytes) -> None:
        if kind == Message.HELLO_REQUEST:
            return  # to be ignored during a handshake (RFC 5246 section 7.4.1.1)
        if self._hello is None:
            hello = pull_server_hello(body) if kind == Message.SERVER_HELLO else None
            if hello is None:
                self.answer = Unclear(Failed(FailureKind.HANDSHAKE, "The server sent a hello that can't be read."))
                return
            self._hello = hello
            if hello.version >= 0x0304:  # all that follows is encrypted
                self.answer = self._accepted()
        elif kind == Message.CERTIFICATE:
            self._chain = pull_certificates(body)
        elif kind == Message.SERVER_KEY_EXCHANGE:
            self._key_exchange = self._exchanged(self._hello, body)
        elif kind == Message.SERVER_HELLO_DONE:
            self.answer = self._accepted()

    def _exchanged(self, hello: ServerHello, body: bytes) -> ServerKeyExchange | None:
        suite = suites().get(hello.suite)
        if suite is None or suite.is_unusual or not (suite.is_elliptic or suite.is_finite_field):
            return None  # a shared key's hint comes first, or it is a key of another sort
        is_signed = "anonymous" not in suite.kinds
        return pull_server_key_exchange(body, hello.version, is_elliptic=suite.is_elliptic, is_signed=is_signed)

    def _accepted(self) -> Accepted | None:
        if self._hello is None:
            return None
        return Accepted(hello=self._hello, chain=self._chain, key_exchange=self._key_exchange)


class Sslv2Hearing:
    """The same for an SSLv2 hello, which a newer server may answer with an alert in a record."""

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self._buffer = b""
        self._newer = Hearing()

    def receive(self, data: bytes) -> None:
        """Bytes from the server."""
        self._buffer += data
        if (hello := pull_sslv2_hello(self._buffer)) is not None:
            self.answer = AcceptedSslv2(hello.specs)
        elif len(self._buffer) > _SSLV2_RECORD_BYTES:
            self.answer = Unclear(_not_tls(self._buffer))
        elif self._buffer and not self._buffer[0] & 0x80:
            self._newer.receive(data)
            self.answer = self._newer.answer

    def end(self, failed: Failed) -> None:
        """No more will come."""
        if self.answer is None:
            self.answer = Unclear(failed)


def _not_tls(begins: bytes) -> Failed:
    text = printable(begins.partition(b"\n")[0].rstrip(b"\r"), _SHOWN_CHARACTERS)
    return Failed(FailureKind.HANDSHAKE, f"The server did not speak TLS but sent: {text}")
