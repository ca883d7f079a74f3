"""Links to scans, a client that sees a failure as clients do, and a check of problem documents."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests.report_examples import EXAMPLES
from webui.problems import KINDS, MEDIA_TYPE
from webui.scans import services
from webui.scans.models import Scan
from webui.scans.services import Requested

SCANS = "/api/v1/scans"
TRUSTED = "a-token-of-twenty-characters"
_STATUS = {kind.code: kind.status for kind in KINDS}


@pytest.fixture
def program(settings: Any) -> Client:
    """A caller that gets status 500 instead of our exception, and whose cookies and CSRF tokens nobody expects."""
    settings.MAILSEAL_TRUSTED_TOKENS = (TRUSTED,)
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.fixture
def make_link(db: None) -> Callable[..., Requested]:
    """Links to scans, queued unless the fields say otherwise."""

    def make(domain: str = "example.test", age_s: float = 0, **fields: Any) -> Requested:
        then = timezone.now() - timedelta(seconds=age_s)
        plain = {"domain": domain, "depth": "verdict", "created_at": then, "queued_at": then}
        return services.add_link(Scan.objects.create(**plain | fields), then)

    return make


@pytest.fixture
def finished(make_link: Callable[..., Requested]) -> Requested:
    """A link to a scan that has a report."""
    return make_link(state=Scan.State.FINISHED, report=EXAMPLES["ready"], finished_at=timezone.now())


def order(program: Client, body: Any, **headers: str) -> HttpResponse:
    """Order a scan. Text and bytes go as they are, everything else as JSON."""
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return program.post(SCANS, text, content_type="application/json", headers=headers)  # type: ignore[return-value]


def problem(answer: HttpResponse, code: str) -> dict[str, Any]:
    """The problem in an answer, which must be one of this kind, and whole (RFC 9457 section 3.1)."""
    assert answer["Content-Type"] == MEDIA_TYPE, answer.content
    document: dict[str, Any] = json.loads(answer.content)
    assert document["type"].endswith(f"/api#{code}"), document
    assert document["status"] == answer.status_code == _STATUS[code]
    assert all(document[member] for member in ("title", "detail", "instance"))
    assert answer["Content-Length"] == str(len(answer.content))
    assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("private, no-store", "noindex")
    assert "Set-Cookie" not in answer
    assert "Access-Control-Allow-Origin" not in answer
    return document
