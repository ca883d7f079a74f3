"""Finished pages that a process keeps."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from webui.scans.drawn import DrawnPages
from webui.vantage import NOTICES


def test_the_page_asked_for_longest_ago_goes_first() -> None:
    """What is kept never exceeds its limit, and one page that is larger than it is never kept."""
    drawn = DrawnPages(limit_bytes=25)
    for tag in "ab":
        drawn.keep(tag, tag.encode() * 10)
    assert drawn.get("a") == b"a" * 10
    drawn.keep("c", b"c" * 10)
    assert [drawn.get(tag) for tag in "abc"] == [b"a" * 10, None, b"c" * 10]
    drawn.keep("d", b"d" * 26)
    assert [drawn.get(tag) for tag in "acd"] == [b"a" * 10, b"c" * 10, None]


@pytest.fixture
def page(broker: Any, client: Client, finish: Callable[[], None], make_old: Callable[[], None]) -> str:
    """A finished report, so old that its age doesn't change meanwhile."""
    address = str(client.post("/scan", {"domain": "example.test"})["Location"])
    finish()
    make_old()
    return address


def test_a_finished_page_is_drawn_once(
    page: str, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The second reader costs the one question whether there still is such a link, and gets the same page."""
    first = client.get(page)
    with django_assert_num_queries(1):
        again = client.get(page)
    assert again.content == first.content
    for header in ("ETag", "Cache-Control", "X-Robots-Tag", "Vary", "Content-Type"):
        assert again[header] == first[header]


def test_a_kept_page_goes_with_its_link(page: str, client: Client) -> None:
    assert client.get(page).status_code == 200
    client.post(f"{page}/delete")
    assert client.get(page).status_code == 404


def test_who_may_not_delete_never_gets_the_page_of_who_may(page: str, client: Client) -> None:
    for _ in range(2):
        assert "Delete report" in client.get(page).content.decode()
        assert "Delete report" not in Client().get(page).content.decode()


def test_a_notice_shows_on_a_page_that_was_kept_without_it(
    page: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "port 25 is blocked" not in client.get(page).content.decode()
    monkeypatch.setattr(NOTICES, "sentences", lambda: ("Outbound port 25 is blocked here.",))
    assert "port 25 is blocked" in client.get(page).content.decode()
