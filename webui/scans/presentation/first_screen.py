"""The first screen: seal, level, headline, age, first step, ladder."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from checker.report.document import Report
from checker.report.document_findings import FindingEntry
from webui.scans.presentation.findings import who_must_act
from webui.scans.presentation.levels import LADDER, NO_MAIL, Level, level_name, level_of, seal_of, typographic
from webui.scans.presentation.marks import Mark, Seal
from webui.scans.presentation.remedies import heading_and_rest, remedy_slips
from webui.scans.presentation.slips import Slip, are_alternatives, simple_slip
from webui.scans.presentation.stages import works
from webui.scans.presentation.times import ago, counted, day, day_and_time, parse_time

CUT_SHORT = Seal("seal-unknown", "unk", "No grade: the check was cut short")
CHOICES = 2  # of settings for different software
LONG_CHARACTERS = 300  # of a setting, which then has the width to itself
_LONG_NAME = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Hero:
    """The verdict at a glance. ``ascii_name`` is the A-label form where people write the name otherwise."""

    domain: str
    ascii_name: str
    seal: Seal
    level: Mark
    grade: str
    headline: str
    age: "Age"

    @property
    def is_long(self) -> bool:
        """Does the name need smaller type?"""
        return len(self.domain) > _LONG_NAME

    @property
    def title(self) -> str:
        """``harbourlight.example: losing mail, F``: the title of the page."""
        letter = self.grade.removeprefix("Grade ").partition(",")[0] if self.grade.startswith("Grade ") else ""
        return f"{self.domain}: {self.level.words.lower()}{f', {letter}' if letter else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """When and from where: ``verb`` is Checked or Started; ``machine`` is RFC 3339."""

    verb: str
    machine: str
    moment: str
    ago: str
    vantage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do first. ``slips`` hold what is to be copied, where there is something."""

    heading: str
    text: str
    who: str = ""
    slips: tuple[Slip, ...] = ()

    @property
    def has_alternatives(self) -> bool:
        """Is only one of the slips the reader's?"""
        return are_alternatives(self.slips)

    @property
    def first_slips(self) -> tuple[Slip, ...]:
        """Those that the first screen has room for: all that are to be followed, some of those to choose from."""
        if not self.has_alternatives:
            return self.slips
        is_long = any(len(slip.copied) > LONG_CHARACTERS for slip in self.slips[:CHOICES])
        return self.slips[: 1 if is_long else CHOICES]

    @property
    def more_slips(self) -> tuple[Slip, ...]:
        """The others."""
        return self.slips[len(self.first_slips) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A rung of the ladder; ``seal`` marks the domain's own, ``reached`` says after which steps it stands here."""

    name: str
    text: str
    seal: Seal | None = None
    reached: str = ""


def age(report: Report, now: datetime) -> Age:
    """How old the report is, and from where it was taken."""
    started = parse_time(report["started_at"])
    return Age(
        verb="Started" if report["state"] == "running" else "Checked",
        machine=report["started_at"],
        moment=day_and_time(started),
        ago=ago(started, now),
        vantage="" if report["state"] == "running" else _vantage(report),
    )


def _vantage(report: Report) -> str:
    vantage = report["vantage"]
    families = "over IPv4 and IPv6" if vantage["ipv6"] else "over IPv4 only"
    name = vantage["name"]
    return f"from {name} {families}" if name and name != "default" else families


def hero(report: Report, now: datetime) -> Hero:
    """The first lines of a report that has ended."""
    verdict = report["verdict"]
    name, grade, headline, seal = "Cut short", "No grade", "The check ended before it could say anything.", CUT_SHORT
    mark = Mark("unk", name)
    if verdict is not None:
        level = level_of(verdict["level"])
        name = level_name(level, report["mx"]["status"])
        mark, seal = Mark(level.tone, name), seal_of(level, name, verdict["grade"])
        grade, headline = _grade(report), verdict["headline"]
    return Hero(
        domain=report["domain_unicode"],
        ascii_name=ascii_name(report["domain"], report["domain_unicode"]),
        seal=seal,
        level=mark,
        grade=grade,
        headline=headline,
        age=age(report, now),
    )


def ascii_name(domain: str, domain_unicode: str) -> str:
    """The A-labels, where they aren't what people read anyway."""
    return domain if domain != domain_unicode else ""


def _grade(report: Report) -> str:
    verdict = report["verdict"]
    if verdict is None or verdict["grade"] is None or verdict["score"] is None:
        return "No grade"
    grade = f"Grade {typographic(verdict['grade'])}, {verdict['score']} of 100"
    if not verdict["provisional"]:
        return grade
    unseen = unseen_servers(report)
    return f"{grade} so far, {counted(unseen, 'server')} not seen" if unseen else f"{grade} so far"


def unseen_servers(report: Report) -> int:
    """Servers of which nothing could be told."""
    return sum(
        1
        for server in report["servers"]
        if server["address_status"] not in ("none", "nxdomain") and all(works(e) is None for e in server["endpoints"])
    )


def first_step(report: Report, now: datetime) -> Step:
    """What to do first, or that nothing has to change."""
    verdict = report["verdict"]
    if verdict is None or (verdict["level"] == "inconclusive" and report["state"] == "partial"):
        return Step(heading="First step: check the domain again", text="What was seen before the end stands below.")
    if verdict["first_step"]:
        return _named_step(verdict["first_step"], report)
    if verdict["level"] == "inconclusive":
        return Step(heading="First step: check again later", text="Nothing here speaks for or against the domain.")
    return Step(heading="Nothing has to change", text=_first_date(report, now))


def _named_step(text: str, report: Report) -> Step:
    sentence, rest = heading_and_rest(text)
    if sentence[:1].isupper() and sentence[1:2].islower():
        sentence = sentence[0].lower() + sentence[1:]
    cause = next((f for f in report["findings"] if f["remedy"] and f["remedy"].strip() == text.strip()), None)
    return Step(
        heading=f"First step: {sentence}",
        text=rest,
        who=_for_whom(cause, report),
        slips=(*(remedy_slips(cause) if cause else ()), *_command(report)),
    )


def _for_whom(cause: FindingEntry | None, report: Report) -> str:
    who = who_must_act(cause, report) if cause else ""
    return who.replace("Whoever", "For whoever", 1).replace("The sending", "For the sending", 1)


def _command(report: Report) -> Iterator[Slip]:
    """The same report from another machine, where ours cannot look."""
    if report["vantage"]["smtp"] == "blocked":
        text = f"python -m checker {report['domain']}"
        yield simple_slip("Command, to run where port 25 is open", text, "the command")


def _first_date(report: Report, now: datetime) -> str:
    ends = sorted(
        (parse_time(certificate["not_after"]), next(iter(certificate["name_match"]), ""))
        for certificate in report["certificates"].values()
        if certificate["not_after"] and parse_time(certificate["not_after"]) > now
    )
    advice = sum(1 for finding in report["findings"] if finding["severity"] == "advice")
    text = f"{counted(advice, 'suggestion')} {'stands' if advice == 1 else 'stand'} under Findings. " if advice else ""
    if not ends or report["verdict"] is None or level_of(report["verdict"]["level"]) is NO_MAIL:
        return text.strip()
    moment, host = ends[0]
    whose = f"the certificate of {host}" if host else "the first certificate"
    return f"{text}The first date to keep: {whose} ends on {day(moment)}."


def ladder(report: Report) -> tuple[Rung, ...]:
    """The rungs, lowest first; empty where the domain stands on none."""
    verdict = report["verdict"]
    if verdict is None or verdict["grade"] is None:
        return ()
    here, reach = level_of(verdict["level"]), verdict.get("next")
    after = level_of(reach["level"]) if reach else None
    return tuple(
        _rung(
            level,
            seal_of(level, level.name, verdict["grade"]) if level is here else None,
            _after(reach["steps"]) if reach and level is after else "",
        )
        for level in LADDER
    )


def next_steps(report: Report) -> tuple[str, ...]:
    """What has to be mended to stand on the next rung; empty where nothing is known that would lead there."""
    verdict = report["verdict"]
    reach = verdict.get("next") if verdict else None  # reports of earlier versions have none
    return tuple(reach["steps"]) if reach else ()


def _after(steps: list[str]) -> str:
    return "After step 1" if len(steps) == 1 else f"After steps 1 to {len(steps)}"


def _rung(level: Level, seal: Seal | None, reached: str) -> Rung:
    return Rung(
        reached=reached,
        name=level.name,
        text=f"{typographic(level.letter)}, {level.low}–{level.high}. {level.rung}",
        seal=seal,
    )
