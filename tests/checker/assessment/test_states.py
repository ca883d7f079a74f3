"""What counts against an address and a server, and what only leaves it undetermined."""

from dataclasses import replace

import pytest

from checker.assessment.rulebook import judge
from checker.assessment.states import judge_servers, port_may_be_blocked_here
from checker.facts import EndpointFacts
from checker.observation import FailureKind, Reason
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
    handshake_failing,
    not_tried,
    reply,
    server,
    shaken,
    talking,
    without_starttls,
    working,
)

CLOSED, TIMEOUT, DEADLINE = FailureKind.CLOSED, FailureKind.TIMEOUT, FailureKind.DEADLINE
TLS = TlsFacts(nist=shaken())
SILENT = failed(FailureKind.TIMEOUT)
CHAIN_INCOMPLETE = "certificate-chain-incomplete"
OLD = TlsFacts(nist=failed(FailureKind.ALERT), every=shaken(nist=False))

BROKEN_OFF = TlsFacts(nist=failed(FailureKind.CLOSED), every=shaken(nist=False))

T, F, N = True, False, None

# name, endpoint, (works, encrypts, sts_ready)
ADDRESSES = [
    ("all well", working(), (T, T, T)),
    ("TLS 1.1 encrypts and is not ready", working(version="TLSv1.1"), (T, T, F)),
    ("TLS without a certificate is not ready", working(leaf=None), (T, T, F)),
    ("a certificate that could not be examined is unknown", working(leaf="another"), (T, T, N)),
    ("refused twice", dead(), (F, F, F)),
    ("refused once, with no time for another try", dead(tries=1), (N, N, N)),
    ("port 25 blocked here", dead(kind=FailureKind.PORT_BLOCKED), (N, N, N)),
    ("our deadline", dead(kind=DEADLINE), (N, N, N)),
    ("silence instead of a greeting, twice", talking(greeting=failed(TIMEOUT)), (F, F, F)),
    ("garbage instead of a greeting, twice", talking(greeting=failed(FailureKind.BAD_REPLY)), (F, F, F)),
    ("554 twice", talking(greeting=reply(554)), (F, F, F)),
    ("554 once", talking(tries=1, greeting=reply(554)), (N, N, N)),
    ("421 is no failure, however often", talking(tries=2, greeting=reply(421)), (N, N, N)),
    ("EHLO refused twice", talking(ehlo=ehlo(code=550)), (F, F, F)),
    ("closed at EHLO twice", talking(ehlo=failed(CLOSED)), (F, F, F)),
    ("no STARTTLS is an answer, also once", without_starttls(), (T, F, F)),
    ("454 twice", talking(starttls=reply(454)), (T, F, F)),
    ("454 once", talking(tries=1, starttls=reply(454)), (T, N, N)),
    ("501 to STARTTLS twice", talking(starttls=reply(501)), (T, F, F)),
    ("421 to STARTTLS", talking(starttls=reply(421)), (T, N, N)),
    ("closed after STARTTLS twice", talking(starttls=failed(CLOSED)), (T, F, F)),
    ("a TLS alert", handshake_failing(), (T, F, F)),
    ("a handshake cut off twice", handshake_failing(kind=CLOSED), (T, F, F)),
    ("our deadline in the handshake", handshake_failing(kind=DEADLINE), (T, N, N)),
    ("554 inside TLS twice", talking(ehlo_tls=ehlo(code=554), tls=TLS), (T, F, F)),
    ("554 inside TLS once", talking(tries=1, ehlo_tls=ehlo(code=554), tls=TLS), (T, N, N)),
    ("only suites that NIST doesn't list", talking(ehlo_tls=ehlo(), tls=OLD), (T, F, F)),
    ("the NIST suites broken off, another taken then", talking(ehlo_tls=ehlo(), tls=BROKEN_OFF), (T, N, N)),
    ("a private address", not_tried(Reason.BLOCKED_ADDRESS), (N, N, N)),
    ("an address beyond the cap", not_tried(Reason.BEYOND_CAP), (N, N, N)),
    ("its turn did not come", not_tried(Reason.DEADLINE), (N, N, N)),
]


