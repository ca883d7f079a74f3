"""The grammar that both TXT records share, held with a record of its own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.defect import DEFECTS_KEPT, Defect, DefectLog
from checker.fields import RecordGrammar, RecordReading, extensions, first_of, parse_fields, read_answer
from checker.network.ports import TxtRecord

GRAMMAR = RecordGrammar(
    version="v=TESTv1",
    required="key",
    standard="tests",
    reference="RFC 0000 section 1",
    look_alike=re.compile("test", re.IGNORECASE),
    has_forgiving_senders=True,
)


def parse(text: str) -> tuple[str | None, tuple[Defect, ...]]:
    log = DefectLog(GRAMMAR.reference)
    fields = parse_fields(text, GRAMMAR, log)
    found = first_of(fields, "key", log)
    others = extensions(fields, GRAMMAR, log)
    value = f"{found.value if found else ''}{dict(others) or ''}"
    return None if log.is_fatal else value, log.listed()


def read(*texts: str) -> RecordReading[str]:
    return read_answer([TxtRecord((text,)) for text in texts], GRAMMAR, parse)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("v=TESTv1;key=a", "a"),
        ("v=TESTv1; key=a;", "a"),
        ("v=TESTv1; key=a ; \t", "a"),
        ("v=TESTv1;\tkey=a\t;\tb=c", "a{'b': 'c'}"),
        ("v=TESTv1; b=c; key=a", "a{'b': 'c'}"),
        ("v=TESTv1; B.c-d_e=!<>~; key=a", "a{'B.c-d_e': '!<>~'}"),
        ("v=TESTv1; key=a; " + "n" * 32 + "=1", f"a{{'{'n' * 32}': '1'}}"),
    ],
)
def test_good(text: str, want: str) -> None:
    """What the grammar has room for, without a word of blame."""
    assert parse(text) == (want, ())


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        (" v=TESTv1; key=a", "leading-blank", 1),
        ('"v=TESTv1; key=a', "quotes", 1),
        ("v = TESTv1; key=a", "blank-in-version", 1),
        ("V=testv1; key=a", "version-case", 1),
        ("v=TESTv10; key=a", "version-unknown", 1),
        ("v=TESTv1 key=a", "missing-delimiter", 9),
        ("v=TESTv1 key=a; b=c", "missing-delimiter", 9),
        ("v=TESTv1, key=a", "missing-delimiter", 9),
        ("v=TESTv1:key=a", "missing-delimiter", 9),
        (r"v=TESTv1\; key=a", "missing-delimiter", 9),
        ("key=a; v=TESTv1", "version-not-first", 7),
        ("key=a", "missing-version", 0),
        ("v=TESTv1;; key=a", "empty-field", 10),
        ("v=TESTv1; key=a; ;", "empty-field", 17),
        ("v=TESTv1; key=a ", "trailing-blank", 16),
        ("v=TESTv1; key=a; b", "field-without-value", 18),
        ("v=TESTv1; key=a; b=", "empty-value", 18),
        ("v=TESTv1; key=a; b=c=d", "value-characters", 21),
        ("v=TESTv1; key=a; b=c d", "blank-in-value", 21),
        ("v=TESTv1; key=a; b =c", "blank-in-field", 19),
        ("v=TESTv1; key=a; b= c", "blank-in-field", 19),
        ("v=TESTv1; key=a; -b=c", "name-characters", 18),
        ("v=TESTv1; key=a; =c", "name-characters", 18),
        ("v=TESTv1; key=a; " + "n" * 33 + "=1", "name-too-long", 18),
        ("v=TESTv1; key=a; b=\xe9", "not-ascii", 20),
        ("v=TESTv1; key=a\r\n", "control-character", 16),
        ("v=TESTv1; key=a; b=\x7f", "control-character", 20),
    ],
)
def test_bad(text: str, code: str, column: int) -> None:
    """What the grammar has no room for: one defect, where it stands."""
    value, defects = parse(text)
    assert value is None
    assert [(defect.code, defect.column) for defect in defects] == [(code, column)]
    assert defects[0].is_fatal


@pytest.mark.parametrize(
    ("text", "want", "code", "column"),
    [
        ("v=TESTv1 ; key=a", "a", "blank-before-delimiter", 9),
        ("v=TESTv1; key=a; key=b", "a", "duplicate-field", 18),
        ("v=TESTv1; key=a; key=b c=", "a", "duplicate-field", 18),
        ("v=TESTv1; key=a; b=c; b=d", "a{'b': 'c'}", "duplicate-field", 23),
        ("v=TESTv1; key=a; v=TESTv2", "a", "duplicate-field", 18),
        ("v=TESTv1; key=a; KEY=b", "a{'KEY': 'b'}", "key-case", 18),
    ],
)
def test_read_nevertheless(text: str, want: str, code: str, column: int) -> None:
    """What has a meaning and is worth a word."""
    value, defects = parse(text)
    assert value == want
    assert [(defect.code, defect.column, defect.is_fatal) for defect in defects] == [(code, column, False)]


def test_all_faults_are_reported_in_order() -> None:
    """Not only the first."""
    _, defects = parse("V=TESTv1;; b;c=\xff;")
    assert [defect.code for defect in defects] == ["version-case", "empty-field", "field-without-value", "not-ascii"]
    assert [defect.column for defect in defects] == [1, 10, 12, 16]
    _, defects = parse("v=TESTv1 b=; key=a\t")
    assert [(defect.code, defect.column) for defect in defects] == [
        ("missing-delimiter", 9),
        ("empty-value", 10),
        ("trailing-blank", 19),
    ]


@pytest.mark.parametrize(
    ("texts", "status", "codes"),
    [
        ([], "absent", []),
        (["v=spf1 -all"], "absent", ["foreign-record"]),
        ([""], "absent", ["foreign-record"]),
        (["one", "two"], "absent", ["foreign-record"]),
        (["v=TESTv1;key=a"], "valid", []),
        (["v=TESTv1 ;key=a"], "valid", ["blank-before-delimiter"]),
        (["other", "v=TESTv1;key=a"], "valid", []),
        (["V=TESTv1;key=b", "v=TESTv1;key=a"], "valid", []),
        (["v=TESTv1;key=a", "v=TESTv1;key=a"], "invalid", ["several-records"]),
        (["v=TESTv1;key=a", "v=TESTv1;"], "invalid", ["several-records"]),
        (["v=TESTv1 ;key=a", "other"], "invalid", ["dropped", "blank-before-delimiter"]),
        (["v=TESTv1 ;key=a", "v=TESTv1;key=b"], "valid", []),
        (["v=TEST"], "invalid", ["version-unknown"]),
        (["other", "v=TESTv1;key"], "invalid", ["field-without-value"]),
    ],
)
def test_filter(texts: list[str], status: str, codes: list[str]) -> None:
    """First the filter, then the grammar: one record that begins exactly so has to be left."""
    reading = read(*texts)
    assert reading.status == status
    assert [defect.code for defect in reading.defects] == codes
    assert (reading.record is None) == (status != "valid")


def test_a_defect_names_its_record() -> None:
    """The line is the record's number in the answer."""
    assert read("other", "v=TESTv1;key").defects[0].line == 2


