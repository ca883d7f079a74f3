"""Pages of a link over HTTP: joining, scanning anew, deleting, limits, and what a browser may keep."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from checker.names import parse_domain
from webui import coordination, limits
from webui.coordination import Rule
from webui.scans import keeping, queries, services
from webui.scans.keeping import COOKIE
from webui.scans.models import Link, Scan

EXAMPLE = parse_domain("example.test")


@pytest.fixture(autouse=True)
def _broker(broker: Any) -> None:
    """Limits are counted in Redis."""


def ask(client: Client, **fields: str) -> str:
    """Ask for example.test. The address of the report."""
    answer = client.post("/scan", {"domain": "example.test", **fields})
    assert answer.status_code == 303, answer.content.decode()
    return str(answer["Location"])


def test_two_people_share_a_scan_and_nothing_else(finish: Callable[..., None]) -> None:
    """One scan, two links, two secrets; only the own link can be deleted."""
    mine, theirs = Client(), Client()
    my_page, their_page = ask(mine), ask(theirs)
    assert (Scan.objects.count(), Link.objects.count()) == (1, 2)
    assert my_page != their_page
    finish()
    assert "Delete report" in mine.get(my_page).content.decode()
    assert "Delete report" not in theirs.get(my_page).content.decode()
    assert "Delete report" not in Client().get(my_page).content.decode()
    assert theirs.post(f"{my_page}/delete").status_code == 403
    assert mine.post(f"{their_page}/delete").status_code == 403
    assert Link.objects.count() == 2


def test_no_cookie_before_there_is_a_secret(db: None, client: Client) -> None:
    """Nothing is kept of who only reads."""
    assert not client.get("/").cookies
    page = ask(Client())
    assert not client.get(page).cookies


def test_the_secret_is_handed_out_once_and_to_its_link_alone(db: None) -> None:
    """A cookie that no script reads, no other link gets, and other sites can't send along with an order."""
    client = Client()
    answer = client.post("/scan", {"domain": "example.test"})
    cookie = answer.cookies[COOKIE]
    assert cookie["path"] == answer["Location"]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", "")
    assert int(cookie["max-age"]) == 180 * 24 * 3600
    assert COOKIE not in client.get(answer["Location"]).cookies
    assert cookie.value not in client.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(("by_https", "promised"), [(True, False), (False, True)])
def test_behind_https_the_secret_goes_over_https_only(
    db: None, settings: Settings, by_https: bool, promised: bool
) -> None:
    """Or a stranger on the way could read it; also where the proxy forgets to say how somebody came."""
    settings.MAILSEAL_HTTPS = promised
    assert Client().post("/scan", {"domain": "example.test"}, secure=by_https).cookies[COOKIE]["secure"] is True


def test_deleting_a_report(finish: Callable[..., None]) -> None:
    """The link leads nowhere afterwards and says what may have happened; the key goes too; reading deletes nothing."""
    client = Client()
    page = ask(client)
    finish()
    assert client.get(f"{page}/delete")["Location"] == page
    answer = client.post(f"{page}/delete")
    assert (answer.status_code, answer["Location"]) == (303, "/deleted")
    assert (answer.cookies[COOKIE]["path"], answer.cookies[COOKIE]["max-age"]) == (page, 0)
    assert "The link is deleted" in client.get("/deleted").content.decode()
    assert (Scan.objects.count(), Link.objects.count()) == (0, 0)
    gone = client.get(page)
    assert gone.status_code == 404
    assert re.search(r"cut short.*deleted.*180 days", gone.content.decode())


def test_a_strange_page_deletes_nothing(db: None) -> None:
    """Though the browser were to send the cookie."""
    client = Client(headers={"origin": "https://elsewhere.example"})
    requested = services.request_scan(EXAMPLE)
    client.cookies[COOKIE] = requested.deletion_secret
    assert client.post(reverse("report-delete", args=[requested.link.token])).status_code == 403
    assert Link.objects.count() == 1


def test_the_page_says_how_long_it_is_kept(finish: Callable[..., None], client: Client) -> None:
    """To the day, and only when it has finished."""
    page = ask(client)
    assert "It is kept until" not in client.get(page).content.decode()
    finish()
    scan = Scan.objects.get()
    assert scan.finished_at is not None
    last = scan.finished_at + timedelta(days=180)
    assert f'<time datetime="{last:%Y-%m-%d}">{last.day} {last:%B %Y}</time>' in client.get(page).content.decode()


