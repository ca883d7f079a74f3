"""TLSA records against what the servers show: each finding with what raises it, and what doesn't."""

from dataclasses import replace
from typing import Any

import pytest

from checker.assessment.dane_catalogue import CATALOGUE
from checker.assessment.rulebook import judge
from checker.assessment.states import judge_servers
from checker.dane.tlsa import written
from checker.facts import DomainFacts
from checker.network.ports import Answer, Security, TlsaRecord
from checker.observation import Failed, FailureKind, NotTried, Reason, Seen
from tests.dane_builders import (
    NOBODYS,
    answered,
    leaf_of,
    own_issuer,
    own_key,
    own_key_in_full,
    records,
    signed_domain,
    with_dane,
)
from tests.fact_builders import NOW, handshake_failing, without_starttls, working
from tests.tls_inventories import STRICT, asked

HOST, OTHER = "mx.d.test", "mx2.d.test"
KEY, ISSUER = own_key(HOST), own_issuer(HOST)
OWN = {entry.code for entry in CATALOGUE}
A, B = "192.52.193.1", "192.52.193.2"


def codes(facts: DomainFacts) -> set[str]:
    return {finding.code for finding in judge(judge_servers(facts, NOW))} & OWN


def one(
    *published: TlsaRecord, leaves: Any = None, endpoint: Any = None, mx: Security | None = "secure"
) -> DomainFacts:
    """One server with these records."""
    server = with_dane(HOST, records(*published), endpoint or working())
    return signed_domain(server, certificates=leaves or [leaf_of(HOST)], mx=mx)


def two_kinds(*published: TlsaRecord) -> DomainFacts:
    """A certificate for an elliptic key, and one for RSA that is another host's chain in fact."""
    first = leaf_of(HOST, key="EC secp256r1")
    second = replace(leaf_of(OTHER, "rsa", key="RSA 2048"), presented_for=(HOST,), matches=(HOST,))
    tls = asked(replace(STRICT, chains=("rsa",)))
    return one(*published, leaves=[first, second], endpoint=replace(working(), tls=tls))


SINGLE: list[tuple[str, DomainFacts, set[str]]] = [
    ("the key", one(KEY), {"dane-matches"}),
    ("the issuer", one(ISSUER), {"dane-matches"}),
    ("the key, and one to come", one(KEY, NOBODYS), {"dane-matches"}),
    ("another key", one(NOBODYS), {"dane-no-match"}),
    ("the key of usage 2", one(TlsaRecord(2, 1, 1, KEY.data)), {"dane-no-match"}),
    ("another issuer beside", one(KEY, TlsaRecord(2, 0, 1, "0" * 64)), {"dane-matches", "dane-kind-unmatched"}),
    ("no STARTTLS", one(KEY, endpoint=without_starttls()), {"dane-without-tls"}),
    ("no handshake", one(KEY, endpoint=handshake_failing()), {"dane-without-tls"}),
    ("no records", one(), {"dane-possible"}),
    ("no records, MX not signed", one(mx="insecure"), set()),
    ("MX not signed", one(KEY, mx="insecure"), {"dane-matches", "dane-mx-unsigned"}),
    ("the other kind of key fails", two_kinds(KEY), {"dane-other-key-fails"}),
    ("both kinds are named", two_kinds(KEY, own_key(OTHER)), {"dane-matches"}),
    ("neither kind is named", two_kinds(NOBODYS), {"dane-no-match"}),
]


@pytest.mark.parametrize(("name", "facts", "expected"), SINGLE, ids=[case[0] for case in SINGLE])
def test_one_server(name: str, facts: DomainFacts, expected: set[str]) -> None:
    assert codes(facts) == expected, name


def test_a_kind_of_record_that_was_cut_off_may_fit() -> None:
    """Of an answer that is too long not every record is known (DANE-26)."""
    beside = (KEY, TlsaRecord(2, 0, 1, "0" * 64))
    for left_out, expected in ((0, {"dane-matches", "dane-kind-unmatched"}), (1, {"dane-matches"})):
        answer = Answer(rcode="noerror", records=beside, security="secure", left_out=left_out)
        server = with_dane(HOST, answered(Seen(answer)), working())
        assert codes(signed_domain(server, certificates=[leaf_of(HOST)])) == expected


@pytest.mark.parametrize(
    ("facts", "is_prepared"),
    [
        (one(KEY, NOBODYS), True),
        (two_kinds(KEY, own_key(OTHER)), False),
        (two_kinds(KEY, own_key(OTHER), NOBODYS), True),
        (two_kinds(KEY, own_key(OTHER), ISSUER), True),
    ],
    ids=["one to come", "one for each kind of key", "and one to come", "and an issuer"],
)
def test_records_that_are_all_in_use_announce_no_other_key(facts: DomainFacts, is_prepared: bool) -> None:
    """Two kinds of keys have a record each; the next key would fit neither (requirements DANE-28)."""
    found = {finding.code for finding in judge(judge_servers(facts, NOW))}
    assert ("dane-rollover-prepared" in found) == is_prepared


