"""What follows from the TXT answer at ``_mta-sts.<domain>`` (RFC 8461 section 3.1; requirements STS-1 to STS-17).

The one rule of this file: a look-up that failed is no absence, and a record that was not meant for MTA-STS no fault.
"""

from collections.abc import Iterator

from checker.faults import told
from checker.finding import Finding, Rule
from checker.mta_sts.facts import record_name
from checker.mta_sts.published import PublishedPolicy
from checker.names import DomainName
from checker.network.ports import Answer, TxtRecord
from checker.observation import Failed, Fault, Observation, Seen
from checker.printable import printable

_SHOWN = 100  # characters of a record in a sentence
_PREFIX = "v=STSv1;"
_REPEATED = "duplicate-field"


def record_is_known(published: PublishedPolicy) -> Iterator[Finding]:
    """DNS answered (STS-17)."""
    answer = published.facts.record.answer
    if isinstance(answer, Failed):
        code = "mta-sts-record-unresolvable" if answer.fault is Fault.THEIRS else "mta-sts-record-look-up-failed"
        yield Finding(code, {"name": record_name(published.domain), "why": answer.detail})


def record_is_one(published: PublishedPolicy) -> Iterator[Finding]:
    """One record says that it is MTA-STS, and it is well formed (STS-6 to STS-14)."""
    record = published.facts.record
    name = record_name(published.domain)
    kept = [text for text in _texts(record.answer) if text.startswith(_PREFIX)]
    if record.status == "valid" and record.record is not None:
        yield Finding("mta-sts-record-valid", {"name": name, "id": record.record.id})
    if record.status == "invalid" and len(kept) > 1:
        yield Finding("mta-sts-record-several", {"name": name, "count": len(kept)})
    elif record.status == "invalid":
        fatal = [defect for defect in record.defects if defect.is_fatal]
        published_text = _shown(kept or _texts(record.answer))
        yield Finding("mta-sts-record-invalid", {"name": name, "published": published_text, "faults": told(fatal)})


def record_is_tidy(published: PublishedPolicy) -> Iterator[Finding]:
    """Nothing in a valid record may be read in two ways (STS-6, STS-13)."""
    record, name = published.facts.record, record_name(published.domain)
    if record.status != "valid":
        return
    repeated = [defect for defect in record.defects if defect.code == _REPEATED]
    others = [defect for defect in record.defects if defect.code != _REPEATED]
    if repeated:
        yield Finding("mta-sts-record-repeats-field", {"name": name, "faults": told(repeated)})
    if others:
        yield Finding("mta-sts-record-untidy", {"name": name, "faults": told(others)})


def record_stands_beside_a_file(published: PublishedPolicy) -> Iterator[Finding]:
    """Who serves a policy announces it (STS-21)."""
    if published.facts.record.status == "absent" and published.has_file:
        params = {"name": record_name(published.domain), "host": published.host, "url": published.url}
        yield Finding("mta-sts-record-missing", params)


def name_holds_nothing_else(published: PublishedPolicy) -> Iterator[Finding]:
    """A foreign TXT record there is most often a wildcard's (STS-8)."""
    texts = _texts(published.facts.record.answer)
    if published.facts.record.status == "absent" and texts:
        name = record_name(published.domain)
        yield Finding("mta-sts-record-foreign", {"name": name, "published": _shown(texts)})


def record_is_its_own(published: PublishedPolicy) -> Iterator[Finding]:
    """An alias is followed; one that leads nowhere is a name that others may take (STS-5, STS-37)."""
    answer = published.facts.record.answer
    if not isinstance(answer, Seen) or not answer.value.aliases:
        return
    params = {"name": record_name(published.domain), "target": answer.value.aliases[-1]}
    if answer.value.rcode == "nxdomain":
        yield Finding("mta-sts-record-alias-dangling", params)
    elif published.facts.record.status in ("valid", "invalid"):
        yield Finding("mta-sts-record-delegated", params)


def parent_does_not_count(published: PublishedPolicy) -> Iterator[Finding]:
    """No policy is taken from the domain above (STS-2)."""
    if published.facts.record.status != "absent":
        return
    if any(text.startswith(_PREFIX) for text in _texts(published.facts.parent)):
        yield Finding("mta-sts-record-at-parent", {"parent": DomainName(published.domain.partition(".")[2])})


RECORD_RULES: tuple[Rule[PublishedPolicy], ...] = (
    record_is_known,
    record_is_one,
    record_is_tidy,
    record_stands_beside_a_file,
    name_holds_nothing_else,
    record_is_its_own,
    parent_does_not_count,
)


def _texts(answer: Observation[Answer[TxtRecord]]) -> list[str]:
    return [record.text for record in answer.value.records] if isinstance(answer, Seen) else []


def _shown(texts: list[str]) -> str:
    return printable(texts[0].encode("latin-1", "replace"), _SHOWN) if texts else ""
