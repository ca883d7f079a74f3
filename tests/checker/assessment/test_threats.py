"""What an attacker on the path could do: said only of domains that take mail, and never a guess."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from checker.assessment.dane_state import mx_security
from checker.assessment.kept import dane_of
from checker.assessment.states import judge_servers
from checker.assessment.threats import threats
from checker.caa.facts import CaaFacts
from checker.dane.facts import DaneFacts
from checker.facts import DomainFacts
from checker.mx.facts import MxFacts
from checker.network.ports import Answer, CaaRecord, Security
from checker.observation import FailureKind, Seen
from checker.tls.facts import Inventory
from tests.dane_builders import NOBODYS, leaf_of, own_key, records, signed_domain, with_dane
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


def told(
    stripping: bool | None, forgery: bool | None = None, blocking: bool | None = None, rogue: bool | None = None
) -> dict[str, bool | None]:
    """Of ``passive-capture`` there is a test of its own."""
    promised = {"starttls-stripping": stripping, "mx-forgery": forgery, "mta-sts-blocking": blocking}
    return {**promised, "rogue-certificate": rogue, "passive-capture": None}


GOOD, CLEAR = server("a.test", working(A)), server("b.test", without_starttls(B), preference=20)
LOST = server("a.test", dead(A))

UNSEEN_DANE: list[tuple[str, DomainFacts, dict[str, bool | None]]] = [
    ("null MX: there is no mail to attack", domain(mx=MxFacts(status="null-mx")), {}),
    ("DNS gave no answer", domain(mx=mx_failed(FailureKind.SERVFAIL)), {}),
    ("every server is dead", domain(LOST), {}),
    ("nothing could be seen", domain(server("a.test", dead(kind=FailureKind.DEADLINE))), {}),
    ("encrypts: whether anybody insists is not known", domain(GOOD), told(None)),
    ("clear text is there for all", domain(server("a.test", without_starttls())), told(True)),
    ("one in clear text is enough", domain(GOOD, CLEAR), told(True)),
    ("TLS that always fails ends in clear text", domain(server("a.test", handshake_failing())), told(True)),
    ("whether it encrypts is not known", domain(server("a.test", talking(tries=1, starttls=reply(454)))), told(None)),
    ("a dead server takes nothing in clear", domain(LOST, server("b.test", working(B))), told(None)),
    ("enforced", promising(domain(GOOD), "a.test"), told(False, False, True)),
    ("enforced, though nothing keeps it", promising(domain(GOOD), "other.test"), told(False, False, True)),
    ("enforced, one in clear", promising(domain(GOOD, CLEAR), "a.test", "b.test"), told(True, False, True)),
    ("enforced, with a line that lists strangers", promising(domain(GOOD), "*.test"), told(False, True, True)),
    ("enforced, own wildcard", promising(domain(GOOD), "a.test", "*.d.test"), told(False, False, True)),
    ("on trial: DANE may stop it", promising(domain(GOOD), "a.test", mode="testing"), told(None, None, True)),
    ("no policy: DANE may stop it", without_promise(domain(GOOD)), told(None, None, True)),
    ("a policy that nobody could see", promising(domain(GOOD), record=DNS_IS_DOWN), told(None)),
]  # fmt: skip


def pinned(dane: DaneFacts, mx: Security = "secure") -> DomainFacts:
    """One server, whose own key is that of ``mx.d.test``."""
    return signed_domain(with_dane("mx.d.test", dane, working()), certificates=[leaf_of("mx.d.test")], mx=mx)


KEPT, BROKEN, NONE = records(own_key("mx.d.test")), records(NOBODYS), records()
UNSIGNED = records(own_key("mx.d.test"), security="insecure")

WITH_DANE: list[tuple[str, DomainFacts, dict[str, bool | None]]] = [
    ("DANE alone", without_promise(pinned(KEPT)), told(False, False, False, False)),
    ("DANE and an enforced policy", promising(pinned(KEPT), "mx.d.test"), told(False, False, True, False)),
    ("DANE, and a policy that lists strangers", promising(pinned(KEPT), "*.test"), told(False, False, True, False)),
    ("DANE, and a policy that nobody could see", pinned(KEPT), told(False, False, None, False)),
    ("signed, and no records", without_promise(pinned(NONE)), told(True, False, True, True)),
    ("signed, and nobody keeps to the records", without_promise(pinned(BROKEN)), told(True, False, True, True)),
    ("the records alone are not signed", without_promise(pinned(UNSIGNED)), told(True, False, True, True)),
    ("the MX record is not signed", without_promise(pinned(KEPT, "insecure")), told(True, True, True, True)),
    ("nothing is signed, and the policy is enforced", promising(pinned(NONE, "insecure"), "mx.d.test"),
     told(False, False, True, True)),
    ("nothing is signed, and the policy is on trial", promising(pinned(NONE, "insecure"), "mx.d.test", mode="testing"),
     told(True, True, True, True)),
    ("nothing is signed, and the policy is switched off", promising(pinned(NONE, "insecure"), mode="none"),
     told(True, True, True, True)),
    ("nothing is signed, and the policy can't be used", promising(pinned(NONE, "insecure"), host=served("")),
     told(True, True, True, True)),
]  # fmt: skip

CASES = UNSEEN_DANE + WITH_DANE


@pytest.mark.parametrize(("reason", "facts", "want"), CASES, ids=[case[0] for case in CASES])
def test_threats(reason: str, facts: DomainFacts, want: dict[str, bool | None]) -> None:
    """Exposed is true where it was seen that nothing stops it, null where something that nobody saw may."""
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


def test_every_sentence_says_for_whom() -> None:
    """What stops an attack stops it for the senders that check it, and the others are told of too."""
    stripping, forgery, *_ = threats(judge_servers(promising(pinned(KEPT), "mx.d.test"), NOW))
    assert stripping.why == (
        "The enforced policy stops this for senders that know MTA-STS: they send nothing without TLS. DANE stops this "
        "for senders that know it: they send nothing without TLS. For the others, whoever sits in between can take the "
        "STARTTLS line out, and most senders go on in clear text."
    )
    assert "DNSSEC stops this for senders whose resolver checks signatures" in forgery.why


def issued_by(*published: str | None) -> str:
    """What is said of a rogue certificate where each server has this CAA record, null for none."""
    facts = without_promise(domain(*(server(f"{at}.test", working(A)) for at, _ in enumerate(published))))
    servers = []
    for seen, value in zip(facts.servers, published, strict=True):
        found = (CaaRecord(0, "issue", value),) if value is not None else ()
        answer = Seen(Answer(rcode="noerror", records=found))
        servers.append(replace(seen, caa=CaaFacts(name=seen.host, answer=answer)))
    rogue = {t.code: t.why for t in threats(judge_servers(replace(facts, servers=tuple(servers)), NOW))}
    return rogue["rogue-certificate"]


@pytest.mark.parametrize(
    ("published", "words"),
    [
        (("ca.test",), "CAA records leave it to ca.test;"),
        (("ca.test", "other.test"), "CAA records leave it to ca.test and other.test;"),
        (("ca.test", None), "no CAA record says who may issue for 1.test"),
        ((";", ";"), "CAA records tell every authority to issue nothing."),
    ],
)
def test_caa_narrows_down_who_may_issue(published: tuple[str | None, ...], words: str) -> None:
    """An attacker picks the server that the fewest records guard."""
    assert words in issued_by(*published)


def test_caa_that_nobody_saw_is_not_known() -> None:
    """A look-up that failed frees nobody and binds nobody."""
    rogue = {t.code: t.why for t in threats(judge_servers(domain(GOOD), NOW))}["rogue-certificate"]
    assert "We could not see whether CAA records say who may issue." in rogue


def test_how_long_a_known_policy_lasts() -> None:
    """Blocking the record hurts those who don't know the policy; the others for as long as it says."""
    _, _, blocking, *_ = threats(judge_servers(promising(domain(GOOD), "a.test", max_age=1_209_600), NOW))
    assert "until 14 days after" in blocking.why


@given(any_facts)
@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
def test_only_what_senders_check_stops_anything(facts: DomainFacts) -> None:
    """Any facts are judged without raising, and nothing else makes a threat go away."""
    state = judge_servers(facts, NOW)
    promises = (
        state.policy.flag == "enforce",
        dane_of(state, state.servers) == "valid",
        mx_security(facts) == "secure",
    )
    assert False not in found(facts).values() or any(promises)
