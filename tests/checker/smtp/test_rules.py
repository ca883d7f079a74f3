"""What is said of one SMTP dialogue, and what isn't (requirements section 2): findings as code and parameters."""

from dataclasses import replace
from string import Formatter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.defect import Defect
from checker.finding import Severity
from checker.network.bounds import Bounds
from checker.observation import Absent, Failed, FailureKind, NotTried, Reason, Seen
from checker.smtp.catalogue import CATALOGUE
from checker.smtp.facts import Ehlo, Reply, SmtpFacts, StageTimes
from checker.smtp.rules import RULES

ENTRIES = {entry.code: entry for entry in CATALOGUE}
NOT_REACHED = NotTried(Reason.NOT_REACHED)


def reply(code: int, text: str = "mx.example", *defects: str) -> Seen[Reply]:
    found = tuple(Defect(code=code, detail=f"{code}.") for code in defects)
    return Seen(Reply(code=code, lines=(text,), defects=found))


def ehlo(*keywords: str, code: int = 250, verb: Any = "EHLO") -> Seen[Ehlo]:
    return Seen(Ehlo(verb=verb, reply=Reply(code=code, lines=("mx.example", *keywords)), keywords=keywords))


def failed(kind: FailureKind, why: str = "Why.") -> Failed:
    return Failed(kind, why)


GOOD = SmtpFacts(
    connect=Seen(10),
    greeting=reply(220),
    ehlo=ehlo("SIZE 1000", "STARTTLS"),
    starttls=reply(220),
    ehlo_tls=ehlo("SIZE 1000"),
    quit=reply(221),
    stages_ms=StageTimes(connect=10, greeting=10),
)


def good(**changes: Any) -> SmtpFacts:
    """Everything right but this."""
    return replace(GOOD, **changes)


def until(stage: str, ending: Any, tries: int = 2, **changes: Any) -> SmtpFacts:
    """A dialogue that ends at this stage."""
    stages = ("connect", "greeting", "ehlo", "starttls", "ehlo_tls", "quit")
    later: dict[str, Any] = dict.fromkeys(stages[stages.index(stage) + 1 :], NOT_REACHED)
    return replace(GOOD, **(later | {stage: ending} | changes), tries=tries)


WORKS = "smtp-works-inside-tls"
SLOW_MS = int(Bounds().slow_greeting_s * 1000)