def test_the_name_counts_for_usage_2() -> None:
    """A chain that is good for another host: its issuer is named, and the certificate is not for this one."""
    foreign = replace(leaf_of(OTHER), presented_for=(HOST,))
    assert codes(one(own_issuer(OTHER), leaves=[foreign])) == {"dane-wrong-name"}
    assert codes(one(own_key(OTHER), leaves=[foreign])) == {"dane-matches"}


def test_another_certificate_without_a_name() -> None:
    endpoint = replace(working(), tls=asked(replace(STRICT, no_name="other")))
    assert codes(one(KEY, endpoint=endpoint)) == {"dane-matches", "dane-default-certificate"}


def test_the_address_that_differs_is_named() -> None:
    """One fits and one doesn't: each is told of (DANE-49)."""
    server = with_dane(HOST, records(KEY), working(A), working(B, leaf="other"))
    facts = signed_domain(server, certificates=[leaf_of(HOST), replace(leaf_of(OTHER, "other"), presented_for=(HOST,))])
    raised = {f.code: str(f.subject.address) for f in judge(judge_servers(facts, NOW)) if f.code in OWN}
    assert raised == {"dane-matches": A, "dane-no-match": B}


def two(first: Any, second: Any, **more: Any) -> DomainFacts:
    servers = with_dane(HOST, first, working(A)), with_dane(OTHER, second, working(B, leaf="other"), preference=20)
    return signed_domain(*servers, certificates=[leaf_of(HOST), leaf_of(OTHER, "other")], **more)


SEVERAL: list[tuple[str, DomainFacts, set[str]]] = [
    ("both", two(records(KEY), records(own_key(OTHER))), {"dane-matches"}),
    ("one of two", two(records(KEY), records()), {"dane-matches", "dane-partial"}),
    (
        "one of two, the other's not signed",
        two(records(KEY), records(own_key(OTHER), security="insecure")),
        {"dane-matches", "dane-partial"},
    ),
    ("none of two", two(records(), records()), {"dane-possible"}),
    ("none of two, one not signed", two(records(), records(addresses="insecure")), set()),
    ("one not seen", two(records(KEY), answered(Failed(FailureKind.DEADLINE))), {"dane-matches", "dane-not-seen"}),
    (
        "nothing seen",
        two(records(security=None, addresses=None), records(security=None, addresses=None)),
        {"dane-not-seen"},
    ),
]


def test_a_server_without_an_address_has_no_part_in_it() -> None:
    """No sender asks for its records, so none are missed."""
    gone = with_dane(OTHER, answered(NotTried(Reason.NOT_ASKED)), preference=20)
    facts = signed_domain(with_dane(HOST, records(KEY), working(A)), gone, certificates=[leaf_of(HOST)])
    assert codes(facts) == {"dane-matches"}


@pytest.mark.parametrize(("name", "facts", "expected"), SEVERAL, ids=[case[0] for case in SEVERAL])
def test_several_servers(name: str, facts: DomainFacts, expected: set[str]) -> None:
    assert codes(facts) == expected, name


def test_a_resolver_that_does_not_validate_is_told_of_once() -> None:
    """The finding on DNSSEC speaks of DANE too, and says what changes it."""
    facts = two(records(security=None, addresses=None), records(security=None, addresses=None))
    blind = replace(facts, vantage=replace(facts.vantage, dnssec=False))
    assert codes(blind) == set()
    assert "dnssec-not-seen" in {finding.code for finding in judge(judge_servers(blind, NOW))}


def test_keys_in_full_that_begin_alike_are_two() -> None:
    """Each begins with what says which kind of key it is (DANE-14)."""
    other = "mx.elsewhere.test"
    one, two = own_key_in_full(HOST), own_key_in_full(other)
    assert one.data[:32] == two.data[:32]
    assert written(one, 16) != written(two, 16)
    servers = with_dane(HOST, records(one), working(A)), with_dane(other, records(two), working(B), preference=20)
    assert "dane-shared-key" not in codes(signed_domain(*servers))


@pytest.mark.parametrize(("other", "is_shared"), [("mx2.d.test", False), ("mx.elsewhere.test", True)])
def test_one_key_at_several_operators(other: str, is_shared: bool) -> None:
    """Names in one domain are one operator's, as far as names tell (DANE-14)."""
    both = records(KEY, NOBODYS)
    servers = with_dane(HOST, both, working(A)), with_dane(other, both, working(B), preference=20)
    shown = replace(leaf_of(HOST), presented_for=(HOST, other))
    assert ("dane-shared-key" in codes(signed_domain(*servers, certificates=[shown]))) is is_shared
