"""A bounce in the home page's field: the domain is scanned, the report says what became of it, and the rest is gone."""

import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import serializers
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from checker.names import DomainName
from checker.network.do_not_probe import parse_do_not_probe
from checker.network.live import NetworkSettings
from checker.pasted.known import entries
from checker.pasted.match import Match, match_of, parse_match
from checker.pasted.recognised import recognise
from tests import report_parts as make
from tests.checker.pasted import ndrs
from tests.checker.pasted.known_words import SAID, Said, postfix
from tests.report_examples import EXAMPLES
from tests.report_parts import NOW
from webui.scans.drawn import DRAWN
from webui.scans.models import Link, Scan
from webui.scans.presentation import pasted, present

from .test_pages import ROOT, Page

HOSTILE = '"><script>alert(1)</script>'


def panel(text: str) -> str:
    """What stands in the place for it."""
    found = re.search(r'<div class="live" id="live-pasted">(.*?)</section>', text, re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
def test_a_bounce_leads_to_the_report_of_its_domain(broker: Any, transactional_db: None, kind: str) -> None:
    """The recipient's domain is scanned, and the match goes along in the address."""
    client = Client()
    if kind == "multipart":
        answer = client.post("/scan", {"domain": ndrs.EXCHANGE})
    else:
        answer = client.post("/scan", f"domain={postfix('x').replace(' ', '+')}", "application/x-www-form-urlencoded")
    link = Link.objects.get()
    where = urlsplit(answer["Location"])
    assert (answer.status_code, where.path, link.scan.domain) == (303, f"/r/{link.token}", "example.org")
    given = parse_qs(where.query)
    assert (given["server"], given["address"]) == (["mx1.example.org"], ["192.0.2.25"])
    assert given["text"] == ["exchange-tlsa" if kind == "multipart" else "unknown"]
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert "Checking" in panel(page.content.decode())


def test_nothing_of_the_text_is_kept_but_the_match(
    broker: Any, transactional_db: None, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in the database nor in a cookie, the log, or the address."""
    caplog.set_level(logging.DEBUG)
    client = Client()
    answer = client.post("/scan", {"domain": f"{ndrs.POSTFIX}\nsecret-word {HOSTILE}"})
    page = client.get(answer["Location"])
    stored = serializers.serialize("json", [*Scan.objects.all(), *Link.objects.all()])
    kept = " ".join([stored, caplog.text, str(client.cookies), answer["Location"], page.content.decode()])
    assert answer.status_code == 303
    for word in ("secret-word", "alice", "bob", "sender.example", "carol", "4Zk1T93vLzz9s", "alert(1)"):
        assert word not in kept
    assert not answer.content


@pytest.mark.parametrize(
    "text",
    ["Server certificate not verified\nsays our log", "550 5.7.323 tlsa-invalid", "a\nb", "mail is stuck " * 50],
    ids=lambda text: text[:20],
)
def test_a_text_without_a_recipient_is_explained_and_kept_in_the_field(client: Client, db: None, text: str) -> None:
    """It says what to add, and nothing was started."""
    answer = client.post("/scan", {"domain": text})
    page = answer.content.decode()
    assert (answer.status_code, Scan.objects.count()) == (422, 0)
    assert f">\n{text.strip()}" in page
    assert re.search(r'role="alert">[^<]*on a line of its own in front of it', page)


@pytest.mark.parametrize(
    ("typed", "domain", "has_panel"),
    [
        ("example.org", "example.org", False),
        (" bob@example.org\n", "example.org", False),
        ("Bob Builder <bob@example.org>", "example.org", False),
        ("bob @ example.org", "example.org", False),
        ("example.org\n4.7.5", "example.org", True),
        ("bob@example.org came back\nwhy?", "example.org", True),
        (
            "== bob@example.org T=smtp defer (111): Connection refused H=mx.example.org [192.0.2.25]",
            "example.org",
            True,
        ),
    ],
)
def test_what_is_typed_is_no_text(
    broker: Any, transactional_db: None, typed: str, domain: str, has_panel: bool
) -> None:
    """An address with the name that it belongs to is still what people type."""
    answer = Client().post("/scan", {"domain": typed})
    assert (answer.status_code, Scan.objects.get().domain) == (303, domain)
    assert ("?" in answer["Location"]) is has_panel


def test_who_wants_to_be_left_alone_is_left_alone(client: Client, db: None, settings: Settings) -> None:
    """Also where a text names them."""
    settings.NETWORK = NetworkSettings(do_not_probe=parse_do_not_probe("example.org"))
    answer = client.post("/scan", {"domain": postfix("Server certificate not verified")})
    assert (answer.status_code, Scan.objects.count()) == (422, 0)
    assert "asked us not to look at it" in answer.content.decode()


@pytest.fixture
def old(make_scan: Callable[..., Scan], make_old: Callable[[], None]) -> str:
    """The address of a finished report of some days ago."""
    scan = make_scan(state=Scan.State.FINISHED, finished_at=timezone.now())
    link = Link.objects.create(token="t" * 24, scan=scan, secret_hash="", created_at=NOW)
    make_old()
    return f"/r/{link.token}"


def test_a_report_is_the_same_page_whatever_else_stands_in_its_address(client: Client, old: str) -> None:
    """Only a match makes another one of it, with a tag of its own; and only the plain page is kept for others."""
    plain = client.get(old)
    other = client.get(f"{old}?utm=1&text=nonsense&server=mx.example")
    with_match = client.get(f"{old}?text=postfix-not-verified&code=4.7.5&x=1")
    assert plain["ETag"] == other["ETag"] != with_match["ETag"]
    assert panel(plain.content.decode()) == panel(other.content.decode()) == ""
    assert "Server certificate not verified" in panel(with_match.content.decode())
    again = client.get(f"{old}?text=postfix-not-verified&code=4.7.5", headers={"if-none-match": with_match["ETag"]})
    assert again.status_code == 304
    assert DRAWN.get(plain["ETag"])
    assert DRAWN.get(with_match["ETag"]) is None


@pytest.mark.parametrize("name", ["text", "server", "address", "code", "result", "way"])
def test_nobody_can_write_on_the_page_through_its_address(client: Client, old: str, name: str) -> None:
    """What isn't a key, a name, an address or a code of ours is not there at all; what is, is shown."""
    good = {"text": "postfix-refused", "server": EXAMPLES["ready"]["servers"][0]["host"], "address": "192.0.2.99"}
    assert "192.0.2.99" in panel(client.get(old, good).content.decode())
    for value in (HOSTILE, "call 555 1234 now", "fe80::1%call 555 1234 now", "x" * 5000, "\0"):
        query = good | {name: value}
        text = client.get(old, query).content.decode()
        assert value not in panel(text) or value == "\0"
        assert "call 555" not in text


def test_the_page_of_a_running_check_asks_anew_with_the_match(client: Client, make_scan: Callable[..., Scan]) -> None:
    """Without a script the whole address is loaded again; with it, the place is filled in at the end."""
    Link.objects.create(token="u" * 24, scan=make_scan(), secret_hash="", created_at=NOW)
    text = client.get(f"/r/{'u' * 24}?text=exchange-tlsa").content.decode()
    assert '<noscript><meta http-equiv="refresh" content="1"></noscript>' in text
    assert "still runs" in panel(text)
    assert "location.pathname + location.search" in (ROOT / "static/mailseal.js").read_text()


@pytest.mark.parametrize("key", entries())
@pytest.mark.parametrize("name", ["ready", "exposed", "losing-mail", "running", "inconclusive"])
def test_every_known_text_has_plain_words_on_every_page(key: str, name: str) -> None:
    """What it means, which state, and why; the page around it stays well formed and says nothing twice."""
    report = EXAMPLES[name]
    server = DomainName(report["servers"][0]["host"]) if report["servers"] else None
    shown = pasted(Match(key=key, server=server), report)
    assert shown.says.endswith(".")
    assert shown.why.endswith(".")
    assert shown.state.words
    assert "<" not in shown.words
    context = {"page": present(report, NOW), "pasted": shown, "token": "t" * 24, "json_url": "/r/x.json"}
    page = Page(render_to_string("report.html", context, RequestFactory().get("/")))
    assert page.unclosed == []
    assert [tag for tag, text in page.texts if not text] == []
    ids = {a.get("id") for _, a in page.elements}
    assert {href[1:] for a in page.all("a") if (href := a["href"] or "").startswith("#")} <= ids
    styled = set(re.findall(r"\.([a-z][a-z0-9-]*)", (ROOT / "static/mailseal.css").read_text()))
    assert {name for _, a in page.elements for name in (a.get("class") or "").split()} <= styled


def test_only_those_who_say_such_a_thing_are_named() -> None:
    """Of kinds that share a row; and a row of the software's own, only where the text is that one's."""
    report = EXAMPLES["ready"] | {
        "deliveries": [
            make.delivery("opportunistic", "encrypted", make.step("deliver", "It goes."), real_senders=real("Plain")),
            make.delivery("dane", "encrypted", make.step("deliver", "It goes."), real_senders=real("Strict")),
            make.delivery("dane-mta-sts", "deferred", make.step("fail", "It waits."), real_senders=real("Both")),
            make.delivery("dane-mta-sts", "deferred", make.step("skip", "It doesn't."), variant="mox"),
        ]
    }
    by_postfix = pasted(Match(key="postfix-tlsa-look-up"), report)  # type: ignore[arg-type]
    by_mox = pasted(Match(key="mox-dane"), report)  # type: ignore[arg-type]
    assert [speaker.name for speaker in by_postfix.senders] == ["Both", "Strict"]
    assert [speaker.name for speaker in by_mox.senders] == ["Both", "mox", "Strict"]


def test_who_comes_to_one_end_in_two_ways_is_named_once() -> None:
    """As senders that obey MTA-STS do, met for the first time or with the policy cached."""
    kinds = {"mta-sts": "It fetches the policy.", "mta-sts-cached": "It holds the policy."}
    report = EXAMPLES["ready"] | {
        "deliveries": [
            make.delivery(kind, "deferred", make.step("fail", why), real_senders=real("Both"))
            for kind, why in kinds.items()
        ]
    }
    shown = pasted(Match(key="exchange-not-listed"), report)  # type: ignore[arg-type]
    assert [(speaker.number, speaker.name) for speaker in shown.senders] == [(1, "Both")]


def real(name: str) -> list[dict[str, str]]:
    return [{"name": name, "source": "A manual", "date": "2026"}]


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.key)
def test_each_known_text_comes_through_the_address(said: Said) -> None:
    """What was matched is what the page is drawn from."""
    match = match_of(recognise(said.text))
    assert parse_match(match.parameters()) == match
    assert match.key == said.key
