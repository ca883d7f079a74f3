"""Small facts for tests: a domain with servers that promises something about them, or nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from checker.facts import DomainFacts
from checker.mta_sts.facts import PolicyVisit, policy_host
from checker.tls_rpt.facts import TlsRptFacts
from checker.tls_rpt.record import read_record
from tests.fact_builders import NOW, certificate
from tests.sts_builders import published, response, txt, visit

WEB = certificate(policy_host(published().domain), sha256="web", not_before=NOW - timedelta(days=300))
REPORTS = "v=TLSRPTv1; rua=mailto:tls@reports.test"


def policy_file(*mx: str, mode: str = "enforce", max_age: int = 2_419_200) -> str:
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {pattern}" for pattern in mx), f"max_age: {max_age}"]
    return "".join(f"{line}\r\n" for line in lines)


def reporting(record: str | None = REPORTS) -> TlsRptFacts:
    """As the probe reads it; null: there is none."""
    answer = txt(*([record] if record is not None else []))
    reading = read_record(answer.value.records)
    return TlsRptFacts(answer=answer, status=reading.status, record=reading.record, defects=reading.defects)


def served(body: str, **changes: Any) -> PolicyVisit:
    """The policy host's only address, which gives this file."""
    return visit(response(body), chain="web", **changes)


def promising(
    facts: DomainFacts, *mx: str, edition: str = "1", host: Any = None, record: Any = "", web: Any = WEB, **policy: Any
) -> DomainFacts:
    """With a policy for these patterns, of mode enforce unless told, and with an address for reports.

    ``host`` is the visit to the policy host, ``record`` text, null for none, or the look-up itself.
    """
    found = host or served(policy_file(*mx, **policy))
    made = published(found, record=f"v=STSv1; id={edition};" if record == "" else record)
    return replace(
        facts, mta_sts=made.facts, tls_rpt=reporting(), certificates=(*facts.certificates, *([web] if web else []))
    )


def without_promise(facts: DomainFacts) -> DomainFacts:
    """DNS has neither a record nor a policy host, and no address for reports."""
    nowhere = replace(published(record=None).facts, visits=(), ipv4=txt(), ipv6=txt(), policy=None, lenient_policy=None)
    return replace(facts, mta_sts=nowhere, tls_rpt=reporting(None))


def seen_at(moment: datetime, *past: DomainFacts) -> Sequence[DomainFacts]:
    """Scans of that moment."""
    return [replace(facts, started_at=moment) for facts in past]
