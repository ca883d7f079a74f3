"""What follows from the TLS reporting record (RFC 8460 section 3; requirements RPT-1 to RPT-14).

The one rule of this file: the addresses are read and never asked for anything; a look-up that failed is no absence.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checker.defect import Defect
from checker.faults import told
from checker.finding import Finding, Param, Rule
from checker.listing import joined
from checker.names import DomainName
from checker.observation import Failed, Fault, Seen
from checker.printable import printable
from checker.tls_rpt.facts import TlsRptFacts, record_name

_SHOWN = 100  # characters of a record or an address in a sentence
_NAMED = 4  # addresses in a sentence
_PREFIX = "v=TLSRPTv1;"
_REPEATED = "duplicate-field"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRecord:
    """A domain's TLS reporting record."""

    domain: DomainName
    facts: TlsRptFacts

    @property
    def name(self) -> DomainName:
        """Where it stands."""
        return record_name(self.domain)

    @property
    def texts(self) -> list[str]:
        """The TXT records that stand there."""
        answer = self.facts.answer
        return [record.text for record in answer.value.records] if isinstance(answer, Seen) else []

    @property
    def rejected(self) -> list[str]:
        """What the record names and no report can be sent to."""
        record = self.facts.record
        return [uri for uri in record.rua if uri not in record.usable_rua] if record else []


def record_is_known(published: PublishedRecord) -> Iterator[Finding]:
    """DNS answered (RPT-1)."""
    answer = published.facts.answer
    if isinstance(answer, Failed):
        code = "tls-rpt-unresolvable" if answer.fault is Fault.THEIRS else "tls-rpt-look-up-failed"
        yield Finding(code, {"name": published.name, "why": answer.detail})


def record_is_one(published: PublishedRecord) -> Iterator[Finding]:
    """There is one record, and it is well formed (RPT-2, RPT-4, RPT-14)."""
    facts, texts = published.facts, published.texts
    kept = [text for text in texts if text.startswith(_PREFIX)]
    params: dict[str, Param] = {"name": published.name}
    if facts.status == "absent":
        yield Finding("tls-rpt-absent", params)
    elif facts.status == "invalid" and len(kept) > 1:
        yield Finding("tls-rpt-several", {**params, "count": len(kept)})
    elif facts.status == "invalid":
        fatal = [defect for defect in facts.defects if defect.is_fatal]
        yield Finding("tls-rpt-invalid", {**params, "published": _shown(kept or texts), "faults": told(fatal)})
    if facts.status == "absent" and texts:
        yield Finding("tls-rpt-foreign", {**params, "published": _shown(texts)})


def reports_can_be_sent(published: PublishedRecord) -> Iterator[Finding]:
    """The record names addresses that reports can go to (RPT-5 to RPT-7)."""
    record, rejected = published.facts.record, published.rejected
    if record is None:
        return
    if rejected:
        code = "tls-rpt-rua-partly-unusable" if record.usable_rua else "tls-rpt-rua-unusable"
        faults = told(_other_defects(published))
        yield Finding(code, {"name": published.name, "rejected": _named(rejected), "faults": faults})
    if record.usable_rua:
        yield Finding("tls-rpt-valid", {"name": published.name, "uris": _named(record.usable_rua)})


def record_is_tidy(published: PublishedRecord) -> Iterator[Finding]:
    """Nothing in a valid record may be read in two ways (RPT-8)."""
    if published.facts.record is None:
        return
    repeated = [defect for defect in published.facts.defects if defect.code == _REPEATED]
    others = _other_defects(published)
    if repeated:
        yield Finding("tls-rpt-repeats-field", {"name": published.name, "faults": told(repeated)})
    if others and not published.rejected:
        yield Finding("tls-rpt-untidy", {"name": published.name, "faults": told(others)})


def record_is_its_own(published: PublishedRecord) -> Iterator[Finding]:
    """An alias is followed; one that leads nowhere is a name that others may take (RPT-3)."""
    answer = published.facts.answer
    if not isinstance(answer, Seen) or not answer.value.aliases:
        return
    params = {"name": published.name, "target": answer.value.aliases[-1]}
    if answer.value.rcode == "nxdomain":
        yield Finding("tls-rpt-alias-dangling", params)
    elif published.facts.status in ("valid", "invalid"):
        yield Finding("tls-rpt-delegated", params)


def reports_go_elsewhere_too(published: PublishedRecord) -> Iterator[Finding]:
    """What tells of failing mail doesn't depend on it alone (RPT-10)."""
    record = published.facts.record
    if record and record.usable_rua and all(_domain_of(uri) == published.domain for uri in record.usable_rua):
        params = {"name": published.name, "uris": _named(record.usable_rua)}
        yield Finding("tls-rpt-same-domain", params)


RULES: tuple[Rule[PublishedRecord], ...] = (
    record_is_known,
    record_is_one,
    reports_can_be_sent,
    record_is_tidy,
    record_is_its_own,
    reports_go_elsewhere_too,
)


def _other_defects(published: PublishedRecord) -> list[Defect]:
    return [defect for defect in published.facts.defects if defect.code != _REPEATED]


def _domain_of(uri: str) -> str | None:
    """Where mail for a ``mailto:`` address goes, null for another scheme (RFC 6068 section 2)."""
    scheme, _, rest = uri.partition(":")
    address = rest.partition("?")[0]
    return address.rpartition("@")[2].lower() if scheme.lower() == "mailto" else None


def _named(uris: Iterable[str]) -> str:
    return joined((printable(uri.encode("latin-1", "replace"), _SHOWN) for uri in uris), _NAMED)


def _shown(texts: list[str]) -> str:
    return printable(texts[0].encode("latin-1", "replace"), _SHOWN) if texts else ""
