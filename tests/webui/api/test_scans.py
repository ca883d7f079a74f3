"""Ordering a scan, reading it and deleting its link, as a program does it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tests.checker.pasted.known_words import postfix
from tests.report_examples import EXAMPLES
from webui import limits
from webui.celery import app
from webui.limits import LocalLimit
from webui.scans.models import Link, Scan
from webui.scans.services import Requested

from .conftest import SCANS, TRUSTED, order, problem

BEARER = {"Authorization": f"Bearer {TRUSTED}"}


@pytest.fixture(autouse=True)
def fresh_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Limits are counted here, and anew for each test: there is no Redis where these tests look for it."""
    monkeypatch.setattr(limits, "_local", LocalLimit())
    before = app.conf.broker_url
    app.conf.broker_url = "redis+socket:///nonexistent/socket"
    yield
    app.conf.broker_url = before


def test_an_order(program: Client, db: None) -> None:
    """202, and all that is needed: where it can be read, and what deletes it. Neither cookie nor CSRF token."""
    answer = order(program, {"domain": "someone@Bücher.TEST"})
    given, link = answer.json(), Link.objects.get()  # type: ignore[attr-defined]
    page = f"http://testserver/r/{link.token}"
    assert answer.status_code == 202
    assert answer["Location"] == f"http://testserver{SCANS}/{link.token}"
    assert answer["Cache-Control"] == "private, no-store"
    assert "Set-Cookie" not in answer
    assert (given["token"], given["domain"], given["joined"]) == (link.token, "xn--bcher-kva.test", False)
    assert given["pasted"] is None
    assert given["urls"] == {"page": page, "json": f"{page}.json", "events": f"{page}/events"}
    assert link.scan.queue == Scan.Queue.INTERACTIVE


def test_an_order_with_a_bounce(program: Client, db: None) -> None:
    """The domain that it is about is scanned; what was recognised is told, and the page says whether it is still so."""
    given = order(program, {"domain": postfix("Server certificate not verified")}).json()  # type: ignore[attr-defined]
    assert (given["domain"], Link.objects.get().scan.domain) == ("example.org", "example.org")
    assert given["pasted"] == {
        "text": "postfix-not-verified",
        "software": "Postfix",
        "server": "mx1.example.org",
        "address": "192.0.2.25",
        "status_code": "4.7.5",
        "result_type": None,
    }
    assert given["urls"]["page"].partition("?")[2].startswith("text=postfix-not-verified&")
    assert given["urls"]["json"] == f"http://testserver/r/{given['token']}.json"


def test_an_order_with_a_text_that_names_no_recipient(program: Client, db: None) -> None:
    """A problem, as for any other bad domain."""
    answer = order(program, {"domain": "Server certificate not verified"})
    assert problem(answer, "bad-domain")["code"] == "no-recipient"


def test_an_order_that_nobody_waits_for(program: Client, db: None) -> None:
    """It stands in the other queue, until somebody asks for the same domain and waits."""
    order(program, {"domain": "list.test", "queue": "background"})
    assert Scan.objects.get().queue == Scan.Queue.BACKGROUND
    assert order(program, {"domain": "list.test"}).json()["joined"]  # type: ignore[attr-defined]
    assert Scan.objects.get().queue == Scan.Queue.INTERACTIVE


def test_an_order_for_what_was_just_scanned(program: Client, make_link: Callable[..., Requested]) -> None:
    """The scan is joined, under a link of one's own. The secret is one's own, too."""
    there = make_link()
    given = order(program, {"domain": "example.test"}).json()  # type: ignore[attr-defined]
    assert (given["joined"], Scan.objects.count(), Link.objects.count()) == (True, 1, 2)
    assert given["token"] != there.link.token
    assert given["deletion_secret"] != there.deletion_secret


def test_a_fresh_order(program: Client, make_link: Callable[..., Requested]) -> None:
    """Too soon: when it would do, in seconds. Five minutes later it is scanned anew."""
    make_link("soon.test", age_s=100)
    answer = order(program, {"domain": "soon.test", "fresh": True})
    seconds = int(answer["Retry-After"])
    assert 190 <= seconds <= 200
    assert f"in {seconds} s" in problem(answer, "too-soon")["detail"]

    make_link("later.test", age_s=301)
    answer = order(program, {"domain": "later.test", "fresh": True})
    assert (answer.status_code, answer.json()["joined"]) == (202, False)  # type: ignore[attr-defined]


