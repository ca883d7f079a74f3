"""Handshake messages: ours have the bytes of the RFCs, and theirs are read whole or not at all."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.tls.handshake import (
    MESSAGE_LIMIT,
    ClientHello,
    MessageReader,
    ServerHello,
    ServerKeyExchange,
    Sslv2Hello,
    pull_certificates,
    pull_server_hello,
    pull_server_key_exchange,
    pull_sslv2_hello,
    push_client_hello,
    push_sslv2_hello,
)
from tests.tls_bytes import CERTIFICATE, CHAIN, DONE, ECDHE, HELLO, RETRY, block, extension, hello_body, message

RANDOM = bytes(range(32))


def hello(version: int = 0x0303, suites: tuple[int, ...] = (0xC02F, 0x002F), **more: Any) -> bytes:
    return push_client_hello(ClientHello(version=version, suites=suites, random=RANDOM, **more))


def parts(data: bytes) -> tuple[int, int, bytes, bytes, bytes, dict[int, bytes]]:
    """Record version, hello version, session id, suites, compressions and extensions of a hello in one record."""
    assert (data[0], data[5]) == (22, 1)
    assert int.from_bytes(data[3:5]) == len(data) - 5 == int.from_bytes(data[6:9]) + 4
    assert data[11:43] == RANDOM
    fields, at = [], 43
    for size in (1, 2, 1):
        length = int.from_bytes(data[at : at + size])
        fields.append(data[at + size : at + size + length])
        at += size + length
    extensions = {}
    if at < len(data):
        assert int.from_bytes(data[at : at + 2]) == len(data) - at - 2
        at += 2
        while at < len(data):
            kind, length = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])
            assert kind not in extensions
            extensions[kind] = data[at + 4 : at + 4 + length]
            at += 4 + length
    session_id, suites, compressions = fields
    return int.from_bytes(data[1:3]), int.from_bytes(data[9:11]), session_id, suites, compressions, extensions


def test_a_hello_of_tls_1_2() -> None:
    """RFC 5246 section 7.4.1.2, with all that is answered at no cost."""
    data = hello(server_name="mx.example", groups=(29, 23), signature_schemes=(0x0403, 0x0201), offers_deflate=True)
    record, version, session_id, suites, compressions, extensions = parts(data)
    assert (record, version, session_id, compressions) == (0x0301, 0x0303, b"", b"\x01\x00")
    assert suites == b"\xc0\x2f\x00\x2f"
    assert extensions == {
        0: b"\x00\x0d\x00\x00\x0amx.example",
        10: b"\x00\x04\x00\x1d\x00\x17",
        11: b"\x03\x00\x01\x02",
        13: b"\x00\x04\x04\x03\x02\x01",
        15: b"\x01",
        22: b"",
        23: b"",
        0xFF01: b"\x00",
    }


def test_a_hello_of_tls_1_3_has_no_key_share() -> None:
    """So that the answer is a retry, which names suite and group without any cryptography."""
    _, version, session_id, _, compressions, extensions = parts(hello(0x0304, groups=(0x11EC,), session_id=b"i" * 32))
    assert (version, session_id, compressions) == (0x0303, b"i" * 32, b"\x00")
    assert (extensions[43], extensions[51], extensions[45]) == (b"\x02\x03\x04", b"\x00\x00", b"\x01\x01")


@pytest.mark.parametrize(("version", "record"), [(0x0300, 0x0300), (0x0301, 0x0301), (0x0302, 0x0301)])
def test_older_hellos(version: int, record: int) -> None:
    """No supported_versions below TLS 1.2, and in SSLv3 no extensions at all."""
    shown, said, _, _, _, extensions = parts(hello(version, server_name="mx.example", groups=(23,)))
    assert (shown, said) == (record, version)
    assert 43 not in extensions
    assert 13 not in extensions
    assert bool(extensions) is (version > 0x0300)


@pytest.mark.parametrize("count", range(90, 240))
def test_no_hello_has_the_sizes_that_old_balancers_choke_on(count: int) -> None:
    """256 to 511 bytes (RFC 7685 section 4)."""
    data = hello(suites=tuple(range(count)))
    assert len(data) - 5 not in range(256, 512)
    assert len(parts(data)[3]) == 2 * count


@pytest.mark.parametrize("count", range(90, 240))
def test_nor_has_one_of_sslv3(count: int) -> None:
    """It has no extension that could pad it: the last suite is named again, which offers nothing more."""
    data = hello(0x0300, suites=tuple(range(count)))
    assert len(data) - 5 not in range(256, 512)
    offered = parts(data)[3]
    assert set(offered[2 * count :]) <= set(offered[2 * count - 2 : 2 * count])
    assert offered[: 2 * count] == b"".join(code.to_bytes(2) for code in range(count))


def test_a_large_hello_fits_no_segment() -> None:
    data = hello(extra_bytes=2000)
    assert parts(data)[5][21] == bytes(2000)
    assert len(data) > 1500


def test_a_hello_longer_than_a_record_spans_two() -> None:
    data = hello(suites=tuple(range(10000)))
    assert int.from_bytes(data[3:5]) == 2**14
    assert data[5 + 2**14] == 22


def test_an_sslv2_hello() -> None:
    """Section 2.5 of the draft: version, three lengths, the specs, no session id, the challenge."""
    assert push_sslv2_hello((0x010080, 0x0700C0), b"c" * 16) == (
        b"\x80\x1f\x01\x00\x02\x00\x06\x00\x00\x00\x10" + b"\x01\x00\x80\x07\x00\xc0" + b"c" * 16
    )


# What servers send: each is read whole; cut short anywhere, or with junk behind, it is refused


def exchange(body: bytes) -> ServerKeyExchange | None:
    return pull_server_key_exchange(body, 0x0303, is_elliptic=True, is_signed=True)


def finite(body: bytes) -> ServerKeyExchange | None:
    return pull_server_key_exchange(body, 0x0301, is_elliptic=False, is_signed=True)


def anonymous(body: bytes) -> ServerKeyExchange | None:
    return pull_server_key_exchange(body, 0x0303, is_elliptic=False, is_signed=False)


PRIME = b"\xff" * 128
SSLV2 = b"\x80\x13\x04\x00\x01\x00\x02\x00\x04\x00\x03\x00\x01" + b"cert" + b"\x07\x00\xc0" + b"i"
WHOLE: dict[str, tuple[Callable[[bytes], object], bytes, object]] = {
    "ServerHello": (
        pull_server_hello,
        hello_body(extensions=extension(0xFF01, b"\x00") + extension(23)),
        ServerHello(version=0x0303, suite=0xC02F, compression=0, extensions=frozenset({0xFF01, 23})),
    ),
    "with DEFLATE": (
        pull_server_hello,
        hello_body(compression=1),
        ServerHello(version=0x0303, suite=0xC02F, compression=1),
    ),
    "TLS 1.3": (
        pull_server_hello,
        hello_body(0x1301, extensions=extension(43, b"\x03\x04") + extension(51, b"\x00\x1d" + block(b"k" * 32, 2))),
        ServerHello(version=0x0304, suite=0x1301, compression=0, group=29, extensions=frozenset({43, 51})),
    ),
    "HelloRetryRequest": (
        pull_server_hello,
        hello_body(0x1302, random=RETRY, extensions=extension(43, b"\x03\x04") + extension(51, b"\x11\xec")),
        ServerHello(
            version=0x0304, suite=0x1302, compression=0, group=0x11EC, is_retry=True, extensions=frozenset({43, 51})
        ),
    ),
    "certificates": (pull_certificates, CERTIFICATE[4:], CHAIN),
    "no certificate": (pull_certificates, block(b"", 3), ()),
    "ECDHE": (exchange, ECDHE[4:], ServerKeyExchange(group=29, scheme=0x0401)),
    "DHE before 1.2": (
        finite,
        block(PRIME, 2) + block(b"\x02", 2) + block(b"y", 2) + block(b"s", 2),
        ServerKeyExchange(prime=2**1024 - 1, generator=2),
    ),
    "anonymous DH": (
        anonymous,
        block(PRIME, 2) + block(b"\x02", 2) + block(b"y", 2),
        ServerKeyExchange(prime=2**1024 - 1, generator=2),
    ),
    "SSLv2": (pull_sslv2_hello, SSLV2, Sslv2Hello((0x0700C0,), b"cert")),
}


@pytest.mark.parametrize(("pull", "data", "read"), WHOLE.values(), ids=WHOLE)
def test_whole(pull: Callable[[bytes], object], data: bytes, read: object) -> None:
    assert pull(data) == read


@pytest.mark.parametrize(("pull", "data", "read"), WHOLE.values(), ids=WHOLE)
def test_cut_short(pull: Callable[[bytes], object], data: bytes, read: object) -> None:
    """But for a ServerHello that ends before its extensions, as it may."""
    without_extensions = len(hello_body(extensions=None))
    for end in range(len(data)):
        if pull is not pull_server_hello or end != without_extensions:
            assert pull(data[:end]) is None, end


@pytest.mark.parametrize(("pull", "data", "read"), WHOLE.values(), ids=WHOLE)
def test_junk_behind(pull: Callable[[bytes], object], data: bytes, read: object) -> None:
    """A block refuses what is left over; behind an SSLv2 record another one may follow."""
    assert pull(data + b"\x00") == (read if pull is pull_sslv2_hello else None)


def test_a_hello_of_sslv3_has_no_extensions() -> None:
    assert pull_server_hello(hello_body(0x0005, 0x0300, extensions=None)) == ServerHello(
        version=0x0300, suite=0x0005, compression=0
    )


@pytest.mark.parametrize("kind", [1, 2])
def test_a_curve_of_the_servers_own_making(kind: int) -> None:
    """Explicit parameters (RFC 4492 section 5.4), whatever they are."""
    assert exchange(bytes((kind,)) + b"whatever") == ServerKeyExchange(group=0xFF00 + kind)


@pytest.mark.parametrize(
    "data",
    [
        SSLV2.replace(b"\x00\x02", b"\x00\x03", 1),
        b"\x00" + SSLV2[1:],
        SSLV2[:2] + b"\x00" + SSLV2[3:],
        b"\x80\x15" + SSLV2[2:8] + b"\x04\x00\x05\x00\x01" + SSLV2[13:] + b"\x07\x00",
    ],
    ids=["another version", "no record", "another message", "specs of two bytes"],
)
def test_no_sslv2_hello(data: bytes) -> None:
    assert pull_sslv2_hello(data) is None


# Messages span records and share them


def messages(*fragments: bytes) -> list[tuple[int, bytes] | None]:
    reader = MessageReader()
    return [found for fragment in fragments for found in reader.receive(fragment)]


FLIGHT = HELLO + CERTIFICATE + DONE
READ = [(2, HELLO[4:]), (11, CERTIFICATE[4:]), (14, b"")]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 40, len(FLIGHT)])
def test_messages_in_any_fragments(size: int) -> None:
    assert messages(*(FLIGHT[at : at + size] for at in range(0, len(FLIGHT), size))) == READ


def test_an_endless_message_is_not_waited_for() -> None:
    assert messages(HELLO, message(11, bytes(MESSAGE_LIMIT))[:40], DONE) == [READ[0], None, READ[2]]


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_any_fragments_are_read_or_refused(fragments: list[bytes]) -> None:
    messages(*fragments)


@given(st.binary(max_size=200), st.booleans(), st.booleans(), st.sampled_from((0x0300, 0x0301, 0x0303)))
def test_any_body_is_read_or_refused(body: bytes, is_elliptic: bool, is_signed: bool, version: int) -> None:
    pull_server_hello(body), pull_certificates(body), pull_sslv2_hello(body)
    pull_server_key_exchange(body, version, is_elliptic=is_elliptic, is_signed=is_signed)


@given(st.sampled_from(list(WHOLE.values())), st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_a_changed_body_is_read_or_refused(
    case: tuple[Callable[[bytes], object], bytes, object], at: int, by: bytes
) -> None:
    """Close to what is right there is more to get wrong."""
    pull, data, _ = case
    pull(data[:at] + by + data[at + len(by) :])
