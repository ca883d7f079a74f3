"""What CAA says of one name."""

from dataclasses import dataclass, replace

from checker.names import DomainName
from checker.network.ports import Answer, CaaRecord
from checker.observation import PENDING, Failed, Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class CaaFacts:
    """The first CAA RRset at ``name`` or above it (RFC 8659 section 3), and at which name it stands.

    ``found_at`` is null where there is none up to the top; ``answer`` is then the last one, without records.
    """

    name: DomainName
    found_at: DomainName | None = None
    answer: Observation[Answer[CaaRecord]] = PENDING

    def without_pending(self, failed: Failed) -> "CaaFacts":
        """The same, with this failure if it is pending."""
        return replace(self, answer=failed) if self.answer == PENDING else self
