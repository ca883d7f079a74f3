"""How a domain is scored, as a page: from the data that scores, and with no number of its own.

The one rule of this file: it says what ``docs/scoring.md`` says, since both are made from the same tables.
"""

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from string import Formatter

from checker.assessment.explained import MEANINGS, costly_entries
from checker.assessment.level import LEVELS
from checker.assessment.level import Level as Code
from checker.assessment.score import BANDS, CAPS, CHANGES, SCORING_VERSION, Change
from checker.finding import Entry
from webui.scans.presentation.findings import SEVERITIES, Reference, references
from webui.scans.presentation.levels import level_of, seal_of, typographic
from webui.scans.presentation.marks import Mark, Seal
from webui.scans.presentation.times import counted, day, parse_time

_GROUPS = {
    "dns": "DNS of the mail servers",
    "reachability": "Servers that answer",
    "starttls": "Encryption on offer",
    "tls": "Strength of the encryption",
    "certificate": "Certificates",
    "consistency": "Addresses that differ",
    "policy": "MTA-STS and TLS reporting",
    "dane": "DANE",
}
STAND_IN = "…"  # for what a report names


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """A level with its band and its grades, worded."""

    seal: Seal
    name: str
    code: str
    meaning: str
    points: str
    grades: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """What a finding takes off."""

    severity: Mark
    title: str
    code: str
    points: str
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Findings that cost at most ``cap`` points together."""

    name: str
    cap: int
    costs: tuple[CostRow, ...]

    @property
    def size(self) -> str:
        """How many findings it has."""
        return counted(len(self.costs), "finding")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """What a version changed; ``machine`` is the day in ISO 8601."""

    version: int
    machine: str
    day: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringPage:
    """All that the page prints."""

    version: int
    levels: tuple[LevelRow, ...]
    groups: tuple[Group, ...]
    changes: tuple[ChangeRow, ...]
    stand_in: str = STAND_IN


@cache
def scoring_page() -> ScoringPage:
    """The page. Levels in the order in which they are tried, changes with the newest first."""
    groups = {group: tuple(entries) for group, entries in groupby(costly_entries(), lambda entry: entry.group)}
    return ScoringPage(
        version=SCORING_VERSION,
        levels=tuple(_level(code) for code in LEVELS),
        groups=tuple(
            Group(name=_GROUPS[code], cap=cap, costs=tuple(map(_cost, groups.get(code, ()))))
            for code, cap in CAPS.items()
        ),
        changes=tuple(_change(change) for change in reversed(CHANGES)),
    )


def _level(code: Code) -> LevelRow:
    level, band = level_of(code), BANDS.get(code)
    return LevelRow(
        seal=seal_of(level, level.name, None),
        name=level.name,
        code=code,
        meaning=f"{MEANINGS[code]}.",
        points=f"{band.least} to {band.most}" if band else "none",
        grades=_grades(band.grades) if band else "none",
    )


def _grades(grades: tuple[tuple[int, str], ...]) -> str:
    if len(grades) == 1:
        return typographic(grades[0][1])
    return ", ".join(f"{typographic(grade)} from {least}" for least, grade in grades)


def _cost(entry: Entry) -> CostRow:
    mark, _ = SEVERITIES[entry.severity]
    return CostRow(
        severity=mark,
        title=_without_names(entry.title),
        code=entry.code,
        points=f"−{entry.cost}",
        references=tuple(references(entry.reference)),
    )


def _without_names(title: str) -> str:
    return "".join(f"{text}{STAND_IN if field else ''}" for text, field, _, _ in Formatter().parse(title))


def _change(change: Change) -> ChangeRow:
    moment = parse_time(f"{change.date}T00:00:00Z")
    return ChangeRow(version=change.version, machine=change.date, day=day(moment), what=change.what)
