"""What DANE comes to at an address and for a domain, as tables (RFC 7672; report format, ``verdict.dane``)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checker.assessment.dane_state import Dane, DaneStatus
from checker.assessment.level import Level, is_provisional, level_inputs, level_of
from checker.assessment.states import DomainState, judge_servers
from checker.assessment.verdict import assess
from checker.certificates.facts import CertificateFacts
from checker.dane.facts import DaneFacts
from checker.facts import EndpointFacts, ServerFacts
from checker.mx.facts import MxFacts
from checker.network.ports import Answer, Security, TlsaRecord
from checker.observation import Failed, FailureKind, NotTried, Reason, Seen
from checker.tls.facts import Inventory
from tests.dane_builders import (
    NOBODYS,
    UNUSABLE,
    answered,
    issued,
    leaf_of,
    own_issuer,
    own_key,
    records,
    signed_domain,
    with_dane,
)
from tests.fact_builders import NOW, dead, domain, handshake_failing, not_tried, shaken, without_starttls, working
from tests.policy_builders import without_promise

HOST, OTHER = "mx.d.test", "mx2.d.test"
SERVFAIL, BOGUS = Failed(FailureKind.SERVFAIL, "SERVFAIL."), Failed(FailureKind.BOGUS, "Bogus.")
SILENT, LATE = Failed(FailureKind.RESOLVER_TIMEOUT, "No answer."), NotTried(Reason.DEADLINE, "No time.")
GOOD = records(own_key(HOST))
LONG_AGO = {"not_before": NOW - timedelta(days=9), "not_after": NOW - timedelta(days=1)}


def state_of(dane: DaneFacts, endpoint: EndpointFacts, *leaves: CertificateFacts) -> DomainState:
    return judge_servers(signed_domain(with_dane(HOST, dane, endpoint), certificates=leaves or [leaf_of(HOST)]), NOW)


def cut(*published: TlsaRecord) -> DaneFacts:
    """The answer had more records than are kept."""
    (candidate,) = records(*published).candidates
    assert isinstance(candidate.answer, Seen)
    return answered(Seen(replace(candidate.answer.value, left_out=1)))


ADDRESSES: list[tuple[str, DaneFacts, EndpointFacts, DaneStatus | None]] = [
    ("the key is named", GOOD, working(), "valid"),
    ("the key is named beside one of the future", records(NOBODYS, own_key(HOST)), working(), "valid"),
    ("the issuer is named", records(own_issuer(HOST)), working(), "valid"),
    ("another key is named", records(NOBODYS), working(), "invalid"),
    ("the key is named, and there are more records than are kept", cut(own_key(HOST)), working(), "valid"),
    ("another key is named, and one that is left out may fit", cut(NOBODYS), working(), None),
    ("without STARTTLS", GOOD, without_starttls(), "invalid"),
    ("a handshake that the server breaks off", GOOD, handshake_failing(), "invalid"),
    ("no connection: nothing to hold against the records", GOOD, dead(), None),
    ("not tried", GOOD, not_tried(Reason.COURTESY), None),
    ("no records, signed", records(), without_starttls(), "absent"),
    ("no records, and no connection", records(), dead(), "absent"),
    ("records that are not signed", records(own_key(HOST), security="insecure"), working(), "insecure"),
    ("addresses that are not signed", records(own_key(HOST), addresses="insecure"), dead(), "insecure"),
    ("records of no use", records(UNUSABLE), without_starttls(), "unusable"),
    ("a look-up that fails for everybody", answered(SERVFAIL), working(), "failed"),
    ("a look-up that is bogus", answered(BOGUS), dead(), "failed"),
    ("addresses that are bogus", records(own_key(HOST), addresses="bogus"), working(), "failed"),
    ("a look-up that only we did not get", answered(SILENT), working(), None),
    ("a look-up that had no time", answered(LATE), working(), None),
    ("a resolver that checks nothing", records(own_key(HOST), security=None, addresses=None), working(), None),
    ("nobody asked", DaneFacts(), working(), None),
]


@pytest.mark.parametrize(("name", "dane", "endpoint", "status"), ADDRESSES, ids=[case[0] for case in ADDRESSES])
def test_the_status_of_an_address(name: str, dane: DaneFacts, endpoint: EndpointFacts, status: DaneStatus) -> None:
    """It follows the look-up where there is nothing to match, and else says whether the chain matches."""
    state = state_of(dane, endpoint)
    found = state.servers[0].dane.at(endpoint.address)
    assert found.status == status
    assert (found.match is not None) == (status in ("valid", "invalid"))


def test_dates_and_trust_change_nothing_where_the_key_is_named() -> None:
    """Usage 3 (RFC 7672 section 3.1.1): an expired certificate that nobody trusts still matches."""
    leaf = leaf_of(HOST, trusted=False, **LONG_AGO)
    found = state_of(GOOD, working(), leaf).servers[0].dane.at(working().address)
    assert found.match is not None
    assert found.match.record == own_key(HOST)


def two_kinds(*published: TlsaRecord) -> DomainState:
    """One server with a certificate for RSA, and another's chain, which it shows to who wants an elliptic key."""
    endpoint = replace(working(), tls=replace(working().tls, inventory=Inventory(chains=("other",))))
    second = replace(leaf_of(OTHER, "other"), key="EC secp256r1", presented_for=(leaf_of(HOST).presented_for))
    return state_of(records(*published), endpoint, leaf_of(HOST), second)


