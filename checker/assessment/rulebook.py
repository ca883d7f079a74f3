"""Every rule in report order with what it speaks of, and every catalogue entry by its code: the one registry.

The one rule of this file: what holds for all addresses of a server that were looked at is said once, of the server.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain

from checker.assessment import (
    catalogue,
    dane_catalogue,
    dane_rules,
    dnssec_catalogue,
    dnssec_rules,
    edition_rules,
    policy_catalogue,
    policy_rules,
    rules,
)
from checker.assessment.address_state import EndpointState
from checker.assessment.issuing import named_sites
from checker.assessment.judged import Judged
from checker.assessment.states import (
    DomainState,
    ServerState,
    further_certificates,
    port_may_be_blocked_here,
    shown_certificate,
)
from checker.caa import catalogue as caa_catalogue
from checker.caa import rules as caa_rules
from checker.certificates import catalogue as certificates_catalogue
from checker.certificates import rules as certificates_rules
from checker.dane import catalogue as dane_records_catalogue
from checker.dane import rules as dane_records_rules
from checker.dnssec import catalogue as zone_catalogue
from checker.dnssec import rules as zone_rules
from checker.finding import Entry, Finding, Param, Rule, Severity, Subject
from checker.listing import joined
from checker.mta_sts import catalogue as mta_sts_catalogue
from checker.mta_sts import rules as mta_sts_rules
from checker.mx import catalogue as mx_catalogue
from checker.mx import rules as mx_rules
from checker.smtp import catalogue as smtp_catalogue
from checker.smtp import rules as smtp_rules
from checker.tls import catalogue as tls_catalogue
from checker.tls import inventory_catalogue, inventory_rules
from checker.tls import rules as tls_rules
from checker.tls.facts import TlsFacts
from checker.tls_rpt import catalogue as tls_rpt_catalogue
from checker.tls_rpt import rules as tls_rpt_rules

CATALOGUES: tuple[tuple[Entry, ...], ...] = (
    catalogue.CATALOGUE,
    mx_catalogue.CATALOGUE,
    dnssec_catalogue.CATALOGUE,
    zone_catalogue.CATALOGUE,
    smtp_catalogue.CATALOGUE,
    tls_catalogue.CATALOGUE,
    inventory_catalogue.CATALOGUE,
    certificates_catalogue.CATALOGUE,
    dane_catalogue.CATALOGUE,
    dane_records_catalogue.CATALOGUE,
    caa_catalogue.CATALOGUE,
    policy_catalogue.CATALOGUE,
    mta_sts_catalogue.CATALOGUE,
    tls_rpt_catalogue.CATALOGUE,
)
ENTRIES: Mapping[str, Entry] = {entry.code: entry for entry in chain.from_iterable(CATALOGUES)}

_ORDER = tuple(Severity)


def judge(state: DomainState) -> tuple[Judged, ...]:
    """Every finding, worst first, and in the order of the rulebook among equals."""
    findings = map(judged, _findings(state))
    return tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity)))


def judged(finding: Finding) -> Judged:
    """A finding with the words, severity and cost that the catalogue has for it."""
    entry = ENTRIES[finding.code]
    params = {**_subject_params(finding.subject), **finding.params}
    readable = {name: joined(value) if isinstance(value, list) else value for name, value in params.items()}
    return Judged(
        code=entry.code,
        severity=entry.severity,
        subject=finding.subject,
        params=params,
        title=entry.title.format(**readable),
        detail=entry.detail.format(**readable),
        remedy=entry.remedy.format(**readable),
        who=entry.who,
        reference=entry.reference,
        group=entry.group,
        cost=entry.cost,
    )


def _findings(state: DomainState) -> Iterator[Finding]:
    """In report order: the servers together, DNS, each server's dialogue, TLS and certificate, then the promises."""
    for rule in rules.RULES:
        yield from rule(state)
    for mx_rule in mx_rules.RULES:
        yield from mx_rule(state.facts.mx)
    for dnssec_rule in dnssec_rules.RULES:
        yield from dnssec_rule(state)
    for zone in state.facts.dnssec.zones:
        judged_zone = zone_rules.JudgedZone(zone, state.now)
        yield from (found for zone_rule in zone_rules.RULES for found in zone_rule(judged_zone))
    for server in state.servers:
        yield from _merged(server, partial(_smtp, state))
        yield from _merged(server, partial(_tls, tls_rules.RULES))
        yield from _merged(server, partial(_tls, inventory_rules.RULES), _was_asked)
        yield from _merged(server, partial(_certificate, state, server))
        yield from _merged(server, partial(_further_certificates, state, server), _was_asked)
        yield from _dane(state, server)
    yield from _of_names(state)
    yield from _promises(state)


