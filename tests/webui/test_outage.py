"""The page for while the database is away."""

import pytest
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from webui.outage import OutagePage

PAGE = OutagePage(lambda request: HttpResponse())


@pytest.mark.parametrize("failure", [OperationalError("gone"), InterfaceError("closed"), DatabaseError("no database")])
def test_what_was_typed_is_kept(failure: Exception) -> None:
    """Nothing is lost: the form holds the domain, and the page says when to press Check again."""
    answer = PAGE.process_exception(RequestFactory().post("/scan", {"domain": 'a.test"><b>'}), failure)
    assert answer is not None
    text = answer.content.decode()
    assert (answer.status_code, answer["Cache-Control"]) == (503, "no-store")
    assert int(answer["Retry-After"]) > 0
    assert ">\na.test&quot;&gt;&lt;b&gt;</textarea>" in text
    assert "<b>" not in text.partition("<textarea")[2].partition("</textarea>")[0]


def test_a_page_that_was_only_read_has_no_form() -> None:
    answer = PAGE.process_exception(RequestFactory().get("/r/some-link"), OperationalError("gone"))
    assert answer is not None
    assert 'method="post"' not in answer.content.decode().partition("<main")[2]


@pytest.mark.parametrize("failure", [ValueError("a mistake"), IntegrityError("a mistake of ours")])
def test_other_failures_are_not_its_concern(failure: Exception) -> None:
    """A mistake of ours stays status 500."""
    assert PAGE.process_exception(RequestFactory().get("/"), failure) is None


def test_programs_get_their_own_kind_of_answer() -> None:
    """Problem details, from webui.problems."""
    assert PAGE.process_exception(RequestFactory().get("/api/v1/scans/x"), OperationalError("gone")) is None