KINDS: list[tuple[tuple[TlsaRecord, ...], DaneStatus, TlsaRecord | None, Level]] = [
    ((own_key(HOST), own_key(OTHER)), "valid", own_key(HOST), "enforced"),
    ((own_key(HOST),), "invalid", own_key(HOST), "partly-enforced"),
    ((own_key(OTHER),), "invalid", None, "losing-mail"),
    ((NOBODYS,), "invalid", None, "losing-mail"),
]


@pytest.mark.parametrize(("published", "status", "met", "level"), KINDS)
def test_each_kind_of_key(
    published: tuple[TlsaRecord, ...], status: DaneStatus, met: TlsaRecord | None, level: Level
) -> None:
    """Who wants another kind of key meets that certificate (requirements DANE-48); all others meet the first."""
    state = two_kinds(*published)
    found = state.servers[0].dane.at(working().address)
    assert found.status == status
    assert found.met is not None
    assert found.met.record == met
    verdict = assess(without_promise(state.facts), (), NOW)
    assert verdict.level == level
    (delivery,) = (d for d in verdict.deliveries if (d.sender, d.variant) == ("dane", None))
    assert delivery.outcome == ("authenticated" if met else "deferred")


def test_a_server_without_a_certificate_matches_nothing() -> None:
    """Anonymous suites cannot satisfy a record (RFC 7672 section 8.2)."""
    endpoint = working(leaf=None)
    assert state_of(GOOD, endpoint).servers[0].dane.at(endpoint.address).status == "invalid"


def test_an_issuers_record_asks_for_the_name() -> None:
    """Usage 2: the certificate is for another host, so it may be the issuer's customer's (RFC 7672 section 3.1.2)."""
    elsewhere = replace(leaf_of("mx.elsewhere.test"), presented_for=leaf_of(HOST).presented_for)
    found = state_of(records(own_issuer("mx.elsewhere.test")), working(), elsewhere)
    match = found.servers[0].dane.at(working().address).match
    assert match is not None
    assert match.failure == "host-mismatch"


type Server = tuple[Any, ServerFacts]


def at(host: str, dane: DaneFacts, *endpoints: EndpointFacts) -> Server:
    return with_dane(host, dane, *(endpoints or (working(leaf=host),)))


def valid(host: str = HOST) -> Server:
    return at(host, records(own_key(host)))


def invalid(host: str = HOST) -> Server:
    return at(host, records(NOBODYS))


def partly(host: str = HOST) -> Server:
    """One address matches, the other shows another key."""
    return at(host, records(own_key(host)), working(leaf=host), working("192.52.193.2", leaf="elsewhere"))