def test_too_many_orders(program: Client, db: None) -> None:
    """One address starts so many and then waits; a trusted caller doesn't."""
    statuses = [order(program, {"domain": f"d{number}.test"}).status_code for number in range(limits.SCANS.burst)]
    assert set(statuses) == {202}
    answer = order(program, {"domain": "one-more.test"})
    problem(answer, "too-many-requests")
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert order(program, {"domain": "one-more.test"}, **BEARER).status_code == 202


def test_a_deep_order(program: Client, db: None) -> None:
    """For trusted callers."""
    assert order(program, {"domain": "deep.test", "depth": "deep"}, **BEARER).status_code == 202
    assert Scan.objects.get().depth == "deep"


@pytest.mark.parametrize("sent", ["Bearer wrong", "bearer", f"Bearer {TRUSTED}x"])
def test_a_token_that_nobody_was_given(program: Client, db: None, sent: str) -> None:
    """Who mistyped theirs learns it, and isn't taken for anybody (RFC 6750 section 3)."""
    answer = order(program, {"domain": "example.test"}, Authorization=sent)
    problem(answer, "bad-access-token")
    assert answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert not Scan.objects.exists()


def test_a_password_for_somebody_else(program: Client, db: None) -> None:
    """A proxy in front may ask for one: that is no token."""
    assert order(program, {"domain": "example.test"}, Authorization="Basic eDp5").status_code == 202


def test_a_finished_report(program: Client, finished: Requested) -> None:
    """The document as it is stored, the same as under its link; who has it needn't fetch it again."""
    address = f"{SCANS}/{finished.link.token}"
    answer = program.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.json() == EXAMPLES["ready"] == program.get(f"/r/{finished.link.token}.json").json()
    assert (answer["X-Robots-Tag"], answer["Cache-Control"]) == ("noindex", "private, no-cache")
    assert program.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert program.head(address)["ETag"] == answer["ETag"]


def test_a_report_that_is_not_there_yet(program: Client, make_link: Callable[..., Requested]) -> None:
    """A running one, without verdict, and not to be kept."""
    answer = program.get(f"{SCANS}/{make_link().link.token}")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
    assert (answer.json()["state"], answer.json()["verdict"]) == ("running", None)


def by_header(program: Client, address: str, secret: str) -> Any:
    return program.delete(address, headers={"Deletion-Secret": secret})


def by_body(program: Client, address: str, secret: str) -> Any:
    return program.delete(address, {"deletion_secret": secret}, content_type="application/json")


@pytest.mark.parametrize("delete", [by_header, by_body])
def test_a_link_is_deleted_by_its_secret(
    program: Client, finished: Requested, make_link: Callable[..., Requested], delete: Callable[..., Any]
) -> None:
    """Not by that of another link. After that it is as if it had never been."""
    address = f"{SCANS}/{finished.link.token}"
    problem(delete(program, address, make_link().deletion_secret), "wrong-secret")
    answer = delete(program, address, finished.deletion_secret)
    assert (answer.status_code, answer.content) == (204, b"")
    problem(program.get(address), "no-report")
    problem(delete(program, address, finished.deletion_secret), "no-report")


def test_a_deletion_with_a_strange_body(program: Client, finished: Requested) -> None:
    """The same rules hold for its body as for an order's, and nothing is deleted."""
    address = f"{SCANS}/{finished.link.token}"
    for body, kind, code in (("{", "application/json", "bad-json"), ("{}", "text/plain", "wrong-media-type")):
        problem(program.delete(address, body, content_type=kind), code)
    for body in ("{}", '{"deletion_secret": 1}', '{"deletion_secret": "x", "more": 1}', "[]"):
        problem(program.delete(address, body, content_type="application/json"), "bad-field")
    assert Link.objects.count() == 1