def test_strings_are_joined_with_nothing_between() -> None:
    """A token may be split anywhere."""
    reading = read_answer([TxtRecord(("v=TES", "Tv1;k", "ey=ab", "c"))], GRAMMAR, parse)
    assert reading.record == "abc"


def test_defects_are_bounded() -> None:
    """A record of nothing but faults doesn't make a report of nothing but faults."""
    _, defects = parse("v=TESTv1;" + ";" * 8000)
    assert len(defects) == DEFECTS_KEPT + 1
    assert defects[-1].code == "more-defects"
    assert f" {8000 - DEFECTS_KEPT} more" in defects[-1].detail
    assert defects[-1].is_tolerated
    assert len(read(*["v=TESTv1;" + ";" * 99] * 9).defects) == DEFECTS_KEPT + 1


@given(st.text() | st.text(alphabet="v=TESTv1; \tkeyab\r\xff\"'", max_size=60).map("v=TESTv1;".__add__))
def test_any_text(text: str) -> None:
    """Nothing raises, the value is null because of a fatal defect only, and positions lie inside the text."""
    value, defects = parse(text)
    assert (value is None) == any(defect.is_fatal for defect in defects)
    for defect in defects:
        assert defect.line in (0, 1)
        assert 1 <= defect.column <= len(text) if defect.line else defect.column == 0
        assert defect.detail.isprintable()
