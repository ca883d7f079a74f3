"""The laws of the score, over any findings that the catalogue can raise."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.assessment.judged import Judged
from checker.assessment.level import LEVELS, Level
from checker.assessment.rulebook import ENTRIES
from checker.assessment.score import BANDS, CAPS, CHANGES, SCORING_VERSION, grade_of, points_off, score_of

SCORED = sorted(BANDS)


def judged(code: str) -> Judged:
    entry = ENTRIES[code]
    return Judged(
        code=code,
        severity=entry.severity,
        title="",
        detail="",
        remedy="",
        who=entry.who,
        reference=entry.reference,
        group=entry.group,
        cost=entry.cost,
    )


findings = st.lists(st.sampled_from(sorted(ENTRIES)).map(judged), max_size=12)
levels = st.sampled_from(SCORED)


@given(levels, findings, st.data())
def test_removing_a_finding_never_lowers_the_score(level: Level, found: list[Judged], data: st.DataObject) -> None:
    """With the level unchanged, one fault fewer is never worse."""
    without = list(found)
    if without:
        without.pop(data.draw(st.integers(0, len(without) - 1)))
    before, after = score_of(level, found), score_of(level, without)
    assert before is not None
    assert after is not None
    assert after >= before


@given(levels, findings)
def test_score_stays_in_its_band_and_has_a_grade(level: Level, found: list[Judged]) -> None:
    """No number of faults leads out of the band; the same findings in any order score the same."""
    score = score_of(level, found)
    assert score is not None
    assert BANDS[level].least <= score <= BANDS[level].most
    assert score_of(level, list(reversed(found))) == score
    assert grade_of(level, score) in {grade for _, grade in BANDS[level].grades}


@given(findings)
def test_a_group_takes_no_more_than_its_cap(found: list[Judged]) -> None:
    """Many faults of one kind weigh as one great one."""
    for group, cap in CAPS.items():
        assert points_off(f for f in found if f.group == group) <= cap


def test_bands_cover_all_points_once() -> None:
    """Bands never overlap, and every point from 0 to 100 lies in one."""
    points = [point for band in BANDS.values() for point in range(band.least, band.most + 1)]
    assert sorted(points) == list(range(101))


def test_levels_without_a_band_have_neither_score_nor_grade() -> None:
    """no-mail and inconclusive say nothing about quality."""
    assert set(LEVELS) - set(BANDS) == {"no-mail", "inconclusive"}
    assert score_of("no-mail", []) is None
    assert grade_of("inconclusive", None) is None


GRADES: list[tuple[Level, int, str]] = [
    ("enforced", 100, "A+"),
    ("enforced", 97, "A+"),
    ("enforced", 96, "A"),
    ("enforced", 93, "A"),
    ("enforced", 92, "A-"),
    ("testing", 89, "B+"),
    ("ready", 75, "B"),
    ("partly-enforced", 65, "C"),
    ("encrypted", 60, "D+"),
    ("encrypted", 59, "D"),
    ("degraded", 49, "D-"),
    ("exposed", 39, "F"),
    ("losing-mail", 0, "F"),
]


@pytest.mark.parametrize(("level", "score", "grade"), GRADES)
def test_grades(level: Level, score: int, grade: str) -> None:
    """The letter is the level's; plus and minus come from the number."""
    assert grade_of(level, score) == grade


def test_changes_lead_to_the_version() -> None:
    """Each version says when it came and what it changed."""
    assert [change.version for change in CHANGES] == list(range(1, SCORING_VERSION + 1))
    assert [change.date for change in CHANGES] == sorted(change.date for change in CHANGES)
    assert all(date.fromisoformat(change.date) and change.what for change in CHANGES)
