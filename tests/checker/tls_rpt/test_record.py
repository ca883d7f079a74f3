"""The TXT record of TLS reporting, against the vectors of RFC 8460 section 3 and against any text."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.network.ports import TxtRecord
from checker.tls_rpt.facts import Record
from checker.tls_rpt.record import parse_record, read_record

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "tlsrpt_record.json").read_text("utf-8")
)["vectors"]

# Where sources disagree: the addresses that we call usable, and the defects beside them (docs/disputed.md).
OUR_READING: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "tlsrpt-record-054": (("https://com",), ["rua-host-without-dot"]),
    "tlsrpt-record-075": ((), ["rua-not-an-address"]),
    "tlsrpt-record-076": ((), ["rua-not-an-address"]),
    "tlsrpt-record-077": (("https://tlsrpt-mimecast-com/v1",), ["rua-host-without-dot"]),
}
# The vectors' reasons, in our words.
REASONS = {
    "syntax": {"empty-field", "field-without-value"},
    "missing-rua": {"missing-rua"},
    "rua-uri": {"rua-uri", "rua-blank", "rua-size-limit", "empty-uri"},
    "version": {"missing-version", "version-unknown", "foreign-record"},
    "record-count-2": {"several-records"},
}


def test_all_vectors_are_here() -> None:
    assert len(VECTORS) == 47
    assert {case["id"] for case in VECTORS if case["disputed"]} == OUR_READING.keys()


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["id"])
def test_vector(case: dict[str, Any]) -> None:
    """Each vector: the value, and for a record that is none a defect that says why."""
    reading = read_record([TxtRecord(tuple(strings)) for strings in case["input"]["txt_rrs"]])
    codes, expect = [defect.code for defect in reading.defects], case["expect"]
    if not expect["valid"]:
        assert reading.record is None, case["note"]
        assert REASONS[expect["reason"]] & set(codes), case["note"]
        return
    assert reading.status == "valid", case["note"]
    assert reading.record is not None
    assert reading.record.rua == tuple(expect["rua"])
    assert reading.record.usable_rua == tuple(expect["usable_rua"]), case["note"]
    if case["id"] in OUR_READING:
        assert (reading.record.usable_rua, codes) == OUR_READING[case["id"]], case["note"]
    else:
        assert (codes == []) == (reading.record.rua == reading.record.usable_rua)


@pytest.mark.parametrize(
    "uri",
    [
        "mailto:a@b.test",
        "mailto:a.b+c@b.test?subject=TLS%20report",
        "mailto:%22a%20b%22@b.test",
        "mailto:a%21b@xn--bcher-kva.test",
        "MailTo:a@b.test",
        "https://b.test/",
        "https://b.test:8443/v1?a=b&c=d#e",
        "https://[2001:db8::1]/r",
        "https://user@b.test/%2C%3B",
    ],
)
def test_good(uri: str) -> None:
    """Where a report can go, without a word of blame."""
    record, defects = parse_record(f"v=TLSRPTv1; rua={uri}")
    assert record == Record(rua=(uri,), usable_rua=(uri,))
    assert defects == ()


@pytest.mark.parametrize(
    ("rua", "code", "column"),
    [
        ("", "empty-value", 13),
        ("a@b.test", "rua-without-scheme", 17),
        ("mailto:a@b.test,", "empty-uri", 32),
        ("mailto:a@b.test,,mailto:c@d.test", "empty-uri", 33),
        ("mailto:a@b.test mailto:c@d.test", "rua-blank", 32),
        ("mailto:a@b.test!10m", "rua-size-limit", 32),
        ("mailto:<a@b.test>", "rua-uri", 24),
        ("https://b.test/%zz", "rua-uri", 32),
        ("https://b.test:x/", "rua-uri", 17),
        ("mailto:ä@b.test", "not-ascii", 24),
        ("mailto:\x07@b.test", "control-character", 24),
        ("mailto:a@b.test, reports", "rua-uri", 34),
    ],
)
def test_bad(rua: str, code: str, column: int) -> None:
    """What is no list of URIs makes the record none."""
    record, defects = parse_record(f"v=TLSRPTv1; rua={rua}")
    assert record is None
    assert [(defect.code, defect.column) for defect in defects] == [(code, column)]
    assert defects[0].is_fatal
    assert defects[0].reference == "RFC 8460 section 3"


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("http://b.test/", "rua-http"),
        ("ftp://b.test/", "rua-scheme"),
        ("mailto:", "rua-not-an-address"),
        ("mailto:a@-b.test", "rua-not-an-address"),
        ("mailto://a@b.test", "rua-not-an-address"),
        ("https:", "rua-without-host"),
        ("https:///v1", "rua-without-host"),
    ],
)
def test_unusable(uri: str, code: str) -> None:
    """A URI that nobody can send to costs only itself."""
    record, defects = parse_record(f"v=TLSRPTv1; rua=mailto:a@b.test, {uri}")
    assert record == Record(rua=("mailto:a@b.test", uri), usable_rua=("mailto:a@b.test",))
    assert [(defect.code, defect.column, defect.is_fatal) for defect in defects] == [(code, 34, False)]


def test_first_rua_counts() -> None:
    """RFC 8460 doesn't say; a second one, good or bad, is ignored with a word."""
    for second in ("mailto:c@d.test", "!"):
        record, defects = parse_record(f"v=TLSRPTv1; rua=mailto:a@b.test; rua={second}")
        assert record == Record(rua=("mailto:a@b.test",), usable_rua=("mailto:a@b.test",))
        assert [defect.code for defect in defects] == ["duplicate-field"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("v=DMARC1; p=none; rua=mailto:a@b.test", "absent"),
        ("v=STSv1; id=1", "absent"),
        ("v=DMARC1; p=none; rua=mailto:tlsrpt@b.test", "absent"),
        ("rua=mailto:a@b.test", "invalid"),
        ("v=TLS-RPTv1; rua=mailto:a@b.test", "invalid"),
        ("V=tlsrptv1; rua=mailto:a@b.test", "invalid"),
    ],
)
def test_meant_or_not(text: str, status: str) -> None:
    """A record of something else is no broken one of ours."""
    assert read_record([TxtRecord((text,))]).status == status


