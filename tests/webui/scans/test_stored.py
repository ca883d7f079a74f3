"""Reports that the version before DANE stored (``stored``, as it wrote them) are still shown, on every page."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pydantic import TypeAdapter

from checker.pasted.known import entries
from checker.report.document import Report
from webui.scans import broadcast, services
from webui.scans.models import Link, Scan

from .conftest import NOW

FINISHED: dict[str, Any] = json.loads((Path(__file__).parent / "stored" / "before_dane.json").read_text("utf-8"))
RUNNING = FINISHED | {"state": "running", "verdict": None, "findings": [], "deliveries": [], "threats": []}
PAGES = [
    *("", ".json", "/server/1", "/server/2", "/server/1.txt"),
    *(f"?text={key}&server=mx2.partly-covered.demo.test" for key in entries()),
]


@pytest.fixture
def link(make_scan: Callable[..., Scan]) -> Link:
    """A link to it."""
    scan = make_scan(domain=FINISHED["domain"], state=Scan.State.FINISHED, finished_at=NOW, report=FINISHED)
    return services.add_link(scan, NOW).link


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_a_stored_report_is_drawn(client: Client, link: Link, page: str) -> None:
    """The report, its servers, and what they say about each text that somebody may paste."""
    response = client.get(f"{reverse('report', args=[link.token])}{page}")
    assert response.status_code == 200
    assert "partly-covered.demo.test" in response.text


def test_its_document_is_whole(client: Client, link: Link) -> None:
    """It has each key of today's format, null or empty where nobody looked then, and all else unchanged."""
    given = client.get(reverse("report-json", args=[link.token])).json()
    TypeAdapter(Report).validate_python(given, strict=True)
    assert "caa" not in FINISHED["servers"][0]
    assert "real_senders" not in FINISHED["deliveries"][0]
    assert given["servers"][0]["caa"] is None
    assert given["deliveries"][0]["real_senders"] == []
    assert {key: given[key] for key in ("verdict", "mx", "findings", "limits", "certificates")} == {
        key: FINISHED[key] for key in ("verdict", "mx", "findings", "limits", "certificates")
    }


def test_a_check_that_ran_meanwhile_goes_on_being_shown(make_scan: Callable[..., Scan]) -> None:
    """Who watches it while the version changes gets its sections."""
    scan = make_scan(domain=FINISHED["domain"], state=Scan.State.RUNNING, attempts=1, report=RUNNING)
    shown = broadcast.read(scan.pk)
    assert shown is not None
    assert "mx2.partly-covered.demo.test" in "".join(shown.sections.values())
