"""Records: the same from any pieces, and whatever is none ends the reading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.tls.record_layer import (
    FRAGMENT_LIMIT,
    Alert,
    ContentType,
    NotARecord,
    Record,
    RecordReader,
    pull_alert,
    push_alert,
    push_record,
)

ONE = Record(ContentType.HANDSHAKE, 0x0301, b"hello")
TWO = Record(ContentType.ALERT, 0x0303, b"\x02\x28")
CASES = {
    "nothing": (b"", []),
    "one": (b"\x16\x03\x01\x00\x05hello", [ONE]),
    "two in a row": (b"\x16\x03\x01\x00\x05hello\x15\x03\x03\x00\x02\x02\x28", [ONE, TWO]),
    "empty": (b"\x17\x03\x03\x00\x00", [Record(ContentType.APPLICATION_DATA, 0x0303, b"")]),
    "the longest": (
        b"\x16\x03\x03" + FRAGMENT_LIMIT.to_bytes(2) + bytes(FRAGMENT_LIMIT),
        [Record(ContentType.HANDSHAKE, 0x0303, bytes(FRAGMENT_LIMIT))],
    ),
    "cut in its head": (b"\x16\x03\x01\x00", []),
    "cut in its content": (b"\x16\x03\x01\x00\x05hell", []),
}
NONE = {
    "clear text": b"500 no",
    "an unknown type": b"\x19\x03\x03\x00\x00",
    "a version of another family": b"\x16\x02\x00\x00\x00",
    "longer than any": b"\x16\x03\x03" + (FRAGMENT_LIMIT + 1).to_bytes(2),
    "SSLv2": b"\x80\x2b\x04",
}


def read(*pieces: bytes) -> list[Record | NotARecord]:
    reader = RecordReader()
    return [record for piece in pieces for record in reader.receive(piece)]


def singly(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


@pytest.mark.parametrize(("data", "records"), CASES.values(), ids=CASES)
def test_records_come_whole_from_any_pieces(data: bytes, records: list[Record]) -> None:
    assert read(data) == records
    assert read(*singly(data)) == records


@pytest.mark.parametrize(("data", "records"), list(CASES.values())[:5], ids=list(CASES)[:5])
@pytest.mark.parametrize("junk", NONE.values(), ids=NONE)
def test_junk_behind_records_ends_the_reading(data: bytes, records: list[Record], junk: bytes) -> None:
    """What came before it stays, and what comes after it is not looked at."""
    assert read(data + junk, CASES["one"][0]) == [*records, NotARecord(junk)]
    *before, last = read(*singly(data + junk), CASES["one"][0])
    assert before == records
    assert isinstance(last, NotARecord)
    assert junk.startswith(last.begins)


@pytest.mark.parametrize("record", [ONE, TWO, Record(ContentType.HEARTBEAT, 0x0300, b"")])
def test_what_is_pushed_is_pulled(record: Record) -> None:
    assert read(push_record(record.content, record.version, record.fragment)) == [record]


@pytest.mark.parametrize(
    ("fragment", "alert"),
    [
        (b"\x02\x28", Alert(is_fatal=True, description=40)),
        (b"\x01\x70", Alert(is_fatal=False, description=112)),
        (b"\x02\x28\x01\x00", Alert(is_fatal=True, description=40)),
        (b"\x02", None),
        (b"", None),
    ],
)
def test_alert(fragment: bytes, alert: Alert | None) -> None:
    assert pull_alert(fragment) == alert


def test_our_own_alert_is_fatal() -> None:
    assert push_alert(0x0303, 40) == b"\x15\x03\x03\x00\x02\x02\x28"


@given(st.lists(st.binary(max_size=50), max_size=10))
def test_any_bytes_are_read_or_refused(pieces: list[bytes]) -> None:
    """Never raises, and the pieces make no difference but to how much of the junk is shown."""
    found, whole = read(*pieces), read(b"".join(pieces))
    assert [r for r in found if isinstance(r, Record)] == [r for r in whole if isinstance(r, Record)]
    assert len(found) == len(whole)
