"""The pages over HTTP: what starts a scan, what never does, and what each response must carry."""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.test.client import encode_multipart
from django.urls import reverse
from pytest_django.fixtures import Settings

from checker.scan import Scanned
from webui.scans import services
from webui.scans.models import Link, Scan

from .conftest import NOW

BAD_INPUTS = [
    "not a domain..",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ settings.SECRET_KEY }}",
    "192.0.2.1",
    "https://example.org/",
    "exa mple.org",
    "exam\0ple.org",
    "x" * 3000,
]


@pytest.fixture
def link(scan: Scan) -> Link:
    """A link to a queued scan."""
    return services.add_link(scan, NOW).link


@pytest.fixture
def finished(link: Link, scanned: Callable[..., Scanned]) -> Link:
    """A link to a finished scan."""
    lease = services.claim(link.scan_id, "worker 1", NOW)
    assert lease is not None
    assert services.finish(lease, scanned(link.scan, "complete"), NOW)
    return link


@pytest.fixture
def running(link: Link, scanned: Callable[..., Scanned]) -> Link:
    """A link to a scan of which something is known."""
    lease = services.claim(link.scan_id, "worker 1", NOW)
    assert lease is not None
    assert services.publish_snapshot(lease, scanned(link.scan, duration_ms=7), NOW)
    return link


def page_of(link: Link) -> str:
    return reverse("report", args=[link.token])


def json_of(link: Link) -> str:
    return reverse("report-json", args=[link.token])


def test_the_form_leads_to_a_report(broker: Any, transactional_db: None) -> None:
    """A person who typed an address is sent on (303) to a link of their own, and a worker is told."""
    client = Client()
    answer = client.post("/scan", {"domain": "someone@Example.TEST"}, headers={"sec-fetch-site": "same-origin"})
    link = Link.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/r/{link.token}")
    assert link.scan.domain == "example.test"
    assert broker.waiting() == [str(link.scan_id)]
    assert client.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize(
    "form", [{"domain": "a bounce, pasted whole " * 5000}, {f"field{number}": "" for number in range(2000)}]
)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_too_much_is_answered_with_the_form(db: None, form: dict[str, str], kind: str) -> None:
    """Too long, or too many fields: the form again, with one sentence."""
    client = Client()
    body = urlencode(form) if "urlencoded" in kind else encode_multipart("x", form)
    answer = client.post("/scan", body, content_type=kind)
    text = answer.content.decode()
    assert (answer.status_code, Scan.objects.count()) == (413, 0)
    assert re.findall(r'role="alert">([^<]*)', text) == [
        "Nothing was started, because that was far too much text. Of a bounce message, paste the part with the error "
        "and the recipient’s address; or type a domain, such as example.org. "
    ]


