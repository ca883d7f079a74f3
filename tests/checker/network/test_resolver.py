"""The stub resolver against real DNS servers on loopback: friendly, slow, dead, lying and broken ones."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from ipaddress import ip_address

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.names import DomainName, parse_domain
from checker.network.bounds import Bounds
from checker.network.ports import Answer, LookUp, MxRecord
from checker.network.resolver import StubResolver
from checker.network.upstreams import Upstream
from checker.observation import Failed, FailureKind
from tests.dns_peers import NOERROR, Handler, Serve, Server, response, says, serving, validating, wire

QUICK = Bounds(dns_query_s=0.3, dns_total_s=3.0, tries=1)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    async with serving() as start:
        yield start


def answer_of[R](found: LookUp[R]) -> Answer[R]:
    assert found.kind == "seen", found
    return found.value


def failure_of[R](found: LookUp[R]) -> FailureKind:
    assert isinstance(found, Failed), found
    assert found.detail.endswith(".")
    assert found.detail.isprintable()
    return found.failure


async def mx(*servers: Server, name: str = "d.test", bounds: Bounds = QUICK) -> LookUp[MxRecord]:
    return await StubResolver([server.upstream for server in servers], bounds).look_up_mx(parse_domain(name))


async def test_records(serve: Serve) -> None:
    """The RRset, lower-cased, with its TTL; the question is answered over UDP without the CD bit."""
    server = await serve(says("D.test. 300 MX 10 MX1.d.test.|20 mx2.d.test.|0 ."))
    answer = answer_of(await mx(server))
    assert set(answer.records) == {
        MxRecord(10, DomainName("mx1.d.test")),
        MxRecord(20, DomainName("mx2.d.test")),
        MxRecord(0, DomainName("")),
    }
    assert (answer.rcode, answer.aliases, answer.ttl, answer.security) == ("noerror", (), 300, None)
    assert server.asked == [("udp", False)]


async def test_addresses(serve: Serve) -> None:
    four = await serve(says("d.test. 60 A 192.0.2.1|192.0.2.2"))
    six = await serve(says("d.test. 60 AAAA 2001:db8::1"))
    name = parse_domain("d.test")
    found = answer_of(await StubResolver([four.upstream], QUICK).look_up_addresses(name, 4))
    assert set(found.records) == {ip_address("192.0.2.1"), ip_address("192.0.2.2")}
    found = answer_of(await StubResolver([six.upstream], QUICK).look_up_addresses(name, 6))
    assert found.records == (ip_address("2001:db8::1"),)


async def test_nodata_and_nxdomain(serve: Serve) -> None:
    """Empty answers are answers, without a TTL."""
    assert answer_of(await mx(await serve(says()))) == Answer(rcode="noerror")
    assert answer_of(await mx(await serve(says(rcode=dns.rcode.NXDOMAIN)))) == Answer(rcode="nxdomain")
    other = await serve(says("other.test. 300 MX 10 mx.test.", "d.test. 300 A 192.0.2.1"))
    assert answer_of(await mx(other)).records == ()


async def test_aliases_in_order_whatever_the_sections_order(serve: Serve) -> None:
    """The TTL is the least on the way: that long the whole answer holds."""
    server = await serve(says("c.test. 300 MX 10 mx.test.", "B.test. 60 CNAME C.test.", "d.test. 600 CNAME b.test."))
    answer = answer_of(await mx(server))
    assert answer.aliases == ("b.test", "c.test")
    assert answer.records == (MxRecord(10, DomainName("mx.test")),)
    assert answer.ttl == 60


async def test_a_dangling_alias_keeps_its_chain(serve: Serve) -> None:
    answer = answer_of(await mx(await serve(says("d.test. 60 CNAME gone.test.", rcode=dns.rcode.NXDOMAIN))))
    assert (answer.rcode, answer.aliases, answer.ttl) == ("nxdomain", ("gone.test",), None)


async def test_endless_aliases(serve: Serve) -> None:
    """A circle, and a chain that is longer than we follow."""
    circle = await serve(says("d.test. 60 CNAME b.test.", "b.test. 60 CNAME D.test."))
    assert failure_of(await mx(circle)) is FailureKind.ALIAS_CHAIN
    chain = [f"n{n}.test. 60 CNAME n{n + 1}.test." for n in range(4)] + ["n4.test. 60 MX 1 mx.test."]
    long = await serve(says(*chain))
    assert answer_of(await mx(long, name="n0.test", bounds=Bounds(cname_depth=4))).records
    assert failure_of(await mx(long, name="n0.test", bounds=Bounds(cname_depth=3))) is FailureKind.ALIAS_CHAIN


@pytest.mark.parametrize(
    ("aliases", "kind"),
    [
        ({"d.test.": "b.test.", "b.test.": "c.test.", "c.test.": "D.test."}, FailureKind.ALIAS_CHAIN),
        ({"d.test.": "d.test."}, FailureKind.ALIAS_CHAIN),
        ({"d.test." if n == 0 else f"n{n}.test.": f"n{n + 1}.test." for n in range(20)}, FailureKind.ALIAS_CHAIN),
        ({"d.test.": "b.test."}, FailureKind.SERVFAIL),
        ({}, FailureKind.SERVFAIL),
    ],
    ids=["a circle", "itself", "a long chain", "an alias of a dead name", "no alias"],
)
async def test_endless_aliases_behind_servfail(serve: Serve, aliases: dict[str, str], kind: FailureKind) -> None:
    """unbound gives up on a circle with SERVFAIL; asked for each alias by itself it answers."""

    def giving_up(query: dns.message.Message, transport: str) -> list[bytes]:
        question = query.question[0]
        if question.rdtype != dns.rdatatype.CNAME:
            return says(rcode=dns.rcode.SERVFAIL)(query, transport)
        target = aliases.get(str(question.name).lower())
        return says(*([f"{question.name} 60 CNAME {target}"] if target else []))(query, transport)

    assert failure_of(await mx(await serve(giving_up))) is kind


async def test_odd_bytes_in_names_survive(serve: Serve) -> None:
    """As presentation escapes, and back onto the wire when such a host is looked up."""
    server = await serve(says(r"d.test. 60 MX 10 a\.b\000\255.Test.|20 192\.0\.2\.1."))
    exchanges = {record.exchange for record in answer_of(await mx(server)).records}
    assert exchanges == {r"a\046b\000\255.test", r"192\0460\0462\0461"}
    host = await serve(lambda query, udp: wire(response(query, f"{query.question[0].name} 60 A 192.0.2.1"), udp))
    odd = DomainName(r"a\046b\000\255.test")
    assert answer_of(await StubResolver([host.upstream], QUICK).look_up_addresses(odd, 4)).records


async def test_truncated_answers_are_asked_again_over_tcp(serve: Serve) -> None:
    records = "|".join(f"{n} mx{n}.d.test." for n in range(300))

    def big(query: dns.message.Message, transport: str) -> list[bytes]:
        if transport == "tcp":
            return wire(response(query, f"d.test. 60 MX {records}"), transport)
        cut = response(query)
        cut.flags |= dns.flags.TC
        return wire(cut, transport)

    server = await serve(big)
    assert len(answer_of(await mx(server)).records) == 300
    assert server.asked == [("udp", False), ("tcp", False)]


async def test_servfail(serve: Serve) -> None:
    """Asked again with CD, and SERVFAIL even then: name servers are dead, which proves nothing against signatures."""
    server = await serve(says(rcode=dns.rcode.SERVFAIL))
    assert failure_of(await mx(server)) is FailureKind.SERVFAIL
    assert server.asked[:2] == [("udp", False), ("udp", True)]


def refusing(query: dns.message.Message, transport: str) -> list[bytes]:
    """SERVFAIL to whoever wants it checked."""
    checked = not query.flags & dns.flags.CD
    return wire(response(query, rcode=dns.rcode.SERVFAIL if checked else NOERROR), transport)


async def test_who_does_not_validate_can_call_nothing_bogus(serve: Serve) -> None:
    """Its trust anchor may be old, or its clock wrong: then nothing at all is an answer, not even the root's."""
    assert failure_of(await mx(await serve(refusing))) is FailureKind.SERVFAIL


