"""``DomainFacts``: all that was observed about one domain, frozen and plain, to and from versioned JSON.

Facts hold no judgement: whatever follows from them is derived anew by ``assessment``, so a stored scan can be
assessed again, by newer rules or at another time.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter

from checker.caa.facts import CaaFacts
from checker.certificates.facts import CertificateFacts
from checker.dane.facts import DaneFacts
from checker.dnssec.facts import DnssecFacts
from checker.mta_sts.facts import MtaStsFacts
from checker.mx.facts import MxFacts
from checker.names import DomainName, IPAddress
from checker.observation import Failed, NotTried
from checker.smtp.facts import Line, SmtpFacts
from checker.tls.facts import TlsFacts
from checker.tls_rpt.facts import TlsRptFacts
from checker.waiting import Waiting

type Depth = Literal["verdict", "deep"]
type State = Literal["running", "complete", "partial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRequest:
    """What is asked: a domain, how much of it, and whether to ask anew what is remembered from an earlier scan."""

    domain: DomainName
    depth: Depth = "verdict"
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Vantage:
    """Where from, and what can be seen from there. Null: not determined.

    ``resolver`` is away where it was silent to a whole scan, and to what was asked to make sure.
    """

    name: str
    smtp: Literal["open", "blocked", "unknown"]
    ipv4: bool
    ipv6: bool
    dnssec: bool | None
    helo: str
    resolver: Literal["works", "away", "unknown"] = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Something that was not seen, and why. ``path`` is where it would stand in the report."""

    path: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFacts:
    """One address of a server. ``not_tried`` says why nothing was tried, null if something was.

    ``earlier_try`` is the dialogue of the other try, if it ended otherwise than the one that counts (requirements
    GEN-3). ``connections`` counts TCP connections of this scan. ``reused`` is when the facts were observed, if
    that was for an earlier scan. ``waiting`` is only while its visit runs.
    """

    address: IPAddress
    not_tried: NotTried | None = None
    smtp: SmtpFacts = SmtpFacts()
    tls: TlsFacts = TlsFacts()
    earlier_try: SmtpFacts | None = None
    transcript: tuple[Line, ...] = ()
    connections: int = 0
    reused: datetime | None = None
    waiting: Waiting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """One MX host with its endpoints, IPv4 first, in the order of ``DomainFacts.mx.hosts``.

    ``caa`` is null where nothing asked.
    """

    host: DomainName
    endpoints: tuple[EndpointFacts, ...] = ()
    not_tried: NotTried | None = None  # beyond the cap on servers
    dane: DaneFacts = DaneFacts()
    caa: CaaFacts | None = None

    def without_pending_records(self, failed: Failed) -> "ServerFacts":
        """The same, with this failure for what is pending of DANE and CAA."""
        caa = self.caa.without_pending(failed) if self.caa else None
        return replace(self, dane=self.dane.without_pending(failed), caa=caa)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainFacts:
    """All that one scan observed. ``duration_ms`` counts from ``started_at`` (UTC)."""

    domain: DomainName
    depth: Depth
    started_at: datetime
    duration_ms: int
    state: State
    vantage: Vantage
    mx: MxFacts = MxFacts()
    mta_sts: MtaStsFacts = MtaStsFacts()
    tls_rpt: TlsRptFacts = TlsRptFacts()
    servers: tuple[ServerFacts, ...] = ()
    certificates: tuple[CertificateFacts, ...] = ()
    policy_host_caa: CaaFacts | None = None
    dnssec: DnssecFacts = DnssecFacts()
    limits: tuple[Limit, ...] = ()
    version: Literal[1] = 1


_ADAPTER: TypeAdapter[DomainFacts] = TypeAdapter(DomainFacts)


def to_json(facts: DomainFacts) -> str:
    """Facts as JSON text, with their ``version``."""
    return _ADAPTER.dump_json(facts).decode()


def from_json(text: str) -> DomainFacts:
    """Facts from JSON text. Raises ValueError for another version, or text that isn't facts."""
    return _ADAPTER.validate_json(text)
