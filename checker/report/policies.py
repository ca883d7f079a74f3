"""The sections of what a domain promises: MTA-STS (RFC 8461) and TLS reporting (RFC 8460).

The one rule of this file: text of strangers leaves it printable, only line ends and tabs of a policy file stay raw.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import assert_never

from checker.assessment.conditions import PolicyCondition
from checker.assessment.history import published_in
from checker.defect import Defect
from checker.facts import DomainFacts
from checker.mta_sts.facts import Policy, PolicyVisit
from checker.mta_sts.matching import matches
from checker.mta_sts.published import Fetch, PublishedPolicy
from checker.mta_sts.visits import tried
from checker.names import DomainName
from checker.network.ports import Answer, TxtRecord
from checker.observation import Observation, Seen
from checker.printable import printable
from checker.report.caa import caa_section
from checker.report.document import LimitEntry
from checker.report.document_policies import (
    DefectEntry,
    MtaStsSection,
    MxLine,
    PolicyStatus,
    StsPolicySection,
    StsRecordSection,
    TlsRptSection,
)
from checker.security import security_of, weakest

_LINE_ENDS = re.compile(r"([\r\n\t]+)")


def mta_sts_section(facts: DomainFacts, conditions: Mapping[PolicyCondition, bool | None]) -> MtaStsSection:
    """What is known of the promise, judged on the day of the scan. ``conditions`` are those of the verdict."""
    published = published_in(facts, facts.started_at)
    fetch = published.fetch
    hosts = None if facts.mx.status is None else [host.host for host in facts.mx.hosts]
    lines = _mx_lines(fetch.policy, hosts) if fetch.policy is not None and hosts is not None else None
    listed = {host for line in lines or () for host in line["covers"]}
    return {
        "record": _record(published),
        "policy": _policy(published, fetch),
        "covered": None if lines is None else [host for host in hosts or () if host in listed],
        "uncovered": None if lines is None else [host for host in hosts or () if host not in listed],
        "mx_lines": lines,
        "conditions": dict(conditions),
        "dnssec": {
            "record": security_of(facts.mta_sts.record.answer),
            "host": weakest((facts.mta_sts.ipv4, facts.mta_sts.ipv6)),
        },
        "caa": caa_section(facts.policy_host_caa),
    }


def _record(published: PublishedPolicy) -> StsRecordSection:
    record = published.facts.record
    answer = record.answer.value if isinstance(record.answer, Seen) else None
    return {
        "status": record.status,
        "txt": _texts(record.answer),
        "id": record.record.id if record.record else None,
        "cname": list(answer.aliases) if answer else None,
        "ttl": answer.ttl if answer else None,
        "defects": None if record.status is None else _defects(record.defects),
    }


def _policy(published: PublishedPolicy, fetch: Fetch) -> StsPolicySection:
    """What a strict sender gets of the file. What is none (a stranger's web page) has no defects as a policy."""
    visit, response, policy = _visit(published), published.response, fetch.policy
    shown = published.shown(visit) if visit else None
    is_file = response is not None and response.status == 200
    return {
        "status": _status(published, fetch),
        "url": published.url,
        "address": str(visit.address) if visit else None,
        "http_status": response.status if response else None,
        "content_type": response.content_type if response else None,
        "error": fetch.why if fetch.status in ("invalid", "unfetchable") else None,
        "body": readable(response.body) if response and is_file else None,
        "mode": policy.mode if policy else None,
        "max_age": policy.max_age if policy else None,
        "mx": list(policy.mx) if policy else None,
        "defects": _defects(published.facts.defects if fetch.status != "absent" else ()) if is_file else None,
        "certificate": shown.certificate.sha256 if shown else None,
    }


def _status(published: PublishedPolicy, fetch: Fetch) -> PolicyStatus | None:
    match fetch.status:
        case "valid" | "invalid" | "unfetchable" | "absent":
            return fetch.status
        case "unknown":
            return "not-tried" if published.facts.not_tried is not None else None
        case _:
            assert_never(fetch.status)


def _visit(published: PublishedPolicy) -> PolicyVisit | None:
    """The visit that counts: the one that was answered, or the first that showed a certificate, or the first."""
    visits = tried(published.facts)
    with_chain = next((visit for visit in visits if visit.chain is not None), None)
    return published.facts.answered or with_chain or next(iter(visits), None)


def _mx_lines(policy: Policy, hosts: Sequence[DomainName]) -> list[MxLine]:
    return [
        {"line": line, "pattern": _shown(pattern), "covers": [host for host in hosts if matches(pattern, host)]}
        for line, pattern in zip(policy.mx_lines, policy.mx, strict=True)
    ]


def tls_rpt_section(facts: DomainFacts) -> TlsRptSection:
    """Where the domain wants reports sent. ``rua`` as written, usable or not."""
    reporting = facts.tls_rpt
    rua = reporting.record.rua if reporting.record else ()
    return {
        "status": reporting.status,
        "txt": _texts(reporting.answer),
        "rua": None if reporting.status in (None, "failed") else list(map(_shown, rua)),
        "defects": None if reporting.status is None else _defects(reporting.defects),
        "dnssec": security_of(reporting.answer),
    }


def unseen_policies(facts: DomainFacts) -> Iterator[LimitEntry]:
    """Why the state of the policy is null, where no limit of the scan says it already."""
    published = published_in(facts, facts.started_at)
    is_said = any(limit.path == "mta_sts.policy" for limit in facts.limits)
    if _status(published, published.fetch) is None and not is_said:
        yield {"path": "mta_sts.policy", "code": "policy-unknown", "detail": published.fetch.why}


def _texts(answer: Observation[Answer[TxtRecord]]) -> list[str] | None:
    return [_shown(record.text) for record in answer.value.records] if isinstance(answer, Seen) else None


def _defects(defects: Iterable[Defect]) -> list[DefectEntry]:
    return [
        {
            "code": defect.code,
            "detail": defect.detail,
            "line": defect.line,
            "column": defect.column,
            "reference": defect.reference,
            "fatal": defect.is_fatal,
        }
        for defect in defects
    ]


def readable(body: str) -> str:
    """A body of one character per octet as text for people: UTF-8, and what is broken or invisible as ``\\xNN``."""
    return "".join(part if at % 2 else _shown(part) for at, part in enumerate(_LINE_ENDS.split(body)))


def _shown(octets: str) -> str:
    """All of it, printable: no octet becomes more than four characters."""
    return printable(octets.encode("latin-1", "replace"), 4 * len(octets))
