"""What senders do that obey DANE, alone and beside MTA-STS, as tables (requirements 9, RFC 7672 section 2.2)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checker.assessment.delivery import simulate
from checker.assessment.judged import Delivery
from checker.assessment.states import judge_servers
from checker.dane.facts import DaneFacts
from checker.facts import DomainFacts, EndpointFacts
from checker.network.ports import Security
from checker.observation import Failed, FailureKind
from tests.dane_builders import (
    NOBODYS,
    UNUSABLE,
    answered,
    bogus_mx,
    leaf_of,
    own_issuer,
    own_key,
    records,
    signed_domain,
    with_dane,
)
from tests.fact_builders import (
    NO_ADDRESSES,
    NOW,
    dead,
    domain,
    handshake_failing,
    reply,
    talking,
    without_starttls,
    working,
)
from tests.policy_builders import promising, without_promise

HOST, OTHER = "mx.d.test", "mx2.d.test"
A, B = "192.52.193.1", "192.52.193.2"
SERVFAIL, BOGUS = Failed(FailureKind.SERVFAIL, "SERVFAIL."), Failed(FailureKind.BOGUS, "Bogus.")
SILENT = Failed(FailureKind.RESOLVER_TIMEOUT, "No answer.")
LONG_AGO = {"not_before": NOW - timedelta(days=9), "not_after": NOW - timedelta(days=1)}
LETTERS = {
    "plaintext": "P",
    "encrypted": "E",
    "authenticated": "A",
    "deferred": "D",
    "refused": "R",
    "unknown": "U",
}

MATCHING, ISSUER, WRONG = records(own_key(HOST)), records(own_issuer(HOST)), records(NOBODYS)
USELESS, ABSENT = records(UNUSABLE), records()
UNCHECKED = records(own_key(HOST), security=None, addresses=None)
UNSIGNED = records(NOBODYS, security="insecure")


def one(dane: DaneFacts, *endpoints: EndpointFacts, mx: Security | None = "secure", **leaf: Any) -> DomainFacts:
    """A domain with one server, whose certificate no authority vouches for unless ``leaf`` says otherwise."""
    server = with_dane(HOST, dane, *(endpoints or (working(),)))
    return signed_domain(server, certificates=[leaf_of(HOST, **({"trusted": False} | leaf))], mx=mx)


FIRST, SECOND = working(A, leaf=HOST), working(B, leaf=OTHER)


def two(
    *dane: DaneFacts, preference: int = 20, first: EndpointFacts = FIRST, second: EndpointFacts = SECOND
) -> DomainFacts:
    """Two servers that DNS ranks, each with its own key."""
    servers = (with_dane(HOST, dane[0], first), with_dane(OTHER, dane[1], second, preference=preference))
    return signed_domain(*servers, certificates=[leaf_of(HOST, HOST), leaf_of(OTHER, OTHER)])


def rows(facts: DomainFacts) -> dict[tuple[str, str | None], Delivery]:
    return {(delivery.sender, delivery.variant): delivery for delivery in simulate(judge_servers(facts, NOW))}


def of(sender: str, facts: DomainFacts, variant: str | None = None) -> Delivery:
    return rows(facts)[sender, variant]


# what the records are, the facts, the end for dane, its code and result type
ONE: list[tuple[str, DomainFacts, str, str | None, str | None]] = [
    ("a match, by nobody's authority", one(MATCHING), "A", None, None),
    ("a match, expired: usage 3 knows no dates", one(MATCHING, **LONG_AGO), "A", None, None),
    ("a match by the issuer", one(ISSUER), "A", None, None),
    ("by the issuer, expired", one(ISSUER, **LONG_AGO), "A", None, None),
    ("no match", one(WRONG), "D", "4.7.5", "tlsa-invalid"),
    ("no match, though trusted", one(WRONG, trusted=True), "D", "4.7.5", "tlsa-invalid"),
    ("usable, and no STARTTLS", one(MATCHING, without_starttls()), "D", "4.7.4", "starttls-not-supported"),
    ("usable, and 454", one(MATCHING, talking(starttls=reply(454))), "D", "4.7.4", "starttls-not-supported"),
    ("usable, and the handshake fails", one(MATCHING, handshake_failing()), "D", "4.7.5", "validation-failure"),
    ("usable, and dead", one(MATCHING, dead()), "D", "4.4.1", None),
    ("usable, and old TLS will do", one(MATCHING, working(version="TLSv1.0")), "A", None, None),
    ("usable, and no certificate", one(MATCHING, working(leaf=None)), "D", "4.7.5", "tlsa-invalid"),
    ("usable, one address of two fails", one(MATCHING, working(A), without_starttls(B)), "A", None, None),
    ("of no use: TLS is required", one(USELESS), "E", None, "tlsa-invalid"),
    ("of no use, and no STARTTLS", one(USELESS, without_starttls()), "D", "4.7.4", "starttls-not-supported"),
    ("none", one(ABSENT), "E", None, None),
    ("none, and no STARTTLS", one(ABSENT, without_starttls()), "P", None, None),
    ("not signed: as none", one(UNSIGNED), "E", None, None),
    ("not signed, and no STARTTLS", one(UNSIGNED, without_starttls()), "P", None, None),
    ("the look-up fails", one(answered(SERVFAIL)), "D", "4.7.5", "dnssec-invalid"),
    ("the look-up is bogus", one(answered(BOGUS)), "D", "4.7.5", "dnssec-invalid"),
    ("the look-up fails for us alone", one(answered(SILENT)), "U", None, None),
    ("it fails for us alone, and the server is dead", one(answered(SILENT), dead()), "D", "4.4.1", None),
    ("a resolver that checks nothing", one(UNCHECKED, mx=None), "U", None, None),
    ("an MX answer that is not signed, and a match", one(MATCHING, mx="insecure"), "E", None, None),
    ("an MX answer that is not signed, and no match", one(WRONG, mx="insecure"), "D", "4.7.5", "tlsa-invalid"),
    ("a bogus MX answer", bogus_mx(BOGUS), "D", "4.4.3", "dnssec-invalid"),
    ("an MX look-up that fails", bogus_mx(SERVFAIL), "D", "4.4.3", "dnssec-invalid"),
    ("an MX look-up that fails for us alone", bogus_mx(SILENT), "U", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "facts", "end", "code", "result"), ONE, ids=[case[0] for case in ONE])
def test_one_server(name: str, facts: DomainFacts, end: str, code: str | None, result: str | None) -> None:
    """A sender that knows DANE alone. Without a policy the one that knows both ends alike."""
    for sender in ("dane", "dane-mta-sts"):
        found = of(sender, without_promise(facts))
        assert (LETTERS[found.outcome], found.status_code, found.result_type) == (end, code, result), name
        assert found.final_status_code == (f"5{code[1:]}" if code else None)


OWN_B = records(own_key(OTHER))
# facts, the steps by server, the end
WALKS: list[tuple[str, DomainFacts, list[tuple[str | None, str]], str]] = [
    ("a mismatch: the next matches", two(WRONG, OWN_B), [(HOST, "fail"), (OTHER, "deliver")], "A"),
    ("a mismatch: the next has no records", two(WRONG, ABSENT), [(HOST, "fail"), (OTHER, "deliver")], "E"),
    ("a look-up that fails: the next", two(answered(SERVFAIL), OWN_B), [(HOST, "skip"), (OTHER, "deliver")], "A"),
    ("security never reorders", two(ABSENT, OWN_B), [(HOST, "deliver")], "E"),
    ("both mismatch", two(WRONG, WRONG), [(HOST, "fail"), (OTHER, "fail")], "D"),
    ("a mismatch, then clear text", two(WRONG, ABSENT, second=without_starttls(B)),
     [(HOST, "fail"), (OTHER, "deliver")], "P"),
    ("a mismatch, then what we could not see", two(WRONG, answered(SILENT)), [(HOST, "fail"), (OTHER, "skip")], "U"),
    ("equals: the worse way", two(MATCHING, ABSENT, preference=10), [(None, "try"), (OTHER, "deliver")], "E"),
    ("dead, then a match", two(MATCHING, OWN_B, first=dead(A)), [(HOST, "fail"), (OTHER, "deliver")], "A"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "facts", "steps", "end"), WALKS, ids=[case[0] for case in WALKS])
def test_walks(name: str, facts: DomainFacts, steps: list[tuple[str | None, str]], end: str) -> None:
    """Server by server: no failure is anybody's leave to send without protection to that server."""
    found = of("dane", without_promise(facts))
    assert ([(step.host, step.action) for step in found.steps], LETTERS[found.outcome]) == (steps, end), name


