"""Pages for what went wrong: each says what happened, what to do, and leads back to the form."""

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

ERRORS = ("400", "403", "404", "429", "500", "503")


def page(status: str, **context: object) -> str:
    return render_to_string(f"{status}.html", context, RequestFactory().get("/"))


@pytest.mark.parametrize("status", ERRORS)
def test_it_says_what_to_do(status: str) -> None:
    html = page(status)
    assert "What you can do" in html
    assert 'href="/"' in html


@pytest.mark.parametrize("status", ["429", "503"])
def test_what_was_typed_stands_in_a_form(status: str) -> None:
    """With the reason next to it, for whoever hears the page, too."""
    html = page(status, typed='a"b.example', sentence="Not <b>now</b>.", retry_after=5)
    assert ">\na&quot;b.example</textarea>" in html
    described = html.partition('aria-describedby="')[2].partition('"')[0]
    assert f'id="{described}"' in html
    assert "<b>now" not in html


def test_what_the_view_says_comes_first() -> None:
    """An unknown link is explained in the view's own words, as text."""
    assert "No &lt;b&gt; here." in page("404", exception="No <b> here.")
