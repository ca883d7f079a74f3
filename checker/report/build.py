"""Writes the report: facts and verdict in, document out.

The one rule of this file: it only writes down. What is null here is null in the facts, and ``limits`` says why.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from checker import __version__
from checker.assessment.judged import Delivery, Judged
from checker.assessment.score import SCORING_VERSION
from checker.assessment.states import port_may_be_blocked_here
from checker.assessment.verdict import Verdict
from checker.facts import DomainFacts, Limit
from checker.mx.facts import MxFacts
from checker.names import to_unicode
from checker.observation import Failed, FailureKind, Seen
from checker.remedies.remedy import DnsRecord, Fix, PolicyFile, Setting
from checker.report.dane import unseen_dane
from checker.report.document import DeliveryEntry, LimitEntry, MxSection, Report, VerdictSection
from checker.report.document_findings import FindingEntry, FixEntry
from checker.report.policies import mta_sts_section, tls_rpt_section, unseen_policies
from checker.report.seen import certificate_sections, server_sections
from checker.report.times import time_text
from checker.report.tls import unseen_tls
from checker.sender_words import RealSender, real_senders

_NOT_ASKED_OF_SERVERS = (("servers.operator", "Who runs a server."),)
_NOT_ASKED_OF_CERTIFICATES = (
    ("certificates.revocation", "Whether a certificate was revoked: the list's address is chosen by strangers."),
)
_ONLY_DEEP = "Every cipher suite and every group, one by one: only a deep check asks for those."


def build(facts: DomainFacts, verdict: Verdict | None, identity: str | None) -> Report:
    """The report of a scan. ``verdict`` is null while it runs; ``identity`` is null from the command line."""
    return {
        "format": 1,
        "id": identity,
        "domain": facts.domain,
        "domain_unicode": to_unicode(facts.domain),
        "started_at": time_text(facts.started_at),
        "duration_ms": facts.duration_ms,
        "state": facts.state,
        "depth": facts.depth,
        "software": {"name": "mailseal", "version": __version__, "scoring_version": SCORING_VERSION},
        "vantage": {
            "name": facts.vantage.name,
            "smtp": facts.vantage.smtp,
            "ipv6": facts.vantage.ipv6,
            "dnssec": facts.vantage.dnssec,
            "helo": facts.vantage.helo,
        },
        "verdict": _verdict(verdict) if verdict else None,
        "mx": _mx(facts.mx),
        "mta_sts": mta_sts_section(facts, verdict.policy_ticks if verdict else {}),
        "tls_rpt": tls_rpt_section(facts),
        "servers": server_sections(facts, verdict.ticks if verdict else {}, verdict.server_dane if verdict else {}),
        "certificates": certificate_sections(facts.certificates, facts.started_at),
        "findings": [_finding(judged) for judged in verdict.findings] if verdict else [],
        "deliveries": [_delivery(delivery, verdict.deliveries) for delivery in verdict.deliveries] if verdict else [],
        "threats": [{"code": t.code, "exposed": t.exposed, "why": t.why} for t in verdict.threats] if verdict else [],
        "limits": [*map(_limit, facts.limits), *(_unseen(facts) if verdict else ())],
    }


def _verdict(verdict: Verdict) -> VerdictSection:
    return {
        "level": verdict.level,
        "provisional": verdict.provisional,
        "score": verdict.score,
        "grade": verdict.grade,
        "minimally_sufficient": verdict.minimally_sufficient,
        "sts_ready": verdict.sts_ready,
        "mta_sts": verdict.mta_sts,
        "dane": verdict.dane,
        "headline": verdict.headline,
        "first_step": verdict.first_step,
        "next": {"level": verdict.reach.level, "steps": list(verdict.reach.steps)} if verdict.reach else None,
    }


def _mx(mx: MxFacts) -> MxSection:
    answer = mx.answer.value if isinstance(mx.answer, Seen) else None
    is_bogus = isinstance(mx.answer, Failed) and mx.answer.failure is FailureKind.BOGUS
    return {
        "status": mx.status,
        "error": mx.failure.detail if mx.failure else None,
        "dnssec": "bogus" if is_bogus else answer.security if answer else None,
        "ttl": answer.ttl if answer else None,
        "hosts": None if mx.status is None else [host.host for host in mx.hosts],
    }


def _finding(judged: Judged) -> FindingEntry:
    subject = judged.subject
    return {
        "code": judged.code,
        "severity": judged.severity.value,
        "subject": {"host": subject.host, "address": str(subject.address) if subject.address else None},
        "params": dict(judged.params),
        "title": judged.title,
        "detail": judged.detail,
        "remedy": judged.remedy,
        "who": judged.who.value,
        "reference": judged.reference,
        "cost": judged.cost,
        "fixes": [_fix(fix) for fix in judged.to_paste.fixes],
        "commands": [{"text": command.text, "shows": command.shows} for command in judged.to_paste.commands],
        "message": judged.to_paste.message,
    }


def _fix(fix: Fix) -> FixEntry:
    match fix:
        case DnsRecord():
            return {
                "kind": "dns-record",
                "name": fix.name,
                "type": fix.rdtype,
                "value": fix.value,
                "ttl": fix.ttl,
                "removal": fix.is_removal,
                "marked": fix.marked,
            }
        case PolicyFile():
            return {"kind": "policy-file", "url": fix.url, "body": fix.body, "marked": fix.marked}
        case Setting():
            return {"kind": "setting", "software": fix.software, "where": fix.where, "text": fix.text}
        case _:
            assert_never(fix)


def _delivery(delivery: Delivery, among: Sequence[Delivery]) -> DeliveryEntry:
    return {
        "sender": delivery.sender,
        "variant": delivery.variant,
        "outcome": delivery.outcome,
        "via": delivery.via,
        "status_code": delivery.status_code,
        "final_status_code": delivery.final_status_code,
        "result_type": delivery.result_type,
        "messages": [
            {"software": m.software, "text": m.text, "source": m.source, "code": m.code} for m in delivery.messages
        ],
        "real_senders": [
            {"name": real.name, "source": real.source, "date": real.date} for real in _who_sends_so(delivery, among)
        ],
        "steps": [
            {
                "host": step.host,
                "address": str(step.address) if step.address else None,
                "action": step.action,
                "why": step.why,
            }
            for step in delivery.steps
        ],
    }


def _who_sends_so(delivery: Delivery, among: Sequence[Delivery]) -> Iterator[RealSender]:
    """A row of one software names no other, and no other row names it. Whoever keeps policies is one kind of sender."""
    kind = "mta-sts" if delivery.sender == "mta-sts-cached" else delivery.sender
    apart = [d.variant for d in among if d.sender == delivery.sender and d.variant not in (None, "best-down")]
    software = delivery.variant if delivery.variant in apart else None
    for real in real_senders():
        of_itself = [each for each in apart if each and each in real.name]
        if real.kind == kind and (software in of_itself if software else not of_itself):
            yield real


def _limit(limit: Limit) -> LimitEntry:
    return {"path": limit.path, "code": limit.code, "detail": limit.detail}


def _unseen_from_here(facts: DomainFacts) -> Iterable[LimitEntry]:
    """Our own network was in the way, or may have been."""
    if facts.vantage.resolver == "away":
        detail = "The DNS resolver of this service answered nothing, whatever it was asked."
        yield {"path": "mx", "code": "resolver-away", "detail": detail}
    if port_may_be_blocked_here(facts) and facts.vantage.smtp == "blocked":
        detail = "No connection to port 25 came about, not even to well-known mail servers: it is blocked here."
        yield {"path": "servers", "code": "port-25-blocked", "detail": detail}
    elif port_may_be_blocked_here(facts):
        detail = "No connection to port 25 came about, so we can't tell whether that port is blocked here."
        yield {"path": "servers", "code": "port-25-unknown", "detail": detail}


def _unseen(facts: DomainFacts) -> Iterable[LimitEntry]:
    """What the facts as a whole leave open, and what this version, or this depth, has no question for.

    Of servers only where some were looked at.
    """
    yield from _unseen_from_here(facts)
    yield from unseen_policies(facts)
    asked_for: tuple[tuple[str, str], ...] = ()
    if facts.servers:
        asked_for += _NOT_ASKED_OF_SERVERS
    if any(endpoint.tls.completed for server in facts.servers for endpoint in server.endpoints):
        asked_for += _NOT_ASKED_OF_CERTIFICATES
        if facts.depth == "verdict":
            asked_for += (("servers.endpoints.tls", _ONLY_DEEP),)
    yield from unseen_tls(facts)
    yield from unseen_dane(facts)
    for path, what in asked_for:
        yield {"path": path, "code": "not-asked", "detail": f"Not looked at: {what}"}
