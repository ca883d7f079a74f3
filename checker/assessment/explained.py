"""The page that explains the scoring, written from the data that scores: levels, bands, caps, costs, changes.

Regenerate with ``python -m checker.assessment.explained > docs/scoring.md``. The one rule of this file: it holds no
number of its own.
"""

from collections.abc import Iterable, Iterator

from checker.assessment.headline import TITLES
from checker.assessment.level import LEVELS, Level
from checker.assessment.rulebook import CATALOGUES
from checker.assessment.score import BANDS, CAPS, CHANGES, SCORING_VERSION
from checker.finding import Entry, Severity

MEANINGS: dict[Level, str] = {
    "no-mail": "The domain takes no mail: a null MX, no such domain, or neither a mail server nor an address",
    "inconclusive": "We could not look, or no server could be judged; the report says why",
    "losing-mail": "Nobody can deliver, or a published promise can be kept by no server",
    "exposed": "Some working server does not encrypt sufficiently: mail can travel in clear text",
    "degraded": "Some server does not work; the others encrypt",
    "enforced": "An enforced MTA-STS policy that every server keeps, or DANE that is valid on every server",
    "partly-enforced": "Such a promise is published, and only some servers keep it",
    "testing": "An MTA-STS policy on trial, which would hold if it were enforced",
    "ready": "Every server encrypts and proves who it is; no promise is in force",
    "encrypted": "Every server encrypts; senders cannot tell it from an impostor",
}

_HEAD = f"""# How a domain is scored

This page is generated from the data that scores (`python -m checker.assessment.explained > docs/scoring.md`).
Scoring version {SCORING_VERSION}.

The level comes first: what happens to the domain's mail. It is the first row below that applies, and it gives the
letter of the grade and a band of points. Findings then take points off within the band. They never lead out of it, so
no number of small faults makes a domain look worse than what happens to its mail. What could not be seen is neither a
pass nor a failure: it costs nothing, and makes the verdict provisional.
"""


def explain() -> str:
    """The page, in Markdown."""
    return "\n".join((_HEAD, *_levels(), *_caps(), *_costs(), *_changes()))


def _levels() -> Iterator[str]:
    rows = ((TITLES[level], f"`{level}`", MEANINGS[level], _points(level), _grades(level)) for level in LEVELS)
    yield from _table("Levels", ("name", "level", "meaning", "points", "grade"), rows)


def _points(level: Level) -> str:
    band = BANDS.get(level)
    return f"{band.least} to {band.most}" if band else "none"


def _grades(level: Level) -> str:
    band = BANDS.get(level)
    if band is None:
        return "none"
    least = (f"{grade} from {points}" for points, grade in band.grades)
    return ", ".join(least) if len(band.grades) > 1 else band.grades[0][1]


def _caps() -> Iterator[str]:
    rows = ((group, str(cap)) for group, cap in CAPS.items())
    yield from _table("The most that one group of findings takes off", ("group", "points"), rows)


def costly_entries() -> list[Entry]:
    """What costs points, by group; inside a group the worst first."""
    order = list(Severity)
    costly = [entry for catalogue in CATALOGUES for entry in catalogue if entry.cost]
    costly.sort(key=lambda entry: (list(CAPS).index(entry.group), order.index(entry.severity), -entry.cost, entry.code))
    return costly


def _costs() -> Iterator[str]:
    heads = ("group", "finding", "severity", "points", "reference")
    yield from _table("What a finding takes off", heads, map(_cost, costly_entries()))


def _cost(entry: Entry) -> tuple[str, ...]:
    return entry.group, f"`{entry.code}`", entry.severity, str(entry.cost), entry.reference


def _changes() -> Iterator[str]:
    rows = ((str(change.version), change.date, change.what) for change in reversed(CHANGES))
    yield from _table("Changes", ("version", "date", "what"), rows)


def _table(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"## {title}\n"
    yield _row(heads)
    yield _row("---" for _ in heads)
    yield from map(_row, rows)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(explain(), end="")