ABSENT, UNSIGNED = at(OTHER, records()), at(OTHER, records(own_key(OTHER), security="insecure"))
USELESS, BROKEN_DNS = at(OTHER, records(UNUSABLE)), at(OTHER, answered(SERVFAIL))
UNKNOWN = at("mx3.d.test", answered(SILENT))
UNSEEN = at(OTHER, records(own_key(OTHER)), dead(tries=1))
DEAD = at(OTHER, records(own_key(OTHER)), dead())
DEAD_WITHOUT = at(OTHER, records(), dead())
NO_ADDRESS = with_dane(OTHER, answered(NotTried(Reason.NOT_ASKED, "No address.")))

DOMAINS: list[tuple[str, tuple[Server, ...], Security | None, Dane | None]] = [
    ("no records anywhere", (at(HOST, records()), ABSENT), "secure", "absent"),
    ("valid on every server", (valid(), valid(OTHER)), "secure", "valid"),
    ("valid beside none", (valid(), ABSENT), "secure", "partial"),
    ("valid beside unsigned", (valid(), UNSIGNED), "secure", "partial"),
    ("valid beside records of no use", (valid(), USELESS), "secure", "partial"),
    ("valid beside invalid", (valid(), invalid(OTHER)), "secure", "partial"),
    ("valid beside a look-up that fails for everybody", (valid(), BROKEN_DNS), "secure", "partial"),
    ("valid beside one that we could not look up", (valid(), UNKNOWN), "secure", None),
    ("valid beside none, and one that we could not look up", (valid(), ABSENT, UNKNOWN), "secure", "partial"),
    ("valid beside a server that could not be seen", (valid(), UNSEEN), "secure", "valid"),
    ("valid beside a dead server", (valid(), DEAD), "secure", "valid"),
    ("valid beside a dead server without records", (valid(), DEAD_WITHOUT), "secure", "partial"),
    ("valid beside a server without an address", (valid(), NO_ADDRESS), "secure", "valid"),
    ("only a server without an address", (NO_ADDRESS,), "secure", "absent"),
    ("a server without an address, and a resolver that checks nothing", (NO_ADDRESS,), None, None),
    ("valid at one address of the only server", (partly(),), "secure", "partial"),
    ("invalid on every server", (invalid(), invalid(OTHER)), "secure", "broken"),
    ("invalid beside none", (invalid(), ABSENT), "secure", "broken"),
    ("a look-up that fails for everybody, and no other server", (BROKEN_DNS,), "secure", "broken"),
    ("invalid beside one that we could not look up", (invalid(), UNKNOWN), "secure", None),
    ("records of no use", (USELESS,), "secure", "unusable"),
    ("records of no use beside none", (USELESS, at(HOST, records())), "secure", "unusable"),
    ("records that are not signed", (UNSIGNED, at(HOST, records())), "secure", "insecure"),
    ("only one that we could not look up", (UNKNOWN,), "secure", None),
    ("none, and one that we could not look up", (ABSENT, UNKNOWN), "secure", None),
    ("only one that could not be seen", (UNSEEN,), "secure", None),
    ("an MX answer that is not signed", (valid(), ABSENT), "insecure", "insecure"),
    ("an MX answer that is not signed, and no records", (ABSENT,), "insecure", "absent"),
    ("an MX answer that is not signed, and one we could not look up", (UNKNOWN,), "insecure", None),
    ("a resolver that checks nothing", (valid(), ABSENT), None, None),
]


def judged(servers: tuple[Server, ...], mx: Security | None) -> DomainState:
    leaves = [leaf_of(host.host, host.host) for host, _ in servers]
    return judge_servers(signed_domain(*servers, certificates=[*leaves, leaf_of("x.test", "elsewhere")], mx=mx), NOW)


@pytest.mark.parametrize(("name", "servers", "mx", "dane"), DOMAINS, ids=[case[0] for case in DOMAINS])
def test_the_flag_of_a_domain(name: str, servers: tuple[Server, ...], mx: Security, dane: Dane) -> None:
    """Each combination of servers, in either order."""
    assert level_inputs(judged(servers, mx)).dane == dane
    assert level_inputs(judged(servers[::-1], mx)).dane == dane


