"""What each kind of sender does with a mail for a domain, server by server (requirements 9)."""

from dataclasses import replace
from typing import Any

import pytest

from checker.assessment.delivery import simulate
from checker.assessment.judged import Delivery
from checker.assessment.states import judge_servers
from checker.facts import DomainFacts
from checker.mx.facts import MxFacts
from checker.observation import Failed, FailureKind, NotTried, Reason
from tests.fact_builders import (
    DNS_IS_DOWN,
    NO_ADDRESSES,
    NOW,
    certificate,
    dead,
    domain,
    expired,
    failed,
    handshake_failing,
    mx_failed,
    not_tried,
    reply,
    server,
    talking,
    without_starttls,
    working,
)
from tests.policy_builders import without_promise

LETTERS = {
    "plaintext": "P",
    "encrypted": "E",
    "authenticated": "A",
    "deferred": "D",
    "refused": "R",
    "unknown": "U",
}
A, B, C = "192.52.193.1", "192.52.193.2", "192.52.193.3"
RESOLVER_IS_SLOW = Failed(FailureKind.RESOLVER_TIMEOUT, "Our resolver was too slow.")


def deliveries(facts: DomainFacts) -> dict[str, Delivery]:
    return {delivery.sender: delivery for delivery in simulate(judge_servers(facts, NOW)) if delivery.variant is None}


def ends(facts: DomainFacts) -> str:
    """A letter for each of the four that ask for no policy."""
    return "".join(LETTERS[delivery.outcome] for delivery in list(deliveries(facts).values())[:4])


def steps(facts: DomainFacts, sender: str = "opportunistic") -> list[tuple[str | None, str]]:
    return [(step.host, step.action) for step in deliveries(facts)[sender].steps]


def without_servers(status: Any) -> DomainFacts:
    return domain(mx=MxFacts(answer=NO_ADDRESSES, status=status))  # type: ignore[arg-type]


# What DNS says before any server is tried: reason, facts, outcome, code now, code in the bounce
BEFORE: list[tuple[str, DomainFacts, str, str | None, str | None]] = [
    ("null MX", without_servers("null-mx"), "refused", "5.1.10", "5.1.10"),
    ("no such domain", without_servers("nxdomain"), "refused", "5.1.2", "5.1.2"),
    ("neither MX nor address", without_servers("none"), "refused", "5.4.4", "5.4.4"),
    ("SERVFAIL meets everyone", domain(mx=mx_failed(FailureKind.SERVFAIL)), "deferred", "4.4.3", "5.4.3"),
    ("a bogus signature", domain(mx=mx_failed(FailureKind.BOGUS)), "deferred", "4.4.3", "5.4.3"),
    ("an endless alias", domain(mx=mx_failed(FailureKind.ALIAS_CHAIN)), "deferred", "4.4.3", "5.4.3"),
    ("our resolver is slow", domain(mx=mx_failed(FailureKind.RESOLVER_TIMEOUT)), "unknown", None, None),
    ("our resolver refuses", domain(mx=mx_failed(FailureKind.RESOLVER_REFUSED)), "unknown", None, None),
    ("our deadline", domain(mx=mx_failed(FailureKind.DEADLINE)), "unknown", None, None),
    ("DNS did not answer yet", domain(mx=MxFacts()), "unknown", None, None),
]


@pytest.mark.parametrize(("reason", "facts", "outcome", "code", "final"), BEFORE, ids=[case[0] for case in BEFORE])
def test_before_servers(reason: str, facts: DomainFacts, outcome: str, code: str | None, final: str | None) -> None:
    """It ends alike for all eight kinds of sender, with no server named and no word of TLS.

    Who obeys DANE reports that signatures may be to blame (RFC 8460 section 4.3.2.1).
    """
    given = deliveries(facts)
    assert {delivery.outcome for delivery in given.values()} == {outcome}, reason
    assert {(d.status_code, d.final_status_code, d.via) for d in given.values()} == {(code, final, None)}
    is_of_dns = reason in ("SERVFAIL meets everyone", "a bogus signature")
    reporting = {sender for sender, delivery in given.items() if delivery.result_type == "dnssec-invalid"}
    assert reporting == ({"dane", "dane-mta-sts"} if is_of_dns else set())
    assert {d.result_type for d in given.values()} <= {None, "dnssec-invalid"}
    assert all(step.host is None for delivery in given.values() for step in delivery.steps)


