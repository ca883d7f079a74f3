"""The TXT record of MTA-STS, against the vectors of RFC 8461 section 3.1 and against any text."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.mta_sts.facts import Record
from checker.mta_sts.record import parse_record, read_record
from checker.network.ports import TxtRecord

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "sts_record.json").read_text("utf-8")
)["vectors"]

# Where sources disagree: what we make of the record, and the defects that say why (docs/disputed.md).
OUR_READING: dict[str, tuple[Record | None, list[str]]] = {
    "sts-record-031": (Record(id="foo", extensions=(("unrelated", "1"),)), ["blank-before-delimiter"]),
    "sts-record-036": (None, ["empty-field", "empty-field"]),
    "sts-record-065": (None, ["missing-id"]),
    "sts-record-075": (None, ["id-characters"]),
    "sts-record-076": (None, ["id-characters"]),
    "sts-record-081": (Record(id="1"), ["duplicate-field"]),
}
# The vectors' reasons, in our words; “syntax” may be anything.
REASONS = {
    "missing-id": {"missing-id"},
    "id-syntax": {"id-too-long", "id-characters"},
    "record-count-0": {"foreign-record"},
    "record-count-2": {"several-records"},
}


def read(case: dict[str, Any]) -> tuple[Record | None, list[str]]:
    reading = read_record([TxtRecord(tuple(strings)) for strings in case["input"]["txt_rrs"]])
    assert (reading.status == "valid") == (reading.record is not None)
    return reading.record, [defect.code for defect in reading.defects]


def test_all_vectors_are_here() -> None:
    assert len(VECTORS) == 52
    assert {case["id"] for case in VECTORS if case["disputed"]} == OUR_READING.keys()


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["id"])
def test_vector(case: dict[str, Any]) -> None:
    """Each vector: the value, and for a record that is none a defect that says why."""
    record, codes = read(case)
    expect = case["expect"]
    if case["id"] in OUR_READING:
        assert (record, codes) == OUR_READING[case["id"]], case["note"]
    elif expect["valid"]:
        extensions = tuple((name, value) for name, value in expect["extensions"])
        assert record == Record(id=expect["id"], extensions=extensions), case["note"]
        assert codes == []
    else:
        assert record is None, case["note"]
        assert REASONS.get(expect["reason"], set(codes)) & set(codes), case["note"]


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("v=STSv1; id=2024-01-01", "id-characters", 17),
        ("v=STSv1; id=a.b", "id-characters", 14),
        ("v=STSv1; id=a:b", "id-characters", 14),
        ("v=STSv1; id=a b", "id-characters", 14),
        ("v=STSv1; id=" + "1" * 33, "id-too-long", 45),
        ("v=STSv1; id=", "empty-value", 10),
        ("v=STSv1;", "missing-id", 0),
        ("v=TSTSv1; id=1", "version-unknown", 1),
    ],
)
def test_bad(text: str, code: str, column: int) -> None:
    """What is wrong, where, and that it is fatal."""
    record, defects = parse_record(text)
    assert record is None
    assert [(defect.code, defect.column) for defect in defects] == [(code, column)]
    assert defects[0].is_fatal
    assert defects[0].reference == "RFC 8461 section 3.1"


def test_upper_case_key_is_named() -> None:
    """``ID`` is a field that nobody knows, and the required one is missing."""
    _, defects = parse_record("v=STSv1; ID=1")
    assert [defect.code for defect in defects] == ["missing-id", "key-case"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("v=spf1 include:_spf.example.net -all", "absent"),
        ("v=TLSRPTv1; rua=mailto:a@b.test", "absent"),
        ("google-site-verification=id", "absent"),
        ("google-site-verification=x1STSv1aBc", "absent"),
        ("id=20240101", "invalid"),
        ('"v=STSv1; id=1"', "invalid"),
        ("v=mta-sts1; id=1", "invalid"),
        ("V=stsV1;ID=1", "invalid"),
    ],
)
def test_meant_or_not(text: str, status: str) -> None:
    """A record of something else is no broken one of ours."""
    assert read_record([TxtRecord((text,))]).status == status


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}", fullmatch=True).filter(lambda name: name not in ("id", "v"))
VALUES = st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters=";=\x7f"), min_size=1)
IDS = st.from_regex(r"[A-Za-z0-9]{1,32}", fullmatch=True)
DELIMITERS = st.from_regex(r"[ \t]{0,2};[ \t]{0,2}", fullmatch=True)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, Record]:
    """A record, and one of the ways to write it."""
    record = Record(id=draw(IDS), extensions=tuple(draw(st.dictionaries(NAMES, VALUES, max_size=3)).items()))
    fields = [f"{name}={value}" for name, value in record.extensions]
    fields.insert(draw(st.integers(0, len(fields))), f"id={record.id}")
    text = "v=STSv1" + "".join(draw(DELIMITERS) + field for field in fields)
    return text + draw(DELIMITERS | st.just("")), record


@given(written())
def test_round_trip(example: tuple[str, Record]) -> None:
    """What is written by the grammar is read."""
    text, record = example
    assert parse_record(text)[0] == record


@given(written(), st.sampled_from(["\n", " x", "\0", "=", "é", ";;", "\ufeff", "\r\nid=1"]))
def test_junk_behind(example: tuple[str, Record], junk: str) -> None:
    """What follows a record is never overlooked."""
    record, defects = parse_record(example[0].rstrip(" \t;") + junk)
    assert record is None
    assert any(defect.is_fatal for defect in defects)


@given(st.text() | st.text(alphabet="v=STSv1; \tid20\r\xff", max_size=60))
def test_any_text(text: str) -> None:
    """Nothing raises, the value is null because of a fatal defect only, and positions lie inside the text."""
    record, defects = parse_record(text)
    assert (record is None) == any(defect.is_fatal for defect in defects)
    assert all(1 <= defect.column <= len(text) for defect in defects if defect.line)
    assert all(defect.line in (0, 1) for defect in defects)


@given(st.lists(st.lists(st.text(max_size=30), max_size=3), max_size=4))
def test_any_answer(answer: list[list[str]]) -> None:
    """Any answer has a status, and an invalid one says why."""
    reading = read_record([TxtRecord(tuple(strings)) for strings in answer])
    assert (reading.status == "invalid") == any(defect.is_fatal for defect in reading.defects)
