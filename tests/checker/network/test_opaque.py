"""TLSA and CAA records that no standard allows come through as they are: they are the domain's, not the resolver's."""

import struct
from collections.abc import AsyncIterator

import dns.message
import dns.rdatatype
import pytest

from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.ports import CaaRecord, TlsaRecord
from checker.network.resolver import StubResolver
from checker.observation import Failed, FailureKind, Seen
from tests.dns_peers import Handler, Serve, response, serving

NAME = DomainName("d.test")
DIGEST = bytes(range(32))
POINTER_TO_QUESTION = b"\xc0\x0c"
FLOOD = [b"\x03\x01\x01" + number.to_bytes(32) for number in range(1000)]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    async with serving() as start:
        yield start


def publishing(*data: bytes) -> Handler:
    """These records of the type that was asked for, as they are; over TCP where they don't fit."""

    def handle(query: dns.message.Message, transport: str) -> list[bytes]:
        empty, rdtype = response(query).to_wire(), query.question[0].rdtype
        end = 12 + len(NAME) + 2 + 4
        records = [POINTER_TO_QUESTION + struct.pack("!HHIH", rdtype, 1, 300, len(one)) + one for one in data]
        whole = empty[:6] + len(data).to_bytes(2) + empty[8:end] + b"".join(records) + empty[end:]
        if transport == "tcp":
            return [len(whole).to_bytes(2) + whole]
        return [whole if len(whole) < 1232 else empty[:2] + bytes([empty[2] | 0x02]) + empty[3:]]

    return handle


async def asked(serve: Serve, rdtype: dns.rdatatype.RdataType, *data: bytes) -> object:
    server = await serve(publishing(*data))
    resolver = StubResolver([server.upstream], Bounds())
    is_tlsa = rdtype == dns.rdatatype.TLSA
    found = await (resolver.look_up_tlsa(NAME) if is_tlsa else resolver.look_up_caa(NAME))
    return found.value.records if isinstance(found, Seen) else found


@pytest.mark.parametrize(
    ("data", "records"),
    [
        ([b"\x03\x01\x01" + DIGEST], [TlsaRecord(3, 1, 1, DIGEST.hex())]),
        ([b"\x03\x01\x01"], [TlsaRecord(3, 1, 1, "")]),
        ([b"\xff\xfe\xfd\x00", b"\x03\x01\x01"], [TlsaRecord(255, 254, 253, "00"), TlsaRecord(3, 1, 1, "")]),
        (FLOOD, [TlsaRecord(3, 1, 1, one[3:].hex()) for one in FLOOD]),
        ([b"\x02\x00\x00" + bytes(60000)], [TlsaRecord(2, 0, 0, "00" * 60000)]),
    ],
    ids=["well formed", "no data", "numbers that nobody knows", "a thousand", "huge"],
)
async def test_tlsa(serve: Serve, data: list[bytes], records: list[TlsaRecord]) -> None:
    """Which of them can be used is asked elsewhere (requirements DANE-20)."""
    assert await asked(serve, dns.rdatatype.TLSA, *data) == tuple(records)


@pytest.mark.parametrize(
    ("data", "record"),
    [
        (b"\x00\x05issueca.test", CaaRecord(0, "issue", "ca.test")),
        (b"\x80\x03a_b", CaaRecord(128, "a_b", "")),
        (b"\x00\x00x", CaaRecord(0, "", "x")),
        (b"\x00\x02\xff\x1b\x00\n", CaaRecord(0, "\xff\x1b", "\x00\n")),
    ],
    ids=["well formed", "a tag with a dash", "no tag", "any octets"],
)
async def test_caa(serve: Serve, data: bytes, record: CaaRecord) -> None:
    """What can't be read allows nobody; here it is only handed on."""
    assert await asked(serve, dns.rdatatype.CAA, data) == (record,)


@pytest.mark.parametrize(
    ("rdtype", "data"),
    [
        (dns.rdatatype.TLSA, [b""]),
        (dns.rdatatype.TLSA, [b"\x03\x01\x01" + DIGEST, b"\x03\x01"]),
        (dns.rdatatype.CAA, [b"\x00"]),
        (dns.rdatatype.CAA, [b"\x00\x06issue"]),
    ],
)
async def test_too_short_to_be_one(serve: Serve, rdtype: dns.rdatatype.RdataType, data: list[bytes]) -> None:
    """It has no fields to show, and is the fault of whoever publishes it; nobody waits for another answer."""
    found = await asked(serve, rdtype, *data)
    assert isinstance(found, Failed)
    assert found.failure is FailureKind.BAD_REPLY
