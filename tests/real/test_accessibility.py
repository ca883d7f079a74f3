"""Every page and state in a real browser: axe-core, the keyboard, narrow screens, and paper."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from importlib.resources import files
from typing import Any, Literal

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from playwright.async_api import Browser, Page, Route, async_playwright

from benchmarks.pages import SETTINGS, pages
from benchmarks.service import HOST, running
from tests.real.test_browser import CHROMIUM_FLAGS

pytestmark = pytest.mark.real

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
FAULTS = """async () => (await axe.run()).violations.flatMap(
    fault => fault.nodes.map(node => `${fault.id}: ${node.target.join(" ")}`))"""
ERRORS = ("400", "403", "429", "500", "503")  # which only happen
OUTLINED = """() => {
    const at = document.activeElement;
    const has = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return has(getComputedStyle(at)) || has(getComputedStyle(at, "::after"));
}"""
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, summary, textarea")]
    .filter(e => e.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true}))
    .filter(e => e.getClientRects().length).length"""


@pytest.fixture(scope="module")
def site() -> Iterator[dict[str, str]]:
    """The address of every page by its name, of a service that runs."""
    with running(**SETTINGS) as service:
        yield {name: f"http://{HOST}:{service.port}{path}" for name, path in pages(service)}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        yield opened
        await opened.close()


def answering(body: str) -> Callable[[Route], Awaitable[None]]:
    async def answer(route: Route) -> None:
        await route.fulfill(body=body, content_type="text/html; charset=utf-8")

    return answer


async def opened(browser: Browser, site: dict[str, str], **options: Any) -> AsyncIterator[tuple[str, Page]]:
    """Each page in turn, those for errors last."""
    context = await browser.new_context(**options)
    page = await context.new_page()
    for name, address in site.items():
        await page.goto(address)
        yield name, page
    for status in ERRORS:
        body = render_to_string(f"{status}.html", {"retry_after": 40}, RequestFactory().get("/"))
        await page.route(f"**/error-{status}", answering(body))
        await page.goto(f"{site['home']}error-{status}")
        yield status, page
    await context.close()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(
    browser: Browser, site: dict[str, str], width: int, scheme: Literal["light", "dark"]
) -> None:
    """All details open, so that what they hold is looked at too."""
    found: dict[str, list[str]] = {}
    async for name, page in opened(browser, site, viewport={"width": width, "height": 900}, color_scheme=scheme):
        await page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        await page.evaluate(AXE)
        if faults := await page.evaluate(FAULTS):
            found[name] = faults[:5]
    assert found == {}


@pytest.mark.parametrize("width", [320, 390])
async def test_nothing_scrolls_sideways(browser: Browser, site: dict[str, str], width: int) -> None:
    wide = {}
    async for name, page in opened(browser, site, viewport={"width": width, "height": 800}):
        await page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        needed = await page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            wide[name] = needed
    assert wide == {}


async def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, site: dict[str, str]) -> None:
    """Tab after Tab, from the first link to the last, each with an outline."""
    lost = {}
    async for name, page in opened(browser, site, viewport={"width": 1440, "height": 900}):
        if name == "running":
            continue  # what fills itself in may move the focus's neighbours
        wanted, reached, plain = await page.evaluate(REACHABLE), 0, 0
        for _ in range(wanted + 5):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement === document.body"):
                break
            reached += 1
            plain += not await page.evaluate(OUTLINED)
        if plain or reached < wanted:
            lost[name] = f"{reached} of {wanted} reached, {plain} without an outline"
    assert lost == {}


async def test_paper_is_light_whole_and_without_buttons(browser: Browser, site: dict[str, str]) -> None:
    """Also for who reads in the dark: every finding open, and nothing that can only be pressed."""
    wrong = {}
    async for name, page in opened(browser, site, color_scheme="dark"):
        await page.emulate_media(media="print", color_scheme="dark")
        shown = await page.evaluate(
            """() => ({
                ink: getComputedStyle(document.body).color,
                buttons: [...document.querySelectorAll("button:not(.demo *), .btn, nav a")]
                    .filter(e => e.checkVisibility()).length,
                closed: [...document.querySelectorAll(".find:not(.wide) > div")]
                    .filter(e => e.getBoundingClientRect().height < 10 || !e.checkVisibility()).length,
            })"""
        )
        if shown != {"ink": "rgb(20, 27, 45)", "buttons": 0, "closed": 0}:
            wrong[name] = shown
    assert wrong == {}
