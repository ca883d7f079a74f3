"""The pages about ourselves, and what holds of all pages: no cookie before it is needed, nothing from elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.template import engines
from django.test import Client
from pytest_django.fixtures import Settings

from checker.names import DomainName
from checker.network.do_not_probe import parse_do_not_probe
from checker.network.live import NetworkSettings
from webui import settings as settings_module
from webui.environment import ROOT, ServiceSettings, SettingsError
from webui.scans.models import Scan

PAGES = ("/", "/about", "/probe", "/privacy", "/scoring", "/api", "/deleted", "/nothing-here", "/r/nothing-here")


class Loaded(HTMLParser):
    """What a browser fetches for a page by itself, and where links and forms lead."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(given)
            return
        self.fetched += [given[name] for name in ("src", "href", "srcset", "action", "data", "poster") if name in given]


def loaded(page: str) -> Loaded:
    parser = Loaded()
    parser.feed(page)
    return parser


def finished_page(client: Client) -> str:
    """The address of a report that a client asked for."""
    return client.post("/scan", {"domain": "example.test"})["Location"]


@pytest.mark.parametrize("page", PAGES)
def test_reading_sets_no_cookie(db: None, client: Client, page: str) -> None:
    """The home page with its form neither."""
    answer = client.get(page)
    assert answer.status_code in (200, 301, 302, 404)
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


def test_a_report_that_somebody_else_asked_for_sets_none(broker: Any, transactional_db: None) -> None:
    """Who asks gets the deletion secret of that link, and nobody else gets anything."""
    asker = Client()
    page = finished_page(asker)
    assert [cookie["path"] for cookie in asker.cookies.values()] == [page]
    assert not Client().get(page).cookies
    assert not Client().post("/scan", {"domain": "no domain"}).cookies


@pytest.mark.parametrize("page", PAGES)
def test_no_page_fetches_anything_from_elsewhere(db: None, client: Client, page: str) -> None:
    found = loaded(client.get(page).content.decode())
    assert [url for url in found.fetched if not re.match(r"/(?!/)|#", url)] == []
    away = [
        link for link in found.links if re.match(r"\w+:|//", link.get("href", "")) and "mailto:" not in link["href"]
    ]
    assert [link["href"] for link in away if "noreferrer" not in link.get("rel", "")] == []


def test_a_report_fetches_nothing_from_elsewhere(broker: Any, transactional_db: None, client: Client) -> None:
    found = loaded(client.get(finished_page(client)).content.decode())
    assert [url for url in found.fetched if not re.match(r"/(?!/)|#|$", url)] == []


@pytest.mark.parametrize("name", ["mailseal.css", "mailseal.js"])
def test_neither_do_styles_and_scripts(name: str) -> None:
    text = (ROOT / "static" / name).read_text("utf-8")
    assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", re.sub(r"http://www\.w3\.org/\S+", "", text)) == []


@pytest.mark.parametrize(
    ("contact", "url"),
    [("postmaster@check.example", "mailto:postmaster@check.example"), ("https://check.example/help", None)],
)
def test_the_page_about_the_probe_says_whom_to_write_to(
    db: None, client: Client, settings: Settings, contact: str, url: str | None
) -> None:
    settings.MAILSEAL_CONTACT = contact
    settings.NETWORK = NetworkSettings(helo_name="probe.check.example", control_hosts=(DomainName("mx.example"),))
    for page in ("/probe", "/privacy"):
        text = client.get(page).content.decode()
        assert f'href="{url or contact}"' in text
    text = client.get("/probe").content.decode()
    assert "probe.check.example" in text
    assert "mx.example" in text


def test_the_page_about_the_probe_tells_the_caps(db: None, client: Client) -> None:
    """Those that hold: who reads it has our connections in a log and counts them."""
    text = " ".join(client.get("/probe").content.decode().split())
    assert "Never more than 4 at once to one address, 40 in ten minutes and 120 in an hour" in text
    assert "nor more than 200 in ten minutes to one /24 or /48" in text
    assert "up to 160 to one address, once in an hour" in text


@pytest.mark.parametrize("page", PAGES)
def test_no_page_has_a_hole_where_a_value_was_meant(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    """A name that no view gives is drawn as nothing."""
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "HOLE:%s")  # type: ignore[attr-defined]
    assert "HOLE:" not in client.get(page).content.decode()


def test_without_a_contact_the_page_says_so(db: None, client: Client) -> None:
    assert "has named no contact" in client.get("/probe").content.decode()


@pytest.mark.parametrize("contact", ["javascript:alert(1)", "nobody", "http://check.example", "a@b@c", '"><b>@x'])
def test_a_contact_that_is_none_is_refused(tmp_path: Path, contact: str) -> None:
    with pytest.raises(SettingsError, match="MAILSEAL_CONTACT"):
        ServiceSettings.from_environment({"MAILSEAL_VAR": str(tmp_path / "var"), "MAILSEAL_CONTACT": contact})


def test_the_log_holds_no_list_of_visits() -> None:
    """Also where the web server made its own log before ours was set up."""
    assert settings_module.LOGGING["loggers"]["uvicorn.access"] == {"handlers": [], "propagate": False}


@pytest.fixture
def listed(settings: Settings) -> None:
    settings.NETWORK = NetworkSettings(do_not_probe=parse_do_not_probe("quiet.test"))


@pytest.mark.parametrize("domain", ["quiet.test", "sub.Quiet.test", "someone@quiet.test"])
def test_a_domain_on_the_list_is_not_begun(db: None, client: Client, listed: None, domain: str) -> None:
    """A sentence on the page, a problem with a code for programs, and no scan."""
    answer = client.post("/scan", {"domain": domain})
    assert answer.status_code == 422
    assert "asked us not to look at it" in answer.content.decode()
    problem = client.post("/api/v1/scans", {"domain": domain}, content_type="application/json")
    assert (problem.status_code, problem.json()["code"]) == (403, "do-not-probe")
    assert problem.json()["title"] == "This domain is left alone"
    assert Scan.objects.count() == 0


def test_its_neighbours_are(broker: Any, transactional_db: None, client: Client, listed: None) -> None:
    assert client.post("/scan", {"domain": "notquiet.test"}).status_code == 303
