"""The verdict as a whole: pure, never raising, and with the right sentence for people."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from checker.assessment.verdict import assess
from checker.facts import DomainFacts, from_json, to_json
from checker.finding import Severity
from checker.mx.facts import MxFacts
from checker.names import DomainName
from checker.network.ports import Answer, MxRecord
from checker.observation import Failed, FailureKind, Reason, Seen
from tests.fact_builders import (
    DNS_IS_DOWN,
    NOW,
    A,
    B,
    C,
    dead,
    domain,
    expired,
    mx_failed,
    not_tried,
    server,
    without_starttls,
    working,
)
from tests.fact_strategies import facts as any_facts

EMPTY = Seen(Answer(rcode="noerror"))


def keeping_its_contract(facts: DomainFacts) -> DomainFacts:
    """MX facts name hosts exactly where their status says so."""
    has_servers = facts.mx.status in ("explicit", "implicit", "invalid")
    if has_servers == bool(facts.mx.hosts):
        return facts
    status = "explicit" if facts.mx.hosts else "none"
    return replace(facts, mx=replace(facts.mx, status=status))


@given(any_facts.map(keeping_its_contract))
@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
def test_any_facts_have_a_verdict(facts: DomainFacts) -> None:
    """Whatever was observed, likely or not, is judged without raising, and again alike from stored JSON."""
    verdict = assess(facts, (), NOW)
    assert assess(from_json(to_json(facts)), (), NOW) == verdict
    assert (verdict.score is None) == (verdict.grade is None) == (verdict.level in ("no-mail", "inconclusive"))
    assert len([delivery for delivery in verdict.deliveries if delivery.variant is None]) == 8


def no_mail(status: str) -> DomainFacts:
    return domain(mx=MxFacts(answer=EMPTY, status=status))  # type: ignore[arg-type]


TIMEOUT = FailureKind.TIMEOUT
OUR_DEFECT = Failed(FailureKind.INTERNAL, "Mailseal broke down.")
PRIVATE = not_tried(Reason.BLOCKED_ADDRESS, "10.0.0.1")
ALIASED: Answer[MxRecord] = Answer(rcode="nxdomain", aliases=(DomainName("c.test"), DomainName("gone.test")))
DANGLING = domain(mx=MxFacts(answer=Seen(ALIASED), status="nxdomain"))

# name, facts, level, provisional, (minimally sufficient, STS-ready), what the headline says
VERDICTS = [
    ("all good", domain(server("a.test", working())), "ready", False, (True, True), "nothing tells senders to insist"),
    (
        "expired",
        domain(server("a.test", working()), certificates=[expired("a.test")]),
        "encrypted",
        False,
        (True, False),
        "cannot tell its servers from an impostor",
    ),
    ("no STARTTLS", domain(server("a.test", without_starttls())), "exposed", False, (False, False), "in clear text"),
    (
        "one dead of three",
        domain(server("a.test", dead(A)), server("b.test", working(B)), server("c.test", working(C))),
        "degraded",
        False,
        (False, False),
        "1 of 3 servers does not work; mail through the others is encrypted, and without it the level would be Ready.",
    ),
    (
        "two dead of three",
        domain(server("a.test", dead(A)), server("b.test", dead(B)), server("c.test", working(C))),
        "degraded",
        False,
        (False, False),
        "2 of 3 servers do not work; mail through the others is encrypted, and without them the level would be Ready.",
    ),
    ("all dead", domain(server("a.test", dead())), "losing-mail", False, (False, False), "no sender can deliver"),
    (
        "names without addresses",
        domain(server("a.test")),
        "losing-mail",
        False,
        (False, False),
        "no sender can deliver",
    ),
    ("bogus", domain(mx=mx_failed(FailureKind.BOGUS)), "losing-mail", False, (None, None), "its DNS answer is broken"),
    (
        "resolver down",
        domain(mx=mx_failed(FailureKind.SERVFAIL)),
        "inconclusive",
        False,
        (None, None),
        "DNS did not tell",
    ),
    (
        "a defect of ours before the mail servers were known",
        domain(mx=mx_failed(FailureKind.INTERNAL)),
        "inconclusive",
        False,
        (None, None),
        "We could not look: Mailseal itself broke down, so this says nothing about the domain.",
    ),
    (
        "a defect of ours before the addresses were known",
        domain(server("a.test", ipv4=OUR_DEFECT, ipv6=OUR_DEFECT)),
        "inconclusive",
        False,
        (None, None),
        "We could not look: Mailseal itself broke down",
    ),
    (
        "a defect of ours at the servers",
        domain(server("a.test", dead(kind=FailureKind.INTERNAL))),
        "inconclusive",
        False,
        (None, None),
        "We could not look: Mailseal itself broke down",
    ),
    ("null MX", no_mail("null-mx"), "no-mail", False, (None, None), "says that it takes no mail"),
    ("no such domain", no_mail("nxdomain"), "no-mail", False, (None, None), "mistyped?"),
    ("neither MX nor address", no_mail("none"), "no-mail", False, (None, None), "no mail server and no address"),
    (
        "port 25 blocked here",
        domain(server("a.test", dead(kind=FailureKind.PORT_BLOCKED))),
        "inconclusive",
        False,
        (None, None),
        "We could not look: outbound port 25 is blocked here, so this says nothing about the domain.",
    ),
    (
        "silence on every server: the port may be blocked here",
        domain(server("a.test", dead(A, TIMEOUT)), server("b.test", dead(B, TIMEOUT))),
        "inconclusive",
        False,
        (None, None),
        "no connection to port 25 of any server came about, and we can't tell whether it is blocked here, so this says",
    ),
    (
        "silence on one server, while the other shows that the port is open",
        domain(server("a.test", dead(A, TIMEOUT)), server("b.test", working(B))),
        "degraded",
        False,
        (False, False),
        "1 of 2 servers does not work",
    ),
    (
        "one dead, one that nobody could judge",
        domain(server("a.test", dead(A)), server("b.test", not_tried(Reason.DEADLINE, B))),
        "losing-mail",
        True,
        (False, False),
        "no sender can deliver to the 1 of 2 servers that we could judge.",
    ),
    (
        "only private addresses",
        domain(server("a.test", PRIVATE), server("b.test", PRIVATE)),
        "inconclusive",
        False,
        (None, None),
        "its servers have only addresses that are not public",
    ),
    (
        "private addresses, and others that can't be tried from here",
        domain(server("a.test", PRIVATE), server("b.test", not_tried(Reason.NO_ADDRESS_FAMILY, "2620:4f::1"))),
        "inconclusive",
        False,
        (None, None),
        "none of its servers has an address that can be tried from here",
    ),
    (
        "an alias of nothing",
        DANGLING,
        "no-mail",
        False,
        (None, None),
        "This domain is an alias of gone.test, which does not exist, so mail to it bounces.",
    ),
    (
        "only IPv6, and none here",
        domain(server("a.test", not_tried(Reason.NO_ADDRESS_FAMILY, "2620:4f::1"))),
        "inconclusive",
        False,
        (None, None),
        "none of its servers has an address that can be tried from here",
    ),
    (
        "addresses not looked up",
        domain(server("a.test", ipv4=DNS_IS_DOWN, ipv6=DNS_IS_DOWN)),
        "inconclusive",
        False,
        (None, None),
        "DNS did not tell the addresses of its servers",
    ),
    (
        "one server not seen",
        domain(server("a.test", working()), server("b.test", not_tried(Reason.DEADLINE, B))),
        "ready",
        True,
        (None, None),
        "nothing tells senders to insist",
    ),
    (
        "one address not seen beside a good one",
        domain(server("a.test", working(A), not_tried(Reason.DEADLINE, B))),
        "ready",
        True,
        (None, None),
        "nothing tells senders to insist",
    ),
    (
        "one in clear, one not seen: false beats null",
        domain(server("a.test", without_starttls()), server("b.test", not_tried(Reason.DEADLINE, B))),
        "exposed",
        True,
        (False, False),
        "in clear text",
    ),
]


@pytest.mark.parametrize(
    ("name", "facts", "level", "provisional", "flags", "says"), VERDICTS, ids=[case[0] for case in VERDICTS]
)
def test_verdicts(
    name: str, facts: DomainFacts, level: str, provisional: bool, flags: tuple[bool | None, ...], says: str
) -> None:
    """Level, flags and headline follow from the facts."""
    verdict = assess(facts, (), NOW)
    assert (verdict.level, verdict.provisional) == (level, provisional), name
    assert (verdict.minimally_sufficient, verdict.sts_ready) == flags
    assert says in verdict.headline


def test_silence_everywhere_blames_nobody() -> None:
    """Deliveries are unknown and say why, and the only finding about it is that it could not be told."""
    verdict = assess(domain(server("a.test", dead(A, TIMEOUT)), server("b.test", dead(B, TIMEOUT))), (), NOW)
    assert {delivery.outcome for delivery in verdict.deliveries} == {"unknown"}
    assert "We can't tell whether port 25 is blocked here." in verdict.deliveries[0].steps[0].why
    assert {finding.severity for finding in verdict.findings} <= {Severity.UNKNOWN, Severity.NOTE, Severity.GOOD}
    [unknown] = [finding for finding in verdict.findings if finding.code == "port-25-unknown"]
    assert "a.test and b.test" in unknown.detail


def test_an_alias_of_nothing_is_no_missing_domain() -> None:
    steps = [step.why for delivery in assess(DANGLING, (), NOW).deliveries for step in delivery.steps]
    assert set(steps) == {"The domain is an alias of gone.test, which does not exist."}


def test_private_addresses_are_told_as_such_to_whoever_delivers() -> None:
    deliveries = assess(domain(server("a.test", PRIVATE)), (), NOW).deliveries
    assert deliveries[0].outcome == "unknown"
    assert deliveries[0].steps[0].why == "It has only addresses that are not public."


def test_a_dead_server_beside_unknown_ones_does_not_speak_of_servers_that_work() -> None:
    dead_one, unknown = server("a.test", dead(A)), server("b.test", not_tried(Reason.DEADLINE, B))
    alone = {f.code: f.detail for f in assess(domain(dead_one, unknown), (), NOW).findings}
    assert "server-dead" not in alone
    assert "could not see" in alone["server-dead-others-unknown"]
    alive = server("c.test", working(C))
    beside = {finding.code for finding in assess(domain(dead_one, unknown, alive), (), NOW).findings}
    assert "server-dead" in beside
    assert "server-dead-others-unknown" not in beside
