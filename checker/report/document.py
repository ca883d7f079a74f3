"""The report, format 1, as types. Every key is present in a finished report.

``null``: not determined (why stands in ``limits``); ``[]``: looked, found none. Names are A-labels in lower case,
addresses RFC 5952 text, times RFC 3339 in UTC, durations whole milliseconds, hashes lower-case hex. While ``state`` is
running, ``verdict`` is null and what is not yet known is null. The JSON Schema is made from these types.
"""

from typing import Any, Literal, TypedDict

from pydantic import TypeAdapter

from checker.assessment.conditions import Condition, PolicyCondition
from checker.assessment.dane_state import Dane
from checker.assessment.level import Level
from checker.assessment.policy import MtaSts
from checker.network.ports import Security
from checker.outcome import Outcome
from checker.outcome import Stage as Stage  # presentation speaks of stages too
from checker.tls.facts import NameOutcome
from checker.waiting import Awaited

type Version = Literal["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
type PolicyStatus = Literal["valid", "invalid", "unfetchable", "absent", "not-tried"]
type Weakness = Literal[
    "anonymous",
    "export",
    "null",
    "rc4",
    "3des",
    "static-rsa",
    "weak-group",
    "weak-dh",
    "compression",
    "insecure-renegotiation",
    "sha1-signature",
    "plaintext-injection",
]


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


class DefectEntry(TypedDict):
    """A fault in something published. ``line`` and ``column`` count from 1; 0: the whole. ``fatal``: it voids it."""

    code: str
    detail: str
    line: int
    column: int
    reference: str
    fatal: bool


class StsRecordSection(TypedDict):
    """The TXT record (RFC 8461 section 3.1)."""

    status: Literal["valid", "invalid", "absent", "failed"] | None
    txt: list[str] | None
    id: str | None
    cname: list[str] | None
    ttl: int | None
    defects: list[DefectEntry] | None


class StsPolicySection(TypedDict):
    """The policy file (RFC 8461 section 3.2)."""

    status: PolicyStatus | None
    url: str | None
    address: str | None
    http_status: int | None
    content_type: str | None
    error: str | None
    body: str | None
    mode: Literal["enforce", "testing", "none"] | None
    max_age: int | None
    mx: list[str] | None
    defects: list[DefectEntry] | None
    certificate: str | None


class MxLine(TypedDict):
    """An ``mx`` line of the policy, and the servers that it covers; ``line`` counts from 1."""

    line: int
    pattern: str
    covers: list[str]


class MtaStsSection(TypedDict):
    """MTA-STS (RFC 8461); ``covered``, ``uncovered`` and ``mx_lines`` are null without a valid policy.

    ``conditions``: what must hold for a policy to take effect; null: could not tell, or an earlier one fails.
    """

    record: StsRecordSection
    policy: StsPolicySection
    covered: list[str] | None
    uncovered: list[str] | None
    mx_lines: list[MxLine] | None
    conditions: dict[PolicyCondition, bool | None]


class TlsRptSection(TypedDict):
    """TLS reporting (RFC 8460 section 3)."""

    status: Literal["valid", "invalid", "absent", "failed"] | None
    txt: list[str] | None
    rua: list[str] | None
    defects: list[DefectEntry] | None


class HostSecurity(TypedDict):
    """What DNSSEC says of a server's own names."""

    address: Security | None
    tlsa: Security | None


class TlsaRecord(TypedDict):
    """One TLSA record (RFC 6698 section 2.1)."""

    usage: int
    selector: int
    matching: int
    data: str
    usable: bool


class TlsaSection(TypedDict):
    """A server's TLSA records (RFC 7672)."""

    status: Literal["absent", "insecure", "unusable", "usable", "failed"] | None
    base_domain: str | None
    ttl: int | None
    records: list[TlsaRecord] | None


class Negotiated(TypedDict):
    """What the full handshake settled, in IANA names."""

    version: str
    cipher: str
    group: str | None


class AskedEntry(TypedDict):
    """One connection after the handshake, in words: what it asked, what it offered, and the answer."""

    asks: str
    offer: str
    answer: str


class ProfileEntry(TypedDict):
    """How an endpoint stands to a named standard, in half sentences. ``source``: where the standard's rules are from.

    ``passes`` is null where nothing speaks against it and something is ``missing``; what it wants to see gone and still
    lets pass stands in ``phase_out``.
    """

    code: str
    name: str
    source: str
    passes: bool | None
    fails: list[str]
    phase_out: list[str]
    missing: list[str]


class TlsSection(TypedDict):
    """What is known of an endpoint's TLS. ``asked`` and ``profiles`` are null where it shook hands and no more.

    ``asked_earlier``: when, if it was for an earlier report. ``unknown_name`` and ``no_name``: what came of a handshake
    for another server name, and for none.
    """

    negotiated: Negotiated | None
    versions: dict[Version, bool | None]
    ciphers: dict[str, list[str]]
    ciphers_complete: bool
    nist: bool | None
    groups: list[str] | None
    groups_complete: bool
    post_quantum: bool | None
    preference: Literal["server", "client"] | None
    dhe: bool | None
    dh_bits: int | None
    dh_prime: str | None
    extended_master_secret: bool | None
    encrypt_then_mac: bool | None
    heartbeat: bool | None
    unknown_name: NameOutcome | None
    no_name: NameOutcome | None
    large_hello: bool | None
    fallback_scsv: bool | None
    client_renegotiation: bool | None
    weaknesses: dict[Weakness, bool | None]
    asked: list[AskedEntry] | None
    asked_earlier: str | None
    profiles: list[ProfileEntry] | None


class DaneSection(TypedDict):
    """Whether the endpoint's chain matches a TLSA record."""

    status: Literal["absent", "insecure", "unusable", "failed", "valid", "invalid"] | None
    matched: str | None


# "from" is a word of Python's.
TranscriptLine = TypedDict("TranscriptLine", {"at_ms": int, "from": Literal["client", "server", "note"], "line": str})


class WaitingSection(TypedDict):
    """What an address keeps us waiting for while the scan runs, and since when: milliseconds from its start."""

    stage: Awaited
    since_ms: int


class EndpointSection(TypedDict):
    """One address of a server. ``waiting`` is null once it has been looked at."""

    address: str
    outcome: Outcome | None
    stage: Stage | None
    detail: str | None
    greeting: str | None
    ehlo: list[str] | None
    starttls: bool | None
    tls: TlsSection | None
    certificates: list[str]
    dane: DaneSection
    connections: int
    stages_ms: dict[Stage, int | None]
    transcript: list[TranscriptLine]
    reused: str | None
    waiting: WaitingSection | None


class ServerSection(TypedDict):
    """One MX host. Null among ``conditions``: could not be told, or stands in ``not_reached``."""

    host: str
    preference: int
    operator: str | None
    address_status: Literal["ok", "none", "nxdomain", "failed"] | None
    cname: list[str] | None
    dnssec: HostSecurity
    tlsa: TlsaSection
    conditions: dict[Condition, bool | None]
    not_reached: list[Condition]
    endpoints: list[EndpointSection]


class ChainEntry(TypedDict):
    """One certificate as sent; null where it can't be read."""

    subject: str | None
    issuer: str | None
    not_after: str | None
    sha256: str
    pem: str


class CertificateSection(TypedDict):
    """A leaf, judged for each name it was presented under."""

    subject: str | None
    names: list[str]
    issuer: str | None
    not_before: str | None
    not_after: str | None
    key: str | None
    signature: str | None
    trusted: bool | None
    in_dates: bool | None
    self_signed: bool | None
    chain_complete: bool | None
    error: str | None
    name_match: dict[str, bool]
    chain: list[ChainEntry]


class SubjectEntry(TypedDict):
    """What a finding speaks of."""

    host: str | None
    address: str | None


class DnsRecordFix(TypedDict):
    """A DNS record to publish, or to remove. ``marked`` is the part that changes."""

    kind: Literal["dns-record"]
    name: str
    type: str
    value: str
    ttl: int
    removal: bool
    marked: str


class PolicyFileFix(TypedDict):
    """A policy file to serve."""

    kind: Literal["policy-file"]
    url: str
    body: str
    marked: str


class SettingFix(TypedDict):
    """Lines for a server's configuration."""

    kind: Literal["setting"]
    software: str
    where: str
    text: str


type FixEntry = DnsRecordFix | PolicyFileFix | SettingFix


class CommandEntry(TypedDict):
    """A command that shows the finding, and what to look for."""

    text: str
    shows: str


class FindingEntry(TypedDict):
    """One judgement; its texts are made by the catalogue from ``code`` and ``params``.

    ``fixes`` can be pasted, ``commands`` show it, ``message`` can be sent to who must act.
    """

    code: str
    severity: Literal["critical", "serious", "advice", "note", "good", "unknown"]
    subject: SubjectEntry
    params: dict[str, str | int | list[str]]
    title: str
    detail: str
    remedy: str
    who: Literal["dns", "policy host", "mail server", "sender", "nobody"]
    reference: str
    cost: int
    fixes: list[FixEntry]
    commands: list[CommandEntry]
    message: str | None


class MessageEntry(TypedDict):
    """What a sender's software prints."""

    software: str
    text: str
    source: str


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
