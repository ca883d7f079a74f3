"""What DNSSEC protects, by the word of resolvers on loopback that validate, don't, lie, or say why they fail."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import pytest

from checker.names import DomainName, parse_domain
from checker.network.bounds import Bounds
from checker.network.ports import LookUp, MxRecord
from checker.network.resolver import StubResolver
from checker.observation import Failed, FailureKind, Seen
from tests.dns_peers import Handler, Serve, Server, response, says, secure, serving, validating, wire

NAME = parse_domain("d.test")
QUICK = Bounds(dns_query_s=0.3, dns_total_s=3.0, tries=1)
SERVFAIL, NXDOMAIN = dns.rcode.SERVFAIL, dns.rcode.NXDOMAIN
MX = "d.test. 300 MX 10 mx.test."


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    async with serving() as start:
        yield start


@dataclass
class Hands:
    """A clock that only we move."""

    now: float = 0.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def protected(*rrsets: str, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> Handler:
    """These RRsets, or that there is nothing, with the AD bit."""
    return lambda query, transport: wire(secure(response(query, *rrsets, rcode=rcode)), transport)


def bogus(*errors: tuple[int, str]) -> Handler:
    """SERVFAIL with these extended errors, and an answer for who wants it unchecked."""

    def handle(query: dns.message.Message, transport: str) -> list[bytes]:
        if query.flags & dns.flags.CD:
            return says(MX)(query, transport)
        made = response(query, rcode=SERVFAIL)
        made.use_edns(options=[dns.edns.EDEOption(code, text or None) for code, text in errors])
        return wire(made, transport)

    return handle


def not_validating(handler: Handler) -> Handler:
    """This handler, of a resolver whose answer about the root has no AD bit."""

    def handle(query: dns.message.Message, transport: str) -> list[bytes]:
        about_root = query.question[0].name == dns.name.root
        return (says(". 60 SOA a. b. 1 2 3 4 5") if about_root else handler)(query, transport)

    return handle


async def security_of(*servers: Server, trust_ad: bool = True) -> str | None:
    found = await resolver(*servers, trust_ad=trust_ad).look_up_mx(NAME)
    assert isinstance(found, Seen), found
    return found.value.security


def resolver(
    *servers: Server, trust_ad: bool = True, bounds: Bounds = QUICK, hands: Hands | None = None
) -> StubResolver:
    upstreams = [server.upstream for server in servers]
    return StubResolver(upstreams, bounds, trust_ad=trust_ad, clock=hands or Hands())


def failed(found: LookUp[MxRecord]) -> Failed:
    assert isinstance(found, Failed), found
    return found


@pytest.mark.parametrize(
    ("handler", "want"),
    [
        pytest.param(validating(protected(MX)), "secure", id="signed"),
        pytest.param(validating(says(MX)), "insecure", id="not signed"),
        pytest.param(validating(protected()), "secure", id="a proof that there is none"),
        pytest.param(validating(protected(rcode=NXDOMAIN)), "secure", id="a proof that there is no such name"),
        pytest.param(validating(says(rcode=NXDOMAIN)), "insecure", id="no proof that there is no such name"),
        pytest.param(validating(protected("d.test. 60 CNAME e.test.", "e.test. 60 MX 1 m.")), "secure", id="alias"),
        pytest.param(says(MX), None, id="a resolver that doesn't validate"),
    ],
)
async def test_the_ad_bit_is_believed_of_who_validates(serve: Serve, handler: Handler, want: str | None) -> None:
    """Of answers and of denials; it speaks for the whole chain of aliases."""
    assert await security_of(await serve(handler)) == want


async def test_nothing_is_known_where_the_word_of_the_resolver_does_not_count(serve: Serve) -> None:
    """Nor is it asked for: neither signatures nor the root."""
    asked: list[dns.message.Message] = []

    def handle(query: dns.message.Message, transport: str) -> list[bytes]:
        asked.append(query)
        return validating(protected(MX))(query, transport)

    server = await serve(handle)
    assert await security_of(server, trust_ad=False) is None
    assert await resolver(server, trust_ad=False).validates() is False
    assert [(query.question[0].name.to_text(), bool(query.ednsflags & dns.flags.DO)) for query in asked] == [
        ("d.test.", False)
    ]


async def test_an_ad_bit_that_the_root_does_not_confirm_counts_for_nothing(serve: Serve) -> None:
    """Some set it always, or pass on what somebody else set."""
    assert await security_of(await serve(not_validating(protected(MX)))) is None


async def test_what_is_asked_wants_signatures_and_never_begs_for_the_bit(serve: Serve) -> None:
    """DO asks for AD too (RFC 6840 section 5.8); AD in a question would come back from who echoes it."""
    flags: list[tuple[bool, bool]] = []

    def handle(query: dns.message.Message, transport: str) -> list[bytes]:
        flags.append((bool(query.ednsflags & dns.flags.DO), bool(query.flags & dns.flags.AD)))
        return validating(protected(MX))(query, transport)

    await security_of(await serve(handle))
    assert flags == [(True, False), (True, False)]


async def test_the_root_is_asked_once_in_a_while(serve: Serve) -> None:
    """Whoever wants to know at the same time waits for the same answer."""
    server, hands = await serve(validating(protected(MX))), Hands()
    asking = resolver(server, hands=hands)
    for _ in range(3):
        assert isinstance(await asking.look_up_mx(NAME), Seen)
    assert len(server.asked) == 4
    hands.now += QUICK.resolver_standing_s
    assert await asking.validates()
    assert len(server.asked) == 5


@pytest.mark.parametrize(
    ("handlers", "want"),
    [
        pytest.param([validating(says())], True, id="it does"),
        pytest.param([says()], False, id="it doesn't"),
        pytest.param([says(rcode=SERVFAIL)], None, id="it can't even tell of the root"),
        pytest.param([lambda query, transport: []], None, id="silence"),
        pytest.param([says(), validating(says())], True, id="one of them does"),
        pytest.param([says(), lambda query, transport: []], False, id="the other is silent"),
        pytest.param([], None, id="nobody to ask"),
    ],
)
async def test_who_validates(serve: Serve, handlers: list[Handler], want: bool | None) -> None:
    assert await resolver(*[await serve(handler) for handler in handlers]).validates() is want


async def test_who_validates_is_asked_first(serve: Serve) -> None:
    """Whatever the order of the setting, and who can't tell of the root is asked last."""
    broken, plain, good = (
        await serve(says(rcode=SERVFAIL)),
        await serve(says(MX)),
        await serve(validating(protected(MX))),
    )
    assert await security_of(broken, plain, good) == "secure"
    assert [len(server.asked) for server in (broken, plain, good)] == [1, 1, 2]


