"""What a domain publishes for MTA-STS: the record, the way to the policy host, and the file (RFC 8461 section 3).

The one rule of this file: whether the file counts is not decided here, since that depends on a certificate and a date.
"""

from dataclasses import dataclass, replace
from typing import Literal

from checker.defect import Defect
from checker.names import DomainName, IPAddress
from checker.network.ports import Answer, TxtRecord
from checker.observation import NOT_REACHED, PENDING, Failed, NotTried, Observation, Seen

type Mode = Literal["enforce", "testing", "none"]
type RecordStatus = Literal["valid", "invalid", "absent", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A TXT record that the grammar of RFC 8461 section 3.1 takes. ``extensions`` in order, known fields left out."""

    id: str
    extensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy file's meaning (RFC 8461 section 3.2). ``max_age`` is in seconds.

    ``mx`` are the patterns as written, lower-cased, in order; ``mx_lines`` the line of each, from 1.
    """

    mode: Mode
    max_age: int
    mx: tuple[str, ...] = ()
    mx_lines: tuple[int, ...] = ()
    extensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """The TXT answer at ``_mta-sts.<domain>`` and what it amounts to. ``status`` is null until the answer is in.

    ``absent``: no TXT record, or only such as have nothing to do with MTA-STS. ``record`` is null unless valid.
    """

    answer: Observation[Answer[TxtRecord]] = PENDING
    status: RecordStatus | None = None
    record: Record | None = None
    defects: tuple[Defect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyResponse:
    """What an address of the policy host answered. ``body``: one character per octet (ISO 8859-1), at most 64 KiB.

    ``is_cut``: there was more. Header fields are printable text, null where missing.
    """

    status: int
    body: str
    is_cut: bool = False
    content_type: str | None = None
    content_encoding: str | None = None
    cache_control: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVisit:
    """One address of the policy host. Times in milliseconds; ``handshake`` is the TLS version that was agreed.

    ``chain`` is the ``chain_id`` of the certificates that it showed, null if none came. ``not_tried`` says why
    nothing was tried. Of several ``tries`` it is the one that got furthest, or the last.
    """

    address: IPAddress
    not_tried: NotTried | None = None
    connect: Observation[int] = PENDING
    handshake: Observation[str] = NOT_REACHED
    chain: str | None = None
    response: Observation[PolicyResponse] = NOT_REACHED
    duration_ms: int = 0
    tries: int = 1

    def without_pending(self, failed: Failed) -> "PolicyVisit":
        """What was still to come has failed like this."""
        return replace(self, connect=failed) if self.connect == PENDING and self.not_tried is None else self


@dataclass(frozen=True, slots=True, kw_only=True)
class MtaStsFacts:
    """All that was seen of a domain's MTA-STS.

    ``parent`` is the TXT answer for the domain one label up, asked only where this one has no record: senders never
    look there (RFC 8461 section 3.4). ``ipv4`` and ``ipv6`` are the addresses of ``mta-sts.<domain>``. ``visits`` has
    one entry per address, in the order tried, and none for those behind one of their family that answered. ``policy``
    is the strict reading of the body of ``answered``, null if it has none; ``lenient_policy`` is what senders make of
    it that overlook the tolerated defects.
    ``not_tried`` says why there was no fetch at all.
    """

    record: RecordFacts = RecordFacts()
    parent: Observation[Answer[TxtRecord]] = NOT_REACHED
    ipv4: Observation[Answer[IPAddress]] = PENDING
    ipv6: Observation[Answer[IPAddress]] = PENDING
    visits: tuple[PolicyVisit, ...] = ()
    policy: Policy | None = None
    lenient_policy: Policy | None = None
    defects: tuple[Defect, ...] = ()
    not_tried: NotTried | None = None

    @property
    def answered(self) -> PolicyVisit | None:
        """The visit whose body was read: the first that got a response with status 200, or else any response."""
        responded = [(visit, visit.response.value) for visit in self.visits if isinstance(visit.response, Seen)]
        found = (visit for visit, response in responded if response.status == 200)
        return next(found, responded[0][0] if responded else None)

    def without_pending(self, failed: Failed) -> "MtaStsFacts":
        """The facts of a scan that ends before these were all in: what was still to come has failed like this."""
        record = RecordFacts(answer=failed, status="failed") if self.record.status is None else self.record
        ipv4, ipv6 = (failed if answer == PENDING else answer for answer in (self.ipv4, self.ipv6))
        visits = tuple(visit.without_pending(failed) for visit in self.visits)
        answers = [answer.value for answer in (ipv4, ipv6) if isinstance(answer, Seen)]
        addresses = [address for answer in answers for address in answer.records]
        if not visits and self.not_tried is None:
            visits = tuple(PolicyVisit(address=address, connect=failed) for address in addresses[:1])
        return replace(self, record=record, ipv4=ipv4, ipv6=ipv6, visits=visits)


def record_name(domain: DomainName) -> DomainName:
    """Where the TXT record stands (RFC 8461 section 3.1)."""
    return DomainName(f"_mta-sts.{domain}")


def policy_host(domain: DomainName) -> DomainName:
    """The host that serves the policy (RFC 8461 section 3.3)."""
    return DomainName(f"mta-sts.{domain}")


def policy_url(domain: DomainName) -> str:
    """Where the policy file stands (RFC 8461 section 3.2)."""
    return f"https://{policy_host(domain)}/.well-known/mta-sts.txt"
