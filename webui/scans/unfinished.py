"""The documents of scans that no worker carried through: not begun yet, or given up."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from django.conf import settings

from checker.assessment.verdict import assess
from checker.facts import Depth, DomainFacts, EndpointFacts, Limit, ServerFacts, Vantage, from_json
from checker.limits import limits
from checker.mx.facts import HostAddresses, MxFacts
from checker.names import DomainName
from checker.observation import PENDING, Failed, FailureKind
from checker.report.build import build
from checker.report.document import Report
from checker.scan import Scanned
from checker.smtp.facts import SmtpFacts
from webui.scans.models import Scan

_GIVEN_UP = Limit(
    path="",
    code="gave-up",
    detail="Mailseal failed several times while it looked, so this report holds only what it had seen by then. "
    "That is a fault of ours and says nothing about the domain. Scan it anew in a while.",
)
_BROKE_DOWN = Failed(FailureKind.INTERNAL, "Mailseal broke down before this was finished.")

logger = logging.getLogger(__name__)


def waiting_report(scan: Scan) -> Report:
    """The running report of a scan of which nothing is known yet."""
    return build(_nothing_seen(scan), None, str(scan.pk))


def give_up(scan: Scan, past: Sequence[DomainFacts], now: datetime) -> Scanned:
    """What is left of a scan that failed too often: its last snapshot, judged as far as it goes. Never raises.

    ``past`` are facts of earlier scans. Facts that stop the rules, or that this version can't read, may be what it
    failed on: then nothing was seen, and nothing is known of before.
    """
    try:
        return _cut_short(from_json(scan.facts) if scan.facts else _nothing_seen(scan), scan, past, now)
    except Exception as failure:
        logger.error("scan %s: its last facts are of no use (%s)", scan.pk, type(failure).__name__)
        return _cut_short(_nothing_seen(scan), scan, (), now)


def _cut_short(facts: DomainFacts, scan: Scan, past: Sequence[DomainFacts], now: datetime) -> Scanned:
    facts = _without_pending(facts)
    facts = replace(facts, state="partial", limits=(_GIVEN_UP, *_limits(facts)))
    return Scanned(facts, build(facts, assess(facts, past, now), str(scan.pk)))


def _limits(facts: DomainFacts) -> tuple[Limit, ...]:
    return limits(facts.mx, facts.servers, facts.mta_sts, facts.tls_rpt, facts.policy_host_caa)


def _without_pending(facts: DomainFacts) -> DomainFacts:
    """What was still to come will not come: that is a failure of ours."""
    mx = MxFacts(answer=_BROKE_DOWN, status="failed") if facts.mx.answer == PENDING else facts.mx
    beyond_cap = {server.host for server in facts.servers if server.not_tried}
    hosts = tuple(host if host.host in beyond_cap else _looked_up(host) for host in mx.hosts)
    policy_host_caa = facts.policy_host_caa.without_pending(_BROKE_DOWN) if facts.policy_host_caa else None
    return replace(
        facts,
        mx=replace(mx, hosts=hosts),
        mta_sts=facts.mta_sts.without_pending(_BROKE_DOWN),
        tls_rpt=facts.tls_rpt.without_pending(_BROKE_DOWN),
        servers=tuple(map(_ended_server, facts.servers)),
        policy_host_caa=policy_host_caa,
    )


def _looked_up(host: HostAddresses) -> HostAddresses:
    ipv4, ipv6 = (_BROKE_DOWN if family == PENDING else family for family in (host.ipv4, host.ipv6))
    return replace(host, ipv4=ipv4, ipv6=ipv6)


def _ended_server(server: ServerFacts) -> ServerFacts:
    endpoints = tuple(map(_ended, server.endpoints))
    return replace(server, endpoints=endpoints).without_pending_records(_BROKE_DOWN)


def _ended(endpoint: EndpointFacts) -> EndpointFacts:
    is_pending = endpoint.not_tried is None and endpoint.smtp.connect == PENDING
    return replace(endpoint, smtp=SmtpFacts(connect=_BROKE_DOWN), waiting=None) if is_pending else endpoint


def _nothing_seen(scan: Scan) -> DomainFacts:
    network = settings.NETWORK
    return DomainFacts(
        domain=DomainName(scan.domain),
        depth=cast("Depth", scan.depth),
        started_at=scan.created_at,
        duration_ms=0,
        state="running",
        vantage=Vantage(name="default", smtp="unknown", ipv4=True, ipv6=True, dnssec=None, helo=network.helo_name),
    )
