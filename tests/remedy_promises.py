"""What a small world publishes for MTA-STS and TLS reporting, read by the product's own codecs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any

from checker.mta_sts.facts import MtaStsFacts, PolicyResponse, PolicyVisit, RecordFacts, policy_host, record_name
from checker.mta_sts.policy import parse_policy
from checker.mta_sts.record import read_record as read_sts_record
from checker.names import DomainName
from checker.network.address_guard import forbidden
from checker.network.ports import Network
from checker.observation import NotTried, Reason, Seen
from checker.tls_rpt.facts import TlsRptFacts
from checker.tls_rpt.facts import record_name as reporting_name
from checker.tls_rpt.record import read_record as read_reporting_record


@dataclass(frozen=True, kw_only=True)
class Served:
    """The policy file, if any; ``visits`` by address, and ``response``, change how the host behaves."""

    file: str | None
    visits: Mapping[str, Mapping[str, Any]]
    response: Mapping[str, Any]


async def mta_sts(domain: DomainName, served: Served, network: Network) -> MtaStsFacts:
    """As a scan sees it."""
    answer = await network.resolver.look_up_txt(record_name(domain))
    ipv4 = await network.resolver.look_up_addresses(policy_host(domain), 4)
    ipv6 = await network.resolver.look_up_addresses(policy_host(domain), 6)
    record = RecordFacts(answer=answer, status="failed")
    if isinstance(answer, Seen):
        reading = read_sts_record(answer.value.records)
        record = RecordFacts(answer=answer, status=reading.status, record=reading.record, defects=reading.defects)
    addresses = [address for family in (ipv4, ipv6) if isinstance(family, Seen) for address in family.value.records]
    facts = MtaStsFacts(
        record=record, ipv4=ipv4, ipv6=ipv6, visits=tuple(_visit(served, str(address)) for address in addresses)
    )
    answered = facts.answered
    if answered is None or not isinstance(answered.response, Seen):
        return facts
    parsed = parse_policy(answered.response.value.body)
    return replace(facts, policy=parsed.policy, lenient_policy=parsed.lenient_policy, defects=parsed.defects)


def _visit(served: Served, address: str) -> PolicyVisit:
    if forbidden(ip_address(address)):
        return PolicyVisit(address=ip_address(address), not_tried=NotTried(Reason.BLOCKED_ADDRESS, "Not public."))
    status = 404 if served.file is None else 200
    response = PolicyResponse(status=status, body=served.file or "", content_type="text/plain")
    good = PolicyVisit(
        address=ip_address(address),
        connect=Seen(10),
        handshake=Seen("TLSv1.3"),
        chain="web",
        response=Seen(replace(response, **served.response)),
        duration_ms=50,
    )
    return replace(good, **served.visits.get(address, {}))


async def tls_rpt(domain: DomainName, network: Network) -> TlsRptFacts:
    """As a scan sees it."""
    answer = await network.resolver.look_up_txt(reporting_name(domain))
    if not isinstance(answer, Seen):
        return TlsRptFacts(answer=answer, status="failed")
    reading = read_reporting_record(answer.value.records)
    return TlsRptFacts(answer=answer, status=reading.status, record=reading.record, defects=reading.defects)
