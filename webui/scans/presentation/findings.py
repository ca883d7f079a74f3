"""Findings by severity, and the arithmetic of the score, which must add up on the page."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checker.report.document import Report
from checker.report.document_findings import FindingEntry
from webui.scans.presentation.levels import level_name, level_of, typographic
from webui.scans.presentation.marks import Mark
from webui.scans.presentation.remedies import plain, remedy_slips
from webui.scans.presentation.slips import Check, Slip, are_alternatives, checks, message_slip

# in the order of the report, with the plural of the counting sentence
SEVERITIES = {
    "critical": (Mark("bad", "Critical"), "critical"),
    "serious": (Mark("bad", "Serious"), "serious"),
    "advice": (Mark("warn", "Advice"), "advice"),
    "note": (Mark("not", "Note", icon="note"), "notes"),
    "good": (Mark("ok", "Good"), "good"),
    "unknown": (Mark("unk", "Could not tell"), "could not tell"),
}
_OPEN = {"critical", "serious"}
_RFC = re.compile(r"RFC (\d{1,5})(?: section (\d[\d.]*\d|\d))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where it is written; ``url`` is empty for what is not an RFC."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingCard:
    """One judgement, or the same one about several addresses."""

    severity: Mark
    title: str
    aside: str
    is_open: bool
    detail: str
    who: str
    remedy: str
    slips: tuple[Slip, ...]  # what is to be copied to mend it
    checks: tuple[Check, ...]  # how to see it oneself
    message: Slip | None  # to whoever must act
    references: tuple[Reference, ...]

    @property
    def has_alternatives(self) -> bool:
        """Is only one of the slips the reader's?"""
        return are_alternatives(self.slips)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """A row of the sum. ``points`` as text, with a real minus."""

    rule: str
    origin: str
    points: str
    is_sum: bool = False


def finding_cards(report: Report) -> tuple[FindingCard, ...]:
    """Worst first; inside a severity in the order of the report."""
    order = list(SEVERITIES)
    found = sorted(report["findings"], key=lambda f: order.index(f["severity"]))
    return tuple(finding_card(finding, report, is_first=at == 0) for at, finding in enumerate(found))


def counts(report: Report) -> str:
    """``2 critical, 1 advice, 1 note.``"""
    return counts_of(report["findings"])


def counts_of(findings: Iterable[FindingEntry]) -> str:
    """The same of some of them."""
    number: Counter[str] = Counter(finding["severity"] for finding in findings)
    parts = [
        f"{number[severity]} {'note' if severity == 'note' and number[severity] == 1 else words}"
        for severity, (_, words) in SEVERITIES.items()
        if number[severity]
    ]
    return f"{', '.join(parts)}." if parts else "None."


def finding_card(finding: FindingEntry, report: Report, *, is_first: bool) -> FindingCard:
    """One finding. The first is open if there is something to be done."""
    mark, _ = SEVERITIES[finding["severity"]]
    return FindingCard(
        severity=mark,
        title=finding["title"],
        aside=_aside(finding),
        is_open=finding["severity"] in _OPEN or (is_first and bool(finding["remedy"])),
        detail=finding["detail"],
        who=who_must_act(finding, report),
        remedy=plain(finding["remedy"]),
        slips=remedy_slips(finding),
        checks=checks(finding["commands"]),
        message=message_slip(finding),
        references=tuple(references(finding["reference"])),
    )


def _aside(finding: FindingEntry) -> str:
    who = "" if finding["who"] == "nobody" else "DNS" if finding["who"] == "dns" else finding["who"]
    place = finding["subject"]["address"] or ""
    parts = [part for part in (who, place if place not in finding["title"] else "") if part]
    cost = f"−{finding['cost']}" if finding["cost"] else ""
    return ". ".join(part for part in (", ".join(parts), cost) if part)


def who_must_act(finding: FindingEntry, report: Report) -> str:
    """Who must act, in words; empty for nobody."""
    domain, host = report["domain_unicode"], finding["subject"]["host"]
    return {
        "dns": f"Whoever edits the DNS of {domain}.",
        "policy host": f"Whoever runs mta-sts.{domain}.",
        "mail server": f"Whoever runs {host}." if host else f"Whoever runs the mail servers of {domain}.",
        "sender": "The sending side.",
    }.get(finding["who"], "")


def references(text: str) -> Iterator[Reference]:
    """Where it is written, one by one."""
    for part in filter(None, (part.strip() for part in text.split(", "))):
        if found := _RFC.fullmatch(part):
            anchor = f"#section-{found[2]}" if found[2] else ""
            yield Reference(text=part, url=f"https://www.rfc-editor.org/rfc/rfc{found[1]}{anchor}")
        else:
            yield Reference(text=part)


def score_rows(report: Report) -> tuple[ScoreRow, ...]:
    """From the top of the level's band to the score. Empty where there is no score."""
    verdict = report["verdict"]
    if verdict is None or verdict["score"] is None or verdict["grade"] is None:
        return ()
    level = level_of(verdict["level"])
    name = level_name(level, report["mx"]["status"])
    band = f"opens the band {level.low} to {level.high}, grade {typographic(level.letter)}"
    costs = [finding for finding in report["findings"] if finding["cost"]]
    counted_off = sum(finding["cost"] for finding in costs)
    beyond = verdict["score"] - (level.high - counted_off)
    return (
        ScoreRow(rule=f"Level: {name}", origin=band, points=str(level.high)),
        *(_deduction(finding, report) for finding in costs),
        *_not_counted(beyond),
        ScoreRow(
            rule="Score",
            origin=f"grade {typographic(verdict['grade'])}, scoring version {report['software']['scoring_version']}",
            points=str(verdict["score"]),
            is_sum=True,
        ),
    )


def _deduction(finding: FindingEntry, report: Report) -> ScoreRow:
    subject = finding["subject"]
    origin = subject["address"] or subject["host"] or report["domain_unicode"]
    return ScoreRow(rule=finding["title"], origin=origin, points=f"−{finding['cost']}")


def _not_counted(points: int) -> Iterator[ScoreRow]:
    if points > 0:
        origin = "a group of faults costs only so much, and no deduction leaves the band"
        yield ScoreRow(rule="Not counted in full", origin=origin, points=f"+{points}")
    elif points < 0:
        yield ScoreRow(rule="Further deductions", origin="not listed one by one", points=f"−{-points}")
