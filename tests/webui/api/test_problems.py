"""Every error for programs is a problem document, whoever made it: our code, django-ninja or Django itself."""

import json
import logging
from typing import Any, NoReturn

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from webui.problems import KINDS, MEDIA_TYPE, ProblemDetails

from .conftest import SCANS, order, problem

ORDERS = [
    ("bad-json", "", "bad-field"),
    ("no JSON", "{", "bad-json"),
    ("a form", "domain=example.org", "bad-json"),
    ("no UTF-8", b'{"domain": "\xff"}', "bad-json"),
    ("a number that is none", '{"domain": NaN}', "bad-json"),
    ("deeper than any reader goes", "[" * 60_000, "bad-json"),
    ("longer than any number", "1" * 60_000, "bad-json"),
    ("no object", [], "bad-field"),
    ("nothing", None, "bad-field"),
    ("no domain", {}, "bad-field"),
    ("a domain that is no text", {"domain": 7}, "bad-field"),
    ("half a character", '{"domain": "\\ud800"}', "bad-domain"),
    ("a field that is not known", {"domain": "example.org", "deep": True}, "bad-field"),
    ("an unknown depth", {"domain": "example.org", "depth": "deepest"}, "bad-field"),
    ("an unknown queue", {"domain": "example.org", "queue": "celery"}, "bad-field"),
    ("a word for a switch", {"domain": "example.org", "fresh": "yes"}, "bad-field"),
    ("an address", {"domain": "192.0.2.1"}, "bad-domain"),
    ("an empty domain", {"domain": ""}, "bad-domain"),
    ("a hidden character", {"domain": "exam\0ple.org"}, "bad-domain"),
    ("depth for anybody", {"domain": "example.org", "depth": "deep"}, "trusted-only"),
    ("far too much", {"domain": "x" * 65_536}, "too-large"),
]


@pytest.mark.parametrize(("body", "code"), [case[1:] for case in ORDERS], ids=[case[0] for case in ORDERS])
def test_an_order_that_cannot_be(program: Client, db: None, body: Any, code: str) -> None:
    """Nothing is started, and the problem says why."""
    problem(order(program, body), code)


ELSEWHERE = [
    ("get", "/api/v1/nothing", "nothing-here"),
    ("post", "/api/v2/scans", "nothing-here"),
    ("delete", "/api/nothing", "nothing-here"),
    ("get", "/api/v1/", "nothing-here"),
    ("get", f"{SCANS}/", "nothing-here"),
    ("get", f"{SCANS}/two%20words", "nothing-here"),
    ("get", f"{SCANS}/a%0D%0Aline%E2%80%AE", "nothing-here"),
    ("get", SCANS, "wrong-method"),
    ("patch", f"{SCANS}/token", "wrong-method"),
    ("options", SCANS, "wrong-method"),
    ("post", "/api/v1/schema", "wrong-method"),
    ("post", "/r/token.json", "wrong-method"),
    ("get", f"{SCANS}/token", "no-report"),
    ("get", f"{SCANS}/token?wait=0", "no-report"),
    ("get", "/r/token.json", "no-report"),
    ("get", f"{SCANS}/token?wait=61", "bad-field"),
    ("get", f"{SCANS}/token?wait=-1", "bad-field"),
    ("get", f"{SCANS}/token?wait=soon", "bad-field"),
    ("delete", f"{SCANS}/token", "bad-field"),
]


@pytest.mark.parametrize(("method", "address", "code"), ELSEWHERE)
def test_other_requests_that_cannot_be(program: Client, db: None, method: str, address: str, code: str) -> None:
    """Unknown addresses, methods and tokens."""
    answer = getattr(program, method)(address)
    document = problem(answer, code)
    assert document["instance"] == address.partition("?")[0]
    assert ("Allow" in answer) is (code == "wrong-method")


