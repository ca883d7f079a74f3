"""What DANE comes to at each address, each server and for the domain (RFC 7672).

The one rule of this file: a look-up that failed on our side is null, and one that fails for everybody is "failed":
neither is ever "absent".
"""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from checker.assessment.address_state import EndpointState
from checker.assessment.shown import counted_certificate, further_kinds, kind_of_key
from checker.certificates.facts import CertificateFacts
from checker.certificates.rules import PresentedCertificate
from checker.dane.facts import DaneFacts
from checker.dane.matching import Match, match, reference_names
from checker.dane.settled import Settled, settle
from checker.facts import DomainFacts, ServerFacts
from checker.names import DomainName, IPAddress
from checker.network.ports import Security
from checker.observation import Failed, FailureKind, Seen

type Dane = Literal["absent", "insecure", "unusable", "broken", "partial", "valid"]
type DaneStatus = Literal["absent", "insecure", "unusable", "failed", "valid", "invalid"]

_BOGUS = Failed(FailureKind.BOGUS, "Its addresses are signed, and the signatures don't hold.")
_NO_TLS = Match(record=None, failure="no-match", why="It showed no certificate, for TLS did not start.")
_PEM_LINES = ("-----BEGIN", "-----END")


@dataclass(frozen=True, slots=True)
class AddressDane:
    """One address against the records. ``match`` decides a status of valid or invalid, and is null for the others.

    Valid: the chain for every kind of key that is known matches; ``match`` is then that of the first. ``first`` is that
    of the one shown first where that for ``other_kind`` fails: nearly every sender meets it.
    """

    status: DaneStatus | None = None
    match: Match | None = None
    first: Match | None = None
    other_kind: str | None = None

    @property
    def met(self) -> Match | None:
        """What a sender meets that asks for no kind of key."""
        return self.first or self.match


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDane:
    """The records of one server as a sender takes them, and each of its addresses against them."""

    settled: Settled = Settled(status=None)
    addresses: Mapping[IPAddress, AddressDane] = field(default_factory=dict)

    def at(self, address: IPAddress) -> AddressDane:
        """What it comes to at this address."""
        return self.addresses.get(address, AddressDane())


def judge_dane(
    facts: DomainFacts,
    server: ServerFacts,
    endpoints: Sequence[EndpointState],
    certificates: Mapping[str, CertificateFacts],
    now: datetime,
) -> ServerDane:
    """The records of a server, and what each address makes of them. ``certificates`` are by the id of their chain."""
    settled = settled_for_senders(server.dane)
    names = names_for(facts, server.host, settled.base or server.host)
    addresses = {
        endpoint.address: _at(endpoint, settled, [*_shown(certificates, server.host, endpoint, now)], names, now)
        for endpoint in endpoints
    }
    return ServerDane(settled=settled, addresses=addresses)


def settled_for_senders(dane: DaneFacts) -> Settled:
    """As ``settle`` has it; where the addresses are bogus no sender comes as far as the records."""
    if dane.addresses == "bogus":
        return Settled(status="failed", failure=_BOGUS)
    return settle(dane)


