"""The log as the service writes it: no link's token, no noise of strangers."""

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from celery.exceptions import CPendingDeprecationWarning
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from checker.breakdown import where
from webui.environment import ROOT
from webui.logs import JsonLine, Line, about_scan

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


def test_a_strange_origin_or_body_is_one_line(log: Callable[[], str], client: Client, db: None) -> None:
    """An operator learns of it, and the log doesn't drown in tracebacks. Of strange hosts nothing is told."""
    strict = Client(headers={"origin": "https://elsewhere.example"})
    client.get(f"/r/{TOKEN}", headers={"host": "elsewhere.example"})
    client.post("/scan", {"domain": "x" * 70_000})
    strict.post(f"/r/{TOKEN}", {"domain": "x"})
    names = [line.split(" ")[3] for line in log().splitlines() if line[0] != " "]
    assert names == ["django.security.RequestDataTooBig:", "webui.origin:"]
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


SCAN = UUID("0192f0c1-0000-4000-8000-000000000001")
NASTY = "220 hi\r\n2026-11-24 12:00:00,000 ERROR forged: \x1b[2J\x9b\u2028\u202e" + f" /r/{TOKEN}"


def written(formatter: logging.Formatter, *arguments: object, exc_info: object = None) -> str:
    record = logging.LogRecord("webui.x", logging.ERROR, "", 1, "it said %s", arguments, exc_info)  # type: ignore[arg-type]
    return formatter.format(record)


@pytest.mark.parametrize("formatter", [Line(), JsonLine()], ids=["text", "json"])
def test_a_peer_writes_no_line_of_its_own(formatter: logging.Formatter) -> None:
    """What it sent stands in the event's line, with what no terminal should obey made visible."""
    line = written(formatter, NASTY)
    assert len(line.splitlines()) == 1
    assert not any(unicodedata.category(each)[0] == "C" for each in line)
    assert ("forged" in line, TOKEN in line) == (True, False)


@given(st.text())
def test_any_text_is_one_line(text: str) -> None:
    """Whatever it is, the object can be read again, and the line encoded."""
    for formatter in (Line(), JsonLine()):
        assert len(written(formatter, text).encode().decode().splitlines()) == 1
    assert json.loads(written(JsonLine(), text))["event"].startswith("it said ")


def test_frames_are_told_apart_from_lines() -> None:
    """Those of our mistakes are set in, so that what an exception quotes is no line of its own."""
    try:
        raise ValueError(NASTY)
    except ValueError as failure:
        text = written(Line(), where(failure))
        quoted = written(Line(), "this", exc_info=sys.exc_info())
        fields = json.loads(written(JsonLine(), where(failure)))
    assert text.splitlines()[0].endswith("it said ValueError")
    assert all(line.startswith("    ") for line in (*text.splitlines()[1:], *quoted.splitlines()[1:]))
    assert fields["event"] == "it said ValueError"
    assert "test_logs.py" in fields["traceback"]


def test_an_event_that_names_a_scan_is_about_it() -> None:
    """A sweep's, or a live page's: their work is about many scans, so none goes along."""
    assert json.loads(written(JsonLine(), SCAN))["scan"] == str(SCAN)


@pytest.mark.parametrize(("level", "is_told"), [("info", True), ("warning", False)])
def test_a_worker_logs_as_the_settings_say(tmp_path: Path, level: str, is_told: bool) -> None:
    """Celery has a level of its own for the whole log, and sets it at the start unless it is kept from it."""
    start = """if True:
        import logging
        from webui.celery import app
        app.loader.init_worker()
        app.log.setup(loglevel="WARNING")
        logging.getLogger("webui.x").info("begun")
    """
    ours = {"MAILSEAL_VAR": str(tmp_path), "MAILSEAL_LOG": "json", "MAILSEAL_LOG_LEVEL": level}
    done = subprocess.run(
        [sys.executable, "-c", start], cwd=ROOT, env=os.environ | ours, capture_output=True, text=True, check=True
    )
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["begun"] * is_told


async def test_the_scan_goes_along() -> None:
    """Into the tasks and threads that are started for it, and no further."""
    with about_scan(SCAN):
        inner = await asyncio.create_task(asyncio.to_thread(written, JsonLine(), "that"))
        assert f"[{SCAN}]" in written(Line(), "that")
    assert json.loads(inner)["scan"] == str(SCAN)
    assert "scan" not in json.loads(written(JsonLine(), "that"))


async def test_the_engine_logs_for_its_scan(log: Callable[[], str]) -> None:
    """Its loop is another thread's."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def probe() -> None:
        logging.getLogger("checker.x").warning("a probe broke down")

    with about_scan(SCAN):
        asyncio.run_coroutine_threadsafe(probe(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    assert str(SCAN) in log()