def test_a_body_that_is_not_marked_as_json(program: Client, db: None) -> None:
    """What a form on a stranger's page can send is refused: text, or fields."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"):
        problem(program.post(SCANS, '{"domain": "example.org"}', content_type=kind), "wrong-media-type")
    answer = program.post(SCANS, '{"domain": "1"}', content_type="application/JSON; charset=utf-8")
    problem(answer, "bad-domain")


def test_fields_are_named(program: Client, db: None) -> None:
    """All of them, by JSON pointers (RFC 6901) into the body."""
    document = problem(order(program, {"fresh": 1, "a/b~c": 2}), "bad-field")
    assert {error["pointer"] for error in document["errors"]} == {"#/domain", "#/fresh", "#/a~1b~0c"}
    assert all(error["detail"].endswith(".") for error in document["errors"])


def test_what_is_wrong_but_no_field_is_named_too(program: Client, db: None) -> None:
    """The body as a whole, in words; and a header that isn't there."""
    document = problem(order(program, []), "bad-field")
    assert (document["errors"][0]["pointer"], document["detail"].partition(":")[0]) == ("#", "The body")
    document = problem(program.delete(f"{SCANS}/token"), "bad-field")
    assert [error["parameter"] for error in document["errors"]] == ["Deletion-Secret"]


def test_the_code_of_a_bad_domain(program: Client, db: None) -> None:
    """As ``checker.names`` has it, with its sentence."""
    document = problem(order(program, {"domain": "http://example.org/"}), "bad-domain")
    assert document["code"] == "url"
    assert "web address" in document["detail"]


def test_a_name_that_is_not_ours(program: Client, db: None) -> None:
    """Django refuses the Host before any view: a problem too, whose type doesn't repeat that name."""
    answer = program.get(f"{SCANS}/token", headers={"Host": "stranger.example"})
    assert problem(answer, "bad-request")["type"] == "/api#bad-request"


def test_a_status_that_has_no_name_here() -> None:
    """It stands for itself (RFC 9457 section 4.2.1), and keeps its headers."""
    teapot = ProblemDetails(lambda request: HttpResponse("short and stout", status=418, headers={"Kept": "yes"}))
    answer = teapot(RequestFactory().get("/api/tea"))
    assert isinstance(answer, HttpResponse)
    document = json.loads(answer.content)
    assert (answer["Content-Type"], answer["Kept"]) == (MEDIA_TYPE, "yes")
    assert (document["type"], document["status"]) == ("about:blank", 418)
    assert document["title"] == document["detail"] == "I'm a Teapot"


def away(*_: object, **__: object) -> NoReturn:
    raise OperationalError("connection refused")


def broken(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("it slipped")


def test_a_database_that_is_away(program: Client, db: None) -> None:
    """It comes back by itself, so clients are told when to ask again."""
    with connection.execute_wrapper(away):
        for answer in (program.get(f"{SCANS}/t"), program.get("/r/t.json"), order(program, {"domain": "example.org"})):
            assert "connection refused" not in str(problem(answer, "away"))
            assert answer["Retry-After"] == "5"


def test_a_fault_of_ours(program: Client, db: None, caplog: pytest.LogCaptureFixture) -> None:
    """The client learns that it is ours and nothing else; the log has the rest."""
    with connection.execute_wrapper(broken), caplog.at_level(logging.ERROR):
        for address in (f"{SCANS}/token", "/r/token.json"):
            assert "slipped" not in str(problem(program.get(address), "broken"))
    assert "RuntimeError: it slipped" in caplog.text


def test_pages_stay_pages(program: Client, db: None) -> None:
    """People get sentences in HTML."""
    for address in ("/nowhere", "/r/token"):
        assert program.get(address)["Content-Type"].startswith("text/html")


TEXT = st.text() | st.from_regex(r"[a-z0-9]{1,9}(\.[a-z]{2,5}){1,2}", fullmatch=True)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ORDER_LIKE = st.fixed_dictionaries({"domain": TEXT | ANY_JSON}, optional={"depth": ANY_JSON, "fresh": ANY_JSON})


@pytest.mark.django_db
@given(body=(ANY_JSON | ORDER_LIKE).map(json.dumps) | st.binary(), method=st.sampled_from(["post", "delete"]))
def test_no_body_is_a_fault_of_ours(body: str | bytes, method: str) -> None:
    """Any bytes and any JSON: a scan is ordered, or the client is told what is wrong with it."""
    address = SCANS if method == "post" else f"{SCANS}/token"
    answer = getattr(Client(), method)(address, body, content_type="application/json")
    assert answer.status_code == 202 or 400 <= answer.status_code < 500, answer.content
    if answer.status_code != 202:
        assert json.loads(answer.content)["type"].partition("#")[2] in {kind.code for kind in KINDS}
