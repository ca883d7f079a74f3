"""What to do first: the step that changes what happens to the mail."""

from dataclasses import replace

import pytest

from checker.assessment.verdict import assess
from checker.facts import DomainFacts
from tests.fact_builders import NOW, TWO, A, B, dead, domain, expired, server, without_starttls, working
from tests.policy_builders import promising, reporting, without_promise

FIRST_STEPS = [
    (
        "what lifts the level, before a graver fault that only lifts the score",
        domain(server("mx.example.com", working()), certificates=[expired("mx.example.com")]),
        "Renew the certificate",
    ),
    ("nothing has to change", domain(server("a.test", working())), None),
    ("the certificate", domain(server("a.test", working()), certificates=[expired("a.test")]), "Renew the certificate"),
    ("encryption", domain(server("a.test", without_starttls())), "switch on STARTTLS"),
    (
        "a first policy, before a broken record for reports",
        replace(without_promise(TWO), tls_rpt=reporting("v=TLSRPTv1; rua=x;")),
        "Serve a policy",
    ),
    (
        "what the switched-off policy lacks, before a broken record for reports",
        replace(promising(TWO, mode="none"), tls_rpt=reporting("v=TLSRPTv1; rua=x;")),
        "To protect the domain's mail",
    ),
    (
        "the server that is not listed, before a policy that nobody keeps",
        promising(TWO, "a.test", max_age=0),
        "Add the line `mx: b.test`",
    ),
    (
        "the dead server, before the certificate of another",
        domain(server("a.test", dead(A)), server("b.test", working(B)), certificates=[expired("b.test")]),
        "Start the mail server on a.test",
    ),
]


@pytest.mark.parametrize(("name", "facts", "says"), FIRST_STEPS, ids=[case[0] for case in FIRST_STEPS])
def test_first_step_lifts_the_level(name: str, facts: DomainFacts, says: str | None) -> None:
    """What to do first is what changes what happens to the mail."""
    step = assess(facts, (), NOW).first_step
    assert (says in step) if says and step else step is says, name