async def test_bogus(serve: Serve) -> None:
    """SERVFAIL, an answer with CD, SERVFAIL again, and it validates the root. The next may not, and isn't asked."""

    bogus, plain = await serve(validating(refusing)), await serve(says("d.test. 60 MX 1 mx.test."))
    assert failure_of(await mx(bogus, plain)) is FailureKind.BOGUS
    assert bogus.asked == [("udp", False), ("udp", True), ("udp", False), ("udp", False)]
    assert plain.asked == []


async def test_a_name_server_that_came_back_is_not_bogus(serve: Serve) -> None:
    failures = iter([dns.rcode.SERVFAIL])

    def recovering(query: dns.message.Message, transport: str) -> list[bytes]:
        return wire(response(query, "d.test. 60 MX 1 mx.test.", rcode=next(failures, NOERROR)), transport)

    assert answer_of(await mx(await serve(recovering))).records


async def test_refused(serve: Serve) -> None:
    assert failure_of(await mx(await serve(says(rcode=dns.rcode.REFUSED)))) is FailureKind.RESOLVER_REFUSED


async def test_other_rcodes_are_failures(serve: Serve) -> None:
    for rcode in (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.YXDOMAIN, dns.rcode.BADVERS):
        assert failure_of(await mx(await serve(says(rcode=rcode)))) is FailureKind.SERVFAIL


