"""Patterns against hosts: the vectors of RFC 8461 section 4.1, and any text."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.mta_sts.matching import covers, matches
from checker.mta_sts.pattern import faults, is_pattern

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "mx_match.json").read_text("utf-8")
)["vectors"]

# Where sources disagree, and why we read it so (docs/disputed.md).
OUR_READING = {
    "mx-match-018": (False, "a policy has A-labels, so this pattern is none"),
    "mx-match-039": (False, "the leading dot is of the drafts, and no pattern of the standard"),
    "mx-match-040": (False, "as 039"),
}


def test_all_vectors_are_here() -> None:
    assert len(VECTORS) == 35
    assert {case["id"] for case in VECTORS if case["disputed"]} == OUR_READING.keys()


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["id"])
def test_vector(case: dict[str, Any]) -> None:
    """Each vector, with our own reading where it is disputed."""
    expected, why = OUR_READING.get(case["id"], (case["expect"]["match"], case["note"]))
    assert covers(case["input"]["patterns"], case["input"]["mx"]) is expected, why


@pytest.mark.parametrize(
    ("pattern", "host", "why"),
    [
        ("*.a.test", "a.test", "the parent is not below itself"),
        ("*.a.test", ".a.test", "an empty label is none"),
        ("*.a.test", "b.c.a.test", "one label, never two"),
        ("*.a.test", "*.a.test", "a star in DNS is no name of a server"),
        ("*.a.test", "xa.test", "the end alone doesn't count"),
        ("*.a.test", "b.a.test..", "one dot at the end is dropped, not two"),
        ("*", "a", "a bare star is no pattern"),
        ("*.*.test", "a.b.test", "one star at most"),
        ("192.0.2.1", "192.0.2.1", "an address is no pattern"),
        ("a_b.test", "a_b.test", "an underscore is allowed in no pattern"),
        ("k1.test", "\N{KELVIN SIGN}1.test", "only ASCII has case here"),
        ("\N{KELVIN SIGN}1.test", "k1.test", "as before"),
        ("a.test\n", "a.test", "a line end is part of the pattern"),
        ("a.test", "a.test\n", "and of the name"),
        ("", "", "nothing is no pattern"),
    ],
)
def test_no_match(pattern: str, host: str, why: str) -> None:
    assert not matches(pattern, host), why


@pytest.mark.parametrize(
    ("pattern", "host"), [("*.A.test", "b.a.TEST."), ("mail", "MAIL"), ("*.test", r"a\046b.test"), ("1.2.3", "1.2.3")]
)
def test_match(pattern: str, host: str) -> None:
    """Without case and without the dot of DNS; any label stands for the star, escaped ones too."""
    assert matches(pattern, host)


LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
HOSTS = st.lists(LABELS, min_size=2, max_size=4).map(lambda labels: ".".join([*labels, "test"]))


@given(HOSTS)
def test_a_host_and_its_wildcard(host: str) -> None:
    """A name matches itself, the star one step above, and no star of another step."""
    parent = host.partition(".")[2]
    assert matches(host, host)
    assert matches(f"*.{parent}", host)
    assert not matches(f"*.{host}", host)
    assert not matches(f"*.{parent.partition('.')[2]}", host)


@given(st.text(st.characters(max_codepoint=255), min_size=1), st.text())
def test_any_text(pattern: str, host: str) -> None:
    """Nothing raises; a pattern has faults, inside it, exactly if it is none; and what is none matches nothing."""
    assert matches(pattern, host) <= is_pattern(pattern)
    found = faults(pattern)
    assert (found == ()) == is_pattern(pattern)
    assert all(0 <= fault.at < len(pattern) for fault in found)
    assert all(fault.meant is None or is_pattern(fault.meant) for fault in found)
