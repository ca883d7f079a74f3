"""How a visit ended, in the report's words: a table, and the promise that every combination has exactly one ending."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.facts import EndpointFacts
from checker.observation import NOT_REACHED, PENDING, Absent, Failed, FailureKind, Fault, NotTried, Reason, Seen
from checker.outcome import Outcome, Stage, outcome
from checker.smtp.facts import Ehlo, Reply, SmtpFacts
from checker.tls.facts import Handshake, TlsFacts
from tests.peers import ADDRESS

HANDSHAKE = Handshake(version="TLSv1.3", suite="TLS_AES_128_GCM_SHA256", nist=True, certificate=None)
ALERT = Failed(FailureKind.ALERT, "TLS alert 40 (handshake_failure)")
BROKEN = Failed(FailureKind.HANDSHAKE, "TLS broke off: wrong version number")
UP = TlsFacts(nist=Seen(HANDSHAKE))
NO_TLS = TlsFacts()
CONNECTED = Seen(12)


def reply(code: int, text: str = "text") -> Seen[Reply]:
    return Seen(Reply(code=code, lines=(text,)))


def ehlo(code: int) -> Seen[Ehlo]:
    return Seen(Ehlo(verb="EHLO", reply=Reply(code=code, lines=("text",))))


def endpoint(tls: TlsFacts = NO_TLS, /, **stages: object) -> EndpointFacts:
    good: dict[str, object] = {"connect": CONNECTED, "greeting": reply(220), "ehlo": ehlo(250), "starttls": reply(220)}
    return EndpointFacts(address=ADDRESS, smtp=SmtpFacts(**(good | stages)), tls=tls)  # type: ignore[arg-type]


TABLE = [
    (endpoint(UP, ehlo_tls=ehlo(250)), "tls", "ehlo-tls", None),
    (endpoint(UP, ehlo_tls=ehlo(554)), "ehlo-refused", "ehlo-tls", "554 text"),
    (endpoint(UP, ehlo_tls=Failed(FailureKind.CLOSED, "why")), "closed", "ehlo-tls", "why"),
    (endpoint(UP, ehlo_tls=ALERT), "handshake-failed", "ehlo-tls", ALERT.detail),
    (endpoint(TlsFacts(nist=ALERT)), "handshake-failed", "handshake", ALERT.detail),
    (endpoint(TlsFacts(nist=ALERT, every=ALERT)), "handshake-failed", "handshake", ALERT.detail),
    (endpoint(TlsFacts(nist=ALERT, every=Seen(HANDSHAKE)), ehlo_tls=ehlo(250)), "tls", "ehlo-tls", None),
    (endpoint(TlsFacts(nist=BROKEN)), "handshake-failed", "handshake", BROKEN.detail),
    (endpoint(TlsFacts(nist=Failed(FailureKind.RESET))), "reset", "handshake", None),
    (endpoint(TlsFacts(nist=Failed(FailureKind.DEADLINE, "late"))), "not-tried", "handshake", "late"),
    (endpoint(starttls=Absent()), "no-starttls", "ehlo", None),
    (endpoint(starttls=reply(454)), "starttls-refused", "starttls", "454 text"),
    (endpoint(starttls=reply(554)), "starttls-refused", "starttls", "554 text"),
    (endpoint(starttls=Failed(FailureKind.TIMEOUT, "silent")), "timeout", "starttls", "silent"),
    (endpoint(ehlo=ehlo(550)), "ehlo-refused", "ehlo", "550 text"),
    (endpoint(ehlo=Failed(FailureKind.BAD_REPLY, "what")), "bad-reply", "ehlo", "what"),
    (endpoint(greeting=reply(421)), "greeting-4xx", "greeting", "421 text"),
    (endpoint(greeting=reply(554)), "greeting-5xx", "greeting", "554 text"),
    (endpoint(greeting=reply(354)), "bad-reply", "greeting", "354 text"),
    (endpoint(greeting=reply(554, "")), "greeting-5xx", "greeting", "554"),
    (endpoint(connect=Failed(FailureKind.REFUSED, "no")), "refused", "connect", "no"),
    (endpoint(connect=Failed(FailureKind.UNREACHABLE, "no")), "unreachable", "connect", "no"),
    (endpoint(connect=Failed(FailureKind.TIMEOUT, "no")), "timeout", "connect", "no"),
    (endpoint(connect=Failed(FailureKind.NO_ADDRESS_FAMILY, "no")), "no-address-family", "connect", "no"),
    (endpoint(connect=Failed(FailureKind.PORT_BLOCKED, "no")), "not-tried", "connect", "no"),
    (endpoint(connect=Failed(FailureKind.INTERNAL, "bug")), "not-tried", "connect", "bug"),
    (EndpointFacts(address=ADDRESS), "not-tried", "connect", None),
]


@pytest.mark.parametrize(("facts", "what", "where", "why"), TABLE)
def test_each_ending_has_its_name(facts: EndpointFacts, what: Outcome, where: Stage, why: str | None) -> None:
    assert outcome(facts) == (what, where, why)


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        (Reason.BLOCKED_ADDRESS, "blocked-address"),
        (Reason.NO_ADDRESS_FAMILY, "no-address-family"),
        (Reason.BEYOND_CAP, "not-tried"),
        (Reason.DEADLINE, "not-tried"),
        (Reason.PENDING, "not-tried"),
    ],
)
def test_what_was_not_tried_has_no_stage(reason: Reason, what: Outcome) -> None:
    facts = EndpointFacts(address=ADDRESS, not_tried=NotTried(reason, "why"))
    assert outcome(facts) == (what, None, "why")


def test_a_long_refusal_is_cut_to_what_people_read() -> None:
    why = outcome(endpoint(greeting=reply(554, "x" * 10_000)))[2]
    assert why is not None
    assert len(why) < 400


def test_the_handshake_that_succeeded_decides_and_else_the_wider_one() -> None:
    seen, failed = Seen(HANDSHAKE), Failed(FailureKind.RESET)
    assert TlsFacts(nist=seen).decisive == seen
    assert TlsFacts(nist=failed).decisive == failed
    assert TlsFacts(nist=failed, every=ALERT).decisive == ALERT
    assert TlsFacts(nist=failed, every=seen).decisive == seen


FAILURES = st.sampled_from(FailureKind).map(Failed)
NOTHING = st.sampled_from([Absent(), PENDING, NOT_REACHED, *map(NotTried, Reason)])
CODES = st.integers(200, 599)
REPLIES = st.one_of(FAILURES, NOTHING, CODES.map(reply))
EHLOS = st.one_of(FAILURES, NOTHING, CODES.map(ehlo))
HANDSHAKES = st.one_of(FAILURES, NOTHING, st.just(Seen(HANDSHAKE)))
SMTP = st.builds(
    SmtpFacts,
    connect=st.one_of(FAILURES, NOTHING, st.just(CONNECTED)),
    greeting=REPLIES,
    ehlo=EHLOS,
    starttls=REPLIES,
    ehlo_tls=EHLOS,
    quit=REPLIES,
)
TLS = st.builds(TlsFacts, nist=HANDSHAKES, every=HANDSHAKES)


@given(SMTP, TLS)
def test_every_combination_has_an_ending_that_the_report_knows(smtp: SmtpFacts, tls: TlsFacts) -> None:
    what, where, _ = outcome(EndpointFacts(address=ADDRESS, smtp=smtp, tls=tls))
    assert what in get_args(Outcome.__value__)
    assert where in get_args(Stage.__value__)


@given(st.sampled_from([kind for kind in FailureKind if kind.fault is not Fault.THEIRS]))
def test_what_is_not_the_servers_fault_never_blames_it(kind: FailureKind) -> None:
    for stage in ("connect", "greeting", "ehlo", "starttls"):
        what, _, _ = outcome(endpoint(**{stage: Failed(kind)}))
        assert what in ("not-tried", "no-address-family")