@pytest.mark.parametrize(("name", "endpoint", "want"), ADDRESSES, ids=[case[0] for case in ADDRESSES])
def test_one_address(name: str, endpoint: EndpointFacts, want: tuple[bool | None, ...]) -> None:
    """A server with one address is what its address is."""
    [judged] = judge_servers(domain(server("mx.d.test", endpoint)), NOW).servers
    assert (judged.works, judged.encrypts, judged.sts_ready) == want, name


# name, the addresses of the scan, may port 25 be blocked here?
SILENCE = [
    ("one that times out", [dead(kind=TIMEOUT)], T),
    ("once is enough to doubt", [dead(kind=TIMEOUT, tries=1)], T),
    ("beside it our own deadline, which tells nothing", [dead(kind=TIMEOUT), dead(kind=DEADLINE)], T),
    ("beside it an address that was not tried", [dead(kind=TIMEOUT), not_tried(Reason.BEYOND_CAP)], T),
    ("beside it one that refuses", [dead(kind=TIMEOUT), dead()], F),
    ("beside it one that is unreachable", [dead(kind=TIMEOUT), dead(kind=FailureKind.UNREACHABLE)], F),
    ("beside it one that connects, and then is silent", [dead(kind=TIMEOUT), talking(greeting=failed(TIMEOUT))], F),
    ("only our own deadline", [dead(kind=DEADLINE)], F),
    ("nothing tried", [not_tried(Reason.BLOCKED_ADDRESS)], F),
    ("nothing at all", [], F),
]


@pytest.mark.parametrize(("name", "endpoints", "want"), SILENCE, ids=[case[0] for case in SILENCE])
def test_silence_everywhere_may_be_our_own_networks(name: str, endpoints: list[EndpointFacts], want: bool) -> None:
    """Where all that was tried is silent nothing is held against it, and on every server alike."""
    facts = domain(*(server(f"mx{n}.test", endpoint) for n, endpoint in enumerate(endpoints)))
    assert port_may_be_blocked_here(facts) is want, name
    silent = [one for one in judge_servers(facts, NOW).servers for e in one.tried if e.facts.smtp.connect == SILENT]
    assert {one.works for one in silent if one.endpoints[0].facts.smtp.tries > 1} <= ({None} if want else {False})


def test_one_leaf_in_two_chains_is_judged_by_the_chain_that_each_server_sent() -> None:
    """A server that sends the whole chain is not blamed for another's that forgets the issuer (CERT-14)."""
    hosts = ("mx1.test", "mx2.test")
    whole = certificate(*hosts, sha256="leaf", chain_id="whole")
    bare = certificate(*hosts, sha256="leaf", chain_id="bare", trusted=False, chain_complete=False)
    shown = {chain: replace(working(), tls=TlsFacts(nist=shaken(chain=chain))) for chain in ("whole", "bare")}
    facts = domain(server(hosts[0], shown["whole"]), server(hosts[1], shown["bare"]), certificates=(bare, whole))
    judged = judge_servers(facts, NOW)
    assert [one.sts_ready for one in judged.servers] == [True, False]
    chains = [finding for finding in judge(judged) if finding.code in ("certificate-untrusted", CHAIN_INCOMPLETE)]
    assert {finding.subject.host for finding in chains} == {"mx2.test"}


CERTIFICATES = [
    ("good", certificate("mx.d.test"), T),
    ("expired", expired("mx.d.test"), F),
    ("for another name", certificate("other.test"), F),
    ("untrusted", certificate("mx.d.test", trusted=False), F),
    ("unreadable", certificate("mx.d.test", trusted=None, not_after=None, error="It ends early."), F),
    ("of unknown trust", certificate("mx.d.test", trusted=None), N),
    ("of unknown trust and for another name: false beats null", certificate("other.test", trusted=None), F),
]


