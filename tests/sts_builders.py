"""Small facts for tests: what a domain publishes for MTA-STS, and how each address of its policy host behaves."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from checker.certificates.facts import CertificateFacts
from checker.mta_sts.facts import MtaStsFacts, PolicyResponse, PolicyVisit, RecordFacts, policy_host
from checker.mta_sts.policy import parse_policy
from checker.mta_sts.published import PublishedPolicy
from checker.mta_sts.record import read_record
from checker.names import DomainName, IPAddress
from checker.network.ports import Answer, TxtRecord
from checker.observation import NOT_REACHED, Failed, Observation, Seen
from tests.fact_builders import NOW, certificate

DOMAIN = DomainName("d.test")
HOST = policy_host(DOMAIN)
RECORD = "v=STSv1; id=20260601;"
FILE = "version: STSv1\r\nmode: enforce\r\nmx: mx.d.test\r\nmax_age: 2419200\r\n"
A, B, V6 = "192.0.2.1", "192.0.2.2", "2001:db8::1"


def txt(*texts: str, **changes: Any) -> Seen[Answer[TxtRecord]]:
    answer: Answer[TxtRecord] = Answer(
        rcode="noerror" if texts else "nxdomain", records=tuple(TxtRecord((text,)) for text in texts)
    )
    return Seen(replace(answer, **changes))


def record_facts(answer: Observation[Answer[TxtRecord]]) -> RecordFacts:
    """As the probe reads an answer."""
    if not isinstance(answer, Seen):
        return RecordFacts(answer=answer, status="failed" if isinstance(answer, Failed) else None)
    reading = read_record(answer.value.records)
    return RecordFacts(answer=answer, status=reading.status, record=reading.record, defects=reading.defects)


def response(body: str = FILE, status: int = 200, content_type: str | None = "text/plain", **more: Any) -> Any:
    return Seen(PolicyResponse(status=status, body=body, content_type=content_type, **more))


def visit(given: Any = None, address: str = A, **changes: Any) -> PolicyVisit:
    """It goes well, and gives this response."""
    well = PolicyVisit(
        address=ip_address(address),
        connect=Seen(10),
        handshake=Seen("TLSv1.3"),
        chain="leaf",
        response=response() if given is None else given,
        duration_ms=100,
    )
    return replace(well, **changes)


def stopped(stage: str, why: Any, address: str = A) -> PolicyVisit:
    """It ends at this stage, for this reason; what lies behind it was not reached."""
    stages = ("connect", "handshake", "response")
    behind = stages[stages.index(stage) + 1 :]
    missing: dict[str, Any] = {} if stage == "response" else {"chain": None}
    return visit(None, address, **{stage: why}, **dict.fromkeys(behind, NOT_REACHED), **missing)


def addresses(given: Iterable[IPAddress], version: int, **changes: Any) -> Seen[Answer[IPAddress]]:
    records = tuple(address for address in given if address.version == version)
    answer: Answer[IPAddress] = Answer(rcode="noerror", records=records)
    return Seen(replace(answer, **changes))


def published(
    *visits: PolicyVisit,
    record: Observation[Answer[TxtRecord]] | str | None = RECORD,
    certificates: Sequence[CertificateFacts] | None = None,
    **changes: Any,
) -> PublishedPolicy:
    """A domain whose policy host has the addresses of the visits; without any, one that does everything well.

    ``record``: text, null for none, or the look-up itself. Without ``certificates`` a good one, ``leaf``.
    """
    made = visits or (visit(),)
    given = [one.address for one in made]
    look_up = txt(*([record] if record is not None else [])) if isinstance(record, str | None) else record
    facts = MtaStsFacts(
        record=record_facts(look_up), ipv4=addresses(given, 4), ipv6=addresses(given, 6), visits=tuple(made)
    )
    chains = {one.chain_id: one for one in (certificates if certificates is not None else [certificate(HOST)])}
    return PublishedPolicy(domain=DOMAIN, facts=_with_file(replace(facts, **changes)), certificates=chains, now=NOW)


def _with_file(facts: MtaStsFacts) -> MtaStsFacts:
    """The facts with the body read that answered, as the probe does it."""
    answered = facts.answered
    if answered is None or not isinstance(answered.response, Seen) or answered.response.value.status != 200:
        return facts
    parsed = parse_policy(answered.response.value.body)
    return replace(facts, policy=parsed.policy, lenient_policy=parsed.lenient_policy, defects=parsed.defects)