async def test_silence(serve: Serve) -> None:
    server = await serve(lambda query, transport: [])
    assert failure_of(await mx(server)) is FailureKind.RESOLVER_TIMEOUT


async def test_nobody_listens() -> None:
    """Said at once by the system, not after the time-out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        closed = Upstream(ip_address("127.0.0.1"), taken.getsockname()[1])
    began = time.monotonic()
    found = await StubResolver([closed], Bounds(tries=1)).look_up_mx(parse_domain("d.test"))
    assert failure_of(found) is FailureKind.RESOLVER_REFUSED
    assert time.monotonic() - began < Bounds().dns_query_s


async def test_no_resolver_at_all() -> None:
    found = await StubResolver([], QUICK).look_up_mx(parse_domain("d.test"))
    assert failure_of(found) is FailureKind.RESOLVER_REFUSED


async def test_the_next_resolver_is_asked(serve: Serve) -> None:
    """After silence, SERVFAIL and a refusal."""
    dead = await serve(lambda query, transport: [])
    failing, refusing = await serve(says(rcode=dns.rcode.SERVFAIL)), await serve(says(rcode=dns.rcode.REFUSED))
    good = await serve(says("d.test. 60 MX 1 mx.test."))
    assert answer_of(await mx(dead, failing, refusing, good)).records


async def test_all_are_asked_again(serve: Serve) -> None:
    """A lost datagram costs a second try, and no answer."""
    silences: list[list[bytes]] = [[]]

    def lossy(query: dns.message.Message, transport: str) -> list[bytes]:
        return silences.pop() if silences else says("d.test. 60 MX 1 mx.test.")(query, transport)

    assert answer_of(await mx(await serve(lossy), bounds=Bounds(dns_query_s=0.2))).records


async def test_the_most_telling_failure_is_reported(serve: Serve) -> None:
    """SERVFAIL says more than a refusal, and that more than silence, whatever their order."""
    silent = await serve(lambda query, transport: [])
    failing, refusing = await serve(says(rcode=dns.rcode.SERVFAIL)), await serve(says(rcode=dns.rcode.REFUSED))
    assert failure_of(await mx(failing, refusing, silent)) is FailureKind.SERVFAIL
    assert failure_of(await mx(silent, refusing)) is FailureKind.RESOLVER_REFUSED


async def test_the_whole_look_up_is_bounded(serve: Serve) -> None:
    silent = await serve(lambda query, transport: [])
    bounds = Bounds(dns_query_s=60, dns_total_s=0.2)
    async with asyncio.timeout(10):
        assert failure_of(await mx(silent, silent, bounds=bounds)) is FailureKind.RESOLVER_TIMEOUT


FORGERIES: dict[str, Callable[[dns.message.Message, bytes], bytes]] = {
    "nothing": lambda query, good: b"",
    "junk": lambda query, good: b"\xff" * 600,
    "short header": lambda query, good: good[:11],
    "wrong id": lambda query, good: bytes([good[0] ^ 1]) + good[1:],
    "the query itself": lambda query, good: query.to_wire(),
    "cut off": lambda query, good: good[:-3],
    "trailing junk": lambda query, good: good + b"junk",
    "other question": lambda query, good: good.replace(b"\x01d\x04test", b"\x01e\x04test"),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_forged_datagrams_are_passed_over(
    serve: Serve, forge: Callable[[dns.message.Message, bytes], bytes]
) -> None:
    """What isn't the answer may be an attacker's, and the real one still under way: it counts, and nothing else."""

    def handler(query: dns.message.Message, transport: str) -> list[bytes]:
        (good,) = wire(response(query, "d.test. 60 MX 1 mx.test."), "udp")
        return [forge(query, good)] if alone else [forge(query, good), good]

    server = await serve(handler)
    alone = False
    assert answer_of(await mx(server)).records
    alone = True
    assert failure_of(await mx(server)) is FailureKind.RESOLVER_TIMEOUT


def over_tcp(pieces: Callable[[dns.message.Message, bytes], list[bytes]]) -> Handler:
    """Truncated over UDP, then these pieces of the stream."""

    def handler(query: dns.message.Message, transport: str) -> list[bytes]:
        if transport == "tcp":
            return pieces(query, response(query, "d.test. 60 MX 1 mx.test.").to_wire())
        cut = response(query)
        cut.flags |= dns.flags.TC
        return wire(cut, "udp")

    return handler


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_no_answer_over_tcp(serve: Serve, forge: Callable[[dns.message.Message, bytes], bytes]) -> None:
    """A stream has no other sender to wait for: the resolver itself is broken, and says nothing of the domain."""
    server = await serve(over_tcp(lambda query, good: framed(forge(query, good))))
    assert failure_of(await mx(server)) is FailureKind.RESOLVER_REFUSED


async def test_a_stream_that_ends_early(serve: Serve) -> None:
    """At once, within the length, and within the message."""
    for pieces in ([], [b"\x00"], [b"\x00\x40", b"\x00" * 20]):
        server = await serve(over_tcp(lambda query, good, pieces=pieces: pieces))  # type: ignore[misc]
        assert failure_of(await mx(server)) is FailureKind.RESOLVER_REFUSED


async def test_an_answer_in_single_bytes(serve: Serve) -> None:
    server = await serve(over_tcp(lambda query, good: [bytes([octet]) for octet in framed(good)[0]]))
    assert answer_of(await mx(server)).records


def framed(message: bytes) -> list[bytes]:
    return [struct.pack("!H", len(message)) + message]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(2, 60), st.integers(0, 255)), min_size=1, max_size=4), st.binary(max_size=8))
def test_broken_answers_never_raise(changes: list[tuple[int, int]], behind: bytes) -> None:
    """Bytes of a good answer changed at will, over the transport where the library passes its errors on."""

    def broken(query: dns.message.Message, good: bytes) -> list[bytes]:
        message = bytearray(good + behind)
        for position, octet in changes:
            message[position % len(message)] = octet
        return framed(bytes(message))

    async def ask() -> LookUp[MxRecord]:
        async with AsyncExitStack() as stack:
            server = Server(over_tcp(broken))
            await server.start(stack)
            return await mx(server)

    found = asyncio.run(ask())
    assert found.kind in ("seen", "failed")
