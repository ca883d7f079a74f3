"""The matcher against the vectors of RFC 8461, RFC 9525 and RFC 7672, and against any text."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.certificates.names import matches, matches_for_dane_ta

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "hostname_match.json").read_text("utf-8")
)["vectors"]

# Where sources disagree, and why we read it so.
OUR_READING = {
    "host-match-081": (
        True,
        "it matches by the RFC; that no CA may issue it is the rule of CAs",
    ),
    "host-match-101": (True, "as 081"),
    "host-match-120": (True, "as 081"),
    "host-match-124": (True, "RFC 7672 section 3.2.3 names the common name, where there is no dNSName"),
    "host-match-125": (False, "an underscore is outside of preferred name syntax (RFC 5280 section 4.2.1.6)"),
    "host-match-126": (True, "a common name that no dNSName repeats is for CAs to mind: it is never looked at"),
    "host-match-152": (False, "RFC 8461 and RFC 7672 know no partial wildcard"),
}


def verdict(case: dict[str, Any]) -> bool:
    given = case["input"]
    if given["profile"] == "dane-ta":
        return matches_for_dane_ta(given["san_dns"], given["cn"], given["reference"])
    return matches(given["san_dns"], given["reference"])


def test_all_vectors_are_here() -> None:
    assert len(VECTORS) == 85
    assert {case["id"] for case in VECTORS if case["disputed"]} == OUR_READING.keys()


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["id"])
def test_vector(case: dict[str, Any]) -> None:
    """Each vector, with our own reading where it is disputed."""
    expected, why = OUR_READING.get(case["id"], (case["expect"]["match"], case["note"]))
    assert verdict(case) is expected, why


@pytest.mark.parametrize(
    ("presented", "reference", "why"),
    [
        ("\N{KELVIN SIGN}1.mail.test", "k1.mail.test", "only ASCII has case here"),
        ("m\N{LATIN SMALL LETTER LONG S}.mail.test", "ms.mail.test", "as before"),
        ("bücher.test", "xn--bcher-kva.test", "a name in other letters is no dNSName"),
        ("bücher.test", "bücher.test", "not even against itself"),
        ("192.0.2.1", "192.0.2.10", "an address is no prefix of another"),
        ("mx.mail.test", "evilmx.mail.test", "the end alone doesn't count"),
        ("*.mail.test", ".mail.test", "an empty label is none"),
        ("*.mail.test", "*.mail.test", "a reference is a host, never a pattern"),
        ("-mx.mail.test", "-mx.mail.test", "no hyphen at either end"),
        ("a" * 64 + ".test", "a" * 64 + ".test", "labels have 63 characters"),
        ("mx.mail.test\n", "mx.mail.test", "a line end is part of the name"),
        (" mx.mail.test", "mx.mail.test", "so is a blank"),
        ("", "", "nothing is no name"),
    ],
)
def test_no_match(presented: str, reference: str, why: str) -> None:
    assert not matches([presented], reference), why


def test_common_name_of_dane_ta_counts_only_alone() -> None:
    """RFC 7672 section 3.2.3: with any dNSName the common name is out."""
    assert not matches_for_dane_ta(["other.test"], "mx.mail.test", "mx.mail.test")
    assert not matches_for_dane_ta([], None, "mx.mail.test")


HOSTS = st.lists(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True), min_size=2, max_size=5)


@given(st.lists(st.text(), max_size=4), st.text())
def test_any_text_gets_an_answer(dns_names: list[str], reference: str) -> None:
    """No text raises, and a match is always a name of as many labels as the reference."""
    if matches(dns_names, reference):
        assert any(name.count(".") == reference.removesuffix(".").count(".") for name in dns_names)


@given(HOSTS)
def test_a_host_is_covered_by_itself_and_by_one_wildcard(labels: list[str]) -> None:
    """Whatever the host: itself in any case, and the star for its first label, but neither its parent nor its child."""
    host, parent = ".".join(labels), ".".join(labels[1:])
    assert matches([host.upper()], f"{host}.")
    assert matches([f"*.{parent}"], host)
    assert not matches([parent, f"*.{host}", f"*.*.{parent}", "*"], host)
