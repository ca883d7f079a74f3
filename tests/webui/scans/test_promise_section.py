"""The promise on a page, as a browser gets it: each fault under its own line, and strangers' text as text."""

import re
from html import unescape

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from checker.report.document import Report
from tests.report_parts import NOW
from tests.report_policies import POLICY_EXAMPLES, hostile_promise, told
from webui.scans.presentation import present

MARKUP = "<script>alert(1)</script>\"'&"
_ITEM = re.compile(r"<li[^>]*><span>(.*?)</span>(.*?)</li>", re.DOTALL)


def html(report: Report) -> str:
    context = {"page": present(report, NOW), "link_url": "https://m.example/r/x", "json_url": "/r/x.json"}
    return render_to_string("report.html", context, RequestFactory().get("/"))


def said_at(page: str) -> dict[str, str]:
    """All that stands at each number in a gutter, and under it until the next number."""
    found: dict[str, str] = {}
    number = ""
    for gutter, rest in _ITEM.findall(page):
        number = gutter or number
        found[number] = f"{found.get(number, '')} {unescape(re.sub('<[^>]+>', '', rest))}"
    return found


def test_each_fault_stands_under_its_line() -> None:
    """Every defect of the document, by the number of its line in the file."""
    report = POLICY_EXAMPLES["policy-invalid"]
    at = said_at(html(report))
    defects = [defect for defect in report["mta_sts"]["policy"]["defects"] or () if defect["line"]]
    assert len(defects) >= 5
    for defect in defects:
        assert defect["detail"] in at[str(defect["line"])]


@pytest.mark.parametrize("name", POLICY_EXAMPLES)
def test_no_state_of_a_policy_breaks_the_page(name: str) -> None:
    """Every one has its page, with the domain on it."""
    assert "d.test" in html(POLICY_EXAMPLES[name])


def test_markup_in_a_record_and_in_a_file_is_text() -> None:
    """In both it can stand, and in neither is it more than letters."""
    page = html(told(hostile_promise(MARKUP)))
    assert "<script>alert" not in page
    assert len(re.findall("&lt;script&gt;alert", page)) >= 3
