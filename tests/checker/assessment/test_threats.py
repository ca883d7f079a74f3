"""What an attacker on the path could do: said only of domains that take mail, and never a guess."""

import pytest
from hypothesis import HealthCheck, given, settings

from checker.assessment.states import judge_servers
from checker.assessment.threats import threats
from checker.facts import DomainFacts
from checker.mx.facts import MxFacts
from checker.observation import FailureKind
from tests.fact_builders import (
    NOW,
    dead,
    domain,
    handshake_failing,
    mx_failed,
    reply,
    server,
    talking,
    without_starttls,
    working,
)
from tests.fact_strategies import facts as any_facts

A, B = "192.52.193.1", "192.52.193.2"


def found(facts: DomainFacts) -> dict[str, bool | None]:
    return {threat.code: threat.exposed for threat in threats(judge_servers(facts, NOW))}


def both(stripping: bool | None) -> dict[str, bool | None]:
    """Whether senders insist on a server's name nobody looked, so forging it stays open."""
    return {"starttls-stripping": stripping, "mx-forgery": None}


GOOD, CLEAR = server("a.test", working(A)), server("b.test", without_starttls(B), preference=20)
LOST = server("a.test", dead(A))

CASES: list[tuple[str, DomainFacts, dict[str, bool | None]]] = [
    ("null MX: there is no mail to attack", domain(mx=MxFacts(status="null-mx")), {}),
    ("DNS gave no answer", domain(mx=mx_failed(FailureKind.SERVFAIL)), {}),
    ("every server is dead", domain(LOST), {}),
    ("nothing could be seen", domain(server("a.test", dead(kind=FailureKind.DEADLINE))), {}),
    ("encrypts: whether anybody insists is not known", domain(GOOD), both(None)),
    ("clear text is there for all", domain(server("a.test", without_starttls())), both(True)),
    ("one in clear text is enough", domain(GOOD, CLEAR), both(True)),
    ("TLS that always fails ends in clear text", domain(server("a.test", handshake_failing())), both(True)),
    ("whether it encrypts is not known", domain(server("a.test", talking(tries=1, starttls=reply(454)))), both(None)),
    ("a dead server beside a good one takes nothing in clear", domain(LOST, server("b.test", working(B))), both(None)),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "facts", "want"), CASES, ids=[case[0] for case in CASES])
def test_threats(reason: str, facts: DomainFacts, want: dict[str, bool | None]) -> None:
    """Exposed is true where it was seen, null where a promise would decide that nobody looked for."""
    assert found(facts) == want, reason


def test_who_takes_clear_text_is_named() -> None:
    """Also where it stands behind a good server, for an attacker can keep senders from that one."""
    stripping, forgery = threats(judge_servers(domain(GOOD, CLEAR), NOW))
    assert "b.test takes mail in clear text" in stripping.why
    assert "MTA-STS or DANE" in forgery.why
    assert forgery.why.endswith("can name a server of their own.")


@given(any_facts)
@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
def test_nothing_is_ever_declared_safe(facts: DomainFacts) -> None:
    """Any facts are judged without raising, and none makes a threat go away: no promise was looked for."""
    assert False not in found(facts).values()
