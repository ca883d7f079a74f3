"""The promise in the document: record, file, which line covers which server, and what can't be told."""

from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.mta_sts.facts import MtaStsFacts
from checker.observation import NotTried, Reason
from checker.report.document import Report, json_schema
from checker.report.policies import readable
from checker.tls_rpt.facts import TlsRptFacts
from tests.report_policies import BROKEN, MX1, MX2, POLICY_EXAMPLES, hostile_promise, told, two_servers

VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def statuses(report: Report) -> tuple[Any, Any]:
    return report["mta_sts"]["record"]["status"], report["mta_sts"]["policy"]["status"]


@pytest.mark.parametrize("name", POLICY_EXAMPLES)
def test_every_state_follows_the_format(name: str) -> None:
    """Null where it is not known, and every key there."""
    VALIDATOR.validate(POLICY_EXAMPLES[name])


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("policy-enforced", ("valid", "valid")),
        ("policy-testing", ("valid", "valid")),
        ("policy-none", ("valid", "valid")),
        ("policy-invalid", ("valid", "invalid")),
        ("policy-absent", ("absent", "absent")),
        ("policy-unfetchable", ("valid", "unfetchable")),
        ("policy-404", ("valid", "unfetchable")),
        ("policy-expired-site", ("valid", "unfetchable")),
        ("policy-record-failed", ("failed", "valid")),
        ("policy-record-invalid", ("invalid", "valid")),
        ("policy-running", ("valid", None)),
    ],
)
def test_what_became_of_record_and_file(name: str, want: tuple[str, str | None]) -> None:
    """A file that is still asked for has no status, and is no failure."""
    assert statuses(POLICY_EXAMPLES[name]) == want


@pytest.mark.parametrize(("name", "want"), [("policy-absent", []), ("policy-running", None)])
def test_addresses_for_reports_are_null_only_where_nobody_knows_them(name: str, want: list[str] | None) -> None:
    """Looked and found none is an empty list; not looked up yet is null."""
    assert POLICY_EXAMPLES[name]["tls_rpt"]["rua"] == want


def test_each_line_says_which_servers_it_covers() -> None:
    """By its number in the file; a server that no line covers is named."""
    section = POLICY_EXAMPLES["policy-uncovered"]["mta_sts"]
    assert section["mx_lines"] == [
        {"line": 3, "pattern": "old.d.test", "covers": []},
        {"line": 4, "pattern": MX2, "covers": [MX2]},
    ]
    assert (section["covered"], section["uncovered"]) == ([MX2], [MX1])
    assert section["conditions"]["servers-listed"] is False


def test_without_a_valid_policy_nobody_is_covered_or_not() -> None:
    """Null, also where the file could be read by guessing; and its faults are placed by line and column."""
    section = POLICY_EXAMPLES["policy-invalid"]["mta_sts"]
    assert section["covered"] is section["uncovered"] is section["mx_lines"] is None
    assert section["policy"]["body"] == BROKEN
    lines = {defect["line"] for defect in section["policy"]["defects"] or ()}
    assert {2, 3, 4, 5, 6} <= lines
    assert section["policy"]["error"]


def test_the_certificate_of_the_policy_host_is_among_the_certificates() -> None:
    """Judged for its own name, whether it is good or not."""
    for name, in_dates in (("policy-enforced", True), ("policy-expired-site", False)):
        report = POLICY_EXAMPLES[name]
        leaf = report["certificates"][report["mta_sts"]["policy"]["certificate"] or ""]
        assert (leaf["name_match"], leaf["in_dates"]) == ({"mta-sts.d.test": True}, in_dates)


def test_what_can_be_pasted_goes_with_its_finding() -> None:
    """Records, files and commands, as they were judged."""
    findings = {finding["code"]: finding for finding in POLICY_EXAMPLES["policy-uncovered"]["findings"]}
    found = findings["mta-sts-mx-not-covered"]
    assert {fix["kind"] for fix in found["fixes"]} == {"policy-file", "dns-record"}
    assert found["commands"]
    assert found["message"]


def test_a_state_that_is_not_known_has_its_reason_in_limits() -> None:
    """And one that nobody asked for, since there is no such domain, is told as such."""
    report = told(replace(two_servers(), mta_sts=MtaStsFacts(), tls_rpt=TlsRptFacts()))
    assert (statuses(report), report["tls_rpt"]["status"]) == ((None, None), None)
    assert "mta_sts.policy" in {limit["path"] for limit in report["limits"]}
    nobody = replace(MtaStsFacts(), not_tried=NotTried(Reason.NOT_ASKED, "No such domain."))
    assert statuses(told(replace(two_servers(), mta_sts=nobody))) == (None, "not-tried")


@pytest.mark.parametrize(
    ("body", "want"),
    [
        ("mode: enforce\r\n\tx\n", "mode: enforce\r\n\tx\n"),
        ("b\xc3\xbccher", "bücher"),
        ("b\xfccher", "b\\xfccher"),
        ("a\0b", "a\\x00b"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\xef\xbb\xbfversion", "\\xef\\xbb\\xbfversion"),
    ],
)
def test_a_body_for_people(body: str, want: str) -> None:
    """UTF-8, with all that is broken or invisible made visible."""
    assert readable(body) == want


@given(st.binary(max_size=300))
def test_no_octet_gets_through_raw(octets: bytes) -> None:
    """Nothing but printable text, CR, LF and TAB, and never NUL, which a database refuses."""
    for text in (readable(octets.decode("latin-1")),):
        assert all(character.isprintable() or character in "\r\n\t" for character in text)


def test_a_hostile_record_and_file_are_printable() -> None:
    """NUL, escapes and broken UTF-8, in record and file at once."""
    section = told(hostile_promise("\0\x1b[2J\xff<b>"))["mta_sts"]
    for text in (*(section["record"]["txt"] or ()), section["policy"]["body"] or ""):
        assert "\0" not in text
        assert "\x1b" not in text
