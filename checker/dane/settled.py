"""What a server's TLSA look-ups come to for a sender that obeys DANE (RFC 7672 sections 2.1 and 2.2).

The one rule of this file: a look-up that failed never becomes "no DANE". Only a proper answer without records, or
answers that DNSSEC does not protect, do that.
"""

from dataclasses import dataclass
from typing import Literal

from checker.dane.facts import Candidate, DaneFacts, tlsa_name
from checker.dane.tlsa import why_unusable
from checker.names import DomainName
from checker.network.ports import Answer, TlsaRecord
from checker.observation import Absent, Failed, NotTried, Observation, Seen

type TlsaStatus = Literal["absent", "insecure", "unusable", "usable", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """``status`` is null where it could not be told. ``base`` is the TLSA base domain of the records.

    Insecure: there are records, and DNSSEC doesn't protect them or the addresses. ``records`` are all of the RRset,
    usable or not; ``owner`` is the name that they stand at, behind any aliases; ``ttl`` in seconds. ``is_cut``: there
    are more, which were too many to keep.
    ``failure`` is why the status is failed, or null for that matter.
    """

    status: TlsaStatus | None
    base: DomainName | None = None
    records: tuple[TlsaRecord, ...] = ()
    ttl: int | None = None
    owner: DomainName | None = None
    is_cut: bool = False
    failure: Failed | NotTried | None = None

    @property
    def usable(self) -> tuple[TlsaRecord, ...]:
        """The records that count, where they do."""
        return tuple(r for r in self.records if why_unusable(r) is None) if self.status == "usable" else ()


def settle(facts: DaneFacts) -> Settled:
    """The records of the first candidate that has a secure RRset, or why there are none."""
    if facts.addresses is None:
        return Settled(status=None)
    asked = _asked_by_senders(facts)
    for candidate in asked:
        settled = _of(candidate)
        if settled is not None:
            return settled
    return _without_effect(facts)


def _asked_by_senders(facts: DaneFacts) -> tuple[Candidate, ...]:
    """Those that a sender looks up: none where the addresses are insecure, but for an alias whose first link is signed.

    The last candidate is the name in the MX record itself (RFC 7672 section 2.2.2).
    """
    if facts.addresses == "secure":
        return facts.candidates
    match facts.alias:
        case Seen(link) if link.records and link.security == "secure":
            return facts.candidates[-1:]
        case _:
            return ()


def _of(candidate: Candidate) -> Settled | None:
    """What this candidate settles; null where the next one is to be asked."""
    answer: Observation[Answer[TlsaRecord]] = candidate.answer
    match answer:
        case Seen(found) if found.security == "secure" and found.records:
            status: TlsaStatus = "usable" if any(why_unusable(r) is None for r in found.records) else "unusable"
            return _with_records(status, candidate.base, found)
        case Seen(found):
            return Settled(status=None) if found.security is None else None
        case Failed() as failed:
            return Settled(status="failed" if failed.meets_everybody else None, base=candidate.base, failure=failed)
        case Absent():
            return None
        case NotTried() as not_tried:
            return Settled(status=None, base=candidate.base, failure=not_tried)


def _without_effect(facts: DaneFacts) -> Settled:
    """No sender goes by any: are there records all the same? A look-up that fails here stops nobody."""
    for candidate in facts.candidates:
        if isinstance(candidate.answer, Seen) and candidate.answer.value.records:
            found = candidate.answer.value
            return _with_records("insecure", candidate.base, found)
    return Settled(status="absent")


def _with_records(status: TlsaStatus, base: DomainName, found: Answer[TlsaRecord]) -> Settled:
    owner = found.aliases[-1] if found.aliases else tlsa_name(base)
    is_cut = found.left_out > 0
    return Settled(status=status, base=base, records=found.records, ttl=found.ttl, owner=owner, is_cut=is_cut)
