"""What DNS said of a server's TLSA records."""

from dataclasses import dataclass, replace

from checker.names import DomainName
from checker.network.ports import Answer, Security, TlsaRecord
from checker.observation import PENDING, Failed, NotTried, Observation, Reason

PORT = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A name that may be the TLSA base domain (RFC 7672 section 2.2.3), and the answer at ``_25._tcp.`` before it."""

    base: DomainName
    answer: Observation[Answer[TlsaRecord]] = PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class DaneFacts:
    """The TLSA look-ups for one server. ``candidates`` in the order in which a sender tries them.

    ``addresses`` is the security of its address RRsets, the weaker of the two; null where it could not be told.
    ``alias`` is the first link of its CNAME chain, asked only where it is an alias (RFC 7672 section 2.2.2).
    TLSA is asked for also where a sender would not, to tell records without effect from none.
    """

    addresses: Security | None = None
    alias: Observation[Answer[DomainName]] = NotTried(Reason.NOT_ASKED)
    candidates: tuple[Candidate, ...] = ()

    def without_pending(self, failed: Failed) -> "DaneFacts":
        """The same, with this failure for what is pending."""
        candidates = (replace(c, answer=failed) if c.answer == PENDING else c for c in self.candidates)
        return replace(self, candidates=tuple(candidates))


def tlsa_name(base: DomainName) -> DomainName:
    """Where the TLSA records of a mail server stand (RFC 7672 section 2.2.3)."""
    return DomainName(f"_{PORT}._tcp.{base}")