async def test_nobody_waits_for_one_that_is_silent_where_another_validates(serve: Serve) -> None:
    """However long a question may take."""
    silent, good = await serve(lambda query, transport: []), await serve(validating(protected(MX)))
    bounds = Bounds(dns_query_s=600, dns_total_s=600)
    asking = StubResolver([silent.upstream, good.upstream], bounds, trust_ad=True)
    async with asyncio.timeout(60):
        assert isinstance(await asking.look_up_mx(NAME), Seen)


async def test_an_answer_of_the_next_resolver_is_not_secure_by_the_first(serve: Serve) -> None:
    """Where the one that validates fails, the other's answer is taken, and nothing is claimed of it."""
    failing, plain = await serve(validating(says(rcode=SERVFAIL))), await serve(not_validating(protected(MX)))
    assert await security_of(failing, plain) is None


async def test_bogus_is_final(serve: Serve) -> None:
    """The next resolver's answer, secure by its own word, doesn't undo it."""
    first, second = await serve(validating(bogus())), await serve(validating(protected(MX)))
    assert failed(await resolver(first, second).look_up_mx(NAME)).failure is FailureKind.BOGUS


async def test_who_passes_questions_on_may_say_that_it_is_bogus(serve: Serve) -> None:
    """A forwarder that clears the AD bit hides that somebody behind it validates; the extended error shows it."""
    silent, telling = await serve(not_validating(bogus())), await serve(not_validating(bogus((6, ""))))
    assert failed(await resolver(telling).look_up_mx(NAME)).failure is FailureKind.BOGUS
    assert failed(await resolver(silent).look_up_mx(NAME)).failure is FailureKind.SERVFAIL


