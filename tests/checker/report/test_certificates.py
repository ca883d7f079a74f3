"""Certificates in the document: one entry a leaf, judged for each name it was shown under."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from checker.names import DomainName
from tests.report_facts import CERTIFICATE, FACTS, LEAF, NOW, document


def test_a_certificate() -> None:
    """Judged for each name it was shown under, on the day of the scan, with an unreadable link told as such."""
    certificate = document()["certificates"][LEAF]
    assert (certificate["trusted"], certificate["in_dates"]) == (True, True)
    assert certificate["name_match"] == {"mx1.a.example": True, "mx2.a.example": False}
    assert [link["subject"] for link in certificate["chain"]] == ["CN=mx1.a.example", None]


def test_a_leaf_in_several_chains_is_one_entry_with_the_chain_that_is_trusted_least() -> None:
    """Whichever came first; all hosts that showed it are named."""
    bare = replace(
        CERTIFICATE, chain_id="bare", trusted=False, presented_for=(DomainName("mx3.a.example"),), matches=()
    )
    for order in ((CERTIFICATE, bare), (bare, CERTIFICATE)):
        certificates = document(replace(FACTS, certificates=order))["certificates"]
        assert list(certificates) == [LEAF]
        assert certificates[LEAF]["trusted"] is False
        assert set(certificates[LEAF]["name_match"]) == {"mx1.a.example", "mx2.a.example", "mx3.a.example"}


@pytest.mark.parametrize(
    ("begins", "ends", "in_dates"),
    [
        (NOW - timedelta(days=1), NOW + timedelta(days=1), True),
        (NOW, NOW + timedelta(days=1), True),
        (NOW - timedelta(days=1), NOW, True),
        (NOW - timedelta(days=2), NOW - timedelta(seconds=1), False),
        (NOW + timedelta(seconds=1), NOW + timedelta(days=1), False),
        (None, None, None),
    ],
)
def test_dates(begins: datetime | None, ends: datetime | None, in_dates: bool | None) -> None:
    """Both ends count (RFC 5280 section 4.1.2.5); what can't be read has no answer."""
    leaf = replace(CERTIFICATE, not_before=begins, not_after=ends)
    assert document(replace(FACTS, certificates=(leaf,)))["certificates"][LEAF]["in_dates"] is in_dates
