"""The log as the service writes it: no link's token, no noise of strangers."""

import logging
import warnings
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from celery.exceptions import CPendingDeprecationWarning
from django.test import Client

TOKEN = "Zx9-secret_token-of-a-lnk"


@pytest.fixture
def log() -> Iterator[Callable[[], str]]:
    """What the service's own handler writes in this test."""
    handler = next(each for each in logging.getLogger().handlers if each.name == "console")
    assert isinstance(handler, logging.StreamHandler)
    text = StringIO()
    before = handler.setStream(text)
    yield text.getvalue
    handler.setStream(before)


@pytest.mark.parametrize(
    "log_it",
    [
        lambda logger: logger.error("Internal Server Error: %s", f"/r/{TOKEN}"),
        lambda logger: logger.error(f"GET http://check.example/r/{TOKEN}.json failed"),
        lambda logger: logger.error("Service Unavailable: %s", f"/api/v1/scans/{TOKEN}?wait=60"),
        lambda logger: logger.error("Forbidden", exc_info=ValueError(f"no //r//{TOKEN}")),
    ],
    ids=["an argument", "the text", "the API", "a traceback"],
)
@pytest.mark.parametrize("name", ["django.request", "django.security.csrf", "webui.scans.views", "uvicorn.elsewhere"])
def test_no_token_is_logged(log: Callable[[], str], log_it: Callable[[logging.Logger], None], name: str) -> None:
    """Who reads the log must not be able to read reports."""
    log_it(logging.getLogger(name))
    assert name in log()
    assert TOKEN not in log()


def test_our_mistakes_keep_their_traceback(log: Callable[[], str]) -> None:
    """Otherwise nobody could mend them."""
    try:
        raise ValueError("ours")
    except ValueError:
        logging.getLogger("django.request").exception("Internal Server Error: %s", f"/r/{TOKEN}")
    assert "Traceback" in log()
    assert "/r/…" in log()


def test_refusals_are_quiet(log: Callable[[], str], client: Client, db: None) -> None:
    """What a client did wrong is told to the client, not to the log."""
    statuses = [
        client.post("/scan", {"domain": "no domain"}).status_code,
        client.post(f"/r/{TOKEN}").status_code,
        client.get(f"/r/{TOKEN}").status_code,
    ]
    assert (statuses, log()) == ([422, 405, 404], "")


def test_a_strange_host_or_body_is_one_line(log: Callable[[], str], client: Client, db: None) -> None:
    """An operator learns of it, and the log doesn't drown in tracebacks."""
    strict = Client(headers={"origin": "https://elsewhere.example"})
    client.get(f"/r/{TOKEN}", headers={"host": "elsewhere.example"})
    client.post("/scan", {"domain": "x" * 70_000})
    strict.post(f"/r/{TOKEN}", {"domain": "x"})
    names = [line.split(" ")[3] for line in log().splitlines()]
    assert names == ["django.security.DisallowedHost:", "django.security.RequestDataTooBig:", "webui.origin:"]
    assert TOKEN not in log()


def test_hints_to_programmers_are_quiet(log: Callable[[], str]) -> None:
    """Celery turns its own back on in each worker, after the command line."""
    logging.captureWarnings(True)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("always", category=CPendingDeprecationWarning)
            warnings.warn("in Celery 6 this will be otherwise", CPendingDeprecationWarning, stacklevel=1)
    finally:
        logging.captureWarnings(False)
    assert log() == ""