def test_what_cannot_be_read_stays_a_bad_request(client: Client) -> None:
    """A name for the site that it doesn't have is no form."""
    answer = client.get("/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    assert "form" not in answer.content.decode()


@pytest.mark.parametrize("address", ["/", "/?domain=example.test", "/scan", "/scan?domain=example.test"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_reading_starts_nothing(client: Client, db: None, method: str, address: str) -> None:
    """Crawlers and link previews only read; /scan leads them home."""
    answer = getattr(client, method)(address, follow=True)
    assert (answer.status_code, Scan.objects.count(), Link.objects.count()) == (200, 0, 0)
    assert answer.request["PATH_INFO"] == "/"


@pytest.mark.parametrize("typed", BAD_INPUTS)
def test_bad_input_is_kept_and_explained(client: Client, db: None, typed: str) -> None:
    """What was typed stands in the field as text, whatever it holds, with the reason beside it."""
    answer = client.post("/scan", {"domain": typed})
    text = answer.content.decode()
    assert (answer.status_code, Scan.objects.count()) == (422, 0)
    assert f">\n{html.escape(typed)}</textarea>" in text
    assert typed not in text or html.escape(typed) == typed
    assert re.search(r'role="alert">[^<]*\w', text)


@pytest.mark.parametrize("form", [{}, {"domain": ""}, {"domain": "   "}, {"domain": "\0"}, {"other": "example.test"}])
def test_an_empty_form_is_explained_too(client: Client, db: None, form: dict[str, str]) -> None:
    """No field, no text, or none that can be shown: a sentence of ours that says what to type."""
    answer = client.post("/scan", form)
    assert (answer.status_code, Scan.objects.count()) == (422, 0)
    assert re.search(r'role="alert">[^<]*Type (one|a) domain', answer.content.decode())


@pytest.mark.parametrize("is_on", [True, False])
def test_examples_stand_on_the_page_where_the_sandbox_answers(
    client: Client, db: None, settings: Settings, is_on: bool
) -> None:
    """Without the sandbox the demo domains lead nowhere."""
    settings.MAILSEAL_SANDBOX = is_on
    assert ("all-good.demo.test" in client.get("/").content.decode()) is is_on


@pytest.mark.parametrize(
    ("state", "refreshes", "cache"),
    [("link", True, "no-store"), ("running", True, "no-store"), ("finished", False, "no-cache")],
)
def test_a_report_page(client: Client, request: pytest.FixtureRequest, state: str, refreshes: bool, cache: str) -> None:
    """Queued, running or finished: the page is for who has the link, and asks anew until it is final."""
    link = request.getfixturevalue(state)
    answer = client.get(page_of(link))
    text = answer.content.decode()
    assert (answer.status_code, answer["X-Robots-Tag"]) == (200, "noindex")
    assert answer["Cache-Control"] == f"private, {cache}"
    assert '<meta name="robots" content="noindex">' in text
    assert ('http-equiv="refresh"' in text) is refreshes
    assert "example.test" in text
    assert (json_of(link) in text) is not refreshes
    assert f"http://testserver{page_of(link)}" in text


@pytest.mark.parametrize(
    ("state", "want", "seen_ms", "cache"),
    [
        ("link", "running", 0, "no-store"),
        ("running", "running", 7, "no-store"),
        ("finished", "complete", 0, "no-cache"),
    ],
)
def test_a_report_as_json(
    client: Client, request: pytest.FixtureRequest, state: str, want: str, seen_ms: int, cache: str
) -> None:
    """The document as it is stored; before anything is known, a running one without facts."""
    link = request.getfixturevalue(state)
    answer = client.get(json_of(link))
    report = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert (answer["X-Robots-Tag"], answer["Cache-Control"]) == ("noindex", f"private, {cache}")
    assert (report["id"], report["domain"], report["state"]) == (str(link.scan_id), "example.test", want)
    assert (report["duration_ms"], report["verdict"] is None) == (seen_ms, want == "running")
    stored = Scan.objects.get().report
    assert stored is None or report == stored


def test_a_link_that_nobody_was_given(client: Client, finished: Link) -> None:
    """A made-up token, and the scan's own id, lead nowhere: as a page and as JSON."""
    for token in ("x" * 24, str(finished.scan_id)):
        page, document = client.get(f"/r/{token}"), client.get(f"/r/{token}.json")
        for answer in (page, document):
            assert (answer.status_code, answer["X-Robots-Tag"]) == (404, "noindex")
            assert answer["Cache-Control"] == "private, no-store"
        assert document.json()["type"].endswith("#no-report")
        assert document.json()["detail"] in page.content.decode()


def test_other_methods_are_refused(client: Client, finished: Link) -> None:
    """Reports are read, the form is posted, and nothing else."""
    for method, address in (("put", "/scan"), ("delete", "/scan"), ("post", "/"), ("post", page_of(finished))):
        assert getattr(client, method)(address).status_code == 405


def test_every_page_carries_the_security_headers(client: Client, finished: Link) -> None:
    """Nothing inline may run, nothing may frame us, and the link leaks to nobody."""
    addresses = ("/", "/about", "/scoring", page_of(finished), json_of(finished), "/nowhere", "/robots.txt")
    pages = [client.get(address) for address in addresses]
    for answer in [*pages, client.post("/scan", {"domain": "not a domain.."})]:
        policy = answer["Content-Security-Policy"]
        assert "default-src" in policy
        assert "unsafe" not in policy
        assert "data:" not in policy
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] in ("same-origin", "no-referrer")


def test_no_page_holds_what_the_policy_forbids(client: Client, finished: Link) -> None:
    """No inline script, handler or style: a browser would ignore it, and the page be broken."""
    for address in ("/", "/about", "/scoring", page_of(finished), "/nowhere"):
        text = client.get(address).content.decode()
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", text)


def test_crawlers_are_told_to_keep_out(client: Client) -> None:
    """Reports are for who has the link."""
    assert "Disallow: /r/" in client.get("/robots.txt").content.decode().splitlines()