TABLE = [
    (GOOD, WORKS, "SMTP-13 all is well"),
    (until("connect", failed(FailureKind.REFUSED)), "smtp-refused", "SMTP-1 refused"),
    (until("connect", failed(FailureKind.TIMEOUT)), "smtp-no-answer", "SMTP-1 silent"),
    (until("connect", failed(FailureKind.UNREACHABLE)), "smtp-unreachable", "SMTP-1 unreachable"),
    (until("connect", failed(FailureKind.RESET)), "smtp-cut-off", "SMTP-1 reset"),
    (until("connect", failed(FailureKind.REFUSED), 1), "smtp-unsteady", "GEN-3 once is not enough"),
    (until("connect", failed(FailureKind.PORT_BLOCKED)), "smtp-not-tested", "SMTP-1 our side"),
    (until("connect", failed(FailureKind.DEADLINE)), "smtp-not-tested", "our time was up"),
    (until("connect", failed(FailureKind.NO_ADDRESS_FAMILY)), "smtp-not-tested", "MX-25 no route here"),
    (SmtpFacts(), "", "not yet tried"),
    (until("greeting", failed(FailureKind.TIMEOUT), 1), "smtp-greeting-awaited", "SMTP-2 no greeting is no failure"),
    (until("greeting", failed(FailureKind.TIMEOUT)), "smtp-silent", "SMTP-2 no greeting, twice"),
    (until("greeting", failed(FailureKind.CLOSED)), "smtp-cut-off", "closed where a greeting was due"),
    (until("greeting", failed(FailureKind.RESET), 1), "smtp-unsteady", "reset once"),
    (until("greeting", failed(FailureKind.BAD_REPLY)), "smtp-bad-reply", "SMTP-8 garbage"),
    (until("greeting", failed(FailureKind.INTERNAL)), "smtp-not-tested", "a bug of ours"),
    (good(stages_ms=StageTimes(greeting=SLOW_MS)), f"smtp-greeting-slow {WORKS}", "SMTP-2 slow"),
    (good(stages_ms=StageTimes(greeting=SLOW_MS - 1)), WORKS, "SMTP-2 quick enough"),
    (until("greeting", reply(554)), "smtp-no-mail-service", "SMTP-5 554 twice"),
    (until("greeting", reply(554), 1), "smtp-unsteady", "SMTP-5 554 once"),
    (until("greeting", reply(521)), "smtp-no-mail-service", "SMTP-7 another 5xx"),
    (until("greeting", reply(421)), "smtp-busy", "SMTP-6 421 that lasts"),
    (until("greeting", reply(421), 1), "smtp-not-now", "SMTP-6 421 once"),
    (until("greeting", reply(450)), "smtp-busy", "SMTP-7 another 4xx"),
    (until("greeting", reply(354)), "smtp-bad-reply", "SMTP-7 a 3xx greeting"),
    (good(greeting=reply(220, "", "greeting-without-name")), f"smtp-greeting-form {WORKS}", "SMTP-4 no name"),
    (good(greeting=reply(220, "x", "bare-line-feed")), f"smtp-reply-form {WORKS}", "SMTP-8 bare LF"),
    (good(quit=reply(221, "x", "line-too-long")), f"smtp-reply-form {WORKS}", "SMTP-9 a long line"),
    (until("ehlo", failed(FailureKind.TIMEOUT)), "smtp-silent", "silence after EHLO"),
    (until("ehlo", failed(FailureKind.CLOSED)), "smtp-cut-off", "close after EHLO"),
    (until("ehlo", failed(FailureKind.BAD_REPLY)), "smtp-bad-reply", "garbage after EHLO"),
    (until("ehlo", ehlo(code=250, verb="HELO"), 1) , "smtp-helo-only", "SMTP-11 HELO only"),
    (until("ehlo", ehlo(code=550)), "smtp-ehlo-refused", "SMTP-12 EHLO refused"),
    (until("ehlo", ehlo(code=550, verb="HELO")), "smtp-ehlo-refused", "SMTP-12 HELO refused too"),
    (until("ehlo", ehlo(code=550), 1), "smtp-unsteady", "SMTP-12 EHLO refused once"),
    (until("ehlo", ehlo(code=450), 1), "smtp-not-now", "SMTP-12 EHLO refused for now"),
    (until("ehlo", ehlo(code=450)), "smtp-busy", "SMTP-12 EHLO refused for now, twice"),
    (until("ehlo", ehlo(code=421)), "smtp-busy", "SMTP-6 421 to EHLO"),
    (until("ehlo", ehlo(code=530)), "smtp-starttls-demanded smtp-ehlo-refused", "SMTP-23 530 before TLS"),
    (until("starttls", Absent(), ehlo=ehlo("SIZE 1")), "smtp-no-starttls", "SMTP-13 no keyword"),
    (until("starttls", Absent(), 1, ehlo=ehlo()), "smtp-no-starttls", "SMTP-13 one look is enough"),
    (until("starttls", Absent(), ehlo=ehlo(verb="HELO")), "smtp-helo-only", "SMTP-11 said once"),
    (until("starttls", Absent(), ehlo=ehlo("SIZE 1", "XXXXXXXA")), "smtp-starttls-masked", "SMTP-14 masked"),
    (until("starttls", Absent(), ehlo=ehlo("XXXXXXXX")), "smtp-starttls-masked", "SMTP-14 all masked"),
    (until("starttls", Absent(), ehlo=ehlo("STARTTL")), "smtp-starttls-masked", "SMTP-14 a letter short"),
    (until("starttls", Absent(), ehlo=ehlo("XXXXXX")), "smtp-no-starttls", "SMTP-14 six are too few"),
    (until("starttls", Absent(), ehlo=ehlo("XCLIENT NAME")), "smtp-no-starttls", "SMTP-14 another extension"),
    (until("starttls", reply(454)), "smtp-starttls-unavailable", "SMTP-16 454 that lasts"),
    (until("starttls", reply(454), 1), "smtp-not-now", "SMTP-16 454 once"),
    (until("starttls", reply(421)), "smtp-busy", "SMTP-6 421 to STARTTLS"),
    (until("starttls", reply(501)), "smtp-starttls-fails", "SMTP-15 501"),
    (until("starttls", reply(554)), "smtp-starttls-fails", "SMTP-17 5xx"),
    (until("starttls", reply(554), 1), "smtp-unsteady", "SMTP-17 5xx once"),
    (until("starttls", failed(FailureKind.CLOSED)), "smtp-starttls-fails", "SMTP-17 a close"),
    (until("starttls", failed(FailureKind.TIMEOUT)), "smtp-starttls-fails", "SMTP-17 silence"),
    (until("starttls", failed(FailureKind.BAD_REPLY)), "smtp-starttls-fails", "SMTP-17 garbage"),
    (until("starttls", failed(FailureKind.DEADLINE)), "smtp-not-tested", "our time was up"),
    (until("starttls", reply(220)), "", "the handshake's rules speak of the handshake"),
    (good(bytes_after_starttls=12), f"smtp-bytes-after-go-ahead {WORKS}", "SMTP-19 injection"),
    (until("ehlo_tls", ehlo(code=554)), "smtp-tls-level-refused", "SMTP-22 554 in TLS"),
    (until("ehlo_tls", ehlo(code=502)), "smtp-ehlo-tls-fails", "SMTP-20 502 in TLS"),
    (until("ehlo_tls", ehlo(code=421)), "smtp-busy", "SMTP-6 421 in TLS"),
    (until("ehlo_tls", failed(FailureKind.CLOSED)), "smtp-ehlo-tls-fails", "SMTP-20 close in TLS"),
    (until("ehlo_tls", failed(FailureKind.CLOSED), 1), "smtp-unsteady", "SMTP-20 close in TLS, once"),
    (
        until("ehlo_tls", failed(FailureKind.HANDSHAKE, "TLS alert 116 (certificate_required)")),
        "smtp-client-certificate",
        "SMTP-24 client certificate",
    ),
    (until("ehlo_tls", failed(FailureKind.HANDSHAKE, "TLS alert 80")), "smtp-ehlo-tls-fails", "another alert"),
    (good(ehlo_tls=ehlo("STARTTLS")), f"{WORKS} smtp-starttls-inside-tls", "SMTP-21 STARTTLS again"),
    (good(ehlo=ehlo("STARTTLS", "AUTH PLAIN LOGIN")), f"{WORKS} smtp-login-in-clear", "SMTP-26 AUTH"),
    (good(ehlo=ehlo("STARTTLS", "auth=LOGIN")), f"{WORKS} smtp-login-in-clear", "SMTP-26 the old form"),
    (good(ehlo=ehlo("STARTTLS", "AUTHX")), WORKS, "SMTP-26 another word"),
    (good(ehlo_tls=ehlo("AUTH PLAIN")), WORKS, "SMTP-26 AUTH inside TLS is right"),
    (good(ehlo_tls=ehlo("REQUIRETLS")), f"{WORKS} smtp-requiretls", "SMTP-27"),
    (good(ehlo=ehlo("STARTTLS", "REQUIRETLS")), f"{WORKS} smtp-requiretls-in-clear", "SMTP-27 in clear"),
    (good(quit=failed(FailureKind.CLOSED)), f"{WORKS} smtp-quit-unanswered", "SMTP-28"),
    (good(quit=failed(FailureKind.DEADLINE)), WORKS, "SMTP-28 our fault"),
    (until("greeting", reply(554), 1, quit=failed(FailureKind.CLOSED)), "smtp-unsteady", "SMTP-28 not after a no"),
]  # fmt: skip


