"""What watchers are told is what the page shows, and goes to each with their own link."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.template.loader import render_to_string

from checker.scan import Scanned
from tests.report_examples import EXAMPLES
from webui.scans import broadcast, services
from webui.scans.models import Scan
from webui.scans.presentation import present

from .conftest import NOW

ORIGIN, TOKEN = "https://seal.example", "abcDEF-_123"
RUNNING = ("running-start", "running-names", "running", "policy-running")


def told(name: str, before: str | None = None) -> dict[str, Any]:
    """What a watcher is told of an example."""
    shown = [broadcast.show(EXAMPLES[each], each, is_final=each not in RUNNING) for each in (name, before) if each]
    made = broadcast.told(broadcast.event(*shown, *[None] * (2 - len(shown))), ORIGIN, TOKEN).decode()
    lines = dict(line.split(": ", 1) for line in made.strip().split("\n"))
    assert lines["id"] == name
    news: dict[str, Any] = json.loads(lines["data"])
    return news


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_section_is_told_as_the_page_has_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but what one reader may do with the report, which is on their own page only."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    link = f"{ORIGIN}/r/{TOKEN}"
    context = {"page": present(EXAMPLES[name], NOW), "token": TOKEN, "link_url": link, "json_url": f"/r/{TOKEN}.json"}
    page = render_to_string("report.html", {**context, "is_for_all": True})
    for place, section in told(name)["sections"].items():
        assert f'<div class="live" id="live-{place}">{section}</div>' in page


@pytest.mark.parametrize("name", RUNNING)
def test_nothing_is_judged_before_the_end(name: str) -> None:
    news = told(name)
    assert not news["is_final"]
    assert "Grade" not in json.dumps(news)
    assert "wax-" not in news["sections"]["first_screen"].replace("wax-unk", "")


def test_only_what_changed_is_told_again_and_whole() -> None:
    changed = told("running", before="running-names")["sections"]
    assert "first_screen" in changed
    assert "findings" not in changed
    assert changed == {place: html for place, html in told("running")["sections"].items() if place in changed}


def test_what_is_read_is_the_newest_snapshot_and_its_number(scan: Scan, scanned: Callable[..., Scanned]) -> None:
    """Waiting, running, ended, deleted."""
    waiting = broadcast.read(scan.pk)
    assert waiting is not None
    lease = services.claim(scan.pk, "worker", NOW)
    assert lease is not None
    services.publish_snapshot(lease, scanned(scan, duration_ms=70), NOW)
    running = broadcast.read(scan.pk)
    services.finish(lease, scanned(scan, "complete", duration_ms=90), NOW)
    ended = broadcast.read(scan.pk)
    assert running
    assert ended
    assert [waiting.number, running.number, ended.number] == ["0.0", "1.70", "1.90.end"]
    assert [waiting.is_final, running.is_final, ended.is_final] == [False, False, True]
    Scan.objects.all().delete()
    assert broadcast.read(scan.pk) is None