@pytest.mark.parametrize("status", ["null-mx", "none", "nxdomain"])
def test_a_domain_without_servers_has_no_records(status: Any) -> None:
    """There is no server that could have any."""
    facts = domain(mx=MxFacts(answer=Seen(Answer(rcode="noerror")), status=status))
    assert level_inputs(judge_servers(facts, NOW)).dane == "absent"


def test_an_mx_answer_that_could_not_be_had_leaves_the_flag_open() -> None:
    """No server is known, so nothing is known of its records."""
    facts = domain(mx=MxFacts(answer=BOGUS, status="failed"))
    assert level_inputs(judge_servers(facts, NOW)).dane is None


def test_a_server_that_could_not_be_seen_makes_the_level_provisional() -> None:
    """The level is that of the servers that were."""
    inputs = level_inputs(judged((valid(), UNSEEN), "secure"))
    assert (level_of(inputs), is_provisional(inputs)) == ("enforced", True)


def test_the_level_without_a_dead_server_forgets_its_records_too() -> None:
    """The flag counts a dead server without records; the level that degraded speaks of doesn't."""
    inputs = level_inputs(judged((valid(), DEAD_WITHOUT), "secure"))
    assert (level_of(inputs), inputs.dane, inputs.dane_without_dead) == ("degraded", "partial", "valid")


def test_an_implicit_server_may_be_named_by_the_domain() -> None:
    """Without an MX record the name that mail is for stands for the server (RFC 7672 section 3.2.2)."""
    facts = signed_domain(
        with_dane("d.test", records(own_issuer("d.test")), working()), certificates=[leaf_of("d.test")]
    )
    state = judge_servers(replace(facts, mx=replace(facts.mx, status="implicit")), NOW)
    assert state.servers[0].dane.at(working().address).status == "valid"


def test_the_chains_of_these_tests_are_real() -> None:
    """Another host has another key, else nothing here could fail."""
    assert own_key(HOST) != own_key(OTHER)
    assert len(issued(HOST).chain) == 2
    assert shaken().value.certificate == "leaf"


MENDED: list[tuple[tuple[Server, ...], Dane]] = [
    ((invalid(), invalid(OTHER)), "valid"),
    ((valid(), ABSENT), "valid"),
    ((BROKEN_DNS,), "absent"),
    ((invalid(), BROKEN_DNS), "partial"),
]


@pytest.mark.parametrize(("servers", "dane"), MENDED)
def test_what_it_would_be_once_mended(servers: tuple[Server, ...], dane: Dane) -> None:
    """Records that nobody saw are counted on by nobody."""
    assert level_inputs(judged(servers, "secure")).dane_mended == dane


VERDICTS = [
    ("kept by all, under no policy", (valid(), valid(OTHER)), "enforced", "senders are told to accept nothing less"),
    ("kept by one of two", (valid(), invalid(OTHER)), "partly-enforced", "1 of its 2 servers keeps the promise"),
    ("kept at one of two addresses", (partly(),), "partly-enforced", "keep the promise only in part"),
    ("kept by none", (invalid(),), "losing-mail", "your own DANE records find no server that keeps to them"),
    ("the look-up fails for everybody", (BROKEN_DNS,), "losing-mail", "senders that check DANE get no answer about"),
    ("of no use", (USELESS,), "ready", "nothing tells senders to insist"),
    ("not signed", (UNSIGNED,), "ready", "nothing tells senders to insist"),
    ("kept, and another server is dead", (valid(), DEAD), "degraded", "without it the level would be Enforced"),
]


@pytest.mark.parametrize(("name", "servers", "level", "says"), VERDICTS, ids=[case[0] for case in VERDICTS])
def test_verdicts(name: str, servers: tuple[Server, ...], level: Level, says: str) -> None:
    """Level, headline and flag by DANE alone."""
    verdict = assess(without_promise(judged(servers, "secure").facts), (), NOW)
    assert (verdict.level, verdict.dane) == (level, level_inputs(judged(servers, "secure")).dane), name
    assert says in verdict.headline
