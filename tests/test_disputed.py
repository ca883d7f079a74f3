"""The page on disputed readings names every disputed vector of the files that it speaks of, and no other."""

import json
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "disputed.md").read_text("utf-8")
FILES: list[str] = re.findall(r"^## .*\(`(\w+\.json)`\)$", PAGE, re.MULTILINE)


def test_the_page_speaks_of_these_files() -> None:
    assert FILES == [
        "sts_record.json",
        "sts_policy.json",
        "mx_match.json",
        "tlsrpt_record.json",
        "sts_fetch.json",
        "delivery.json",
        "tlsa_match.json",
        "dane_lookup.json",
    ]


@pytest.mark.parametrize("name", FILES)
def test_disputed_vectors_are_on_the_page(name: str) -> None:
    section = PAGE.partition(f"(`{name}`)")[2].partition("\n## ")[0]
    vectors = json.loads((TESTS / "vectors" / name).read_text("utf-8"))["vectors"]
    listed = set(re.findall(r"^\| ([a-z-]+-\d{3}) \|", section, re.MULTILINE))
    assert listed == {vector["id"] for vector in vectors if vector["disputed"]}
