"""What was seen of a domain's servers, as sections of the report: addresses, TLS, certificates.

What holds for all of them stands in ``document``.
"""

from typing import Literal, TypedDict

from checker.assessment.conditions import Condition
from checker.network.ports import Security
from checker.outcome import Outcome
from checker.outcome import Stage as Stage  # presentation speaks of stages too
from checker.report.document_policies import CaaSection
from checker.tls.facts import NameOutcome
from checker.waiting import Awaited

type Version = Literal["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
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


class HostSecurity(TypedDict):
    """What DNSSEC says of a server's own names."""

    address: Security | None
    tlsa: Security | None


class TlsaRecord(TypedDict):
    """One TLSA record (RFC 6698 section 2.1). ``why`` says what keeps senders from using it, null where they can."""

    usage: int
    selector: int
    matching: int
    data: str
    usable: bool
    why: str | None


class TlsaSection(TypedDict):
    """A server's TLSA records (RFC 7672). ``error`` is why they could not be had."""

    status: Literal["absent", "insecure", "unusable", "usable", "failed"] | None
    base_domain: str | None
    ttl: int | None
    records: list[TlsaRecord] | None
    error: str | None


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
    """Whether the endpoint's chain matches a TLSA record: which, or else why none, in a sentence."""

    status: Literal["absent", "insecure", "unusable", "failed", "valid", "invalid"] | None
    matched: str | None
    why: str | None


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
    caa: CaaSection | None
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
