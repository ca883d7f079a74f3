"""No other site can make a visitor's browser start or delete anything, and that needs no cookie."""

import re
from typing import Any

import pytest
from django.test import Client

from webui.scans.models import Scan

ELSEWHERE = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
    {"origin": "https://check.example"},
    {"origin": "http://testserver:81"},
    {"origin": "http://testserver.check.example"},
    {"origin": "null"},
    {"origin": "http://[broken"},
    {"referer": "https://check.example/testserver"},
]
HERE = [
    {},
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "same-origin", "origin": "https://testserver"},
    {"origin": "http://testserver"},
    {"origin": "https://TESTSERVER"},
    {"referer": "http://testserver/about"},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_a_form_from_elsewhere_starts_nothing(db: None, headers: dict[str, str]) -> None:
    """A person finds the form again, filled in; what is wrong with the domain is for later."""
    answer = Client(headers=headers).post("/scan", {"domain": "<b>example.test"})
    text = answer.content.decode()
    assert (answer.status_code, Scan.objects.count()) == (403, 0)
    assert ">\n&lt;b&gt;example.test</textarea>" in text
    assert re.search(r'role="alert">[^<]*X-Forwarded-Proto', text)
    assert "letters, digits" not in text


@pytest.mark.parametrize("headers", HERE, ids=str)
def test_a_form_of_ours_starts_a_scan(broker: Any, transactional_db: None, headers: dict[str, str]) -> None:
    """So does a program that says nothing of where it comes from: there is no visitor in it."""
    assert Client(headers=headers).post("/scan", {"domain": "example.test"}).status_code == 303


def test_reading_is_for_everybody(db: None) -> None:
    """A link on another site leads here."""
    assert Client(headers=ELSEWHERE[0]).get("/").status_code == 200
