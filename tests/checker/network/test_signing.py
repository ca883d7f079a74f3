"""How a zone is signed, read from a scripted resolver's answers: keys, what the parent names, ends of signatures."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import dns.message
import dns.name
import dns.rdatatype
import pytest

from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.resolver import StubResolver
from checker.network.zone_signing import DsRecord, Nsec3, ZoneKey, ZoneSigning
from checker.observation import Failed, FailureKind, Seen
from tests.dns_peers import Handler, Serve, Server, response, says, serving, validating, wire

ZONE = DomainName("d.test")
QUICK = Bounds(dns_query_s=0.3, dns_total_s=3.0, tries=1)
SOA = "d.test. 60 SOA ns.d.test. h.d.test. 1 2 3 4 5"
# A key that ldns-keygen made, with the digest that ldns-key2ds made of it.
KEY = "257 3 13 78svZx8mYkEce62MkuXP0FvueGyrroWpWbR3tEPdcyNQkJv8s73zyfKBLSGT4F5xc6LrCeeH4e2FJVn53i8LQg=="
DIGEST = "f39e8c2715d8f59542e11cf71337c1ed26c58b216544b50ae6a59f329225dc0c"
OWNER = "secure.test"  # whom that digest is for


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    async with serving() as start:
        yield start


def knows(answers: dict[str, tuple[str, ...]], authority: str = SOA) -> Handler:
    """RRsets by type; for every other type the denial with this SOA."""

    def handle(query: dns.message.Message, transport: str) -> list[bytes]:
        rrsets = answers.get(dns.rdatatype.to_text(query.question[0].rdtype))
        made = response(query, *(rrsets or ()))
        if rrsets is None:
            made.authority.extend(response(query, authority).answer)
        return wire(made, transport)

    return validating(handle)


def resolver(server: Server) -> StubResolver:
    return StubResolver([server.upstream], QUICK, trust_ad=True)


async def signing(server: Server, zone: str = ZONE) -> ZoneSigning:
    found = await resolver(server).look_up_signing(DomainName(zone))
    assert isinstance(found, Seen), found
    return found.value


def rrsig(covers: str, begins: str, ends: str, owner: str = "d.test.") -> str:
    return f"{owner} 60 RRSIG {covers} 13 2 60 {ends} {begins} 4711 {owner} AAAA"


async def test_keys_and_what_the_parent_names(serve: Serve) -> None:
    """A digest is compared with the key itself; another key's, and a changed digest, name none."""
    wrong = DIGEST[:-1] + "d"
    ds = f"{OWNER}. 60 DS 63039 13 2 {DIGEST}|63039 13 2 {wrong}|1 13 2 {DIGEST}|63039 13 99 ab"
    server = await serve(knows({"DNSKEY": (f"{OWNER}. 60 DNSKEY {KEY}",), "DS": (ds,)}))
    found = await signing(server, OWNER)
    assert found.keys == (ZoneKey(63039, 13),)
    assert set(found.ds) == {
        DsRecord(63039, 13, 2, True),
        DsRecord(63039, 13, 2, False),
        DsRecord(1, 13, 2, False),
        DsRecord(63039, 13, 99, True),
    }
    assert (found.nsec3, found.signed_until) == (None, None)


@pytest.mark.parametrize(
    ("key", "bits"),
    [
        ("256 3 8 AwEAAQ==", 0),
        ("256 3 8 AwEAAf8A", 16),
        ("256 3 5 AAADAQABgAAA", 24),
        ("256 3 8 AA==", 0),
        ("256 3 8 AwE=", 0),
        ("256 3 15 AwEAAQ==", None),
    ],
)
async def test_the_length_of_rsa_keys(serve: Serve, key: str, bits: int | None) -> None:
    """That of the modulus (RFC 3110), whatever nonsense stands there."""
    server = await serve(knows({"DNSKEY": (f"d.test. 60 DNSKEY {key}",)}))
    assert [found.bits for found in (await signing(server)).keys] == [bits]


