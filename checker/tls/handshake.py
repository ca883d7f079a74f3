"""Handshake messages, without I/O: what we say in hellos, and what a server answers in clear.

RFC 8446 section 4, RFC 5246 section 7.4, RFC 8422 section 5, and for SSLv2 draft-hickman-netscape-ssl section 2. Names
are ``push_`` for ours and ``pull_`` for theirs. The one rule of this file: a ``pull_`` takes any bytes, returns null
for what it can't read, and refuses a block that has bytes left over.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from checker.tls.record_layer import ContentType, push_record

MESSAGE_LIMIT = 262144  # bytes of one message: certificate chains are the longest
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a HelloRetryRequest (RFC 8446 section 4.1.3)."""
DEFLATE = 1
_UNCOMFORTABLE = range(256, 512)  # bytes of a hello that old F5 balancers choke on (RFC 7685 section 4)


class Message(IntEnum):
    """Handshake message types that a server sends in clear."""

    HELLO_REQUEST = 0
    SERVER_HELLO = 2
    NEW_SESSION_TICKET = 4
    CERTIFICATE = 11
    SERVER_KEY_EXCHANGE = 12
    CERTIFICATE_REQUEST = 13
    SERVER_HELLO_DONE = 14
    CERTIFICATE_STATUS = 22


class Extension(IntEnum):
    """Extension types (IANA registry "TLS ExtensionType Values")."""

    SERVER_NAME = 0
    SUPPORTED_GROUPS = 10
    EC_POINT_FORMATS = 11
    SIGNATURE_ALGORITHMS = 13
    HEARTBEAT = 15
    PADDING = 21
    ENCRYPT_THEN_MAC = 22
    EXTENDED_MASTER_SECRET = 23
    SUPPORTED_VERSIONS = 43
    PSK_KEY_EXCHANGE_MODES = 45
    KEY_SHARE = 51
    RENEGOTIATION_INFO = 0xFF01


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHello:
    """What a hello offers. ``version`` is the highest, 0x0304 for TLS 1.3; ``server_name`` empty: no SNI.

    ``random`` is 32 bytes, ``session_id`` is sent with TLS 1.3 alone. ``extra_bytes`` of padding make it larger.
    """

    version: int
    suites: Sequence[int]
    random: bytes = field(repr=False)
    server_name: str = ""
    groups: Sequence[int] = ()
    signature_schemes: Sequence[int] = ()
    offers_deflate: bool = False
    session_id: bytes = b""
    extra_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHello:
    """What a server chose. ``version`` is the real one; ``group`` is that of its key share (TLS 1.3).

    ``is_retry``: it is a HelloRetryRequest, which names suite and group all the same. ``extensions`` by type.
    """

    version: int
    suite: int
    compression: int
    group: int | None = None
    is_retry: bool = False
    extensions: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerKeyExchange:
    """The server's half of a Diffie-Hellman exchange: a named curve, or a prime and its generator.

    ``scheme`` is the signature's (TLS 1.2 alone); null without a signature or below.
    """

    group: int | None = None
    prime: int | None = None
    generator: int | None = None
    scheme: int | None = None


@dataclass(frozen=True, slots=True)
class Sslv2Hello:
    """An SSLv2 SERVER-HELLO: the cipher specs that both sides know."""

    specs: tuple[int, ...]
    certificate: bytes


def push_client_hello(hello: ClientHello) -> bytes:
    """The hello in records. With 256 to 511 bytes it would hang some balancers, so it is padded to 512 then."""
    body = _hello_body(hello, padding=hello.extra_bytes or None)
    if len(body) + 4 in _UNCOMFORTABLE:
        body = _padded(hello, 512 - 4 - len(body))
    message = bytes((1,)) + len(body).to_bytes(3) + body
    # RFC 8446 section 5.1: 0x0301 in the first record, whatever is offered; SSLv3 servers want their own.
    version = min(hello.version, 0x0301)
    pieces = (message[start : start + 2**14] for start in range(0, len(message), 2**14))
    return b"".join(push_record(ContentType.HANDSHAKE, version, piece) for piece in pieces)


