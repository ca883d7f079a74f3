"""Every page and state in a real browser: axe-core, the keyboard, narrow screens, and paper."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.pages import SETTINGS, Place, pages
from benchmarks.service import running
from tests.real.test_browser import CHROMIUM_FLAGS

pytestmark = pytest.mark.real

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
FAULTS = """async () => (await axe.run()).violations.flatMap(
    fault => fault.nodes.map(node => `${fault.id}: ${node.target.join(" ")}`))"""
OPEN_ALL = "for (const d of document.querySelectorAll('details')) d.open = true"
OUTLINED = """() => {
    const at = document.activeElement;
    const has = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return has(getComputedStyle(at)) || has(getComputedStyle(at, "::after"));
}"""
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, summary, textarea")]
    .filter(e => e.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true}))
    .filter(e => e.getClientRects().length).length"""
PRINTED = """() => ({
    ink: getComputedStyle(document.body).color,
    buttons: [...document.querySelectorAll("button:not(.demo *), .btn, nav a")].filter(e => e.checkVisibility()).length,
    closed: [...document.querySelectorAll(".find:not(.wide) > div")]
        .filter(e => e.getBoundingClientRect().height < 10 || !e.checkVisibility()).length,
})"""
SIGNS = {
    "running": "No grade yet",
    "partial": "failed several times while it looked",
    "inconclusive": "We could not look",
    "too-soon": "less than five minutes ago",
    "away-typed": "what you typed is still here",
}

type Site = tuple[int, tuple[Place, ...]]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The port of a service that runs, and every page of it."""
    with running(**SETTINGS) as service:
        yield service.port, tuple(pages(service))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        yield opened
        opened.close()


def opened(browser: Browser, site: Site, **options: Any) -> Iterator[tuple[str, Page]]:
    """Each page in turn."""
    port, places = site
    context = browser.new_context(**options)
    page = context.new_page()
    for place in places:
        place.show(page, port)
        yield place.name, page
    context.close()


def test_the_states_that_are_hard_to_come_by_are_among_the_pages(browser: Browser, site: Site) -> None:
    """What passes below would say nothing if a scan had ended early, or a button led elsewhere."""
    shown = {name: page.content() for name, page in opened(browser, site) if name in SIGNS}
    assert {name for name, sign in SIGNS.items() if sign not in shown[name]} == set()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, site: Site, width: int, scheme: Literal["light", "dark"]) -> None:
    """All details open, so that what they hold is looked at too."""
    found: dict[str, list[str]] = {}
    for name, page in opened(browser, site, viewport={"width": width, "height": 900}, color_scheme=scheme):
        page.evaluate(OPEN_ALL)
        page.evaluate(AXE)
        if faults := page.evaluate(FAULTS):
            found[name] = faults[:5]
    assert found == {}


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_scrolls_sideways(browser: Browser, site: Site, width: int) -> None:
    wide = {}
    for name, page in opened(browser, site, viewport={"width": width, "height": 800}):
        page.evaluate(OPEN_ALL)
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            wide[name] = needed
    assert wide == {}


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, site: Site) -> None:
    """Tab after Tab, from the first link to the last, each with an outline."""
    lost = {}
    for name, page in opened(browser, site, viewport={"width": 1440, "height": 900}):
        wanted, reached, plain = page.evaluate(REACHABLE), 0, 0
        for _ in range(wanted + 5):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break
            reached += 1
            plain += not page.evaluate(OUTLINED)
        if plain or reached < wanted:
            lost[name] = f"{reached} of {wanted} reached, {plain} without an outline"
    assert lost == {}


def test_paper_is_light_whole_and_without_buttons(browser: Browser, site: Site) -> None:
    """Also for who reads in the dark: every finding open, and nothing that can only be pressed."""
    wrong = {}
    for name, page in opened(browser, site, color_scheme="dark"):
        page.emulate_media(media="print", color_scheme="dark")
        shown = page.evaluate(PRINTED)
        if shown != {"ink": "rgb(20, 27, 45)", "buttons": 0, "closed": 0}:
            wrong[name] = shown
        page.emulate_media(media="screen", color_scheme="dark")
    assert wrong == {}
