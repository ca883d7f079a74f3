"""The page about the API: every error has its anchor, every address is there, and nothing on it is for nobody."""

import re
from typing import Any

import pytest
from django.test import Client

from webui import limits
from webui.problems import KINDS
from webui.scans import services


@pytest.fixture
def page(client: Client) -> str:
    return client.get("/api").content.decode()


def test_every_problem_leads_somewhere(page: str) -> None:
    """To a row of its own that says what to do."""
    for kind in KINDS:
        assert page.count(f'id="{kind.code}"') == 1
        assert kind.advice in page


def test_every_address_is_there(page: str, client: Client) -> None:
    """And the footer of each page leads here."""
    for path in client.get("/api/v1/openapi.json").json()["paths"]:
        assert path.replace("{token}", "<i>token</i>") in page
    assert '<a href="/api">' in client.get("/about").content.decode()


def test_the_limits_are_those_that_hold(page: str) -> None:
    """Numbers come from the code that keeps them."""
    assert f"{limits.SCANS.count} scans in {limits.SCANS.seconds:.0f} seconds" in page
    assert f"{services.KEPT_FOR.days} days" in page
    assert "64 KiB" in page


def test_what_the_content_list_names_is_there(page: str) -> None:
    """Each link within the page has its end."""
    targets = re.findall(r'href="#([a-z]+)"', page)
    assert len(targets) >= 7
    assert all(f'id="{target}"' in page for target in targets)


@pytest.mark.parametrize(("is_on", "domain"), [(True, "all-good.demo.test"), (False, "example.org")])
def test_the_example_is_one_that_can_be_had(client: Client, settings: Any, is_on: bool, domain: str) -> None:
    """A demo domain leads nowhere without the sandbox."""
    settings.MAILSEAL_SANDBOX = is_on
    assert f"&quot;{domain}&quot;" in client.get("/api").content.decode()


def test_other_ways_to_the_page(client: Client) -> None:
    """A slash at its end does no harm; nothing is posted to it."""
    assert client.get("/api/")["Location"] == "/api"
    assert client.post("/api").status_code == 405
    assert client.head("/api").status_code == 200
