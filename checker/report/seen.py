"""The sections that only write down what was seen: servers, their endpoints, certificates.

The one rule of this file: a question that nobody asked is null, never false.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from checker.assessment.conditions import UNTOLD, Ticks
from checker.assessment.dane_state import AddressDane, ServerDane
from checker.certificates.facts import CertificateFacts
from checker.facts import DomainFacts, EndpointFacts, ServerFacts
from checker.mx.facts import HostAddresses, has_addresses
from checker.names import DomainName
from checker.observation import Absent, Failed, NotTried, Seen
from checker.outcome import outcome
from checker.report.caa import caa_section
from checker.report.dane import dane_section, host_security, tlsa_section
from checker.report.document_servers import CertificateSection, EndpointSection, ServerSection, Stage, TranscriptLine
from checker.report.times import time_text
from checker.report.tls import certificates_of, tls_section
from checker.smtp.facts import SmtpFacts, StageTimes


def server_sections(
    facts: DomainFacts, ticks: Mapping[DomainName, Ticks], dane: Mapping[DomainName, ServerDane]
) -> list[ServerSection]:
    """One section for each MX host, in order, also where its turn has not come.

    ``ticks`` and ``dane`` are those of its verdict, empty while there is none.
    """
    certificates = {certificate.chain_id: certificate for certificate in facts.certificates}
    return [
        _server(host, server, ticks.get(host.host, UNTOLD), dane.get(host.host, ServerDane()), certificates)
        for host, server in _servers(facts)
    ]


def _servers(facts: DomainFacts) -> Iterator[tuple[HostAddresses, ServerFacts]]:
    """Each MX host with what was seen of it: nothing, if its turn has not come."""
    seen = {server.host: server for server in facts.servers}
    for host in facts.mx.hosts:
        yield host, seen.get(host.host, ServerFacts(host=host.host))


def _server(
    host: HostAddresses,
    server: ServerFacts,
    ticks: Ticks,
    dane: ServerDane,
    certificates: Mapping[str, CertificateFacts],
) -> ServerSection:
    was_looked_up = any(isinstance(answer, Seen) for answer in (host.ipv4, host.ipv6))
    return {
        "host": host.host,
        "preference": host.preference,
        "operator": None,
        "address_status": _address_status(host),
        "cname": list(host.aliases) if was_looked_up else None,
        "dnssec": host_security(host, server.dane),
        "tlsa": tlsa_section(server.dane),
        "caa": caa_section(server.caa),
        "conditions": dict(ticks.met),
        "not_reached": list(ticks.not_reached),
        "endpoints": [_endpoint(e, dane.at(e.address), certificates) for e in server.endpoints],
    }


def _address_status(host: HostAddresses) -> Literal["ok", "none", "nxdomain", "failed"] | None:
    families = (host.ipv4, host.ipv6)
    if any(map(has_addresses, families)):
        return "ok"
    if any(isinstance(family, NotTried) for family in families):
        return None
    if any(isinstance(family, Failed) for family in families):
        return "failed"
    no_name = all(isinstance(family, Seen) and family.value.rcode == "nxdomain" for family in families)
    return "nxdomain" if no_name else "none"


def _endpoint(
    endpoint: EndpointFacts, dane: AddressDane, certificates: Mapping[str, CertificateFacts]
) -> EndpointSection:
    is_pending = endpoint.not_tried is None and isinstance(endpoint.smtp.connect, NotTried)
    ending, stage, detail = (None, None, None) if is_pending else outcome(endpoint)
    smtp = endpoint.smtp
    return {
        "address": str(endpoint.address),
        "outcome": ending,
        "stage": stage,
        "detail": detail,
        "greeting": _greeting(smtp),
        "ehlo": list(smtp.ehlo.value.keywords) if isinstance(smtp.ehlo, Seen) else None,
        "starttls": _advertises_starttls(smtp),
        "tls": tls_section(endpoint.tls, certificates),
        "certificates": certificates_of(endpoint.tls, certificates),
        "dane": dane_section(dane),
        "connections": endpoint.connections,
        "stages_ms": _stages(smtp.stages_ms),
        "transcript": [_line(line.at_ms, line.sender, line.line) for line in endpoint.transcript],
        "reused": time_text(endpoint.reused) if endpoint.reused else None,
        "waiting": {"stage": wait.stage, "since_ms": wait.since_ms} if (wait := endpoint.waiting) else None,
    }


def _greeting(smtp: SmtpFacts) -> str | None:
    if not isinstance(smtp.greeting, Seen):
        return None
    reply = smtp.greeting.value
    return f"{reply.code} {reply.lines[0] if reply.lines else ''}".rstrip()


def _advertises_starttls(smtp: SmtpFacts) -> bool | None:
    """Null unless an EHLO or HELO answer was read."""
    match smtp.ehlo:
        case Seen(ehlo) if ehlo.reply.is_positive:
            return ehlo.advertises("STARTTLS")
        case Seen() | Absent() | Failed() | NotTried():
            return None


def _stages(times: StageTimes) -> dict[Stage, int | None]:
    return {
        "connect": times.connect,
        "greeting": times.greeting,
        "ehlo": times.ehlo,
        "starttls": times.starttls,
        "handshake": times.handshake,
        "ehlo-tls": times.ehlo_tls,
    }


def _line(at_ms: int, sender: Literal["client", "server", "note"], line: str) -> TranscriptLine:
    return {"at_ms": at_ms, "from": sender, "line": line}


def certificate_sections(certificates: Sequence[CertificateFacts], at: datetime) -> dict[str, CertificateSection]:
    """Every leaf by its hash, with all hosts that showed it. Of several chains the one that senders trust least stands.

    ``at`` is the moment for which dates are judged.
    """
    chains: dict[str, list[CertificateFacts]] = {}
    for certificate in certificates:
        chains.setdefault(certificate.sha256, []).append(certificate)
    return {sha256: _certificate(alike, at) for sha256, alike in sorted(chains.items())}


def _certificate(alike: Sequence[CertificateFacts], at: datetime) -> CertificateSection:
    leaf = min(alike, key=_trust)
    hosts = sorted({host for each in alike for host in each.presented_for})
    matches = {host for each in alike for host in each.matches}
    begins, ends = leaf.not_before, leaf.not_after
    return {
        "subject": leaf.subject,
        "names": list(leaf.names),
        "issuer": leaf.issuer,
        "not_before": time_text(begins) if begins else None,
        "not_after": time_text(ends) if ends else None,
        "key": leaf.key,
        "signature": leaf.signature,
        "trusted": leaf.trusted,
        "in_dates": begins <= at <= ends if begins and ends else None,
        "self_signed": leaf.self_signed,
        "chain_complete": leaf.chain_complete,
        "error": leaf.error,
        "name_match": {host: host in matches for host in hosts},
        "chain": [
            {
                "subject": link.subject,
                "issuer": link.issuer,
                "not_after": time_text(link.not_after) if link.not_after else None,
                "sha256": link.sha256,
                "pem": link.pem,
            }
            for link in leaf.chain
        ],
    }


def _trust(certificate: CertificateFacts) -> tuple[int, int, str]:
    """False is less than null, null less than true; the rest keeps the choice still."""
    rank = (False, None, True).index
    return rank(certificate.trusted), rank(certificate.chain_complete), certificate.chain_id
