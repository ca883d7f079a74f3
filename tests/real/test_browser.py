"""The form in a real browser, through web, worker and real mail servers, to the finished report."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.real.mail_lab import Lab

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
# Without the last flags Chromium looks up its maker's hosts at every start.
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def address(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Everything that ``up`` starts, on a free port, with data of its own; stopped as a user stops it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = (
        os.environ
        | lab.environment
        | {
            "MAILSEAL_LISTEN": f"127.0.0.1:{port}",
            "MAILSEAL_VAR": str(tmp_path_factory.mktemp("var")),
            "MAILSEAL_SANDBOX": "on",
            "MAILSEAL_SANDBOX_GREETING_S": "8",
        }
    )
    command = [sys.executable, "manage.py", "up"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if found := re.search(r"http://\S+", line):
                    break
            else:
                pytest.fail("up ended before it printed an address")
            yield found.group().rstrip("/")
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        yield await browser.new_page(viewport={"width": 1440, "height": 960})
        await browser.close()


@pytest.mark.parametrize(
    ("typed", "level"),
    [
        ("good.lab.test", "Ready"),
        ("someone@three.lab.test", "Exposed"),
        ("nomail.lab.test", "Takes no mail"),
        ("all-good.demo.test", "Ready"),
    ],
)
async def test_from_the_form_to_the_report(address: str, page: Page, typed: str, level: str) -> None:
    """A person types a domain or an address, and the page fills in and ends in a level, without a script error."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    await ask(page, address, typed)
    await expect(page.get_by_role("heading", level=1)).to_have_text(typed.rpartition("@")[2])
    await expect(page.locator(".grade")).to_contain_text(level, timeout=60_000)
    assert errors == []


async def test_a_shared_link_reads_the_same_elsewhere(address: str, page: Page) -> None:
    """The link alone is enough: a second reader sees the same report, also as JSON."""
    await ask(page, address, "expired.lab.test")
    await expect(page.locator(".grade")).to_contain_text("Encrypted", timeout=60_000)
    answer = await page.context.request.get(f"{page.url}.json")
    report = await answer.json()
    assert report["verdict"]["level"] == "encrypted"
    assert report["state"] == "complete"


@pytest.mark.parametrize("is_refused", [False, True])
async def test_copy_gives_the_exact_text(address: str, page: Page, is_refused: bool) -> None:
    """A policy file keeps its CRLF; also where the clipboard takes it only the old way."""
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    if is_refused:
        await page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error())")
    await ask(page, address, "uncovered.demo.test")
    await expect(page.locator(".grade")).to_contain_text("Losing mail", timeout=60_000)
    report = await (await page.context.request.get(f"{page.url}.json")).json()
    first, *_ = report["findings"]
    wanted = [fix.get("body") or fix.get("value") or fix.get("text") for fix in first["fixes"]]
    assert wanted[0].endswith("\r\n")
    for at, text in enumerate(wanted):
        await page.locator(".step .slip button").nth(at).click()
        await expect(page.locator("#said")).to_have_text("Copied")
        assert await page.evaluate("navigator.clipboard.readText()") == text


async def test_a_running_check_is_watched_to_its_end(address: str, page: Page) -> None:
    """Whom it waits for and until when, no grade before the end, and then the whole report with what its owner may do.

    With script the page stays the same one and a screen reader hears of it; without it the page loads itself anew. Both
    ask for the same domain, so they watch one check.
    """
    browser = page.context.browser
    assert browser is not None
    async with (
        await browser.new_context() as with_script,
        await browser.new_context(java_script_enabled=False) as without,
    ):
        pages = [await with_script.new_page(), await without.new_page()]
        loads = [noted_loads(each) for each in pages]
        errors: list[str] = []
        for each in pages:
            each.on("pageerror", lambda error: errors.append(str(error)))
            await ask(each, address, "slow.demo.test")
        await asyncio.gather(*map(expect_to_see_it_run, pages))
        await expect(pages[0].locator("#said")).to_contain_text("has not greeted yet", timeout=20_000)
        await asyncio.gather(*map(expect_to_see_its_end, pages))
        await expect(pages[0].locator("#said")).to_have_text("The check has ended. The whole report is here.")
    once, often = [[url for url in urls if "/r/" in url] for urls in loads]
    assert (len(once), len(often) > 1, errors) == (1, True, [])