def good(host: str = "a.test", preference: int = 10, address: str = A) -> Any:
    return server(host, working(address), preference=preference)


def down(host: str = "a.test", preference: int = 10, address: str = A) -> Any:
    return server(host, dead(address), preference=preference)


def clear(host: str = "a.test", preference: int = 10, address: str = A) -> Any:
    return server(host, without_starttls(address), preference=preference)


def unseen(host: str = "a.test", preference: int = 10, address: str = A) -> Any:
    return server(host, dead(address, FailureKind.DEADLINE), preference=preference)


def nameless(host: str = "a.test", preference: int = 10, answer: Any = NO_ADDRESSES) -> Any:
    return server(host, preference=preference, ipv4=answer, ipv6=answer)


V6 = "2620:4f::1"
NO_IPV6 = not_tried(Reason.NO_ADDRESS_FAMILY, V6)

# reason, facts, opportunistic / mandatory / forced / verified
WALKS: list[tuple[str, DomainFacts, str]] = [
    ("one good server", domain(good()), "EEEA"),
    ("an expired certificate", domain(good(), certificates=[expired("a.test")]), "EEED"),
    ("no STARTTLS", domain(clear()), "PDDD"),
    ("the handshake fails", domain(server("a.test", handshake_failing())), "PDDD"),
    ("dead", domain(down()), "DDDD"),
    ("421, lasting", domain(server("a.test", talking(greeting=reply(421)))), "DDDD"),
    ("421, once", domain(server("a.test", talking(tries=1, greeting=reply(421)))), "UUUU"),
    ("dead first, then good: forced TLS wants all", domain(down(), good("b.test", 20, B)), "EEDA"),
    ("good first, then dead", domain(good(), down("b.test", 20, B)), "EEDA"),
    ("clear first, then good: who insists goes on", domain(clear(), good("b.test", 20, B)), "PEDA"),
    ("good first, clear behind it is never reached", domain(good(), clear("b.test", 20, B)), "EEDA"),
    ("two good ones of equal rank", domain(good(), good("b.test", 10, B)), "EEEA"),
    ("equal rank: the worse way", domain(good(), clear("b.test", 10, B)), "PEDA"),
    ("equal rank: a dead one is passed by", domain(down(), good("b.test", 10, B)), "EEDA"),
    ("equal rank: unknown beats encrypted", domain(unseen(), good("b.test", 10, B)), "UUUU"),
    ("equal rank: clear text beats unknown", domain(unseen(), clear("b.test", 10, B)), "PUDU"),
    ("what we could not see stops the walk", domain(unseen(), good("b.test", 20, B)), "UUUU"),
    ("behind a good one it changes nothing but forced TLS", domain(good(), unseen("b.test", 20, B)), "EEUA"),
    ("dead, then unseen: forced TLS is never content", domain(down(), unseen("b.test", 20, B)), "UUDU"),
    ("no server has an address", domain(nameless(), nameless("b.test", 20)), "RRRR"),
    ("one has none, the other is dead", domain(nameless(), down("b.test", 20, B)), "DDDD"),
    ("one is dead, the other has none", domain(down(), nameless("b.test", 20)), "DDDD"),
    ("one of equal rank has none", domain(nameless(), down("b.test", 10, B)), "DDDD"),
    ("one has none, the other is good", domain(nameless(), good("b.test", 20, B)), "EEDA"),
    ("the address look-up fails for everyone", domain(nameless(answer=DNS_IS_DOWN)), "DDDD"),
    ("a bogus address", domain(nameless(answer=failed(FailureKind.BOGUS))), "DDDD"),
    ("the address look-up fails for us", domain(nameless(answer=RESOLVER_IS_SLOW)), "UUUU"),
    ("its turn did not come", domain(nameless(answer=NotTried(Reason.PENDING))), "UUUU"),
    ("a private address", domain(server("a.test", not_tried(Reason.BLOCKED_ADDRESS))), "UUUU"),
    ("dead, and no IPv6 here", domain(server("a.test", dead(), NO_IPV6), ipv6=False), "DDDD"),
    ("good, and no IPv6 here", domain(server("a.test", working(), NO_IPV6), ipv6=False), "EEEA"),
    ("dead; its AAAA we could not ask", domain(server("a.test", dead(), ipv6=RESOLVER_IS_SLOW)), "UUUU"),
    ("dead; its AAAA fails for everyone", domain(server("a.test", dead(), ipv6=DNS_IS_DOWN)), "DDDD"),
    ("dead; IPv6 counts for nothing here", domain(server("a.test", dead(), ipv6=RESOLVER_IS_SLOW), ipv6=False), "DDDD"),
    ("two addresses, one dead", domain(server("a.test", dead(A), working(B))), "EEEA"),
    ("two addresses, one in clear text", domain(server("a.test", working(A), without_starttls(B))), "PEDA"),
    ("two addresses, one unseen", domain(server("a.test", working(A), dead(B, FailureKind.DEADLINE))), "UUUU"),
]