def mx_security(facts: DomainFacts) -> Security | None:
    """What DNSSEC says of the MX answer, or of the proof that there is none; null where that could not be told."""
    return facts.mx.answer.value.security if isinstance(facts.mx.answer, Seen) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One server's part in the domain's promise. ``passes``: every address that works matches; null: not seen.

    ``takes_mail``: some address does.
    """

    settled: Settled
    passes: bool | None = None
    takes_mail: bool = False


def domain_dane(facts: DomainFacts, promises: Sequence[Promise]) -> Dane | None:
    """The flag of the domain; null where a look-up failed on our side and could change it."""
    if facts.mx.status in ("null-mx", "none", "nxdomain"):
        return "absent"
    security = mx_security(facts)
    if security is None or not promises:
        return None
    return _protected(promises) if security == "secure" else _unprotected(promises)


def is_open(promises: Iterable[Promise]) -> bool:
    """There are records, and it was not seen whether some server keeps to them."""
    return any(promise.settled.status == "usable" and promise.passes is None for promise in promises)


def _unprotected(promises: Sequence[Promise]) -> Dane | None:
    """Who forges the MX answer names a server without records: what there is promises nothing for the domain."""
    statuses = {promise.settled.status for promise in promises}
    if statuses & {"usable", "unusable", "insecure"}:
        return "insecure"
    return "absent" if statuses == {"absent"} else None


def _protected(promises: Sequence[Promise]) -> Dane | None:
    statuses = [promise.settled.status for promise in promises]
    could_not_look = None in statuses
    keeps = [p.passes if p.settled.status == "usable" else p.settled.status for p in promises]
    some_pass = True in keeps or any(promise.takes_mail for promise in promises)
    if some_pass and any(kept not in (True, None) for kept in keeps):
        return "partial"
    if could_not_look:
        return None
    if some_pass:
        return "valid"
    if False in keeps or "failed" in keeps:
        return "broken"
    if None in keeps:
        return None
    return "unusable" if "unusable" in keeps else "insecure" if "insecure" in keeps else "absent"


def names_for(facts: DomainFacts, host: DomainName, base: DomainName) -> tuple[DomainName, ...]:
    """For which names a certificate of this server may be, where a record names an issuer."""
    aliases = facts.mx.aliases
    if facts.mx.status == "implicit":
        return reference_names(base, host, facts.domain, mx="none")
    is_secure = mx_security(facts) == "secure"
    expanded = aliases[-1] if aliases else None
    return reference_names(base, host, facts.domain, expanded, mx="secure" if is_secure else "insecure")


def _shown(
    certificates: Mapping[str, CertificateFacts], host: DomainName, endpoint: EndpointState, now: datetime
) -> Iterator[PresentedCertificate]:
    """The chain of each kind of key that is known, the default one first."""
    first = counted_certificate(certificates, host, endpoint.facts, now)
    if first is not None:
        yield first
        yield from further_kinds(certificates, host, endpoint.facts, now)


def _at(
    endpoint: EndpointState,
    settled: Settled,
    shown: Sequence[PresentedCertificate],
    names: Sequence[DomainName],
    now: datetime,
) -> AddressDane:
    if settled.status != "usable":
        return AddressDane(settled.status)
    if shown:
        return _of_kinds(settled, shown, names, now)
    return AddressDane("invalid", _NO_TLS) if _is_without_tls(endpoint) else AddressDane()


def _of_kinds(
    settled: Settled, shown: Sequence[PresentedCertificate], names: Sequence[DomainName], now: datetime
) -> AddressDane:
    matches = [match(settled.usable, chain_of(leaf.certificate), names, now) for leaf in shown]
    first = matches[0]
    failing = next((place for place, found in enumerate(matches) if found.failure is not None), None)
    if failing is None:
        return AddressDane("valid", first)
    if settled.is_cut:
        return AddressDane()  # one that was left out may fit
    if failing == 0:
        return AddressDane("invalid", first)
    kind, failed = kind_of_key(shown[failing].certificate), matches[failing]
    return AddressDane("invalid", replace(failed, why=f"Its {kind} certificate fails. {failed.why}"), first, kind)


def _is_without_tls(endpoint: EndpointState) -> bool:
    """It talks, and TLS is not offered or does not come about by its fault; or it shows no certificate."""
    done = endpoint.facts.tls.completed
    return done.certificate is None if done else bool(endpoint.works) and endpoint.starts_tls is False


def chain_of(certificate: CertificateFacts) -> list[bytes]:
    """DER as sent, the leaf first."""
    return [
        b64decode("".join(line for line in link.pem.splitlines() if not line.startswith(_PEM_LINES)))
        for link in certificate.chain
    ]