def test_scan_anew_too_soon_keeps_what_was_typed(finish: Callable[..., None], client: Client) -> None:
    """A sentence that says when, the time for programs, and Check then leads to the report that there is."""
    page = ask(client)
    finish()
    assert 'name="fresh" value="1"' in client.get(page).content.decode()
    answer = client.post("/scan", {"domain": "example.test", "fresh": "1"})
    text = answer.content.decode()
    assert answer.status_code == 429
    assert 290 <= int(answer["Retry-After"]) <= 300
    assert ">\nexample.test</textarea>" in text
    assert re.search(r'role="alert">example.test was checked .* from \d\d:\d\d:\d\d UTC on, in 5 minutes', text)
    assert Scan.objects.count() == 1
    ask(client)
    assert Scan.objects.count() == 1


def test_scan_anew_starts_a_scan_that_believes_nothing(finish: Callable[..., None], client: Client) -> None:
    """After five minutes, from the finished page; the old report stays as it was."""
    old = ask(client)
    Scan.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    finish()
    before = client.get(f"{old}.json").content
    new = ask(client, fresh="1")
    assert new != old
    assert [scan.fresh for scan in Scan.objects.order_by("created_at")] == [False, True]
    assert client.get(f"{old}.json").content == before


def test_a_client_that_asks_too_much_is_told_when(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 with the form, what was typed and a sentence; nothing starts, and another client goes on."""
    monkeypatch.setattr(limits, "SCANS", Rule("few", count=1, seconds=60, burst=1))
    monkeypatch.setattr(limits.admit, "__defaults__", (1.0, limits.SCANS))
    ask(client)
    answer = client.post("/scan", {"domain": "someone@other.test"})
    text = answer.content.decode()
    assert answer.status_code == 429
    assert 50 <= int(answer["Retry-After"]) <= 60
    assert ">\nsomeone@other.test</textarea>" in text
    assert re.search(r'role="alert">Nothing was started, .* Press Check again in \d+ seconds\.', text)
    assert Scan.objects.count() == 1
    assert client.post("/scan", {"domain": "other.test"}, REMOTE_ADDR="192.0.2.9").status_code == 303


def test_a_trusted_client_has_no_limit(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """It sends its token with the form."""
    settings.MAILSEAL_TRUSTED_TOKENS = ("a-token-of-twenty-characters",)
    trusted = Client(headers={"authorization": "Bearer a-token-of-twenty-characters"})
    for number in range(limits.SCANS.burst + 5):
        assert trusted.post("/scan", {"domain": f"{number}.test"}).status_code == 303
    assert client.post("/scan", {"domain": "other.test"}).status_code == 303


def test_joining_costs_a_tenth(db: None, client: Client) -> None:
    """A class that looks at one domain together isn't stopped at twenty."""
    for _ in range(150):
        ask(client)
    assert coordination.client().keys("mailseal:limit:scans:*")
    assert client.post("/scan", {"domain": "other.test"}).status_code == 303


@pytest.mark.parametrize("suffix", ["", ".json", "/server/1"])
def test_a_finished_report_is_sent_once(
    finish: Callable[..., None], make_old: Callable[[], None], client: Client, suffix: str
) -> None:
    """Asked again with its tag, 304 and nothing more; each link has its own, and a running scan has none."""
    page, other = ask(client), ask(client)
    assert "ETag" not in client.get(page + suffix)  # the page of a server isn't there at all yet
    finish()
    make_old()
    first = client.get(page + suffix)
    again = client.get(page + suffix, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert (again["Cache-Control"], again["X-Robots-Tag"]) == ("private, no-cache", "noindex")
    assert client.get(page + suffix, headers={"if-none-match": '"other"'}).status_code == 200
    if suffix != ".json":
        assert client.get(f"{page}{suffix}?more")["ETag"] == first["ETag"]
        assert client.get(other + suffix)["ETag"] != first["ETag"]


def test_a_page_changes_with_its_age(finish: Callable[..., None], client: Client) -> None:
    """That of the scan itself, which may have stood behind others for hours before it began."""
    page = ask(client)
    finish()
    began = timezone.now()
    scan = Scan.objects.get()
    Scan.objects.update(report=scan.report | {"started_at": began.isoformat()}, created_at=began - timedelta(days=9))
    entry = queries.entry_by_token(page.removeprefix("/r/"))
    assert entry is not None
    request = RequestFactory().get(page)
    tags = {keeping.page_tag(request, entry, began + timedelta(minutes=minutes)) for minutes in (61, 62, 121)}
    assert len(tags) == 2


def test_a_page_changes_with_who_reads_it(
    finish: Callable[..., None], make_old: Callable[[], None], client: Client
) -> None:
    """Who may delete it sees a page of their own, so another browser is never told that its page is the same."""
    page = ask(client)
    finish()
    make_old()
    first = client.get(page)
    assert "Cookie" in first["Vary"]
    assert client.get(page, headers={"if-none-match": first["ETag"]}).status_code == 304
    assert Client().get(page, headers={"if-none-match": first["ETag"]}).status_code == 200