@pytest.mark.parametrize(("name", "leaf", "want"), CERTIFICATES, ids=[case[0] for case in CERTIFICATES])
def test_certificate_makes_ready(name: str, leaf: object, want: bool | None) -> None:
    """A certificate proves a server if it is in its dates, of its name, and trusted."""
    facts = domain(server("mx.d.test", working()), certificates=[leaf])  # type: ignore[list-item]
    [judged] = judge_servers(facts, NOW).servers
    assert (judged.encrypts, judged.sts_ready) == (True, want), name


V6 = "2620:4f::1"
A, B = "192.52.193.1", "192.52.193.2"

# name, endpoints, (works, encrypts, sts_ready, is_whole)
SERVERS = [
    ("one dead beside one alive", [working(A), dead(B)], (T, T, T, T)),
    ("all dead", [dead(A), dead(B)], (F, F, F, T)),
    ("one dead, one unknown", [dead(A), dead(B, kind=DEADLINE)], (N, N, N, F)),
    ("one alive, one unknown", [working(A), dead(B, kind=DEADLINE)], (T, T, T, F)),
    ("one without STARTTLS", [working(A), without_starttls(B)], (T, F, F, T)),
    ("false beats null", [talking(A, starttls=reply(421)), without_starttls(B)], (T, F, F, F)),
    ("454 where another address gave TLS is no failure", [working(A), talking(B, starttls=reply(454))], (T, T, T, F)),
    ("an alert is, all the same", [working(A), handshake_failing(B)], (T, F, F, T)),
    ("TLS that breaks off is not", [working(A), handshake_failing(B, kind=FailureKind.HANDSHAKE)], (T, T, T, F)),
    ("no IPv6 here", [working(A), not_tried(Reason.NO_ADDRESS_FAMILY, V6)], (T, T, T, T)),
    ("dead, and no IPv6 here", [dead(A), not_tried(Reason.NO_ADDRESS_FAMILY, V6)], (F, F, F, T)),
    ("nothing could be tried", [not_tried(Reason.NO_ADDRESS_FAMILY, V6)], (N, N, N, F)),
    ("addresses beyond the cap are left out", [working(A), not_tried(Reason.BEYOND_CAP, B)], (T, T, T, T)),
    ("one is not ready", [working(A), working(B, version="TLSv1.0")], (T, T, F, T)),
]


@pytest.mark.parametrize(("name", "endpoints", "want"), SERVERS, ids=[case[0] for case in SERVERS])
def test_several_addresses(name: str, endpoints: list[EndpointFacts], want: tuple[bool | None, ...]) -> None:
    """One address that works is enough; everything else must hold on every address that works."""
    [judged] = judge_servers(domain(server("mx.d.test", *endpoints)), NOW).servers
    assert (judged.works, judged.encrypts, judged.sts_ready, judged.is_whole) == want, name


# name, what DNS says of both families, (works, is_whole)
LOOK_UPS = [
    ("no address", NO_ADDRESSES, (F, T)),
    ("bogus signatures", failed(FailureKind.BOGUS), (F, T)),
    ("an endless alias", failed(FailureKind.ALIAS_CHAIN), (F, T)),
    ("the resolver failed", DNS_IS_DOWN, (N, F)),
]


@pytest.mark.parametrize(("name", "answer", "want"), LOOK_UPS, ids=[case[0] for case in LOOK_UPS])
def test_server_without_endpoints(name: str, answer: object, want: tuple[bool | None, bool]) -> None:
    """A server is dead if DNS says that it has no address, unknown if DNS says nothing."""
    [judged] = judge_servers(domain(server("mx.d.test", ipv4=answer, ipv6=answer)), NOW).servers
    assert (judged.works, judged.is_whole) == want, name


def test_unanswered_aaaa_leaves_a_working_server_open_only_where_ipv6_could_be_tried() -> None:
    """Addresses that nobody knows of may be worse; where the family is lacking they are left out."""
    for ipv6, is_whole in ((True, False), (False, True)):
        facts = domain(server("mx.d.test", working(), ipv6=DNS_IS_DOWN), ipv6=ipv6)
        [judged] = judge_servers(facts, NOW).servers
        assert (judged.works, judged.encrypts, judged.is_whole) == (True, True, is_whole)
