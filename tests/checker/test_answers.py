"""Of what DNS holds for a name a report keeps a bounded part, and says how much that is."""

from typing import Any

import pytest

from checker.answers import look_up_txt, too_long
from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.ports import LookUp, Network, TxtRecord
from checker.observation import Failed, FailureKind, Seen
from sandbox.resolver import Entry, TableResolver

NAME = DomainName("d.test")


async def asked(entry: Entry) -> LookUp[TxtRecord]:
    missing: Any = None
    network = Network(
        resolver=TableResolver({"d.test TXT": entry}),
        dialer=missing,
        policy_client=missing,
        courtesy=missing,
        memory=missing,
        clock=missing,
        roots=missing,
        helo_name="probe.test",
        bounds=Bounds(txt_records_kept=3, txt_record_octets=10),
    )
    return await look_up_txt(NAME, "v=X", network)


async def answered(entry: Entry) -> tuple[tuple[TxtRecord, ...], int]:
    """The records that are kept of an answer with these, and how many were left out."""
    found = await asked(entry)
    assert isinstance(found, Seen)
    return found.value.records, found.value.left_out


@pytest.mark.parametrize(("count", "left_out"), [(0, 0), (3, 0), (4, 1), (500, 497)])
async def test_the_first_records_are_kept(count: int, left_out: int) -> None:
    texts = [f"text {number}" for number in range(count)]
    assert await answered(texts) == (tuple(TxtRecord((text,)) for text in texts[:3]), left_out)


async def test_the_records_that_count_are_kept_first() -> None:
    """A wildcard with a crowd of strangers doesn't hide them."""
    records, left_out = await answered([*(f"stranger {number}" for number in range(9)), "v=X; 1", "v=X; 2"])
    assert ([record.text for record in records], left_out) == (["v=X; 1", "v=X; 2", "stranger 0"], 8)


@pytest.mark.parametrize(
    ("strings", "want"),
    [
        (("0123456789",), TxtRecord(("0123456789",))),
        (("01234", "56789"), TxtRecord(("01234", "56789"))),
        (("0123456789a",), TxtRecord(("0123456789",), is_cut=True)),
        (("01234", "56789", "a"), TxtRecord(("01234", "56789"), is_cut=True)),
        (("0123", "", "456789ab", "c"), TxtRecord(("0123", "", "456789"), is_cut=True)),
        ((), TxtRecord(())),
    ],
)
async def test_a_record_is_cut_at_the_bound_and_says_so(strings: tuple[str, ...], want: TxtRecord) -> None:
    assert await answered([strings]) == ((want,), 0)


async def test_a_failure_stays_one() -> None:
    found = await asked("SERVFAIL")
    assert isinstance(found, Failed)
    assert found.failure is FailureKind.SERVFAIL


def test_only_a_cut_record_of_the_version_is_too_long() -> None:
    """A long stranger beside it does no harm."""
    cut, whole, stranger = TxtRecord(("v=X; a",), is_cut=True), TxtRecord(("v=X; a",)), TxtRecord(("spf",), is_cut=True)
    assert too_long((whole, stranger), "v=X", "RFC 1") == ()
    [defect] = too_long((cut, stranger), "v=X", "RFC 1")
    assert (defect.code, defect.reference, defect.is_fatal) == ("record-too-long", "RFC 1", True)