def codes(facts: SmtpFacts) -> list[str]:
    return [finding.code for rule in RULES for finding in rule(facts)]


@pytest.mark.parametrize(("facts", "want", "why"), TABLE, ids=[why for _, _, why in TABLE])
def test_what_is_said(facts: SmtpFacts, want: str, why: str) -> None:
    assert " ".join(codes(facts)) == want, why


def test_every_entry_is_raised_by_some_case_and_every_case_has_an_entry() -> None:
    raised = {code for facts, _, _ in TABLE for code in codes(facts)}
    assert raised == set(ENTRIES)


def test_codes_are_told_once() -> None:
    assert len(ENTRIES) == len(CATALOGUE)


@pytest.mark.parametrize("facts", [facts for facts, _, _ in TABLE], ids=[why for _, _, why in TABLE])
def test_every_template_is_filled_by_the_finding_and_its_subject(facts: SmtpFacts) -> None:
    for finding in (finding for rule in RULES for finding in rule(facts)):
        entry = ENTRIES[finding.code]
        params = {**finding.params, "host": "mx.example", "address": "192.0.2.1"}
        for template in (entry.title, entry.detail, entry.remedy):
            assert "{" not in template.format(**params)
        named = {
            name for text in (entry.title, entry.detail, entry.remedy) for _, name, _, _ in Formatter().parse(text)
        }
        assert set(finding.params) <= named, "a parameter that no text shows"


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.code)
def test_costs_keep_to_their_severity(entry: Any) -> None:
    costs = {Severity.CRITICAL: range(4, 13), Severity.SERIOUS: range(3, 7), Severity.ADVICE: range(1, 4)}
    assert entry.cost in costs.get(entry.severity, range(1))
    assert bool(entry.cost) is bool(entry.group)
    assert entry.severity in (Severity.GOOD, Severity.NOTE) or entry.remedy


