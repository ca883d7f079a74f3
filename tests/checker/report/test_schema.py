"""The published schema: current, a real JSON Schema, and one that both accepts reports and refuses what is none."""

from copy import deepcopy
from typing import Any, cast

import jsonschema
import pytest

from checker.report.document import json_schema
from checker.report.schema import SCHEMA_FILE, schema_text
from tests.report_examples import EXAMPLES

VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def test_the_file_is_current() -> None:
    """Regenerate it with ``python -m checker.report.schema`` after a change to the types."""
    assert SCHEMA_FILE.read_text("utf-8") == schema_text()


def test_it_is_a_schema() -> None:
    """Draft 2020-12, as it says itself."""
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_reports(name: str) -> None:
    """The examples that the pages are tested with follow the format."""
    VALIDATOR.validate(EXAMPLES[name])


TLS = ("servers", 0, "endpoints", 0, "tls")


def without(report: dict[str, Any], *path: Any) -> dict[str, Any]:
    *before, last = path
    at: Any = report
    for step in before:
        at = at[step]
    del at[last]
    return report


def with_(report: dict[str, Any], value: Any, *path: Any) -> dict[str, Any]:
    *before, last = path
    at: Any = report
    for step in before:
        at = at[step]
    at[last] = value
    return report


BROKEN = {
    "no verdict": lambda report: without(report, "verdict"),
    "no limits": lambda report: without(report, "limits"),
    "no outcome": lambda report: without(report, "servers", 0, "endpoints", 0, "outcome"),
    "an unknown level": lambda report: with_(report, "splendid", "verdict", "level"),
    "an unknown severity": lambda report: with_(report, "fatal", "findings", 0, "severity"),
    "an unknown outcome": lambda report: with_(report, "fine", "servers", 0, "endpoints", 0, "outcome"),
    "another format": lambda report: with_(report, 2, "format"),
    "a score in words": lambda report: with_(report, "83", "verdict", "score"),
    "a version that nobody knows": lambda report: with_(report, "x", *TLS, "versions", "TLSv9"),
}


@pytest.mark.parametrize("why", BROKEN)
def test_what_is_no_report(why: str) -> None:
    """Each of these departures from the format is refused."""
    broken = BROKEN[why](deepcopy(cast("dict[str, Any]", EXAMPLES["ready"])))
    assert not VALIDATOR.is_valid(broken)


def test_more_keys_may_come() -> None:
    """Format 1 may grow: a key that isn't known yet does no harm."""
    VALIDATOR.validate({**EXAMPLES["ready"], "novelty": 1})
