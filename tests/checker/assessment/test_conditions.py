"""The tick list of a server: of the same states as the flags, and never against them."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from checker.assessment.conditions import CONDITIONS, policy_conditions, ticks
from checker.assessment.states import judge_servers
from checker.assessment.verdict import assess
from checker.certificates.facts import CertificateFacts
from checker.facts import DomainFacts, EndpointFacts
from checker.observation import FailureKind, Reason, Seen
from checker.tls.facts import TlsFacts
from tests.fact_builders import (
    DNS_IS_DOWN,
    NO_ADDRESSES,
    NOW,
    certificate,
    dead,
    domain,
    ehlo,
    expired,
    failed,
    not_tried,
    reply,
    server,
    shaken,
    talking,
    without_starttls,
    working,
)
from tests.fact_strategies import facts as any_facts
from tests.policy_builders import promising, served, without_promise
from tests.sts_builders import response, stopped, visit

HOST = "mx.d.test"
A, B, V6 = "192.52.193.1", "192.52.193.2", "2620:4f::1"
TLS = TlsFacts(nist=shaken())


def shown(facts: DomainFacts) -> str:
    """``y`` yes, ``n`` no, ``?`` could not tell, ``-`` not reached."""
    found = ticks(judge_servers(facts, NOW).servers[0])
    assert tuple(found.met) == CONDITIONS
    assert all(found.met[condition] is None for condition in found.not_reached)
    words = {True: "y", False: "n", None: "?"}
    return "".join("-" if name in found.not_reached else words[flag] for name, flag in found.met.items())


ADDRESSES = [
    ("all well", [working()], "yyyyyy"),
    ("a dead address beside one that works", [working(A), dead(B)], "yyyyyy"),
    ("dead", [dead()], "n-----"),
    ("refused once settles nothing", [dead(tries=1)], "??????"),
    ("421 is no failure, however often", [talking(greeting=reply(421))], "??????"),
    ("no STARTTLS", [without_starttls()], "yn----"),
    ("STARTTLS on one of two", [working(A), without_starttls(B)], "ynyyyy"),
    ("STARTTLS refused once", [talking(tries=1, starttls=reply(454))], "y?????"),
    ("STARTTLS refused twice", [talking(starttls=reply(454))], "yn----"),
    ("refused where another address gave TLS", [working(A), talking(B, starttls=reply(454))], "y?yyyy"),
    ("554 inside TLS twice", [talking(ehlo_tls=ehlo(code=554), tls=TLS)], "yn----"),
    ("our fault in the handshake", [talking(tls=TlsFacts(nist=failed(FailureKind.DEADLINE)))], "y?????"),
    ("not seen", [not_tried(Reason.DEADLINE)], "??????"),
    ("the unseen address may work", [dead(A), not_tried(Reason.DEADLINE, B)], "??????"),
    ("a family that we lack is left out", [dead(A), not_tried(Reason.NO_ADDRESS_FAMILY, V6)], "n-----"),
    ("an old version chosen", [working(version="TLSv1.1")], "yynyyy"),
    ("no certificate sent", [working(leaf=None)], "yyynnn"),
    ("a certificate that was not kept", [working(leaf="another")], "yyy???"),
    ("silence may be our own network's", [dead(kind=FailureKind.TIMEOUT)], "??????"),
]


@pytest.mark.parametrize(("name", "endpoints", "want"), ADDRESSES, ids=[case[0] for case in ADDRESSES])
def test_addresses(name: str, endpoints: list[EndpointFacts], want: str) -> None:
    """What the addresses of one server amount to: false beats null beats true, over those that work."""
    assert shown(domain(server(HOST, *endpoints))) == want, name


CERTIFICATES = [
    ("expired", expired(HOST), "yyynyy"),
    ("for another name", certificate("other.test"), "yyyyny"),
    ("untrusted", certificate(HOST, trusted=False), "yyyyyn"),
    ("of unknown trust", certificate(HOST, trusted=None), "yyyyy?"),
    ("unreadable", certificate(HOST, trusted=None, error="It ends early."), "yyynnn"),
]


@pytest.mark.parametrize(("name", "leaf", "want"), CERTIFICATES, ids=[case[0] for case in CERTIFICATES])
def test_certificates(name: str, leaf: CertificateFacts, want: str) -> None:
    """Dates, name and trust are three questions."""
    assert shown(domain(server(HOST, working()), certificates=[leaf])) == want, name


def test_without_addresses() -> None:
    """No address is a fault, an endless alias too; a failed look-up is not."""
    endless = failed(FailureKind.ALIAS_CHAIN)
    for answer, want in ((NO_ADDRESSES, "n-----"), (endless, "n-----"), (DNS_IS_DOWN, "??????")):
        assert shown(domain(server(HOST, ipv4=answer, ipv6=answer))) == want


@given(any_facts)
@settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)
def test_no_tick_contradicts_the_flags(facts: DomainFacts) -> None:
    """A false tick makes its flag false, a null one keeps it from being true."""
    status = "explicit" if facts.mx.hosts else "none"
    verdict = assess(replace(facts, mx=replace(facts.mx, status=status)), (), NOW)
    for found in verdict.ticks.values():
        for name, flag in found.met.items():
            judged = verdict.minimally_sufficient if name in ("works", "starttls") else verdict.sts_ready
            assert flag is True or judged is not True
            assert flag is not False or judged is False


GOOD = domain(server(HOST, working()))
OTHER_SITE = expired("mta-sts.d.test", sha256="web")
NO_FILE = stopped("connect", failed())

# reason, facts, TXT record / secure web site / policy file / servers listed
POLICIES: list[tuple[str, DomainFacts, str]] = [
    ("all is well", promising(GOOD, HOST), "++++"),
    ("on trial", promising(GOOD, HOST, mode="testing"), "++++"),
    ("a server is not listed", promising(GOOD, "other.test"), "+++-"),
    ("switched off: nobody need be listed", promising(GOOD, mode="none"), "+++?"),
    ("nothing is published", without_promise(GOOD), "-???"),
    ("nobody looked", GOOD, "????"),
    ("a file without a record", promising(GOOD, HOST, record=None), "-+++"),
    ("a bad record", promising(GOOD, HOST, record="v=STSv1; id=a-b;"), "-+++"),
    ("the record could not be seen", promising(GOOD, HOST, record=DNS_IS_DOWN), "?+++"),
    ("the site's certificate has expired", promising(GOOD, HOST, web=OTHER_SITE), "+-??"),
    ("the site takes no connection", promising(GOOD, host=NO_FILE), "+-??"),
    ("the site speaks only TLS 1.1", promising(GOOD, host=served("", handshake=Seen("TLSv1.1"))), "+-??"),
    ("404", promising(GOOD, host=visit(response("", 404), chain="web")), "++-?"),
    ("no policy in the file", promising(GOOD, host=served("hello")), "++-?"),
    ("the site could not be seen", promising(GOOD, host=stopped("connect", failed(FailureKind.DEADLINE))), "+???"),
]


@pytest.mark.parametrize(("reason", "facts", "want"), POLICIES, ids=[case[0] for case in POLICIES])
def test_ticks_of_the_policy(reason: str, facts: DomainFacts, want: str) -> None:
    """Each condition by itself: met, not met, or not to be told."""
    found = policy_conditions(judge_servers(facts, NOW))
    assert "".join({True: "+", False: "-", None: "?"}[met] for met in found.values()) == want, reason


@given(any_facts)
@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
def test_ticks_of_the_policy_never_contradict_its_flag(facts: DomainFacts) -> None:
    """A policy has effect exactly where the first three hold."""
    record, site, file, _ = policy_conditions(judge_servers(facts, NOW)).values()
    flag = assess(facts, (), NOW).mta_sts
    assert (flag in ("none", "testing", "enforce")) == all((record, site, file))
    assert (flag == "absent") <= (record is False)
