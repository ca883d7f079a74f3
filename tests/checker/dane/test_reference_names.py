"""For which names a certificate under usage 2 may be (RFC 7672 section 3.2.2)."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from checker.dane.matching import reference_names
from checker.names import DomainName

_FILE = Path(__file__).parents[2] / "vectors" / "dane_lookup.json"
VECTORS: list[dict[str, Any]] = json.loads(_FILE.read_text("utf-8"))["vectors"]
NAMED = [vector for vector in VECTORS if "reference_names" in vector["input"]]


@pytest.mark.parametrize("vector", NAMED, ids=lambda vector: vector["id"])
def test_vector(vector: dict[str, Any]) -> None:
    """Each vector; of the disputed one, the file has our reading."""
    given = vector["input"]["reference_names"]
    mx: Literal["secure", "insecure", "none"] = "none"
    if given["mx_used"]:
        mx = "secure" if given["mx_rrset_secure"] else "insecure"
    host = DomainName(given["base"])
    base = DomainName(given["base_expanded"]) if given["tlsabase_expansion_secure"] else host
    next_hop, expanded = DomainName(given["nexthop"]), DomainName(given["nexthop_expanded"])
    assert list(reference_names(base, host, next_hop, expanded, mx=mx)) == vector["expect"]["names"]


@pytest.mark.parametrize(
    ("mx", "expanded", "names"),
    [
        ("secure", None, ["real.mail.test", "mail.test"]),
        ("secure", "hosted.test", ["real.mail.test", "mail.test", "hosted.test"]),
        ("insecure", "hosted.test", ["real.mail.test"]),
        ("none", None, ["real.mail.test", "mx.mail.test"]),
    ],
)
def test_names(mx: Literal["secure", "insecure", "none"], expanded: str | None, names: list[str]) -> None:
    """The base domain first; only signed MX records let the domain's own name count; each name once."""
    base, host, domain = DomainName("real.mail.test"), DomainName("mx.mail.test"), DomainName("mail.test")
    found = reference_names(base, host, domain, DomainName(expanded) if expanded else None, mx=mx)
    assert list(found) == names
