"""What follows from TLSA records and what the servers show, together (RFC 7671 section 8, RFC 7672).

The one rule of this file: records are held against what senders meet now. What was not seen breaks no promise.
"""

from collections.abc import Iterator, Mapping, Sequence

from checker.assessment.address_state import EndpointState
from checker.assessment.dane_state import chain_of, mx_security, names_for
from checker.assessment.kept import dane_of
from checker.assessment.states import DomainState, ServerState, further_certificates, shown_certificate
from checker.certificates.facts import CertificateFacts
from checker.dane.matching import DaneFailure, match
from checker.dane.tlsa import DANE_EE, written
from checker.finding import Finding, Rule
from checker.listing import joined
from checker.names import DomainName
from checker.network.ports import TlsaRecord
from checker.operators import operator_of

_SHOWN = 16  # characters of a record's data
_NAMED = 4  # names or records in one sentence
_FAILURES: Mapping[DaneFailure, str] = {
    "no-match": "dane-no-match",
    "expired": "dane-expired",
    "not-yet-valid": "dane-not-yet-valid",
    "host-mismatch": "dane-wrong-name",
    "not-trusted": "dane-not-trusted",
}


def address_keeps_to_records(state: DomainState, server: ServerState, endpoint: EndpointState) -> Iterator[Finding]:
    """One address with what it shows (DANE-11, DANE-26, DANE-40 to DANE-49)."""
    found = server.dane.at(endpoint.address)
    if found.match is None:
        return
    if found.match.record is not None:
        yield Finding("dane-matches", {"record": written(found.match.record, _SHOWN), "why": found.match.why})
        yield from _every_kind_of_record_fits(state, server, endpoint)
        if endpoint.facts.tls.shown.no_name == "other":
            yield Finding("dane-default-certificate")
    elif endpoint.starts_tls is False:
        yield Finding("dane-without-tls")
    elif found.match.failure is not None:
        if found.other_kind is None:
            yield Finding(_FAILURES[found.match.failure], {"why": found.match.why})
        else:
            yield Finding("dane-other-key-fails", {"kind": found.other_kind, "why": found.match.why})


def _every_kind_of_record_fits(state: DomainState, server: ServerState, endpoint: EndpointState) -> Iterator[Finding]:
    """Of each usage, selector and matching type one record is of now, not only of the past or to come (DANE-26)."""
    groups: dict[tuple[int, int, int], list[TlsaRecord]] = {}
    for record in server.dane.settled.usable:
        groups.setdefault((record.usage, record.selector, record.matching), []).append(record)
    certificates = certificates_at(state, server, endpoint)
    idle = [
        kind for kind, group in groups.items() if not any(fits(state, server, group, leaf) for leaf in certificates)
    ]
    if idle and certificates and not server.dane.settled.is_cut:
        yield Finding("dane-kind-unmatched", {"kinds": [" ".join(map(str, kind)) for kind in idle]})


def certificates_at(state: DomainState, server: ServerState, endpoint: EndpointState) -> list[CertificateFacts]:
    """What one address shows, for each kind of key that is known."""
    first = shown_certificate(state, server.host, endpoint.facts)
    further = further_certificates(state, server.host, endpoint.facts)
    return [shown.certificate for shown in (first, *further) if shown is not None]


def fits(state: DomainState, server: ServerState, records: Sequence[TlsaRecord], certificate: CertificateFacts) -> bool:
    """Does one of these records hold for this certificate of the server, as it came?"""
    names = names_for(state.facts, server.host, server.dane.settled.base or server.host)
    return match(records, chain_of(certificate), names, state.now).failure is None


def has_record_to_spare(state: DomainState, server: ServerState) -> bool:
    """Some record names no key in use: an issuer, or a key to come. With two kinds of keys two records are in use."""
    shown = [leaf for endpoint in server.endpoints for leaf in certificates_at(state, server, endpoint)]
    return not shown or any(
        record.usage != DANE_EE or not any(fits(state, server, [record], leaf) for leaf in shown)
        for record in server.dane.settled.usable
    )


def every_server_is_covered(state: DomainState) -> Iterator[Finding]:
    """A sender that takes the servers in order may be led to one that promises nothing (DANE-13)."""
    bare = [s.host for s in state.servers if s.dane.settled.status in ("absent", "insecure", "unusable")]
    if dane_of(state, state.servers) == "partial" and bare and _covered(state):
        yield Finding("dane-partial", {"named": joined(bare, _NAMED), "hosts": [*bare]})


def mail_servers_are_signed(state: DomainState) -> Iterator[Finding]:
    """Unsigned MX records lead wherever a forger likes, to a server without records (DANE-1)."""
    covered = _covered(state)
    if mx_security(state.facts) == "insecure" and covered:
        yield Finding("dane-mx-unsigned", {"named": joined(covered, _NAMED), "hosts": [*covered]})


def one_record_is_missing(state: DomainState) -> Iterator[Finding]:
    """All is signed, and no server has a record: DANE is one record away."""
    signed = {server.host for server in state.facts.servers if server.dane.addresses == "secure"}
    working = [server for server in state.servers if server.encrypts]
    is_absent = all(server.dane.settled.status == "absent" for server in state.servers)
    hosts = [server.host for server in working if server.host in signed]
    if mx_security(state.facts) == "secure" and is_absent and hosts and len(hosts) == len(working):
        yield Finding("dane-possible", {"named": joined(hosts, _NAMED), "hosts": [*hosts]})


def keys_are_their_own(state: DomainState) -> Iterator[Finding]:
    """One key at servers of several operators lets each stand in for the other (DANE-14)."""
    holders: dict[TlsaRecord, list[DomainName]] = {}
    for server in state.servers:
        for record in dict.fromkeys(server.dane.settled.usable):
            if record.usage == DANE_EE:
                holders.setdefault(record, []).append(server.host)
    for record, hosts in holders.items():
        if len(set(map(_operator, hosts))) > 1:
            shown = written(record, _SHOWN)
            yield Finding("dane-shared-key", {"named": joined(hosts, _NAMED), "hosts": [*hosts], "record": shown})


def dane_is_known(state: DomainState) -> Iterator[Finding]:
    """The look-ups came back. That no resolver here validates is said once, of all that DNSSEC protects."""
    asked = (server for server in state.servers if not server.is_without_address)
    unknown = [server.host for server in asked if server.dane.settled.status is None]
    if unknown and state.facts.vantage.dnssec is not False:
        yield Finding("dane-not-seen", {"named": joined(unknown, _NAMED), "hosts": [*unknown]})


RULES: tuple[Rule[DomainState], ...] = (
    every_server_is_covered,
    mail_servers_are_signed,
    one_record_is_missing,
    keys_are_their_own,
    dane_is_known,
)


def _covered(state: DomainState) -> list[DomainName]:
    return [server.host for server in state.servers if server.dane.settled.status == "usable"]


def _operator(host: DomainName) -> str:
    """Who runs it, as far as names tell: a known operator, or the domain that the host's name is in."""
    operator = operator_of(host)
    return operator.name if operator else host.partition(".")[2]