@pytest.mark.parametrize(("reason", "facts", "want"), WALKS, ids=[case[0] for case in WALKS])
def test_walks(reason: str, facts: DomainFacts, want: str) -> None:
    """How it ends for who encrypts when it can, insists, insists for the whole domain, and checks certificates."""
    assert ends(without_promise(facts)) == want, reason


@pytest.mark.parametrize(("reason", "facts", "want"), WALKS, ids=[case[0] for case in WALKS])
def test_who_obeys_what_nobody_saw(reason: str, facts: DomainFacts, want: str) -> None:
    """What stops a sender that asks for nothing stops it too; the rest is unknown, and says what it depends on."""
    plain, *_ = given = list(deliveries(facts).values())
    for delivery, promise in zip(given[4:], ("MTA-STS", "MTA-STS", "DANE", "DANE"), strict=True):
        if want[0] in "DR":
            alike = replace(delivery, sender=plain.sender, messages=plain.messages)
            assert alike == replace(plain, result_type=None), reason
        else:
            [step] = delivery.steps
            assert (delivery.outcome, delivery.status_code) == ("unknown", None)
            assert promise in step.why


def test_forced_tls_does_not_guess_whether_certificates_count() -> None:
    """Where nobody saw the policy, it delivers only what it would deliver either way."""
    bad = domain(good(), certificates=[expired("a.test")])
    assert (ends(domain(good())), ends(bad)) == ("EEEA", "EEUD")


