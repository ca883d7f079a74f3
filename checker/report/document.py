"""The report, format 1, as types. Every key is present in a finished report.

``null``: not determined (why stands in ``limits``); ``[]``: looked, found none. Names are A-labels in lower case,
addresses RFC 5952 text, times RFC 3339 in UTC, durations whole milliseconds, hashes lower-case hex. While ``state`` is
running, ``verdict`` is null and what is not yet known is null. The JSON Schema is made from these types,
those of ``document_policies``, ``document_servers`` and ``document_findings`` among them.
"""

from typing import Any, Literal, TypedDict

from pydantic import TypeAdapter

from checker.assessment.dane_state import Dane
from checker.assessment.level import Level
from checker.assessment.policy import MtaSts
from checker.network.ports import Security
from checker.report.document_findings import FindingEntry
from checker.report.document_policies import MtaStsSection, TlsRptSection
from checker.report.document_servers import CertificateSection, ServerSection


class Software(TypedDict):
    """What made the report."""

    name: str
    version: str
    scoring_version: int


class VantageSection(TypedDict):
    """Where from, and what can be seen from there."""

    name: str
    smtp: Literal["open", "blocked", "unknown"]
    ipv6: bool
    dnssec: bool | None
    helo: str


class NextLevel(TypedDict):
    """The level that the domain reaches, at least, when all of ``steps`` is mended: titles of findings."""

    level: Level
    steps: list[str]


class VerdictSection(TypedDict):
    """The judgement; ``score`` and ``grade`` are null in no-mail and inconclusive."""

    level: Level
    provisional: bool
    score: int | None
    grade: str | None
    minimally_sufficient: bool | None
    sts_ready: bool | None
    mta_sts: MtaSts | None
    dane: Dane | None
    headline: str
    first_step: str | None
    next: NextLevel | None


class MxSection(TypedDict):
    """Who takes the mail (RFC 5321 section 5.1)."""

    status: Literal["explicit", "implicit", "null-mx", "invalid", "none", "nxdomain", "failed"] | None
    error: str | None
    dnssec: Security | None
    ttl: int | None
    hosts: list[str] | None


class MessageEntry(TypedDict):
    """What a sender's software prints, where that was read, and the status code with it (empty where none is)."""

    software: str
    text: str
    source: str
    code: str


class RealSenderEntry(TypedDict):
    """Software or a service that behaves so. ``date`` is that of the source, or of our own look (ISO 8601)."""

    name: str
    source: str
    date: str


class StepEntry(TypedDict):
    """One thing that a sender does."""

    host: str | None
    address: str | None
    action: Literal["try", "skip", "fail", "deliver"]
    why: str


class DeliveryEntry(TypedDict):
    """What one kind of sender does, and how it ends."""

    sender: str
    variant: str | None
    outcome: Literal["authenticated", "encrypted", "plaintext", "deferred", "refused", "unknown"]
    via: str | None
    status_code: str | None
    final_status_code: str | None
    result_type: str | None
    messages: list[MessageEntry]
    real_senders: list[RealSenderEntry]
    steps: list[StepEntry]


class ThreatEntry(TypedDict):
    """What an attacker on the path could do; ``exposed`` is null where it can't be told."""

    code: str
    exposed: bool | None
    why: str


class LimitEntry(TypedDict):
    """Something that was not seen, and why."""

    path: str
    code: str
    detail: str


class Report(TypedDict):
    """The whole document."""

    format: Literal[1]
    id: str | None
    domain: str
    domain_unicode: str
    started_at: str
    duration_ms: int
    state: Literal["running", "complete", "partial"]
    depth: Literal["verdict", "deep"]
    software: Software
    vantage: VantageSection
    verdict: VerdictSection | None
    mx: MxSection
    mta_sts: MtaStsSection
    tls_rpt: TlsRptSection
    servers: list[ServerSection]
    certificates: dict[str, CertificateSection]
    findings: list[FindingEntry]
    deliveries: list[DeliveryEntry]
    threats: list[ThreatEntry]
    limits: list[LimitEntry]


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a report. Keys may be added in later versions of format 1."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | TypeAdapter(Report).json_schema()
