"""The form in a real browser, through web, worker and real mail servers, to the finished report."""

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
    await page.goto(address)
    await page.get_by_label(re.compile("Domain")).fill(typed)
    await page.get_by_role("main").get_by_role("button", name="Check").click()
    await page.wait_for_url(re.compile(r"/r/[\w-]{22,}$"))
    await expect(page.get_by_role("heading", level=1)).to_have_text(typed.rpartition("@")[2])
    await expect(page.locator(".grade")).to_contain_text(level, timeout=60_000)
    assert errors == []


async def test_a_shared_link_reads_the_same_elsewhere(address: str, page: Page) -> None:
    """The link alone is enough: a second reader sees the same report, also as JSON."""
    await page.goto(address)
    await page.get_by_label(re.compile("Domain")).fill("expired.lab.test")
    await page.get_by_role("main").get_by_role("button", name="Check").click()
    await page.wait_for_url(re.compile(r"/r/"))
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
    await page.goto(address)
    await page.get_by_label(re.compile("Domain")).fill("uncovered.demo.test")
    await page.get_by_role("main").get_by_role("button", name="Check").click()
    await page.wait_for_url(re.compile(r"/r/"))
    await expect(page.locator(".grade")).to_contain_text("Losing mail", timeout=60_000)
    report = await (await page.context.request.get(f"{page.url}.json")).json()
    first, *_ = report["findings"]
    wanted = [fix.get("body") or fix.get("value") or fix.get("text") for fix in first["fixes"]]
    assert wanted[0].endswith("\r\n")
    for at, text in enumerate(wanted):
        await page.locator(".step .slip button").nth(at).click()
        await expect(page.locator("#said")).to_have_text("Copied")
        assert await page.evaluate("navigator.clipboard.readText()") == text


async def test_bad_input_keeps_what_was_typed(address: str, page: Page) -> None:
    """A domain that can't be one is explained beside the field, which still holds it."""
    await page.goto(address)
    await page.get_by_label(re.compile("Domain")).fill("not a domain..")
    await page.get_by_role("main").get_by_role("button", name="Check").click()
    await expect(page.get_by_label(re.compile("Domain"))).to_have_value("not a domain..")
    await expect(page.get_by_role("alert")).to_be_visible()
