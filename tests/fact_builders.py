"""Small facts for tests: one domain, its servers, and how each address behaves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from checker.certificates.facts import CertificateFacts
from checker.facts import DomainFacts, EndpointFacts, ServerFacts, Vantage
from checker.mx.facts import HostAddresses, MxFacts
from checker.names import DomainName, IPAddress
from checker.network.ports import Answer
from checker.observation import Absent, Failed, FailureKind, NotTried, Reason, Seen
from checker.smtp.facts import Ehlo, Reply, SmtpFacts
from checker.tls.facts import Handshake, TlsFacts

NOW = datetime(2026, 6, 1, tzinfo=UTC)
A, B, C = "192.52.193.1", "192.52.193.2", "192.52.193.3"
SUITE = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
NO_ADDRESSES: Seen[Answer[IPAddress]] = Seen(Answer(rcode="noerror"))
DNS_IS_DOWN = Failed(FailureKind.SERVFAIL, "The name server failed.")


def reply(code: int, *lines: str) -> Seen[Reply]:
    return Seen(Reply(code=code, lines=lines or ("text",)))


def ehlo(*keywords: str, code: int = 250) -> Seen[Ehlo]:
    return Seen(Ehlo(verb="EHLO", reply=Reply(code=code, lines=("host", *keywords)), keywords=keywords))


def failed(kind: FailureKind = FailureKind.CLOSED) -> Failed:
    return Failed(kind, "It failed.")


def shaken(
    version: str = "TLSv1.3", suite: str = SUITE, nist: bool = True, leaf: str | None = "leaf", chain: str | None = None
) -> Any:
    """Without ``chain`` it has the leaf's name."""
    return Seen(Handshake(version=version, suite=suite, nist=nist, certificate=leaf, chain=chain or leaf))


def working(address: str = "192.52.193.1", leaf: str | None = "leaf", version: str = "TLSv1.3") -> EndpointFacts:
    """It does everything well."""
    return EndpointFacts(
        address=ip_address(address),
        smtp=SmtpFacts(
            connect=Seen(10),
            greeting=reply(220),
            ehlo=ehlo("STARTTLS"),
            starttls=reply(220),
            ehlo_tls=ehlo("SIZE"),
            quit=reply(221),
        ),
        tls=TlsFacts(nist=shaken(version, leaf=leaf)),
    )


NO_TLS = TlsFacts()
_WELL = {"connect": Seen(10), "greeting": reply(220), "ehlo": ehlo("STARTTLS"), "starttls": reply(220)}
_STAGES = (*_WELL, "ehlo_tls")


def talking(address: str = "192.52.193.1", tries: int = 2, tls: TlsFacts = NO_TLS, **stages: Any) -> EndpointFacts:
    """It goes well as far as the last of these stages, up to STARTTLS without any; the rest was not reached."""
    end = max(map(_STAGES.index, stages), default=len(_STAGES) - 1)
    reached: dict[str, Any] = {name: stage for name, stage in _WELL.items() if _STAGES.index(name) <= end}
    return EndpointFacts(address=ip_address(address), smtp=SmtpFacts(tries=tries, **(reached | stages)), tls=tls)


def dead(address: str = "192.52.193.1", kind: FailureKind = FailureKind.REFUSED, tries: int = 2) -> EndpointFacts:
    return talking(address, tries, connect=failed(kind))


def without_starttls(address: str = "192.52.193.1") -> EndpointFacts:
    return talking(address, 1, ehlo=ehlo("SIZE"), starttls=Absent())


def handshake_failing(address: str = "192.52.193.1", kind: FailureKind = FailureKind.ALERT) -> EndpointFacts:
    return talking(address, tls=TlsFacts(nist=failed(kind), every=failed(kind)))


def not_tried(reason: Reason, address: str = "192.52.193.1") -> EndpointFacts:
    return EndpointFacts(address=ip_address(address), not_tried=NotTried(reason, "Not tried."))


def certificate(*hosts: str, sha256: str = "leaf", **changes: Any) -> CertificateFacts:
    """In dates, trusted, and for these hosts."""
    names = tuple(DomainName(host) for host in hosts)
    good = CertificateFacts(
        sha256=sha256,
        chain_id=sha256,
        subject="CN=a",
        names=hosts,
        issuer="CN=authority",
        not_before=NOW - timedelta(days=30),
        not_after=NOW + timedelta(days=60),
        key="RSA 2048",
        signature="sha256WithRSAEncryption",
        trusted=True,
        self_signed=False,
        chain_complete=True,
        error=None,
        chain=(),
        presented_for=names,
        matches=names,
    )
    return replace(good, **changes)


def expired(*hosts: str, sha256: str = "leaf") -> CertificateFacts:
    return certificate(*hosts, sha256=sha256, not_after=NOW - timedelta(days=1))


def server(host: str, *endpoints: EndpointFacts, preference: int = 10, **looked_up: Any) -> tuple[Any, ServerFacts]:
    """A host whose addresses are those of the endpoints, unless ``ipv4`` or ``ipv6`` say otherwise."""
    families = {
        name: Seen(Answer(rcode="noerror", records=tuple(e.address for e in endpoints if e.address.version == version)))
        for name, version in (("ipv4", 4), ("ipv6", 6))
    }
    name = DomainName(host)
    addresses = HostAddresses(host=name, preference=preference, **(families | looked_up))
    return addresses, ServerFacts(host=name, endpoints=endpoints)


def domain(
    *servers: tuple[Any, ServerFacts],
    certificates: Sequence[CertificateFacts] | None = None,
    mx: MxFacts | None = None,
    ipv6: bool = True,
) -> DomainFacts:
    """Facts of a finished scan; without ``certificates`` a good one for every server."""
    hosts = tuple(host for host, _ in servers)
    if certificates is None:
        certificates = (certificate(*(host.host for host in hosts)),)
    return DomainFacts(
        domain=DomainName("d.test"),
        depth="verdict",
        started_at=NOW,
        duration_ms=1000,
        state="complete",
        vantage=Vantage(name="here", smtp="unknown", ipv4=True, ipv6=ipv6, dnssec=None, helo="probe.test"),
        mx=mx or MxFacts(answer=Seen(Answer(rcode="noerror")), status="explicit", hosts=hosts),
        servers=tuple(facts for _, facts in servers),
        certificates=tuple(certificates),
    )


def mx_failed(kind: FailureKind) -> MxFacts:
    return MxFacts(answer=Failed(kind, "It failed."), status="failed")


TWO = domain(server("a.test", working(A)), server("b.test", working(B)))
