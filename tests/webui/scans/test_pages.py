"""Every page, rendered as a browser gets it: whole without script, within the CSP, and deaf to what peers send."""

import html
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from checker.network.bounds import Bounds
from tests import report_parts as make
from tests.report_examples import EXAMPLES, HOSTILE
from tests.report_parts import NOW
from webui.scans.presentation import present
from webui.scans.presentation.scoring import scoring_page

ROOT = Path(__file__).resolve().parents[3]
LINK = "https://mailseal.example/r/kT4v9QxW2mAbCdEfGhIjKl"
SYMBOLS = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/sprite.svg").read_text()))
VOID = {"meta", "link", "input", "br", "path", "use"}
CELLS = {"td", "th", "dd", "li", "h1", "h2", "h3", "button", "summary"}


class Page(HTMLParser):
    """What the tests ask of a page: its elements, and the text inside those that must not be empty."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.html = text
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(text)
        self.close()
        self.unclosed = [tag for tag, _ in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append((tag, []))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        opened, parts = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"
        text = " ".join("".join(parts).split())
        if tag in CELLS:
            self.texts.append((tag, text))
        if self._open:
            self._open[-1][1].append("".join(parts))

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1][1].append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of this kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]


def render(template: str, context: dict[str, Any]) -> Page:
    return Page(render_to_string(template, context, RequestFactory().get("/")))


def report_page(name: str, refresh_seconds: int | None = None) -> Page:
    context = {"page": present(EXAMPLES[name], NOW), "link_url": LINK, "json_url": "/r/x.json"}
    return render("report.html", context | {"refresh_seconds": refresh_seconds})


class Example:
    """As ``sandbox.domains.DemoDomain``."""

    name, title, note, level = "all-good.demo.test", "All good", "Two servers.", "ready"


class Form:
    """As a bound form with an error."""

    class domain:  # noqa: N801
        value, errors = HOSTILE, ["That is not a domain."]


OTHER_PAGES: dict[str, dict[str, Any]] = {
    "home.html": {"examples": [Example]},
    "about.html": {},
    "scoring.html": {"scoring": scoring_page()},
    "400.html": {},
    "403.html": {},
    "404.html": {"exception": "There is no report under this link."},
    "500.html": {},
}


@pytest.fixture(params=[*EXAMPLES, *OTHER_PAGES])
def page(request: pytest.FixtureRequest) -> Page:
    name = request.param
    return render(name, OTHER_PAGES[name]) if name in OTHER_PAGES else report_page(name)


def test_a_page_is_well_formed(page: Page) -> None:
    """All that opens closes, ids are unique, and every link inside the page and label leads somewhere."""
    assert page.unclosed == []
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert [name for name, number in ids.items() if number > 1] == []
    inner = {a["href"] for a in page.all("a") + page.all("textpath") if (a.get("href") or "").startswith("#")}
    inner |= {f"#{label['for']}" for label in page.all("label")}
    inner |= {f"#{name}" for i in page.all("textarea") for name in (i.get("aria-describedby") or "").split()}
    assert {name for name in inner if name and name[1:] not in ids} == set()


def test_a_page_keeps_to_the_content_security_policy(page: Page) -> None:
    """No inline style or script, no handler, nothing from elsewhere."""
    for tag, attributes in page.elements:
        assert tag != "style"
        assert [name for name in attributes if name == "style" or name.startswith("on")] == []
        if tag == "script":
            assert attributes["src"]
        if tag in ("script", "link", "use", "img"):
            assert (attributes.get("src") or attributes.get("href") or "").startswith("/static/")


def test_a_page_has_one_heading_and_a_way_past_the_menu(page: Page) -> None:
    assert len(page.text("h1")) == 1
    assert page.all("html") == [{"lang": "en"}]
    assert page.all("a")[0]["href"] == "#main"
    assert {"id": "main"} in page.all("main")


def test_nothing_on_a_page_is_empty(page: Page) -> None:
    """Every cell, item and heading has words, not only an icon or a colour."""
    assert [tag for tag, text in page.texts if not text] == []


def test_every_symbol_is_in_the_sprite(page: Page) -> None:
    wanted = {(use["href"] or "").partition("#")[2] for use in page.all("use")}
    assert wanted
    assert wanted <= SYMBOLS


def test_icons_are_silent_and_seals_speak(page: Page) -> None:
    """A picture has a name, or stands beside its word and is hidden from those who listen."""
    for svg in page.all("svg"):
        assert svg.get("aria-hidden") == "true" or svg.get("aria-label") or svg.get("viewbox") == "0 0 48 48"


@pytest.mark.parametrize("name", EXAMPLES)
def test_cells_carry_their_column_for_small_screens(name: str) -> None:
    """Where a table falls into rows of label and value, each value has its label, and roles survive the change."""
    page = report_page(name)
    for cell in page.all("td"):
        assert cell["data-l"]
        assert cell["role"] == "cell"
    assert all(row["role"] == "row" for row in page.all("tr"))


def test_what_peers_send_is_never_markup() -> None:
    """Greetings, names, certificates, transcripts: all of them come out as text."""
    page = report_page("hostile")
    assert "<script>alert" not in page.html
    assert page.html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 10
    assert [a for _, a in page.elements if "onmouseover" in a] == []


def test_scripts_do_only_what_a_page_can_lack() -> None:
    """Buttons that need the script are hidden until it runs; what is left is links and forms."""
    page = report_page("inconclusive")
    of_script = [button for button in page.all("button") if button["type"] == "button"]
    assert len(of_script) == 4
    assert all("hidden" in button for button in of_script)
    assert {"class": "btn", "href": "/r/x.json"} in page.all("a")


def test_a_running_page_refreshes_itself_and_a_finished_one_does_not() -> None:
    def refresh(page: Page) -> list[str | None]:
        return [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "refresh"]

    assert refresh(report_page("running", refresh_seconds=1)) == ["1"]
    assert refresh(report_page("ready")) == []


def test_a_page_that_refreshes_itself_has_no_field_to_type_in() -> None:
    """Each refresh would wipe what was typed, and take the focus away."""
    running = report_page("running", refresh_seconds=1)
    assert running.all("input") + running.all("textarea") == []
    assert {"for": "another", "class": "vh"} in report_page("ready").all("label")


def test_what_we_say_of_our_connections_is_what_is_built() -> None:
    """One to each address and the questions to one, four at once by the bounds; home page and README say the same."""
    about, home = (render(name, OTHER_PAGES[name]).html for name in ("about.html", "home.html"))
    assert Bounds().caps.at_once == 4
    assert "Never more than four are open to one address at once" in about
    for text in (about, home, (ROOT / "README.md").read_text()):
        assert "one connection" in text
        assert "seven to sixteen more" in " ".join(text.split())


def test_a_report_is_not_listed_and_not_passed_on() -> None:
    """The link is the secret: no search engine, and no site that a reference leads to, may learn it.

    Not ``no-referrer``: browsers would then post our own forms with ``Origin: null``, which CSRF protection refuses.
    """
    page = report_page("exposed")
    assert {"name": "robots", "content": "noindex"} in page.all("meta")
    assert {"name": "referrer", "content": "same-origin"} in page.all("meta")
    outside = [a for a in page.all("a") if (a["href"] or "").startswith("https:")]
    assert outside
    assert all(a["rel"] == "noreferrer" for a in outside)


def test_a_bad_domain_is_explained_beside_the_field_which_keeps_it() -> None:
    page = render("home.html", {"form": Form})
    (field,) = page.all("textarea")
    assert html.escape(HOSTILE) in page.html
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "wrong hint"
    assert {"class": "alert", "id": "wrong", "role": "alert"} in page.all("p")


def test_examples_start_by_post_like_everything_else() -> None:
    """An example is a button of a form: no link ever starts a probe."""
    page = render("home.html", {"examples": [Example]})
    assert {"type": "submit", "name": "domain", "value": Example.name} in page.all("button")
    assert all(form["method"] == "post" for form in page.all("form"))


def test_without_a_sandbox_there_are_no_examples() -> None:
    assert "See a report first" not in render("home.html", {"examples": ()}).html


def test_an_unknown_address_says_so_in_our_words() -> None:
    """Django's own name for "no such path" is no sentence for people."""
    assert "Resolver404" not in render("404.html", {"exception": "Resolver404"}).html


