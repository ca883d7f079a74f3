"""What a server sends in TLS, byte by byte, written out here and not with the code under test."""


def block(data: bytes, size: int) -> bytes:
    return len(data).to_bytes(size) + data


def record(content: int, fragment: bytes, version: int = 0x0303) -> bytes:
    return bytes((content,)) + version.to_bytes(2) + block(fragment, 2)


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + block(body, 3)


def extension(kind: int, data: bytes = b"") -> bytes:
    return kind.to_bytes(2) + block(data, 2)


def hello_body(
    suite: int = 0xC02F,
    version: int = 0x0303,
    random: bytes = bytes(32),
    extensions: bytes | None = b"",
    compression: int = 0,
) -> bytes:
    """A ServerHello's body; ``extensions`` null: it ends before them, as in SSLv3."""
    body = version.to_bytes(2) + random + block(b"\x07" * 8, 1) + suite.to_bytes(2) + bytes((compression,))
    return body if extensions is None else body + block(extensions, 2)


RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")  # RFC 8446 section 4.1.3
HELLO = message(2, hello_body())
CHAIN = (b"leaf", b"intermediate")
CERTIFICATE = message(11, block(b"".join(block(one, 3) for one in CHAIN), 3))
ECDHE = message(12, b"\x03\x00\x1d" + block(b"k" * 32, 1) + b"\x04\x01" + block(b"s" * 64, 2))
DONE = message(14, b"")
FLIGHT = HELLO + CERTIFICATE + ECDHE + DONE
RETRY_FLIGHT = record(
    22,
    message(2, hello_body(0x1301, random=RETRY, extensions=extension(43, b"\x03\x04") + extension(51, b"\x00\x1d"))),
)


def alert(number: int, level: int = 2) -> bytes:
    return record(21, bytes((level, number)))
