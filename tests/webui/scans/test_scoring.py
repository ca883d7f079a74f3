"""The page about the scoring says what the data say, and is found where a score is shown."""

import pytest
from django.test import Client

from checker.assessment.explained import explain
from checker.assessment.rulebook import CATALOGUES
from checker.assessment.score import BANDS, CAPS, CHANGES, SCORING_VERSION
from webui.scans.presentation.scoring import STAND_IN, scoring_page

PAGE = scoring_page()
COSTLY = {entry.code: entry for catalogue in CATALOGUES for entry in catalogue if entry.cost}


@pytest.fixture
def html(client: Client) -> str:
    return client.get("/scoring").content.decode()


def test_every_cost_stands_once_in_its_group() -> None:
    rows = {row.code: (row.points, at) for at, group in enumerate(PAGE.groups) for row in group.costs}
    groups = list(CAPS)
    assert rows == {code: (f"−{entry.cost}", groups.index(entry.group)) for code, entry in COSTLY.items()}
    assert sum(len(group.costs) for group in PAGE.groups) == len(COSTLY)


def test_every_group_has_its_cap() -> None:
    assert [group.cap for group in PAGE.groups] == list(CAPS.values())


def test_levels_stand_in_the_order_in_which_they_are_tried_with_band_and_grades() -> None:
    rows = {row.code: row for row in PAGE.levels}
    assert list(rows)[:3] == ["no-mail", "inconclusive", "losing-mail"]
    assert {code for code, row in rows.items() if row.points != "none"} == set(BANDS)
    assert (rows["enforced"].points, rows["enforced"].grades) == ("90 to 100", "A+ from 97, A from 93, A− from 90")
    assert rows["degraded"].grades == "D−"


def test_changes_have_their_days_and_the_newest_comes_first() -> None:
    assert [change.version for change in PAGE.changes] == [change.version for change in reversed(CHANGES)]
    assert PAGE.version == PAGE.changes[0].version == SCORING_VERSION
    assert PAGE.changes[-1].day == "24 November 2026"


def test_no_title_shows_a_placeholder() -> None:
    titles = [row.title for group in PAGE.groups for row in group.costs]
    assert [title for title in titles if "{" in title or "}" in title] == []
    assert f"The policy does not list {STAND_IN}" in titles


def test_page_and_document_say_the_same(html: str) -> None:
    """Both are made from the same tables, so a row of the one is a row of the other."""
    lines = [line for line in explain().splitlines() if line.startswith(tuple(f"| {group} | `" for group in CAPS))]
    assert len(lines) == len(COSTLY)
    for line in lines:
        assert f">{line.split('`')[1]}</small>" in html


def test_it_is_found_from_every_page(client: Client, html: str) -> None:
    assert 'href="/scoring"' in client.get("/about").content.decode()
    assert "How a domain is scored" in html


@pytest.mark.parametrize(("method", "status"), [("get", 200), ("head", 200), ("post", 405)])
def test_it_is_only_read(client: Client, method: str, status: int) -> None:
    assert getattr(client, method)("/scoring").status_code == status