def test_what_is_to_be_copied_is_a_slip_with_a_button_that_says_so() -> None:
    """In a finding; the words of its button name what it copies, to those who only hear it."""
    remedy = "Renew it. With certbot: `certbot renew`, then `postfix reload`."
    found = make.finding("certificate-expired", "serious", "It has expired", remedy=remedy)
    report = make.report("one.example", make.verdict("encrypted", 61, "D+", "Encrypted."), findings=[found])
    page = render("report.html", {"page": present(report, NOW)})
    assert [text for text in page.text("button") if text.startswith("Copy")] == [
        "Copy summary for a ticket",
        "Copy the command",
        "Copy the command",
    ]
    assert {"certbot renew", "postfix reload"} <= set(page.text("dd"))
    assert "`" not in page.html


def test_style_and_script_stay_small() -> None:
    """Together under 30 KB before compression, and a page of a healthy domain under 32 KB."""
    assert sum((ROOT / "static" / name).stat().st_size for name in ("mailseal.css", "mailseal.js")) < 30_000
    assert len(report_page("ready").html.encode()) < 32_000


def test_a_reference_is_easy_to_tap() -> None:
    """At least 24 px: a box of its own with the line's 1.5 × 16 px, which a link inside a line doesn't have."""
    rule = re.search(r"^\.why a\{([^}]*)\}", (ROOT / "static/mailseal.css").read_text(), re.MULTILINE)
    assert rule
    assert "display:inline-block" in rule[1]


def test_every_class_that_a_page_uses_is_styled() -> None:
    """A misspelt class is a look that silently goes missing."""
    styled = set(re.findall(r"\.([a-z][a-z0-9-]*)", (ROOT / "static/mailseal.css").read_text()))
    used = {
        name
        for example in EXAMPLES
        for _, attributes in report_page(example).elements
        for name in (attributes.get("class") or "").split()
    }
    assert used - styled == set()