KINDS = st.sampled_from(FailureKind).map(failed)
REPLIES = st.one_of(KINDS, st.just(NOT_REACHED), st.just(Absent()), st.integers(200, 599).map(reply))
WORDS = st.sampled_from(["STARTTLS", "AUTH", "XXXXXXXX", "REQUIRETLS", "", "x"])
ANY_EHLO = st.builds(
    lambda words, code, verb: ehlo(*words, code=code, verb=verb),
    st.lists(WORDS),
    st.integers(200, 599),
    st.sampled_from(["EHLO", "HELO"]),
)
EHLOS = st.one_of(KINDS, st.just(NOT_REACHED), st.just(Absent()), ANY_EHLO)
ANY_FACTS = st.builds(
    SmtpFacts,
    connect=st.one_of(KINDS, st.just(Seen(1)), st.just(NOT_REACHED)),
    greeting=REPLIES,
    ehlo=EHLOS,
    starttls=REPLIES,
    ehlo_tls=EHLOS,
    quit=REPLIES,
    bytes_after_starttls=st.integers(0, 9),
    tries=st.integers(1, 2),
)


@given(ANY_FACTS)
def test_any_facts_are_judged_with_codes_that_the_catalogue_has(facts: SmtpFacts) -> None:
    assert set(codes(facts)) <= set(ENTRIES)


@given(st.sampled_from(["connect", "greeting", "ehlo", "starttls", "ehlo_tls"]), st.sampled_from(FailureKind))
def test_what_happened_once_or_on_our_side_never_costs_anything(stage: str, kind: FailureKind) -> None:
    for facts in (until(stage, failed(kind), tries=1), until(stage, failed(FailureKind.DEADLINE), tries=2)):
        assert all(ENTRIES[code].cost == 0 for code in codes(facts))
