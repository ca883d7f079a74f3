"""What an attacker on the path could do: said only of domains that take mail, and never a guess."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from checker.assessment.states import judge_servers
from checker.assessment.threats import threats
from checker.facts import DomainFacts
from checker.mx.facts import MxFacts
from checker.observation import FailureKind
from checker.tls.facts import Inventory
from tests.fact_builders import (
    DNS_IS_DOWN,
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
from tests.policy_builders import promising, served, without_promise
from tests.tls_inventories import STRICT, asked

A, B = "192.52.193.1", "192.52.193.2"


def found(facts: DomainFacts) -> dict[str, bool | None]:
    return {threat.code: threat.exposed for threat in threats(judge_servers(facts, NOW))}


def all_of(stripping: bool | None, forgery: bool | None = None, blocking: bool | None = None) -> dict[str, bool | None]:
    """What no policy can stop stays open: nobody looks for what would."""
    by_policy = {"starttls-stripping": stripping, "mx-forgery": forgery, "mta-sts-blocking": blocking}
    return {**by_policy, "rogue-certificate": None, "passive-capture": None}


GOOD, CLEAR = server("a.test", working(A)), server("b.test", without_starttls(B), preference=20)
LOST = server("a.test", dead(A))

CASES: list[tuple[str, DomainFacts, dict[str, bool | None]]] = [
    ("null MX: there is no mail to attack", domain(mx=MxFacts(status="null-mx")), {}),
    ("DNS gave no answer", domain(mx=mx_failed(FailureKind.SERVFAIL)), {}),
    ("every server is dead", domain(LOST), {}),
    ("nothing could be seen", domain(server("a.test", dead(kind=FailureKind.DEADLINE))), {}),
    ("encrypts: whether anybody insists is not known", domain(GOOD), all_of(None)),
    ("clear text is there for all", domain(server("a.test", without_starttls())), all_of(True)),
    ("one in clear text is enough", domain(GOOD, CLEAR), all_of(True)),
    ("TLS that always fails ends in clear text", domain(server("a.test", handshake_failing())), all_of(True)),
    ("whether it encrypts is not known", domain(server("a.test", talking(tries=1, starttls=reply(454)))), all_of(None)),
    ("a dead server takes nothing in clear", domain(LOST, server("b.test", working(B))), all_of(None)),
    ("enforced", promising(domain(GOOD), "a.test"), all_of(False, False, True)),
    ("enforced, though nothing keeps it", promising(domain(GOOD), "other.test"), all_of(False, False, True)),
    ("enforced, one in clear", promising(domain(GOOD, CLEAR), "a.test", "b.test"), all_of(True, False, True)),
    ("enforced, with a line that lists strangers", promising(domain(GOOD), "*.test"), all_of(False, True, True)),
    ("enforced, own wildcard", promising(domain(GOOD), "a.test", "*.d.test"), all_of(False, False, True)),
    ("on trial", promising(domain(GOOD), "a.test", mode="testing"), all_of(True, True, True)),
    ("switched off", promising(domain(GOOD), mode="none"), all_of(True, True, True)),
    ("a policy that can't be used", promising(domain(GOOD), host=served("")), all_of(True, True, True)),
    ("no policy", without_promise(domain(GOOD)), all_of(True, True, True)),
    ("a policy that nobody could see", promising(domain(GOOD), record=DNS_IS_DOWN), all_of(None)),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "facts", "want"), CASES, ids=[case[0] for case in CASES])
def test_threats(reason: str, facts: DomainFacts, want: dict[str, bool | None]) -> None:
    """Exposed is true where it was seen, null where a promise would decide that nobody looked for."""
    assert found(facts) == want, reason


def kept(*inventories: Inventory | None) -> bool | None:
    """Is mail exposed to who records it today, with an address or a server for each of these?"""
    tls = [asked(inventory) for inventory in inventories]
    servers = [server(f"{at}.test", replace(working(A), tls=each)) for at, each in enumerate(tls)]
    return found(domain(*servers))["passive-capture"]


WEAK = replace(STRICT, post_quantum=False)
OPEN = replace(STRICT, post_quantum=None)


@pytest.mark.parametrize(
    ("inventories", "exposed"),
    [
        ((STRICT,), False),
        ((STRICT, STRICT), False),
        ((STRICT, WEAK), True),
        ((OPEN, WEAK), True),
        ((STRICT, OPEN), None),
        ((STRICT, None), None),
    ],
)
def test_what_is_recorded_today(inventories: tuple[Inventory | None, ...], exposed: bool | None) -> None:
    """One server without ML-KEM is enough, and what nobody asked is not known."""
    assert kept(*inventories) is exposed


def test_who_takes_clear_text_is_named() -> None:
    """Also where it stands behind a good server, for an attacker can keep senders from that one."""
    stripping, forgery, *_ = threats(judge_servers(domain(GOOD, CLEAR), NOW))
    assert "b.test takes mail in clear text" in stripping.why
    assert forgery.why.endswith("can name a server of their own.")


def test_how_long_a_known_policy_lasts() -> None:
    """Blocking the record hurts those who don't know the policy; the others for as long as it says."""
    _, _, blocking, *_ = threats(judge_servers(promising(domain(GOOD), "a.test", max_age=1_209_600), NOW))
    assert "until 14 days after" in blocking.why


@given(any_facts)
@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
def test_only_an_enforced_policy_stops_anything(facts: DomainFacts) -> None:
    """Any facts are judged without raising, and nothing else makes a threat go away."""
    assert False not in found(facts).values() or judge_servers(facts, NOW).policy.flag == "enforce"