def _dane(state: DomainState, server: ServerState) -> Iterator[Finding]:
    """A server's TLSA records as published, then against what each of its addresses shows."""
    for facts in (facts for facts in state.facts.servers if facts.host == server.host):
        records = dane_records_rules.ServerRecords(host=server.host, facts=facts.dane)
        has_spare = dane_rules.has_record_to_spare(state, server)
        for rule in dane_records_rules.RULES:
            yield from (found for found in rule(records) if has_spare or found.code != "dane-rollover-prepared")
    yield from _merged(server, partial(dane_rules.address_keeps_to_records, state, server))


def _of_names(state: DomainState) -> Iterator[Finding]:
    """DANE over all servers, then who may issue certificates for them."""
    for dane_rule in dane_rules.RULES:
        yield from dane_rule(state)
    sites = named_sites(state)
    for caa_rule in caa_rules.RULES:
        yield from caa_rule(sites)


def _promises(state: DomainState) -> Iterator[Finding]:
    """The policy with the servers and its past, then the policy by itself, then the reports."""
    for rule in (*policy_rules.RULES, *edition_rules.RULES):
        yield from rule(state)
    for mta_sts_rule in mta_sts_rules.RULES:
        yield from mta_sts_rule(state.policy.published)
    published = tls_rpt_rules.PublishedRecord(domain=state.facts.domain, facts=state.facts.tls_rpt)
    takes_no_mail = state.facts.mx.status in ("nxdomain", "null-mx", "none")  # so there is nothing to report
    is_idle = takes_no_mail or any(policy_rules.failures_are_reported(state))  # or it was said already
    for tls_rpt_rule in tls_rpt_rules.RULES:
        yield from (found for found in tls_rpt_rule(published) if not (is_idle and found.code == "tls-rpt-absent"))


def _smtp(state: DomainState, endpoint: EndpointState) -> Iterator[Finding]:
    if port_may_be_blocked_here(state.facts):
        return  # said once, of all servers together
    for rule in smtp_rules.RULES:
        yield from rule(endpoint.facts.smtp)


def _tls(rules_of_tls: Iterable[Rule[TlsFacts]], endpoint: EndpointState) -> Iterator[Finding]:
    """What a handshake showed is no praise where the server then turned mail away inside TLS."""
    is_in_vain = endpoint.starts_tls is False
    for rule in rules_of_tls:
        for finding in rule(endpoint.facts.tls):
            if not (is_in_vain and ENTRIES[finding.code].severity is Severity.GOOD):
                yield finding


def _certificate(state: DomainState, server: ServerState, endpoint: EndpointState) -> Iterator[Finding]:
    shown = shown_certificate(state, server.host, endpoint.facts)
    if shown is not None:
        for rule in certificates_rules.RULES:
            yield from rule(shown)


def _further_certificates(state: DomainState, server: ServerState, endpoint: EndpointState) -> Iterator[Finding]:
    """What is wrong with the certificate of another kind. That it is good goes without saying."""
    told = {finding.code for finding in _certificate(state, server, endpoint)}
    for shown in further_certificates(state, server.host, endpoint.facts):
        for finding in (finding for rule in certificates_rules.RULES for finding in rule(shown)):
            is_fault = ENTRIES[finding.code].severity not in (Severity.GOOD, Severity.NOTE, Severity.UNKNOWN)
            if is_fault and finding.code not in told:
                yield finding


def _was_looked_at(endpoint: EndpointState) -> bool:
    return endpoint.facts.not_tried is None


def _was_asked(endpoint: EndpointState) -> bool:
    """Of addresses that shake hands alike one is asked for all."""
    return endpoint.facts.tls.inventory is not None


def _merged(
    server: ServerState,
    raised_by: Callable[[EndpointState], Iterable[Finding]],
    counts: Callable[[EndpointState], bool] = _was_looked_at,
) -> Iterator[Finding]:
    """Each finding once for the server if all addresses that count raise it, else once for each address that does."""
    looked_at = [endpoint for endpoint in server.tried if counts(endpoint)]
    raised: dict[str, list[tuple[Finding, EndpointState]]] = {}
    for endpoint in looked_at:
        for finding in raised_by(endpoint):
            raised.setdefault(repr((finding.code, sorted(finding.params.items()))), []).append((finding, endpoint))
    for alike in raised.values():
        finding = alike[0][0]
        addresses = [str(endpoint.address) for _, endpoint in alike]
        if len(alike) == len(looked_at):
            params = {"address": joined(addresses), "addresses": addresses, **finding.params}
            yield Finding(finding.code, params, Subject(host=server.host))
            continue
        for _, endpoint in alike:
            yield Finding(finding.code, finding.params, Subject(host=server.host, address=endpoint.address))


def _subject_params(subject: Subject) -> dict[str, Param]:
    params: dict[str, Param] = {}
    if subject.host is not None:
        params["host"] = subject.host
    if subject.address is not None:
        params["address"] = str(subject.address)
    return params
