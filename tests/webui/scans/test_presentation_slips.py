"""Slips: every kind of fix has its boxes, and what a button copies is exact."""

from typing import Any

import pytest

from tests import report_parts as make
from tests.report_parts import NOW
from webui.scans.presentation import present
from webui.scans.presentation.slips import Slip, are_alternatives, checks, fix_slips

BODY = "version: STSv1\r\nmode: enforce\r\nmx: mx1.example\r\nmx: mx2.example\r\nmax_age: 604800\r\n"
URL = "https://mta-sts.one.example/.well-known/mta-sts.txt"
FILE = {"kind": "policy-file", "url": URL, "body": BODY, "marked": "mx: mx2.example"}
SETTING = {"kind": "setting", "software": "Postfix", "where": "/etc/postfix/main.cf", "text": "a = b\nc =  d"}


def record(value: str = "v=STSv1; id=2;", *, removal: bool = False, marked: str = "") -> dict[str, Any]:
    """A TXT record to publish or to delete."""
    name = "_mta-sts.one.example"
    plain = {"kind": "dns-record", "name": name, "type": "TXT", "ttl": 3600}
    return plain | {"value": value, "removal": removal, "marked": marked}


def slip_of(fix: dict[str, Any]) -> Slip:
    (slip,) = fix_slips([fix])  # type: ignore[list-item]
    return slip


def test_a_record_has_the_boxes_of_a_dns_panel_and_its_value_is_copied() -> None:
    slip = slip_of(record(marked="2"))
    boxes = [(box.label, box.text) for box in slip.boxes]
    assert boxes == [("Name", "_mta-sts.one.example"), ("Type", "TXT"), ("Value", "v=STSv1; id=2;"), ("TTL", "3600")]
    assert (slip.heading, slip.copied, slip.boxes[2].marked) == ("Publish this record", "v=STSv1; id=2;", "2")


def test_a_record_to_delete_says_so() -> None:
    slip = slip_of(record("v=STSv1; id=1;", removal=True))
    assert slip.heading == "Delete this record"
    assert [box.label for box in slip.boxes] == ["Name", "Type", "Value"]


def test_a_policy_file_is_copied_with_its_own_line_ends() -> None:
    slip = slip_of(FILE)
    assert slip.copied == BODY
    (box,) = slip.boxes
    assert (box.label, box.marked) == (f"File at {URL}", "mx: mx2.example")
    assert "\r" not in box.text


def test_settings_say_for_which_software_and_where() -> None:
    slip = slip_of(SETTING)
    assert [box.label for box in slip.boxes] == ["Postfix: /etc/postfix/main.cf"]
    assert slip.copied == SETTING["text"]


def test_settings_for_several_programs_are_alternatives() -> None:
    exim = SETTING | {"software": "Exim"}
    cases = [([SETTING, exim], True), ([SETTING], False), ([SETTING, SETTING | {"text": "e = f"}], False)]
    for fixes, want in [*cases, ([FILE, SETTING, exim], False)]:
        assert are_alternatives(fix_slips(fixes)) is want  # type: ignore[arg-type]


@pytest.mark.parametrize("marked", ["", BODY, BODY.strip(), "not there"])
def test_a_mark_over_all_or_over_nothing_marks_nothing(marked: str) -> None:
    slip = slip_of(FILE | {"marked": marked})
    assert (slip.boxes[0].marked, slip.copied) == ("", BODY)


def test_nothing_is_to_be_copied_twice() -> None:
    assert len(fix_slips([record(), record(), record("v=STSv1; id=1;", removal=True)])) == 2  # type: ignore[list-item]
    assert len(checks([{"text": "dig mx", "shows": "A line."}] * 2)) == 1


def test_the_first_step_shows_what_its_finding_does() -> None:
    remedy = "Add the line `mx: mx2.example` to the policy. Serve the file first."
    fixes = [FILE, record("v=STSv1; id=1;", removal=True), record()]
    commands = [{"text": "curl x", "shows": "The file."}]
    changes: Any = {"remedy": remedy, "fixes": fixes, "commands": commands, "message": "Hello,\nplease."}
    found = make.finding("mta-sts-mx-not-covered", "serious", "Not listed", **changes)
    verdict = make.verdict("partly-enforced", 69, "C", "Partly.", first_step=remedy)
    page = present(make.report("one.example", verdict, findings=[found]), NOW)
    assert page.step is not None
    (card,) = page.findings
    assert page.step.slips == card.slips
    assert [slip.heading for slip in card.slips] == ["", "Delete this record", "Publish this record"]
    assert [(check.slip.copied, check.shows) for check in card.checks] == [("curl x", "The file.")]
    assert card.message is not None
    assert card.message.copied == "Hello,\nplease."
