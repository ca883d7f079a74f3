"""The score: the level gives the band, findings take points off inside it and never leave it.

Bands, cut-offs and caps are data with a version. The one rule of this file: the letter of the grade is the level's, so
no number of small faults makes a domain look worse than what happens to its mail.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from checker.assessment.judged import Judged
from checker.assessment.level import Level

SCORING_VERSION = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a version changed, and when (ISO 8601)."""

    version: int
    date: str
    what: str


CHANGES: tuple[Change, ...] = (
    Change(version=1, date="2026-11-24", what="First edition: bands by level, costs by finding, caps by group."),
    Change(
        version=2,
        date="2026-11-24",
        what="MTA-STS and TLS reporting count: the levels that a policy decides, and the group policy with its costs.",
    ),
    Change(
        version=3,
        date="2026-11-29",
        what="What a server's TLS takes beside what it chooses counts: old versions, weak suites, short keys. The cap "
        "of the group tls stays.",
    ),
    Change(
        version=4,
        date="2026-11-30",
        what="DANE counts: the levels that it decides, and the group dane with its costs. CAA records that stand in a "
        "renewal's way count in the group certificate. DNSSEC counts: how the zones of the domain and its servers are "
        "signed, in the group dns, whose cap stays.",
    ),
)


@dataclass(frozen=True, slots=True)
class Band:
    """The scores that a level can have, both ends included, and its grades by the least score of each."""

    least: int
    most: int
    grades: tuple[tuple[int, str], ...]


BANDS: dict[Level, Band] = {
    "enforced": Band(90, 100, ((97, "A+"), (93, "A"), (90, "A-"))),
    "testing": Band(85, 89, ((85, "B+"),)),
    "ready": Band(75, 84, ((75, "B"),)),
    "partly-enforced": Band(65, 74, ((65, "C"),)),
    "encrypted": Band(50, 64, ((60, "D+"), (50, "D"))),
    "degraded": Band(40, 49, ((40, "D-"),)),
    "exposed": Band(20, 39, ((20, "F"),)),
    "losing-mail": Band(0, 19, ((0, "F"),)),
}
"""Best first. The other two levels have neither score nor grade."""

CAPS: dict[str, int] = {
    "dns": 12,
    "reachability": 12,
    "starttls": 12,
    "tls": 10,
    "certificate": 8,
    "consistency": 4,
    "policy": 12,
    "dane": 12,
}
"""The most points that the findings of one group take off together."""


def score_of(level: Level, findings: Iterable[Judged]) -> int | None:
    """The score in points of 100, null for a level without a band."""
    band = BANDS.get(level)
    return None if band is None else max(band.least, band.most - points_off(findings))


def points_off(findings: Iterable[Judged]) -> int:
    """What the findings take off together, each group up to its cap."""
    costs = dict.fromkeys(CAPS, 0)
    for finding in findings:
        if finding.cost:
            costs[finding.group] += finding.cost
    return sum(min(cost, CAPS[group]) for group, cost in costs.items())


def grade_of(level: Level, score: int | None) -> str | None:
    """The letter with its sign, null for a level without a band."""
    band = BANDS.get(level)
    if band is None or score is None:
        return None
    return next(grade for least, grade in band.grades if score >= least)
