"""What a domain publishes for TLS reporting (RFC 8460 section 3)."""

from dataclasses import dataclass
from typing import Literal

from checker.defect import Defect
from checker.names import DomainName
from checker.network.ports import Answer, TxtRecord
from checker.observation import PENDING, Failed, Observation

type RecordStatus = Literal["valid", "invalid", "absent", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A TXT record that the grammar takes. ``rua`` as written, in order; ``usable_rua`` those a report can go to."""

    rua: tuple[str, ...]
    usable_rua: tuple[str, ...]
    extensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsRptFacts:
    """The TXT answer at ``_smtp._tls.<domain>`` and what it amounts to. ``status`` is null until the answer is in.

    ``absent``: no TXT record, or only such as have nothing to do with TLS reporting. ``record`` is null unless valid.
    """

    answer: Observation[Answer[TxtRecord]] = PENDING
    status: RecordStatus | None = None
    record: Record | None = None
    defects: tuple[Defect, ...] = ()

    def without_pending(self, failed: Failed) -> "TlsRptFacts":
        """The facts of a scan that ends before these were in: the look-up has failed like this."""
        return TlsRptFacts(answer=failed, status="failed") if self.status is None else self


def record_name(domain: DomainName) -> DomainName:
    """Where the TXT record stands."""
    return DomainName(f"_smtp._tls.{domain}")