LABELS = st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True)
HOSTS = st.tuples(LABELS, LABELS).map(".".join)
URIS = st.one_of(
    st.builds("mailto:{}@{}".format, LABELS, HOSTS), st.builds("https://{}/{}?{}=%2C".format, HOSTS, LABELS, LABELS)
)
COMMAS = st.from_regex(r"[ \t]{0,2},[ \t]{0,2}", fullmatch=True)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, Record]:
    """A record, and one of the ways to write it."""
    uris = draw(st.lists(URIS, min_size=1, max_size=4))
    rua = uris[0] + "".join(draw(COMMAS) + uri for uri in uris[1:])
    end = draw(st.sampled_from(["", ";", " ; "]))
    return f"v=TLSRPTv1; a=b ;rua={rua}{end}", Record(rua=tuple(uris), usable_rua=tuple(uris), extensions=(("a", "b"),))


@given(written())
def test_round_trip(example: tuple[str, Record]) -> None:
    """What is written by the grammar is read."""
    text, record = example
    assert parse_record(text) == (record, ())


@given(written(), st.sampled_from(["\n", " x", "\0", ",", "é", ";;", "!", '"', "%", "\r\nrua=mailto:x@y.test"]))
def test_junk_behind(example: tuple[str, Record], junk: str) -> None:
    """What follows a record is never overlooked."""
    record, defects = parse_record(example[0].rstrip(" ;") + junk)
    assert record is None
    assert any(defect.is_fatal for defect in defects)


@given(
    st.text()
    | st.text(alphabet="mailto:htps/@.,;!%2 \t\r\xe9[]?#=", max_size=60).map("v=TLSRPTv1; rua=".__add__)
    | st.text(alphabet="v=TLSRPTv1; \trua", max_size=60)
)
def test_any_text(text: str) -> None:
    """Nothing raises, the value is null because of a fatal defect only, and positions lie inside the text."""
    record, defects = parse_record(text)
    assert (record is None) == any(defect.is_fatal for defect in defects)
    assert all(1 <= defect.column <= len(text) for defect in defects if defect.line)
    assert all(defect.line in (0, 1) for defect in defects)
    if record is not None:
        assert set(record.usable_rua) <= set(record.rua)
        assert defects or record.usable_rua == record.rua