def test_a_bogus_address_is_of_dnssec() -> None:
    """The server can't be reached by anybody; who obeys DANE reports why (RFC 8460 section 4.3.2.1)."""
    addresses, facts = with_dane(HOST, ABSENT)
    lost = replace(addresses, ipv4=BOGUS, ipv6=NO_ADDRESSES)
    found = rows(signed_domain((lost, facts), certificates=[]))
    assert {(d.status_code, d.outcome) for d in found.values()} == {("4.4.3", "deferred")}
    assert found["dane", None].result_type == "dnssec-invalid"
    assert found["opportunistic", None].result_type is None


# DANE beside MTA-STS: facts, the end for mta-sts / dane / dane-mta-sts, and the rows of software that differs
GOOD = {"trusted": True}
BOTH: list[tuple[str, DomainFacts, str, dict[str, str]]] = [
    ("both pass", promising(one(MATCHING, **GOOD), HOST), "AAA", {}),
    ("DANE fails and the policy is kept: final", promising(one(WRONG, **GOOD), HOST), "ADD", {}),
    ("DANE passes, the certificate is nobody's", promising(one(MATCHING), HOST), "DAA", {"mox": "D"}),
    ("DANE passes, and the policy doesn't list it", promising(one(MATCHING, **GOOD), "x.test"), "DAA",
     {"mox": "D", "Stalwart": "D"}),
    ("DANE passes, the policy is on trial", promising(one(MATCHING), HOST, mode="testing"), "EAA", {}),
    ("of no use, and a good certificate: the policy counts", promising(one(USELESS, **GOOD), HOST), "AEA", {}),
    ("of no use, and a bad certificate", promising(one(USELESS), HOST), "DED", {}),
    ("of no use, a policy that nobody saw", one(USELESS), "UEU", {}),
    ("of no use, a policy that nobody saw, and no STARTTLS", one(USELESS, without_starttls()), "UDD", {}),
    ("of no use, a policy on trial, and no STARTTLS", promising(one(USELESS, without_starttls()), HOST, mode="testing"),
     "PDD", {}),
    ("none: the policy counts", promising(one(ABSENT, **GOOD), HOST), "AEA", {}),
    ("none, and a bad certificate", promising(one(ABSENT), HOST), "DED", {}),
    ("a look-up that fails: no policy helps", promising(one(answered(SERVFAIL), **GOOD), HOST), "ADD", {}),
    ("a match, and a policy that nobody saw", one(MATCHING), "UAA", {}),
    ("none, and a policy that nobody saw", one(ABSENT), "UEU", {}),
    ("none, a policy that nobody saw, and dead", one(ABSENT, dead()), "DDD", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "facts", "ends", "variants"), BOTH, ids=[case[0] for case in BOTH])
