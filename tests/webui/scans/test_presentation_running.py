"""What the page of a running check says of whom it waits for."""

import re
from datetime import timedelta
from typing import Any, get_args

import pytest

from checker.waiting import Awaited
from tests import report_parts as make
from tests.report_examples import EXAMPLES
from tests.report_parts import NOW
from webui.scans.presentation import present
from webui.scans.presentation.running import said
from webui.scans.presentation.times import parse_time


def test_a_running_page_says_what_is_waited_for_and_until_when() -> None:
    """Whom, for what, since when; and the end that comes whatever happens."""
    page = present(EXAMPLES["running"], NOW)
    [wait] = page.waits
    assert wait.words == "backup.lanternpost.example (198.51.100.90) has not greeted"
    assert (wait.seconds, parse_time(wait.since)) == (12, NOW - timedelta(seconds=12))
    assert page.ends_by == NOW - timedelta(seconds=14) + timedelta(minutes=5)
    assert said(EXAMPLES["running"], NOW).endswith("backup.lanternpost.example (198.51.100.90) has not greeted yet.")
    assert present(EXAMPLES["running-start"], NOW).ends_by is None


@pytest.mark.parametrize("stage", get_args(Awaited.__value__))
def test_each_wait_has_its_words(stage: str) -> None:
    """Of many the longest stand first, and the rest are counted."""
    servers = [make.server("mx.one.example", *(_waiting(number, stage) for number in range(1, 7)))]
    page = present(make.report("one.example", None, state="running", servers=servers), NOW)
    assert (len(page.waits), page.more_waits) == (3, 3)
    assert re.fullmatch(r"mx\.one\.example \(192\.0\.2\.6\) (has not|is asked) .+", page.waits[0].words)


def _waiting(number: int, stage: str) -> dict[str, Any]:
    waiting = {"stage": stage, "since_ms": 10_000 - number}
    return make.endpoint(f"192.0.2.{number}", outcome=None, stage=None, tls=None, certificates=[], waiting=waiting)
