"""Software that tries every server before it goes on in clear text, where TLS was begun and failed."""

import pytest

from checker.assessment.delivery import simulate
from checker.assessment.states import judge_servers
from checker.assessment.verdict import assess
from checker.facts import DomainFacts
from checker.report.build import build
from tests.fact_builders import NOW, dead, domain, handshake_failing, server, without_starttls, working
from tests.policy_builders import promising, without_promise

A, B = "192.52.193.1", "192.52.193.2"
FIRST_FAILS = server("a.test", handshake_failing(A), preference=5)
ONE = domain(FIRST_FAILS)
GOOD_NEXT = domain(FIRST_FAILS, server("b.test", working(B)))
CLEAR_NEXT = domain(FIRST_FAILS, server("b.test", without_starttls(B)))
DEAD_NEXT = domain(FIRST_FAILS, server("b.test", dead(B)))
BOTH_FAIL = domain(FIRST_FAILS, server("b.test", handshake_failing(B)))
TWO_ADDRESSES = domain(server("a.test", handshake_failing(A), working(B)))
CLEAR_FIRST = domain(server("a.test", without_starttls(A), preference=5), server("b.test", working(B)))

# reason, facts, how and where the mail arrives from Postfix, null where it fares as with others
CASES: list[tuple[str, DomainFacts, tuple[str, str] | None]] = [
    ("the next server has TLS", GOOD_NEXT, ("encrypted", "b.test")),
    ("the next server has none: that isn't a failure", CLEAR_NEXT, ("plaintext", "b.test")),
    ("the next server is dead: later in clear text to the first", DEAD_NEXT, None),
    ("TLS fails at both", BOTH_FAIL, None),
    ("there is no other server", ONE, None),
    ("another address of the server has TLS", TWO_ADDRESSES, ("encrypted", "a.test")),
    ("the first offers no TLS: nothing failed", CLEAR_FIRST, None),
]


@pytest.mark.parametrize(("reason", "facts", "end"), CASES, ids=[case[0] for case in CASES])
def test_postfix(reason: str, facts: DomainFacts, end: tuple[str, str] | None) -> None:
    """It has a row of its own behind each kind of sender that it may be and that would go on in clear text."""
    state = judge_servers(without_promise(facts), NOW)
    found = {one.sender: one for one in simulate(state) if one.variant == "Postfix"}
    ends = {(one.outcome, one.via) for one in found.values()}
    assert ends == ({end} if end else set()), reason
    assert not end or {"opportunistic", "mta-sts", "mta-sts-cached"} <= found.keys()


def test_who_never_uses_clear_text_has_no_such_row() -> None:
    """An enforced policy, or a sender that insists on TLS, tries the next server anyway."""
    facts = promising(GOOD_NEXT, "a.test", "b.test")
    found = {one.sender for one in simulate(judge_servers(facts, NOW)) if one.variant == "Postfix"}
    assert "opportunistic" in found
    assert not found & {"mandatory-tls", "forced-tls", "verified-tls", "mta-sts", "mta-sts-cached"}


def test_the_software_is_named_once() -> None:
    """Postfix isn't among those of the row that it doesn't fare like; where it has no row of its own it is."""
    for facts, is_named in ((GOOD_NEXT, False), (ONE, True)):
        verdict = assess(without_promise(facts), (), NOW)
        row = next(
            d for d in build(facts, verdict, None)["deliveries"] if d["sender"] == "opportunistic" and not d["variant"]
        )
        assert any("Postfix" in real["name"] for real in row["real_senders"]) == is_named
        assert any("Exim" in real["name"] for real in row["real_senders"])
