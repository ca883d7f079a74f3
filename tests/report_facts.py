"""Facts and a verdict of one domain, and the document that is built from them, checked against the schema."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import jsonschema

from checker.assessment.conditions import CONDITIONS, UNTOLD, Ticks
from checker.assessment.judged import Delivery, Judged, Step, Threat
from checker.assessment.verdict import Verdict
from checker.certificates.facts import CertificateFacts, ChainLink
from checker.facts import DomainFacts, EndpointFacts, Limit, ServerFacts, Vantage
from checker.finding import Severity, Subject, Who
from checker.mx.facts import HostAddresses, MxFacts
from checker.names import DomainName
from checker.network.ports import Answer, MxRecord
from checker.observation import Failed, FailureKind, Seen
from checker.report.build import build
from checker.report.document import Report, json_schema
from checker.smtp.facts import Ehlo, Line, Reply, SmtpFacts, StageTimes
from checker.tls.facts import Handshake, TlsFacts

VALIDATOR = jsonschema.Draft202012Validator(json_schema())
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DOMAIN, MX1, MX2 = DomainName("a.example"), DomainName("mx1.a.example"), DomainName("mx2.a.example")
LEAF = "a1" * 32


def found(*addresses: str, **changes: Any) -> Seen[Answer[Any]]:
    return Seen(Answer(rcode="noerror", records=tuple(map(ip_address, addresses)), ttl=300, **changes))


NO_SUCH_NAME: Seen[Answer[Any]] = Seen(Answer(rcode="nxdomain"))
SERVFAIL = Failed(FailureKind.SERVFAIL, "The resolver could not tell.")


def said(code: int, *lines: str) -> Reply:
    return Reply(code=code, lines=lines)


LIST = Ehlo(verb="EHLO", reply=said(250, "mx1", "STARTTLS"), keywords=("SIZE 1000", "STARTTLS"))
PLAIN_LIST = Ehlo(verb="EHLO", reply=said(250, "mx1", "SIZE 1000"), keywords=("SIZE 1000",))
WELL = SmtpFacts(
    connect=Seen(31),
    greeting=Seen(said(220, "mx1 ESMTP", "hello")),
    ehlo=Seen(LIST),
    starttls=Seen(said(220, "go ahead")),
    ehlo_tls=Seen(LIST),
    quit=Seen(said(221, "bye")),
    stages_ms=StageTimes(connect=31, greeting=40, ehlo=32, starttls=31, handshake=70, ehlo_tls=33),
)
SHOOK = TlsFacts(
    nist=Seen(Handshake(version="TLSv1.3", suite="TLS_AES_256_GCM_SHA384", nist=True, certificate=LEAF, chain=LEAF))
)
GOOD = EndpointFacts(
    address=ip_address("192.0.2.1"),
    smtp=WELL,
    tls=SHOOK,
    transcript=(Line(at_ms=71, sender="server", line="220 mx1 ESMTP"),),
    connections=1,
)
CERTIFICATE = CertificateFacts(
    sha256=LEAF,
    chain_id=LEAF,
    subject="CN=mx1.a.example",
    names=("mx1.a.example",),
    issuer="CN=Some CA",
    not_before=NOW - timedelta(days=10),
    not_after=NOW + timedelta(days=80),
    key="EC secp256r1",
    signature="ecdsa-with-SHA256",
    trusted=True,
    self_signed=False,
    chain_complete=True,
    error=None,
    chain=(
        ChainLink(sha256=LEAF, pem="PEM", subject="CN=mx1.a.example", issuer="CN=Some CA", not_after=NOW),
        ChainLink(sha256="cc", pem="", subject=None, issuer=None, not_after=None, error="Can't be read."),
    ),
    presented_for=(MX1, MX2),
    matches=(MX1,),
)
FACTS = DomainFacts(
    domain=DOMAIN,
    depth="verdict",
    started_at=NOW,
    duration_ms=1840,
    state="complete",
    vantage=Vantage(name="default", smtp="unknown", ipv4=True, ipv6=False, dnssec=None, helo="probe.example"),
    mx=MxFacts(
        answer=Seen(
            Answer(rcode="noerror", records=(MxRecord(10, MX1), MxRecord(20, MX2)), ttl=600, security="secure")
        ),
        status="explicit",
        hosts=(
            HostAddresses(host=MX1, preference=10, ipv4=found("192.0.2.1"), ipv6=found()),
            HostAddresses(host=MX2, preference=20, ipv4=NO_SUCH_NAME, ipv6=NO_SUCH_NAME),
        ),
    ),
    servers=(ServerFacts(host=MX1, endpoints=(GOOD,)), ServerFacts(host=MX2)),
    certificates=(CERTIFICATE,),
    limits=(Limit(path="servers.mx1.a.example", code="no-address-family", detail="There is no IPv6 here."),),
)
HOST = FACTS.mx.hosts[0].host
TICKS = Ticks({**UNTOLD.met, "works": True, "starttls": False}, CONDITIONS[2:])
VERDICT = Verdict(
    level="degraded",
    provisional=True,
    score=45,
    grade="D-",
    minimally_sufficient=False,
    sts_ready=False,
    mta_sts=None,
    dane=None,
    headline="1 of 2 servers does not work.",
    first_step="Mend it.",
    reach=None,
    findings=(
        Judged(
            code="mx-host-does-not-exist",
            severity=Severity.SERIOUS,
            subject=Subject(host=MX2, address=ip_address("2001:db8::1")),
            params={"host": MX2, "count": 2, "addresses": ["192.0.2.1"]},
            title="It does not exist",
            detail="DNS has no such name.",
            remedy="Correct the MX record.",
            who=Who.DNS,
            reference="RFC 5321 section 5.1",
            group="dns",
            cost=4,
        ),
    ),
    deliveries=(
        Delivery(
            sender="mandatory-tls",
            outcome="deferred",
            steps=(Step(action="fail", why="No.", host=MX1, address=ip_address("192.0.2.1")),),
            status_code="4.4.1",
            final_status_code="5.4.1",
        ),
    ),
    ticks={HOST: TICKS},
    threats=(Threat(code="starttls-stripping", exposed=None, why="Not known."),),
)


def document(facts: DomainFacts = FACTS, verdict: Verdict | None = VERDICT) -> Report:
    report = build(facts, verdict, None)
    VALIDATOR.validate(report)
    return report


def with_endpoint(**changes: Any) -> Any:
    """The section of an endpoint where all went well but for these changes."""
    facts = replace(FACTS, servers=(ServerFacts(host=MX1, endpoints=(replace(GOOD, **changes),)),))
    return document(facts)["servers"][0]["endpoints"][0]