@pytest.mark.parametrize(
    ("errors", "want"),
    [
        ([(7, "")], "It gives as the reason: signature expired (7)."),
        ([(6, "no keys match")], "It gives as the reason: DNSSEC bogus (6): “no keys match”."),
        ([(9, ""), (9, ""), (10, "")], "It gives as the reason: DNSKEY missing (9); signatures missing (10)."),
        ([(49152, "ours")], "It gives as the reason: an error without a name (49152): “ours”."),
        ([(6, "a\x1b[2J\nb")], "It gives as the reason: DNSSEC bogus (6): “a\\x1b[2J\\x0ab”."),
        ([(6, "x" * 900)], f"It gives as the reason: DNSSEC bogus (6): “{'x' * 300}…”."),
        ([], ""),
    ],
)
async def test_the_resolvers_reasons_are_told(serve: Serve, errors: list[tuple[int, str]], want: str) -> None:
    """By name and number, with its words, printable and cut short (RFC 8914)."""
    found = failed(await resolver(await serve(validating(bogus(*errors)))).look_up_mx(NAME))
    assert found.failure is FailureKind.BOGUS
    assert found.detail.partition(f"at the resolver {'127.0.0.1'}")[2].partition(". ")[2] == want
    assert found.detail.isprintable()


async def test_a_dead_server_has_its_reason_too(serve: Serve) -> None:
    def handle(query: dns.message.Message, transport: str) -> list[bytes]:
        made = response(query, rcode=SERVFAIL)
        made.use_edns(options=[dns.edns.EDEOption(22, "at delegation d.test.")])
        return wire(made, transport)

    found = failed(await resolver(await serve(validating(handle))).look_up_mx(NAME))
    assert found.failure is FailureKind.SERVFAIL
    assert found.detail.endswith(
        "(SERVFAIL). It gives as the reason: no name server reachable (22): “at delegation d.test.”."
    )


@pytest.mark.parametrize("code", [4, 15, 16, 17])
async def test_a_filter_is_no_answer(serve: Serve, code: int) -> None:
    """“No such name” from a resolver that blocks it says nothing about the domain."""

    def handle(query: dns.message.Message, transport: str) -> list[bytes]:
        made = response(query, rcode=NXDOMAIN)
        made.use_edns(options=[dns.edns.EDEOption(code, None)])
        return wire(made, transport)

    found = failed(await resolver(await serve(handle)).look_up_mx(NAME))
    assert found.failure is FailureKind.RESOLVER_REFUSED


async def test_the_first_link_is_asked_by_itself(serve: Serve) -> None:
    """A CNAME question: its answer is as secure as that record, whatever its target is."""

    def handle(query: dns.message.Message, transport: str) -> list[bytes]:
        if query.question[0].rdtype == dns.rdatatype.CNAME:
            return protected("d.test. 60 CNAME e.other.")(query, transport)
        return says("d.test. 60 CNAME e.other.", "e.other. 60 A 192.0.2.1")(query, transport)

    asking = resolver(await serve(validating(handle)))
    link, whole = await asking.look_up_alias(NAME), await asking.look_up_addresses(NAME, 4)
    assert isinstance(link, Seen)
    assert isinstance(whole, Seen)
    assert (link.value.records, link.value.security) == ((DomainName("e.other"),), "secure")
    assert (whole.value.aliases, whole.value.security) == ((DomainName("e.other"),), "insecure")


async def test_a_name_that_is_too_long_to_ask_for_is_surely_not_there(serve: Serve) -> None:
    """As a prefix can make it: nobody could forge a record of that name."""
    long = DomainName(".".join(["_25", "_tcp", *["x" * 63] * 4]))
    for handler, want in ((validating(says()), "secure"), (not_validating(says()), None)):
        server = await serve(handler)
        found = await resolver(server).look_up_tlsa(long)
        assert isinstance(found, Seen)
        assert (found.value.rcode, found.value.records, found.value.security) == ("nxdomain", (), want)
        assert len(server.asked) == 1  # the root
