"""What a browser has to load: how much that is, and how often."""

import gzip
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import RequestFactory
from servestatic.base import Headers

import sandbox
from checker.facts import ScanRequest
from checker.names import parse_domain
from checker.network.bounds import Bounds
from checker.scan import scan
from sandbox.demo import DemoDomain, DemoServer, Shows
from webui.asgi import application
from webui.environment import ROOT
from webui.scans.presentation import present
from webui.static_files import StaticHeaders, address_of

REPORT_BYTES, SCRIPT_AND_STYLE_BYTES, FONT_BYTES = 60_000, 30_000, 60_000
LEVEL = 6  # of Django's compression
STATIC = re.compile(r'(?:href|src)="(/static/[^"#]+)')
BOUNDS = Bounds(retry_pause_s=0.0, busy_pause_s=0.0)


@pytest.fixture
async def site() -> AsyncIterator[httpx.AsyncClient]:
    """The whole application as the web server has it, static files included."""
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def loaded(site: httpx.AsyncClient) -> dict[str, httpx.Response]:
    """All that the page of programs loads (it has the script too), and what its style loads, by name."""
    page = (await site.get("/api")).text
    found = {address: await site.get(address) for address in sorted(set(STATIC.findall(page)))}
    [style] = [address for address in found if address.endswith(".css")]
    for name in re.findall(r'url\("?([^")]+)', found[style].text):
        address = f"{style.rpartition('/')[0]}/{name}"
        found[address] = await site.get(address)
    return found


async def test_what_every_page_loads_is_light(site: httpx.AsyncClient) -> None:
    """One style, one script, two fonts, before any compression."""
    found = await loaded(site)
    assert [address for address, answer in found.items() if answer.status_code != 200] == []
    sizes = {address.rpartition("/")[2]: len(answer.content) for address, answer in found.items()}
    code = {name: size for name, size in sizes.items() if name.endswith((".css", ".js"))}
    fonts = {name: size for name, size in sizes.items() if name.endswith(".woff2")}
    assert (sorted(code), sum(code.values()) <= SCRIPT_AND_STYLE_BYTES) == (["mailseal.css", "mailseal.js"], True)
    assert (len(fonts), sum(fonts.values()) <= FONT_BYTES) == (2, True)


async def test_it_is_loaded_once_for_good(site: httpx.AsyncClient) -> None:
    """Under a name that changes with it, for a year; who asks all the same learns that it is the same."""
    for address, answer in (await loaded(site)).items():
        assert re.fullmatch(r"/static/[0-9a-f]{12}/[\w./-]+", address)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        again = await site.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_a_name_of_another_version_leads_nowhere(site: httpx.AsyncClient) -> None:
    """It would be kept for a year under the wrong name."""
    assert (await site.get("/static/mailseal.css")).status_code == 404
    assert (await site.get("/static/0123456789ab/mailseal.css")).status_code == 404


def test_the_address_changes_with_any_file(tmp_path: Path) -> None:
    """Its content and its name; and is the same in every process that has the same files."""
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "a.woff2").write_bytes(b"one")
    first = address_of(tmp_path)
    assert address_of(tmp_path) == first
    (tmp_path / "fonts" / "a.woff2").write_bytes(b"two")
    second = address_of(tmp_path)
    (tmp_path / "fonts" / "a.woff2").rename(tmp_path / "fonts" / "b.woff2")
    assert len({first, second, address_of(tmp_path)}) == 3
    assert address_of(ROOT / "static") == settings.STATIC_URL


def test_who_works_on_the_files_sees_each_change() -> None:
    """With MAILSEAL_DEBUG a browser asks each time."""
    shown = Headers([])
    StaticHeaders(for_good=False)(shown, "mailseal.css", "/static/mailseal.css")
    assert shown["Cache-Control"] == "no-cache"


async def test_the_largest_report_is_light() -> None:
    """Twenty servers with four addresses each, of which no two servers are wrong in the same way twice running."""
    kinds: tuple[dict[str, Any], ...] = (
        {"shows": Shows.EXPIRED},
        {"shows": Shows.WRONG_NAME},
        {"shows": Shows.SELF_SIGNED},
        {"shows": Shows.NONE},
        {"is_dead": True},
        {},
    )
    servers = tuple(
        DemoServer(
            label=f"mx{number}",
            preference=number,
            ipv4=(f"192.52.193.{2 * number}", f"192.52.193.{2 * number + 1}"),
            ipv6=(f"3ffe::{2 * number}", f"3ffe::{2 * number + 1}"),
            **kinds[number % len(kinds)],
        )
        for number in range(1, 21)
    )
    domain = DemoDomain(name=parse_domain("large.demo.test"), title="", note="", level="exposed", servers=servers)
    now = datetime.now(UTC)
    async with sandbox.running(0.1, BOUNDS, (domain,)) as box:
        async for last in scan(ScanRequest(domain=domain.name), box.network, now):
            report = last.report
    assert sum(len(server["endpoints"]) for server in report["servers"]) == 80
    context = {"page": present(report, now), "token": "t" * 22, "link_url": f"https://check.example.org/r/{'t' * 22}"}
    page = render_to_string("report.html", context, RequestFactory().get("/"))
    assert len(gzip.compress(page.encode(), LEVEL)) <= REPORT_BYTES
