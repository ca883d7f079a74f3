"""The sections on DNSSEC and DANE: how safe a server's names are, its TLSA records, and which each address fits.

The one rule of this file: what a resolver that checks no signatures says is null, and ``limits`` tells why.
"""

from collections.abc import Iterator

from checker.assessment.dane_state import AddressDane, settled_for_senders
from checker.dane.facts import DaneFacts
from checker.dane.tlsa import why_unusable, written
from checker.facts import DomainFacts
from checker.mx.facts import HostAddresses
from checker.network.ports import TlsaRecord
from checker.observation import Observation, Seen
from checker.report.document import LimitEntry
from checker.report.document_servers import DaneSection, HostSecurity, TlsaSection
from checker.report.document_servers import TlsaRecord as TlsaEntry
from checker.security import security_of, weakest

_SHOWN = 12  # hex digits of a record's data, enough to know it again
_NOT_DETERMINED = (
    "No resolver told this scan which DNS answers are signed, so nothing can be said of DNSSEC and DANE. A resolver "
    "that checks signatures, and whose word is trusted, is needed for that."
)

_UNCHECKED = "The resolver that answered here checks no signatures, so it is not known whether this is signed."


def host_security(host: HostAddresses, dane: DaneFacts) -> HostSecurity:
    """What DNSSEC says of a server's addresses, by the weaker answer, and of its TLSA records."""
    settled = settled_for_senders(dane)
    at_base = [c.answer for c in dane.candidates if settled.base is None or c.base == settled.base]
    return {"address": weakest(host.telling), "tlsa": security_of(at_base[0]) if at_base else None}


def tlsa_section(dane: DaneFacts) -> TlsaSection:
    """The records, and what they come to for a sender."""
    settled = settled_for_senders(dane)
    was_seen = settled.status in ("absent", "insecure", "unusable", "usable")
    return {
        "status": settled.status,
        "base_domain": settled.base if settled.records else None,
        "ttl": settled.ttl,
        "records": [_record(record) for record in settled.records] if was_seen else None,
        "error": settled.failure.detail if settled.failure and settled.failure.detail else None,
    }


def dane_section(dane: AddressDane) -> DaneSection:
    """One address: how it stands to the records, and which one it fits with the certificate that it shows first."""
    record = dane.met.record if dane.met else None
    return {
        "status": dane.status,
        "matched": written(record, _SHOWN) if record else None,
        "why": dane.match.why if dane.match else None,
    }


def unseen_dane(facts: DomainFacts) -> Iterator[LimitEntry]:
    """Why DANE could not be told of any server, or of some. Look-ups that failed stand among the scan's own limits."""
    settled = [settled_for_senders(server.dane) for server in facts.servers]
    if settled and all(found.status is None and found.failure is None for found in settled):
        yield _limit("servers.dnssec", _NOT_DETERMINED)
        return
    if _is_unchecked(facts.mx.answer):
        yield _limit("mx.dnssec", _UNCHECKED if settled else _NOT_DETERMINED)
    dane = {server.host: server.dane for server in facts.servers}
    for host in facts.mx.hosts:
        tlsa = [candidate.answer for candidate in dane[host.host].candidates] if host.host in dane else []
        if any(map(_is_unchecked, (host.ipv4, host.ipv6, *tlsa))):
            yield _limit(f"servers.{host.host}.dnssec", _UNCHECKED)


def _limit(path: str, detail: str) -> LimitEntry:
    return {"path": path, "code": "dnssec-not-determined", "detail": detail}


def _is_unchecked(look_up: Observation[object]) -> bool:
    return isinstance(look_up, Seen) and security_of(look_up) is None


def _record(record: TlsaRecord) -> TlsaEntry:
    why = why_unusable(record)
    return {
        "usage": record.usage,
        "selector": record.selector,
        "matching": record.matching,
        "data": record.data,
        "usable": why is None,
        "why": why,
    }