def noted_loads(page: Page) -> list[str]:
    """The address of each page that is loaded from now on."""
    urls: list[str] = []

    def note(loaded: Page) -> None:
        urls.append(loaded.url)

    page.on("load", note)
    return urls


async def ask(page: Page, address: str, domain: str) -> None:
    """What a person does, up to the page of the report."""
    await page.goto(address)
    await page.get_by_label(re.compile("Domain")).fill(domain)
    await page.get_by_role("main").get_by_role("button", name="Check").click()
    await page.wait_for_url(re.compile(r"/r/[\w-]{22,}$"))


async def expect_to_see_it_run(page: Page) -> None:
    await expect(page.locator(".waits")).to_contain_text(re.compile(r"\) has not greeted for \d+ s\."), timeout=60_000)
    await expect(page.locator("main")).to_contain_text(re.compile(r"All ends by \d\d:\d\d:\d\d UTC at the latest"))
    await expect(page.locator(".grade")).to_contain_text("Checking")
    await expect(page.locator("main").locator(".wax-good, .wax-mid, .wax-bad, .ladder")).to_have_count(0)
    await expect(page.get_by_role("button", name="Scan anew")).to_have_count(0)


async def expect_to_see_its_end(page: Page) -> None:
    """Who greets slowly is asked one question at a time, and each waits for the greeting."""
    await expect(page.locator(".grade")).to_contain_text("Ready", timeout=240_000)
    await expect(page.get_by_role("button", name="Scan anew")).to_be_visible()
    await expect(page.get_by_text("Delete report")).to_be_visible()
    await expect(page.locator(".waits")).to_have_count(0)


async def test_what_came_back_is_pasted(address: str, page: Page) -> None:
    """Several lines stay several lines; the report opens with what became of it, and leads to the server."""
    bounce = (
        "This is the mail system at host out.sender.example.\n\n"
        "<bob@expired.demo.test>: Server certificate not verified\n\n"
        "Final-Recipient: rfc822; bob@expired.demo.test\nRemote-MTA: dns; mx.expired.demo.test\nStatus: 4.7.5\n"
    )
    await page.goto(address)
    field = page.get_by_label(re.compile("Domain"))
    await field.fill(bounce)
    await field.press("Enter")
    await expect(field).to_have_value(f"{bounce}\n")
    await page.get_by_role("main").get_by_role("button", name="Check").click()
    await page.wait_for_url(re.compile(r"/r/[\w-]{22,}\?text=postfix-not-verified&"))
    panel = page.locator("#pasted")
    await expect(panel).to_contain_text("Reproduced", timeout=60_000)
    await expect(panel).to_contain_text("The certificate of mx.expired.demo.test has expired")
    await panel.get_by_role("link", name="mx.expired.demo.test").click()
    await expect(page.locator("#server-1")).to_be_in_viewport()


async def test_enter_sends_what_has_one_line(address: str, page: Page) -> None:
    """As in any field for a domain; without script it begins a new line, and the button does it."""
    await page.goto(address)
    field = page.get_by_label(re.compile("Domain"))
    await field.fill("all-good.demo.test")
    await field.press("Enter")
    await page.wait_for_url(re.compile(r"/r/[\w-]{22,}$"))


async def test_what_is_too_long_is_cut_in_the_field(address: str, page: Page) -> None:
    """The beginning of a bounce says what is wrong; a mail of megabytes hangs below it."""
    await page.goto(address)
    field = page.get_by_label(re.compile("Domain"))
    await field.fill("to=<bob@all-good.demo.test> Cannot start TLS: handshake failure\n" + "x" * 200_000)
    await page.get_by_role("main").get_by_role("button", name="Check").click()
    await page.wait_for_url(re.compile(r"/r/[\w-]{22,}\?text=postfix-handshake"))


async def test_bad_input_keeps_what_was_typed(address: str, page: Page) -> None:
    """A domain that can't be one is explained beside the field, which still holds it."""
    await page.goto(address)
    await page.get_by_label(re.compile("Domain")).fill("not a domain..")
    await page.get_by_role("main").get_by_role("button", name="Check").click()
    await expect(page.get_by_label(re.compile("Domain"))).to_have_value("not a domain..")
    await expect(page.get_by_role("alert")).to_be_visible()
