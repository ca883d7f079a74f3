"""Certificates on a page: what is wrong with one, as the matrix, the tick list and its own record say it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from checker.report.document import Report
from checker.report.document_servers import CertificateSection
from webui.scans.presentation.marks import COULD_NOT_TELL, Mark
from webui.scans.presentation.times import ago, day, day_and_time, parse_time, short_day

ENDS_SOON = timedelta(days=14)


def date_mark(certificate: CertificateSection, at: datetime) -> Mark:
    """Is it within its dates?"""
    if certificate["in_dates"] is None or certificate["not_after"] is None or certificate["not_before"] is None:
        return COULD_NOT_TELL
    begins, ends = parse_time(certificate["not_before"]), parse_time(certificate["not_after"])
    if certificate["in_dates"]:
        till = f"till {short_day(ends, at)}"
        # As the rule has it: of a certificate that lives for days, the last third is soon.
        is_soon = ends - at < min(ENDS_SOON, (ends - begins) / 3)
        return Mark("warn", "ends soon", till) if is_soon else Mark("ok", "yes", till)
    if begins > at:
        return Mark("bad", "not yet valid", f"from {short_day(begins, at)}")
    return Mark("bad", "expired", short_day(ends, at))


def name_mark(certificate: CertificateSection, host: str) -> Mark:
    """Does one of its names cover the host that presented it?"""
    match certificate["name_match"].get(host):
        case True:
            return Mark("ok", "matches")
        case False:
            return Mark("bad", "wrong name")
        case _:
            return COULD_NOT_TELL


def trust_mark(certificate: CertificateSection) -> Mark:
    """Is there a path to a trusted root, the leaf's dates left aside?"""
    match certificate["trusted"]:
        case True:
            return Mark("ok", "yes")
        case None:
            return COULD_NOT_TELL
        case False if certificate["self_signed"]:
            return Mark("bad", "self-signed")
        case False if certificate["chain_complete"] is False:
            return Mark("bad", "chain broken", "an issuer is missing")
        case _:
            return Mark("bad", "not trusted")


def certificate_mark(certificate: CertificateSection, at: datetime) -> Mark:
    """Dates and trust in one cell: the first fault, or till when it is valid."""
    if certificate["error"]:
        return Mark("bad", "unreadable")
    dates, trust = date_mark(certificate, at), trust_mark(certificate)
    for mark in (dates, trust):
        if mark.tone == "bad":
            return mark
    for mark in (dates, trust):
        if mark.tone == "unk":
            return mark
    return dates if dates.tone == "warn" else Mark("ok", "valid", dates.fact)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLine:
    """A line of a record: what stands in the gutter, the lines as they came, and what is wrong with it, if anything.

    ``soft`` is for words of ours in place of something published.
    """

    gutter: str
    lines: tuple[str, ...]
    note: Mark | None = None
    soft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateCard:
    """One certificate, with the servers that presented it."""

    hosts: str
    lines: tuple[RecordLine, ...]


def certificate_cards(report: Report) -> tuple[CertificateCard, ...]:
    """Every leaf that a server presented, once; dates are judged as of the check."""
    at = parse_time(report["started_at"])
    return tuple(
        CertificateCard(
            hosts=", ".join(certificate["name_match"]) or "an unnamed server", lines=tuple(_lines(certificate, at))
        )
        for certificate in report["certificates"].values()
    )


def _lines(certificate: CertificateSection, at: datetime) -> Iterator[RecordLine]:
    if certificate["error"]:
        yield RecordLine(gutter="leaf", lines=("unreadable",), note=Mark("bad", certificate["error"]), soft=True)
        return
    yield _names(certificate)
    yield RecordLine(gutter="by", lines=(certificate["issuer"] or "—",), note=_trust_note(certificate))
    yield from _dates(certificate, at)
    yield RecordLine(gutter="key", lines=(certificate["key"] or "—",))
    yield RecordLine(gutter="signed", lines=(certificate["signature"] or "—",))
    yield RecordLine(gutter="sent", lines=tuple(link["subject"] or "unreadable" for link in certificate["chain"]))


def _names(certificate: CertificateSection) -> RecordLine:
    wrong = [host for host, matches in certificate["name_match"].items() if matches is False]
    note = Mark("bad", f"{' and '.join(wrong)} is not among the names." if wrong else "")
    names = tuple(certificate["names"])
    return RecordLine(
        gutter="for",
        lines=names or ("no DNS name",),
        note=note if wrong else None,
        soft=not names,
    )


def _trust_note(certificate: CertificateSection) -> Mark | None:
    mark = trust_mark(certificate)
    if mark.tone == "ok":
        return None
    if mark.tone == "unk":
        return Mark("unk", "Could not tell whether a trusted authority stands behind it.")
    sentences = {
        "self-signed": "Signed by itself: no authority vouches for it.",
        "chain broken": "A certificate between this one and a trusted root is missing from what the server sends.",
    }
    return Mark("bad", sentences.get(mark.words, "No trusted authority stands behind it."))


def _dates(certificate: CertificateSection, at: datetime) -> Iterator[RecordLine]:
    mark = date_mark(certificate, at)
    for gutter, text in (("from", certificate["not_before"]), ("to", certificate["not_after"])):
        note = None
        if text is None:
            yield RecordLine(gutter=gutter, lines=("unreadable",), soft=True)
            continue
        moment = parse_time(text)
        if gutter == "from" and mark.words == "not yet valid":
            note = Mark("bad", f"Not valid before {day(moment)}.")
        if gutter == "to" and mark.words == "expired":
            note = Mark("bad", f"Expired {_before(moment, at)} this check.")
        if gutter == "to" and mark.words == "ends soon":
            note = Mark("warn", "Ends soon: see that it is renewed.")
        yield RecordLine(gutter=gutter, lines=(day_and_time(moment),), note=note)


def _before(moment: datetime, at: datetime) -> str:
    return "just before" if at - moment < timedelta(minutes=1) else ago(moment, at).replace("ago", "before")