def _padded(hello: ClientHello, missing: int) -> bytes:
    """The hello with at least so many bytes more. SSLv3 has no extensions: its last suite is named again instead."""
    if hello.version == 0x0300:
        again = (hello.suites[-1],) * ((missing + 1) // 2)
        return _hello_body(replace(hello, suites=(*hello.suites, *again)), padding=None)
    return _hello_body(hello, padding=max(0, missing - 4))


def _hello_body(hello: ClientHello, padding: int | None) -> bytes:
    compressions = bytes((DEFLATE, 0)) if hello.offers_deflate else bytes((0,))
    body = (
        min(hello.version, 0x0303).to_bytes(2)
        + hello.random
        + _block(hello.session_id, 1)
        + _block(_codes(hello.suites), 2)
        + _block(compressions, 1)
    )
    if hello.version == 0x0300:
        return body
    extensions = dict(_extensions(hello))
    if padding is not None:
        extensions[Extension.PADDING] = bytes(padding)
    return body + _block(b"".join(kind.to_bytes(2) + _block(data, 2) for kind, data in extensions.items()), 2)


def _extensions(hello: ClientHello) -> Iterator[tuple[Extension, bytes]]:
    if hello.server_name:
        yield Extension.SERVER_NAME, _block(b"\x00" + _block(hello.server_name.encode("ascii"), 2), 2)
    if hello.groups:
        yield Extension.SUPPORTED_GROUPS, _block(_codes(hello.groups), 2)
    if hello.version < 0x0304:
        yield Extension.EC_POINT_FORMATS, _block(bytes((0, 1, 2)), 1)
        yield Extension.RENEGOTIATION_INFO, _block(b"", 1)
        yield Extension.EXTENDED_MASTER_SECRET, b""
        yield Extension.ENCRYPT_THEN_MAC, b""
        yield Extension.HEARTBEAT, bytes((1,))
    if hello.version >= 0x0303 and hello.signature_schemes:
        yield Extension.SIGNATURE_ALGORITHMS, _block(_codes(hello.signature_schemes), 2)
    if hello.version == 0x0304:
        yield Extension.SUPPORTED_VERSIONS, _block(_codes((0x0304,)), 1)
        yield Extension.PSK_KEY_EXCHANGE_MODES, _block(bytes((1,)), 1)
        yield Extension.KEY_SHARE, _block(b"", 2)  # empty: the answer is a retry that names suite and group


def push_sslv2_hello(specs: Iterable[int], challenge: bytes) -> bytes:
    """An SSLv2 CLIENT-HELLO in its record (section 1.1). ``challenge`` is 16 to 32 bytes."""
    listed = b"".join(spec.to_bytes(3) for spec in specs)
    body = b"\x01\x00\x02" + len(listed).to_bytes(2) + b"\x00\x00" + len(challenge).to_bytes(2) + listed + challenge
    return (0x8000 | len(body)).to_bytes(2) + body


class MessageReader:
    """Puts handshake messages together, which may span records or share one (RFC 8446 section 5.1)."""

    def __init__(self) -> None:
        self._buffer = b""

    def receive(self, fragment: bytes) -> Iterator[tuple[int, bytes] | None]:
        """Take a record's content and yield type and body of each whole message. Null: one is longer than any is."""
        self._buffer += fragment
        while len(self._buffer) >= 4:
            end = 4 + int.from_bytes(self._buffer[1:4])
            if end > MESSAGE_LIMIT:
                self._buffer = b""
                yield None
                return
            if len(self._buffer) < end:
                return
            kind, body, self._buffer = self._buffer[0], self._buffer[4:end], self._buffer[end:]
            yield kind, body


def pull_server_hello(body: bytes) -> ServerHello | None:
    """A ServerHello or HelloRetryRequest (RFC 8446 section 4.1.3). Null: it can't be read."""
    reader = _Reader(body)
    version, random = reader.number(2), reader.take(32)
    reader.block(1)
    suite, compression = reader.number(2), reader.number(1)
    extensions = _pull_extensions(reader.block(2)) if reader.left else {}
    if reader.is_broken or reader.left or extensions is None:
        return None
    is_retry = random == RETRY_RANDOM
    return ServerHello(
        version=_code(extensions.get(Extension.SUPPORTED_VERSIONS)) or version,
        suite=suite,
        compression=compression,
        group=_code(extensions.get(Extension.KEY_SHARE, b"")[:2]),
        is_retry=is_retry,
        extensions=frozenset(extensions),
    )


def pull_certificates(body: bytes) -> tuple[bytes, ...] | None:
    """The chain of a Certificate message below TLS 1.3, in DER, as sent (RFC 5246 section 7.4.2)."""
    reader = _Reader(body)
    chain = _Reader(reader.block(3))
    certificates = []
    while chain.left and not chain.is_broken:
        certificates.append(chain.block(3))
    return None if reader.is_broken or reader.left or chain.is_broken else tuple(certificates)


def pull_server_key_exchange(
    body: bytes, version: int, *, is_elliptic: bool, is_signed: bool
) -> ServerKeyExchange | None:
    """The ServerKeyExchange of an ECDHE (RFC 8422 section 5.4) or DHE suite (RFC 5246 section 7.4.3)."""
    reader = _Reader(body)
    group = prime = generator = None
    if is_elliptic:
        kind = reader.number(1)
        if kind in (1, 2):  # not a named curve: one of the server's own, which nobody should take
            return ServerKeyExchange(group=0xFF00 + kind)
        if kind != 3:
            return None
        group = reader.number(2)
        reader.block(1)
    else:
        prime, generator = (int.from_bytes(reader.block(2)) for _ in range(2))
        reader.block(2)
    scheme = None
    if is_signed:
        scheme = reader.number(2) if version >= 0x0303 else None
        reader.block(2)
    if reader.is_broken or reader.left:
        return None
    return ServerKeyExchange(group=group, prime=prime, generator=generator, scheme=scheme)


def pull_sslv2_hello(data: bytes) -> Sslv2Hello | None:
    """An SSLv2 SERVER-HELLO in its record (section 2.6). Null: it is none, or not whole."""
    reader = _Reader(data)
    head = reader.number(2)
    body = _Reader(reader.take(head & 0x7FFF))
    if reader.is_broken or not head & 0x8000 or body.number(1) != 4:
        return None
    body.take(2)  # session-id hit, and the certificate's type
    version = body.number(2)
    lengths = [body.number(2) for _ in range(3)]
    certificate, listed, _ = (body.take(length) for length in lengths)
    if body.is_broken or body.left or version != 2 or len(listed) % 3:
        return None
    return Sslv2Hello(tuple(int.from_bytes(listed[at : at + 3]) for at in range(0, len(listed), 3)), certificate)


def _pull_extensions(block: bytes) -> dict[int, bytes] | None:
    reader, found = _Reader(block), dict[int, bytes]()
    while reader.left and not reader.is_broken:
        kind = reader.number(2)
        found[kind] = reader.block(2)
    return None if reader.is_broken else found


def _code(data: bytes | None) -> int | None:
    return int.from_bytes(data) if data and len(data) == 2 else None


def _codes(codes: Sequence[int]) -> bytes:
    return struct.pack(f">{len(codes)}H", *codes)


def _block(data: bytes, size: int) -> bytes:
    """``data`` with its length before it, in ``size`` bytes."""
    return len(data).to_bytes(size) + data


class _Reader:
    """Takes bytes off the front. Once more are wanted than there are, it ``is_broken`` and all it gives is empty."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self.is_broken = False

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if self.is_broken or count > self.left:
            self.is_broken = True
            return b""
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def block(self, size: int) -> bytes:
        return self.take(self.number(size))
