"""The next level: what mending all that keeps a domain down leads to."""

from dataclasses import replace

import pytest

from checker.assessment.dane_state import Dane
from checker.assessment.judged import Judged
from checker.assessment.level import LevelInputs, ServerInput
from checker.assessment.policy import MtaSts
from checker.assessment.reach import reach
from checker.finding import Severity, Subject, Who
from checker.names import parse_domain

GOOD = ServerInput(works=True, encrypts=True, sts_ready=True, keeps_policy=True, takes_mail=True)
UNPROVEN = ServerInput(works=True, encrypts=True, sts_ready=False, keeps_policy=False)
CLEAR = ServerInput(works=True, encrypts=False, sts_ready=False, keeps_policy=False)
DEAD = ServerInput(works=False, encrypts=None, sts_ready=None)
FAULT = Judged(
    code="x", severity=Severity.SERIOUS, title="It is so", detail="", remedy="Mend it.", who=Who.DNS, reference=""
)


@pytest.mark.parametrize(
    ("servers", "mta_sts", "want"),
    [
        ((GOOD, DEAD), "absent", "ready"),
        ((GOOD, DEAD), "enforce", "enforced"),
        ((CLEAR,), "absent", "encrypted"),
        ((UNPROVEN,), "absent", "ready"),
        ((UNPROVEN, GOOD), "enforce", "enforced"),
        ((UNPROVEN,), "enforce", "enforced"),
        ((GOOD,), "absent", "testing"),
        ((GOOD,), "testing", "enforced"),
        ((DEAD,), "absent", None),
        ((GOOD,), "enforce", None),
    ],
)
def test_the_next_level(servers: tuple[ServerInput, ...], mta_sts: MtaSts, want: str | None) -> None:
    """Never one that depends on what nobody saw, as where every server is dead."""
    found = reach(LevelInputs(mx="servers", servers=servers, mta_sts=mta_sts), [FAULT])
    assert (found.level if found else None) == want


@pytest.mark.parametrize(
    ("dane", "mta_sts", "servers"),
    [
        ("broken", "absent", (UNPROVEN,)),
        ("partial", "absent", (UNPROVEN,)),
        ("broken", "enforce", (UNPROVEN,)),
        ("broken", "enforce", (GOOD,)),
        ("partial", "enforce", (UNPROVEN, GOOD)),
    ],
)
def test_a_promise_that_is_not_kept(dane: Dane, mta_sts: MtaSts, servers: tuple[ServerInput, ...]) -> None:
    """Once all that is promised is kept, mail is protected."""
    inputs = LevelInputs(mx="servers", servers=servers, mta_sts=mta_sts, dane=dane, dane_mended="valid")
    found = reach(inputs, [FAULT])
    assert found is not None
    assert found.level == "enforced"


def test_a_look_up_that_answers_again_promises_no_records() -> None:
    """What it would say was not seen."""
    inputs = LevelInputs(mx="servers", servers=(GOOD,), mta_sts="absent", dane="broken", dane_mended="absent")
    found = reach(inputs, [FAULT])
    assert found is not None
    assert found.level == "ready"


def test_nothing_to_mend_leads_nowhere() -> None:
    assert reach(LevelInputs(mx="servers", servers=(GOOD,), mta_sts="absent"), []) is None


def test_a_dead_server_is_one_step_whatever_its_addresses_do() -> None:
    host = parse_domain("mx1.example.test")
    server = replace(FAULT, title="It takes no mail", group="reachability", subject=Subject(host=host))
    address = replace(FAULT, title="It refuses", group="reachability", subject=Subject(host=host))
    found = reach(LevelInputs(mx="servers", servers=(GOOD, DEAD), mta_sts="absent"), [server, address])
    assert found is not None
    assert found.steps == ("It takes no mail",)


def test_the_same_fault_at_two_servers_is_one_step() -> None:
    found = reach(LevelInputs(mx="servers", servers=(UNPROVEN,), mta_sts="absent"), [FAULT, FAULT])
    assert found is not None
    assert found.steps == ("It is so",)