def test_both(name: str, facts: DomainFacts, ends: str, variants: dict[str, str]) -> None:
    """The main line lets DANE decide; where software asks for both and that ends otherwise, it has a row."""
    found = rows(facts)
    senders = ("mta-sts", "dane", "dane-mta-sts")
    assert "".join(LETTERS[found[sender, None].outcome] for sender in senders) == ends, name
    differing = {variant: LETTERS[d.outcome] for (_, variant), d in found.items() if variant is not None}
    assert differing == variants


def test_records_of_no_use_are_reported_under_a_policy_too() -> None:
    """A sender that knows both delivers by the policy, and tells what DANE failed with."""
    found = of("dane-mta-sts", promising(one(USELESS, **GOOD), HOST))
    assert (found.outcome, found.result_type) == ("authenticated", "tlsa-invalid")


@pytest.mark.parametrize(("mx", "note"), [("insecure", "is not signed"), (None, "could not see whether the MX")])
def test_who_vouches_for_the_server_is_told(mx: Any, note: str) -> None:
    """The record fits; what is not known of the MX answer is not called unsigned."""
    found = of("dane", without_promise(one(MATCHING, mx=mx)))
    assert found.outcome == "encrypted"
    assert note in found.steps[-1].why


def test_an_unsigned_mx_record_is_read_in_two_ways() -> None:
    """RFC 7672 section 2.2.1 leaves it open: Postfix goes by the records all the same, Exim does not."""
    found = rows(without_promise(one(WRONG, mx="insecure")))
    assert found["dane", None].outcome == "deferred"
    assert found["dane", "Exim"].outcome == "encrypted"
    assert ("dane", "Exim") not in rows(without_promise(one(MATCHING, mx="insecure")))
    assert ("dane", "Exim") not in rows(without_promise(one(WRONG)))


def test_with_the_best_server_down() -> None:
    """Every kind of sender again, as if the best servers were dead: faults behind them come to light."""
    found = rows(without_promise(two(MATCHING, WRONG)))
    assert [sender for sender, variant in found if variant == "best-down"] == [
        *("opportunistic", "mandatory-tls", "forced-tls", "verified-tls"),
        *("mta-sts", "mta-sts-cached", "dane", "dane-mta-sts"),
    ]
    assert found["dane", None].outcome == "authenticated"
    fallen = found["dane", "best-down"]
    assert (fallen.outcome, [(s.host, s.action) for s in fallen.steps]) == (
        "deferred",
        [(HOST, "skip"), (OTHER, "fail")],
    )


@pytest.mark.parametrize(
    "facts",
    [one(MATCHING), two(MATCHING, WRONG, preference=10), domain(), bogus_mx(BOGUS)],
    ids=["one server", "all of equal rank", "no server", "no answer"],
)
def test_without_another_server_nothing_is_supposed(facts: DomainFacts) -> None:
    """There would be nothing to say."""
    assert "best-down" not in {variant for _, variant in rows(facts)}
