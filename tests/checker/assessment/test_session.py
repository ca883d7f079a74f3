"""What a sender gets from one address, by what it insists on, stage by stage (requirements 9.2 and 9.4)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from checker.assessment.session import Demands, Visit, visit_address
from checker.assessment.states import judge_servers
from checker.certificates.facts import CertificateFacts
from checker.facts import EndpointFacts
from checker.observation import Failed, FailureKind
from checker.tls.facts import TlsFacts
from tests.fact_builders import (
    NOW,
    certificate,
    dead,
    domain,
    ehlo,
    expired,
    failed,
    handshake_failing,
    reply,
    server,
    shaken,
    talking,
    without_starttls,
    working,
)

HOST = "mx.d.test"
BAD_REPLY, CLOSED, DEADLINE = FailureKind.BAD_REPLY, FailureKind.CLOSED, FailureKind.DEADLINE
ALERT = FailureKind.ALERT
RESET, TIMEOUT = FailureKind.RESET, FailureKind.TIMEOUT
TLS = TlsFacts(nist=shaken())
CHACHA = TlsFacts(nist=failed(ALERT), every=shaken("TLSv1.2", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", False))
RC4 = TlsFacts(nist=failed(ALERT), every=shaken("TLSv1.2", "TLS_RSA_WITH_RC4_128_SHA", False))

# Asks for nothing; for TLS; for TLS and a certificate
DEMANDS = (Demands(), Demands(tls=True), Demands(tls=True, certificate=True))
# P: plaintext, E: encrypted, A: authenticated, U: unknown, -: a failure
ENDS = {"plaintext": "P", "encrypted": "E", "authenticated": "A", "unknown": "U", None: "-"}


def visits(endpoint: EndpointFacts, leaf: CertificateFacts | None = None, *others: EndpointFacts) -> list[Visit]:
    certificates = [leaf or certificate(HOST)]
    state = judge_servers(domain(server(HOST, endpoint, *others), certificates=certificates), NOW)
    return [visit_address(state, state.servers[0].host, state.servers[0].endpoints[0], want) for want in DEMANDS]


def ends(given: list[Visit]) -> str:
    return "".join(ENDS[visit.outcome] for visit in given)


# reason, endpoint, how it ends for the three, code and result type for the strictest
STAGES: list[tuple[str, EndpointFacts, str, str | None, str | None]] = [
    ("all well", working(), "EEA", None, None),
    ("refused twice", dead(), "---", "4.4.1", None),
    ("no connection in time, and nobody else answers: maybe we are blocked", dead(kind=TIMEOUT), "UUU", None, None),
    ("no route, twice", dead(kind=FailureKind.UNREACHABLE), "---", "4.4.1", None),
    ("refused once: not held against it", dead(tries=1), "UUU", None, None),
    ("port 25 blocked here", dead(kind=FailureKind.PORT_BLOCKED), "UUU", None, None),
    ("our deadline", dead(kind=DEADLINE), "UUU", None, None),
    ("a bug of ours", dead(kind=FailureKind.INTERNAL), "UUU", None, None),
    ("no greeting, twice", talking(greeting=failed(TIMEOUT)), "---", "4.4.2", None),
    ("no greeting, once", talking(tries=1, greeting=failed(TIMEOUT)), "UUU", None, None),
    ("hangs up instead of greeting", talking(greeting=failed(CLOSED)), "---", "4.4.2", None),
    ("garbage instead of a greeting", talking(greeting=failed(BAD_REPLY)), "---", "4.4.2", None),
    ("our deadline before the greeting", talking(greeting=failed(DEADLINE)), "UUU", None, None),
    ("421 lasting: every sender waits", talking(greeting=reply(421)), "---", "4.3.2", None),
    ("421 once", talking(tries=1, greeting=reply(421)), "UUU", None, None),
    ("554 twice", talking(greeting=reply(554)), "---", "4.3.2", None),
    ("554 once", talking(tries=1, greeting=reply(554)), "UUU", None, None),
    ("EHLO unanswered, twice", talking(ehlo=failed(CLOSED)), "---", "4.4.2", None),
    ("EHLO unanswered, once", talking(tries=1, ehlo=failed(CLOSED)), "UUU", None, None),
    ("our deadline at EHLO", talking(ehlo=failed(DEADLINE)), "UUU", None, None),
    ("EHLO refused, twice", talking(ehlo=ehlo(code=550)), "---", "4.3.2", None),
    ("EHLO refused, once", talking(tries=1, ehlo=ehlo(code=550)), "UUU", None, None),
    ("EHLO: not now, lasting", talking(ehlo=ehlo(code=450)), "---", "4.3.2", None),
    ("no STARTTLS: an answer, also once", without_starttls(), "P--", "4.7.4", "starttls-not-supported"),
    ("454 twice", talking(starttls=reply(454)), "P--", "4.7.4", "starttls-not-supported"),
    ("454 once", talking(tries=1, starttls=reply(454)), "UUU", None, None),
    ("501 to STARTTLS", talking(starttls=reply(501)), "P--", "4.7.4", "starttls-not-supported"),
    ("hangs up at STARTTLS, twice", talking(starttls=failed(CLOSED)), "P--", "4.7.5", "starttls-not-supported"),
    ("hangs up at STARTTLS, once", talking(tries=1, starttls=failed(CLOSED)), "UUU", None, None),
    ("our deadline at STARTTLS", talking(starttls=failed(DEADLINE)), "UUU", None, None),
    ("a TLS alert", handshake_failing(), "P--", "4.7.5", "validation-failure"),
    ("a reset in the handshake, twice", handshake_failing(kind=RESET), "P--", "4.7.5", "validation-failure"),
    ("our deadline in the handshake", handshake_failing(kind=DEADLINE), "UUU", None, None),
    ("RC4 only: no suite that senders offer", talking(ehlo_tls=ehlo(), tls=RC4), "P--", "4.7.5", "validation-failure"),
    ("ChaCha20 only: not NIST's, but senders have it", talking(ehlo_tls=ehlo(), tls=CHACHA), "EEA", None, None),
    ("silent inside TLS, twice", talking(ehlo_tls=failed(TIMEOUT), tls=TLS), "---", "4.4.2", None),
    ("silent inside TLS, once", talking(tries=1, ehlo_tls=failed(TIMEOUT), tls=TLS), "UUU", None, None),
    ("our deadline inside TLS", talking(ehlo_tls=failed(DEADLINE), tls=TLS), "UUU", None, None),
    ("554 inside TLS, twice", talking(ehlo_tls=ehlo(code=554), tls=TLS), "---", "4.3.2", None),
    ("554 inside TLS, once", talking(tries=1, ehlo_tls=ehlo(code=554), tls=TLS), "UUU", None, None),
    ("421 inside TLS, lasting", talking(ehlo_tls=ehlo(code=421), tls=TLS), "---", "4.3.2", None),
    ("TLS 1.1: encrypts, proves nothing", working(version="TLSv1.1"), "EE-", "4.7.5", "validation-failure"),
    ("TLS 1.2 proves who it is", working(version="TLSv1.2"), "EEA", None, None),
    ("an anonymous suite", working(leaf=None), "EE-", "4.7.5", "certificate-not-trusted"),
    ("our own examination failed", working(leaf="lost"), "EEU", None, None),
]


@pytest.mark.parametrize(("reason", "endpoint", "want", "code", "result_type"), STAGES, ids=[c[0] for c in STAGES])
def test_stages(reason: str, endpoint: EndpointFacts, want: str, code: str | None, result_type: str | None) -> None:
    """Each stage, ending in each way, for senders that ask for more and more."""
    given = visits(endpoint)
    assert ends(given) == want, reason
    assert (given[-1].status_code, given[-1].result_type) == (code, result_type)


def test_no_connection_counts_where_another_address_shows_that_the_port_is_open_here() -> None:
    given = visits(dead(kind=TIMEOUT), None, working("192.52.193.2"))
    assert ends(given) == "---"
    assert given[-1].status_code == "4.4.1"


TOMORROW = NOW + timedelta(days=1)

CERTIFICATES: list[tuple[str, CertificateFacts, str, str | None]] = [
    ("good", certificate(HOST), "A", None),
    ("expired", expired(HOST), "-", "certificate-expired"),
    ("not yet valid", certificate(HOST, not_before=TOMORROW), "-", "validation-failure"),
    ("untrusted", certificate(HOST, trusted=False), "-", "certificate-not-trusted"),
    ("of another name", certificate("other.test"), "-", "certificate-host-mismatch"),
    ("unreadable", certificate(HOST, trusted=None, error="It ends early."), "-", "validation-failure"),
    ("of unknown trust", certificate(HOST, trusted=None), "U", None),
    (
        "of unknown trust, but expired",
        certificate(HOST, trusted=None, not_after=NOW - timedelta(1)),
        "-",
        "certificate-expired",
    ),
    ("untrusted and expired: trust comes first", replace(expired(HOST), trusted=False), "-", "certificate-not-trusted"),
    ("of its last moment", certificate(HOST, not_after=NOW), "A", None),
]


@pytest.mark.parametrize(("reason", "leaf", "want", "result_type"), CERTIFICATES, ids=[c[0] for c in CERTIFICATES])
def test_certificates(reason: str, leaf: CertificateFacts, want: str, result_type: str | None) -> None:
    """Only who checks them minds, and says so in the words of RFC 8460."""
    given = visits(working(), leaf)
    assert ends(given) == "EE" + want, reason
    assert given[-1].result_type == result_type
    assert given[-1].status_code == ("4.7.5" if want == "-" else None)


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (talking(starttls=reply(454)), "454"),
        (handshake_failing(kind=CLOSED), "cut off in the handshake"),
        (talking(ehlo_tls=ehlo(code=554), tls=TLS), "554 inside TLS"),
    ],
)
def test_trouble_with_tls_is_not_held_against_a_server_that_gave_tls_elsewhere(second: EndpointFacts, why: str) -> None:
    """It may be our own doing, as too many connections are: unknown, as in the flags."""
    assert ends(visits(second, None, working("192.52.193.2"))) == "UUU", why


SAYS: list[tuple[EndpointFacts, int, str, str]] = [
    (working(), 1, "deliver", "The mail goes over TLS."),
    (working(), 2, "deliver", "The mail goes over TLS, to the server that the certificate names."),
    (without_starttls(), 0, "deliver", "STARTTLS is not offered. The mail goes in clear text."),
    (without_starttls(), 1, "fail", "STARTTLS is not offered. This sender insists on TLS."),
    (dead(), 0, "fail", "No connection: It failed."),
    (talking(greeting=reply(554, "no")), 0, "fail", "It turned us away: 554 no."),
    (working(leaf=None), 2, "fail", "It shows no certificate."),
    (working(version="TLSv1.0"), 2, "fail", "It has nothing newer than TLS 1.0. This sender asks for TLS 1.2."),
]


@pytest.mark.parametrize(("endpoint", "demands", "action", "why"), SAYS, ids=[case[3] for case in SAYS])
def test_what_it_says(endpoint: EndpointFacts, demands: int, action: str, why: str) -> None:
    """One step that names server and address, in a whole sentence."""
    [step] = visits(endpoint)[demands].steps
    assert (step.host, str(step.address), step.action, step.why) == (HOST, "192.52.193.1", action, why)


def test_a_detail_without_a_full_stop_gets_one() -> None:
    """Sentences that follow it are set apart."""
    alert = Failed(ALERT, "TLS alert 40 (handshake_failure)")
    endpoint = replace(handshake_failing(), tls=TlsFacts(nist=alert, every=alert))
    [step] = visits(endpoint)[0].steps
    assert step.why == "TLS fails: TLS alert 40 (handshake_failure). The mail goes in clear text."


def test_who_delivers_says_through_whom() -> None:
    """The server's name stands in the visit if it took the mail, and only then."""
    assert [visit.via for visit in visits(working())] == [HOST] * 3
    assert [visit.via for visit in visits(without_starttls())] == [HOST, None, None]