async def test_when_signatures_end(serve: Serve) -> None:
    """The first RRset to fail counts, by its best signature; those over other RRsets don't."""
    of_soa = rrsig("SOA", "20260101000000", "20260201000000"), rrsig("SOA", "20260110000000", "20260301000000")
    of_keys = rrsig("DNSKEY", "20260102000000", "20260401000000")
    other = rrsig("MX", "20260101000000", "20260102000000")
    answers = {"SOA": (SOA, *of_soa, other), "DNSKEY": (f"d.test. 60 DNSKEY {KEY}", of_keys)}
    server = await serve(knows(answers))
    found = await signing(server)
    assert found.signed_until == datetime(2026, 3, 1, tzinfo=UTC)
    assert found.signed_since == datetime(2026, 1, 10, tzinfo=UTC)


async def test_hashed_denials(serve: Serve) -> None:
    server = await serve(knows({"NSEC3PARAM": ("d.test. 0 NSEC3PARAM 1 0 12 abcd",)}))
    assert (await signing(server)).nsec3 == Nsec3(iterations=12, salt=2)


async def test_an_unsigned_zone_has_nothing(serve: Serve) -> None:
    assert await signing(await serve(knows({}))) == ZoneSigning(zone=ZONE)


async def test_there_is_a_limit(serve: Serve) -> None:
    ds = "|".join(f"{tag} 13 2 {DIGEST}" for tag in range(50))
    server = await serve(knows({"DS": (f"d.test. 60 DS {ds}",)}))
    assert len((await signing(server)).ds) == QUICK.zone_records_kept


@pytest.mark.parametrize("broken", ["SOA", "DNSKEY", "DS"])
async def test_a_look_up_that_fails_is_no_absence(serve: Serve, broken: str) -> None:
    def handle(query: dns.message.Message, transport: str) -> list[bytes]:
        fails = query.question[0].rdtype == dns.rdatatype.from_text(broken)
        return (says(rcode=dns.rcode.SERVFAIL) if fails else knows({}))(query, transport)

    found = await resolver(await serve(validating(handle))).look_up_signing(ZONE)
    assert isinstance(found, Failed)
    assert found.failure is FailureKind.SERVFAIL


@pytest.mark.parametrize(
    ("name", "soa", "zone"),
    [
        ("d.test", {"d.test.": True}, "d.test"),
        ("mx.d.test", {"d.test.": False}, "d.test"),
        ("a.b.d.test", {"d.test.": False}, "d.test"),
        ("mx.sub.d.test", {"sub.d.test.": False}, "sub.d.test"),
    ],
)
async def test_the_zone_of_a_name(serve: Serve, name: str, soa: dict[str, bool], zone: str) -> None:
    """The owner of the SOA record, in the answer or beside the denial."""
    ((owner, is_answer),) = soa.items()
    record = SOA.replace("d.test. 60", f"{owner} 60", 1)
    server = await serve(knows({"SOA": (record,)} if is_answer else {}, record))
    assert await resolver(server).look_up_zone(DomainName(name)) == Seen(DomainName(zone))


async def test_the_zone_of_an_alias_is_not_its_targets(serve: Serve) -> None:
    def handle(query: dns.message.Message, transport: str) -> list[bytes]:
        name = query.question[0].name.to_text()
        made = response(query, *([f"{name} 60 CNAME mx.elsewhere."] if name == "mx.d.test." else []))
        other = "elsewhere. 60 SOA a. b. 1 2 3 4 5" if name == "mx.d.test." else SOA
        made.authority.extend(response(query, other).answer)
        return wire(made, transport)

    found = await resolver(await serve(validating(handle))).look_up_zone(DomainName("mx.d.test"))
    assert found == Seen(ZONE)


async def test_a_zone_that_nobody_tells(serve: Serve) -> None:
    """Answers without any SOA lead up to the root; a failure is one."""
    assert await resolver(await serve(validating(says()))).look_up_zone(ZONE) == Seen(DomainName(""))
    failing = await resolver(await serve(validating(says(rcode=dns.rcode.SERVFAIL)))).look_up_zone(ZONE)
    assert isinstance(failing, Failed)