CODES: list[tuple[str, DomainFacts, str, str, str | None]] = [
    ("dead", domain(down()), "opportunistic", "4.4.1", None),
    ("no address at all", domain(nameless()), "opportunistic", "5.4.4", None),
    ("no answer for its address", domain(nameless(answer=DNS_IS_DOWN)), "opportunistic", "4.4.3", None),
    ("421, lasting", domain(server("a.test", talking(greeting=reply(421)))), "opportunistic", "4.3.2", None),
    ("no STARTTLS", domain(clear()), "mandatory-tls", "4.7.4", "starttls-not-supported"),
    ("454", domain(server("a.test", talking(starttls=reply(454)))), "mandatory-tls", "4.7.4", "starttls-not-supported"),
    ("454 with the server's own code", domain(server("a.test", talking(starttls=reply(454, "4.7.0 not now")))),
     "mandatory-tls", "4.7.0", "starttls-not-supported"),
    ("turned away for good, which Postfix tries again", domain(server("a.test", talking(
        greeting=reply(554, "5.7.1 go away")))), "opportunistic", "4.7.1", None),
    ("turned away without a code of its own", domain(server("a.test", talking(greeting=reply(554, "5.7 no")))),
     "opportunistic", "4.3.2", None),
    ("a TLS alert", domain(server("a.test", handshake_failing())), "mandatory-tls", "4.7.5", "validation-failure"),
    ("expired", domain(good(), certificates=[expired("a.test")]), "verified-tls", "4.7.5", "certificate-expired"),
    ("wrong name", domain(good(), certificates=[certificate("b.test")]), "verified-tls", "4.7.5",
     "certificate-host-mismatch"),
    ("untrusted", domain(good(), certificates=[certificate("a.test", trusted=False)]), "verified-tls", "4.7.5",
     "certificate-not-trusted"),
    ("the last server tells the reason", domain(clear(), down("b.test", 20, B)), "mandatory-tls", "4.4.1", None),
    ("one without address has none to tell", domain(down(), nameless("b.test", 20)), "opportunistic", "4.4.1", None),
    ("forced TLS, one in clear", domain(clear()), "forced-tls", "4.7.4", "starttls-not-supported"),
    ("forced TLS, one dead", domain(good(), down("b.test", 20, B)), "forced-tls", "4.7.4", None),
    ("forced TLS, all dead: as for others", domain(down()), "forced-tls", "4.4.1", None),
    ("forced TLS, no address: as for others", domain(nameless()), "forced-tls", "5.4.4", None),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "facts", "sender", "code", "type_"), CODES, ids=[case[0] for case in CODES])
def test_codes(reason: str, facts: DomainFacts, sender: str, code: str, type_: str | None) -> None:
    """A 4 while it waits becomes a 5 in the bounce; the result type is RFC 8460's."""
    given = deliveries(facts)[sender]
    assert (given.status_code, given.final_status_code) == (code, f"5{code[1:]}"), reason
    assert given.result_type == type_


def test_servers_come_by_preference() -> None:
    """Each failure is told in that order, and the walk ends with the first server that takes the mail."""
    facts = domain(down("c.test", 5, C), clear("a.test", 10, A), good("b.test", 20, B))
    assert steps(facts) == [("c.test", "fail"), ("a.test", "deliver")]
    assert steps(facts, "mandatory-tls") == [("c.test", "fail"), ("a.test", "fail"), ("b.test", "deliver")]
    assert [delivery.via for delivery in list(deliveries(facts).values())[:4]] == ["a.test", "b.test", None, "b.test"]


def test_equals_that_end_differently_are_noted() -> None:
    """The note says so once; where they end alike there is none."""
    differing = deliveries(domain(good(), clear("b.test", 10, B)))["opportunistic"]
    assert [(step.host, step.action) for step in differing.steps] == [(None, "try"), ("b.test", "deliver")]
    assert "servers of equal rank" in differing.steps[0].why
    assert "This is the worse way" in differing.steps[0].why
    addresses = deliveries(domain(server("a.test", working(A), without_starttls(B))))["opportunistic"]
    assert "addresses of equal rank" in addresses.steps[0].why
    assert steps(domain(good(), good("b.test", 10, B))) == [("a.test", "deliver")]


CLEAR_BEHIND_DEAD = domain(good("c.test", 5, C), down(), clear("b.test", 20, B))

FAULTS: list[tuple[str, DomainFacts, str, str]] = [
    ("the one in clear", domain(good(), clear("b.test", 20, B)), "b.test", "It does not encrypt sufficiently"),
    ("the dead one", domain(good(), down("b.test", 20, B)), "b.test", "It does not work"),
    (
        "in clear before dead",
        domain(good("c.test", 5, C), down(), clear("b.test", 20, B)),
        "b.test",
        "It does not encrypt sufficiently",
    ),
]


@pytest.mark.parametrize(("reason", "facts", "host", "why"), FAULTS, ids=[case[0] for case in FAULTS])
def test_forced_tls_names_the_server_at_fault(reason: str, facts: DomainFacts, host: str, why: str) -> None:
    """The domain fails as a whole, and its owner must know by whom."""
    [step] = deliveries(facts)["forced-tls"].steps
    assert (step.host, step.action) == (host, "fail"), reason
    assert step.why.startswith(why)


# Laws
