"""What a domain publishes about its mail, as sections of the report: MTA-STS and TLS reporting.

What holds for all of them stands in ``document``.
"""

from typing import Literal, TypedDict

from checker.assessment.conditions import PolicyCondition
from checker.network.ports import Security

type PolicyStatus = Literal["valid", "invalid", "unfetchable", "absent", "not-tried"]


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


class PolicySecurity(TypedDict):
    """What DNSSEC says of the names of MTA-STS: the record's, and the addresses of the policy host."""

    record: Security | None
    host: Security | None


class CaaSection(TypedDict):
    """Who may issue certificates for a name, by the CAA records at ``found_at`` (RFC 8659).

    ``issuers`` are the authorities as they call themselves; empty: nobody may; null: everybody, or it was not seen.
    """

    status: Literal["restricted", "open", "failed"] | None
    found_at: str | None
    issuers: list[str] | None
    error: str | None


class MtaStsSection(TypedDict):
    """MTA-STS (RFC 8461); ``covered``, ``uncovered`` and ``mx_lines`` are null without a valid policy.

    ``conditions``: what must hold for a policy to take effect; null: could not tell, or an earlier one fails.
    ``caa`` is of the policy host, null where nobody asked.
    """

    record: StsRecordSection
    policy: StsPolicySection
    covered: list[str] | None
    uncovered: list[str] | None
    mx_lines: list[MxLine] | None
    conditions: dict[PolicyCondition, bool | None]
    dnssec: PolicySecurity
    caa: CaaSection | None


class TlsRptSection(TypedDict):
    """TLS reporting (RFC 8460 section 3). ``dnssec`` is what DNSSEC says of the record's name."""

    status: Literal["valid", "invalid", "absent", "failed"] | None
    txt: list[str] | None
    rua: list[str] | None
    defects: list[DefectEntry] | None
    dnssec: Security | None
