"""The verdict on a domain that promises something of its servers: whether they keep it, and what people are told."""

from datetime import timedelta

import pytest

from checker.assessment.headline import headline
from checker.assessment.level import LevelInputs, ServerInput
from checker.assessment.states import judge_servers
from checker.assessment.verdict import assess
from checker.facts import DomainFacts
from checker.observation import Reason
from tests.fact_builders import (
    DNS_IS_DOWN,
    NOW,
    TWO,
    A,
    B,
    C,
    certificate,
    dead,
    domain,
    expired,
    not_tried,
    server,
    working,
)
from tests.policy_builders import promising, seen_at, served, without_promise

ONE_EXPIRED = domain(
    server("a.test", working(A)),
    server("b.test", working(B, leaf="old")),
    certificates=[certificate("a.test"), expired("b.test", sha256="old")],
)
ALL_EXPIRED = domain(server("a.test", working(A)), certificates=[expired("a.test")])
ONE_UNSEEN = domain(server("a.test", working(A)), server("b.test", not_tried(Reason.DEADLINE, B)))
ONE_ADDRESS_EXPIRED = domain(
    server("a.test", working(A), working(B, leaf="old")),
    certificates=[certificate("a.test"), expired("a.test", sha256="old")],
)
ONE_IN_DOUBT = domain(
    server("a.test", working(A, leaf="old")),
    server("b.test", working(B, leaf="not kept")),
    certificates=[expired("a.test", sha256="old")],
)
THIRD_UNSEEN = domain(
    server("a.test", working(A)), server("b.test", working(B)), server("c.test", not_tried(Reason.DEADLINE, C))
)
ONE_DEAD = domain(server("a.test", working(A)), server("b.test", dead(B), preference=20))

# name, facts, level, provisional, flag, what the headline says, how the first step begins
PROMISED = [
    ("enforced and kept", promising(TWO, "*.test"), "enforced", False, "enforce", "accept nothing less", None),
    ("enforced, one not listed", promising(TWO, "a.test"), "partly-enforced", False, "enforce",
     "1 of its 2 servers keeps the promise", "Add the line `mx: b.test`"),
    ("enforced, one with a bad certificate", promising(ONE_EXPIRED, "a.test", "b.test"), "partly-enforced", False,
     "enforce", "1 of its 2 servers keeps the promise", "Let b.test offer TLS 1.2"),
    ("enforced, none listed", promising(TWO, "c.other.test"), "losing-mail", False, "enforce",
     "your own MTA-STS policy find no server", "Add the line `mx: a.test`"),
    ("enforced, and the certificate is bad", promising(ALL_EXPIRED, "a.test"), "losing-mail", False, "enforce",
     "your own MTA-STS policy find no server", "Let a.test offer TLS 1.2"),
    ("enforced, one of two addresses with a bad certificate", promising(ONE_ADDRESS_EXPIRED, "a.test"),
     "partly-enforced", False, "enforce", "keep the promise only in part", "Let a.test offer TLS 1.2"),
    ("enforced, one not listed and one not seen", promising(THIRD_UNSEEN, "a.test"), "partly-enforced", True, "enforce",
     "1 of the 2 servers that we could judge keeps", "Add the line"),
    ("enforced, one fails and of the other it is not known", promising(ONE_IN_DOUBT, "*.test"), "losing-mail", True,
     "enforce", "find no server they may deliver to, among those that we could judge.", None),
    ("enforced, one server not seen", promising(ONE_UNSEEN, "*.test"), "enforced", True, "enforce",
     "accept nothing less", None),
    ("enforced, one dead", promising(ONE_DEAD, "*.test"), "degraded", False, "enforce",
     "without it the level would be Enforced", None),
    ("on trial and kept", promising(TWO, "*.test", mode="testing"), "testing", False, "testing", "on trial",
     "Set the policy to `mode: enforce` once"),
    ("on trial, one not listed", promising(TWO, "a.test", mode="testing"), "ready", False, "testing",
     "nothing tells senders to insist", "Add the line `mx: b.test`"),
    ("on trial, a bad certificate", promising(ALL_EXPIRED, "a.test", mode="testing"), "encrypted", False, "testing",
     "cannot tell its servers from an impostor", "Renew the certificate"),
    ("switched off", promising(TWO, mode="none"), "ready", False, "none", "nothing tells senders to insist",
     "To protect the domain's mail"),
    ("no policy", without_promise(TWO), "ready", False, "absent", "nothing tells senders to insist",
     "Serve a policy in `mode: testing`"),
    ("a file that is none", promising(TWO, host=served("nothing")), "ready", False, "invalid",
     "nothing tells senders to insist", None),
    ("a bad record", promising(TWO, "*.test", record="v=STSv1; id=a-b;"), "ready", False, "invalid",
     "nothing tells senders to insist", None),
    ("DNS gave no answer about the record", promising(TWO, "*.test", record=DNS_IS_DOWN), "ready", False, None,
     "nothing tells senders to insist", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "facts", "level", "provisional", "flag", "says", "step"), PROMISED, ids=[case[0] for case in PROMISED]
)
def test_verdicts_on_policies(
    name: str, facts: DomainFacts, level: str, provisional: bool, flag: str | None, says: str, step: str | None
) -> None:
    """Level, flag, headline and the first step follow from policy and servers; a step of null is not looked at."""
    verdict = assess(facts, (), NOW)
    assert (verdict.level, verdict.provisional, verdict.mta_sts) == (level, provisional, flag), name
    assert says in verdict.headline
    assert step is None or (verdict.first_step or "").startswith(step)


def test_a_domain_without_faults_that_enforces_its_policy_has_the_best_grade() -> None:
    verdict = assess(promising(domain(server("a.test", working(A))), "a.test"), (), NOW)
    assert (verdict.score, verdict.grade, verdict.first_step) == (100, "A+", None)


def test_earlier_scans_change_what_is_found_and_never_the_level() -> None:
    past = seen_at(NOW - timedelta(days=1), promising(TWO, "c.test"))
    now = promising(TWO, "*.test")
    verdict, fresh = assess(now, past, NOW), assess(now, (), NOW)
    assert verdict.level == fresh.level == "enforced"
    assert "mta-sts-id-reused" in {finding.code for finding in verdict.findings}


KEEPS = ServerInput(works=True, encrypts=True, sts_ready=True, keeps_policy=True)
BREAKS = ServerInput(works=True, encrypts=True, sts_ready=True, keeps_policy=False)

PROMISES = [
    (LevelInputs(mx="servers", servers=(KEEPS,), mta_sts="enforce"), "told to accept nothing less"),
    (LevelInputs(mx="servers", servers=(KEEPS,), mta_sts="testing"), "its policy is on trial"),
    (LevelInputs(mx="servers", servers=(KEEPS, BREAKS), mta_sts="enforce"), "1 of its 2 servers keeps the promise"),
    (
        LevelInputs(mx="servers", servers=(KEEPS, KEEPS, BREAKS), mta_sts="enforce"),
        "2 of its 3 servers keep the promise",
    ),
    (LevelInputs(mx="servers", servers=(BREAKS,), mta_sts="enforce"), "your own MTA-STS policy find no server"),
    (LevelInputs(mx="servers", servers=(KEEPS,), dane="broken"), "your own DANE records find no server"),
]


@pytest.mark.parametrize(("inputs", "says"), PROMISES, ids=[case[1] for case in PROMISES])
def test_headlines_of_promises(inputs: LevelInputs, says: str) -> None:
    """Numbers and mechanism are filled in."""
    assert says in headline(judge_servers(domain(), NOW), inputs)
