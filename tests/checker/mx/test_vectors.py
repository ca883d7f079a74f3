"""The vectors of ``mx_resolution.json``: what DNS holds, and what a sender makes of it."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from checker.mx.facts import MxFacts
from checker.mx.rules import RULES
from checker.names import InvalidDomain, parse_domain
from sandbox.resolver import Entry

_FILE = Path(__file__).parents[2] / "vectors" / "mx_resolution.json"
VECTORS: list[dict[str, Any]] = json.loads(_FILE.read_text())["vectors"]
TYPED = [vector for vector in VECTORS if "user_input" in vector["input"] or vector["input"]["domain"].startswith("[")]
RESOLVED = [vector for vector in VECTORS if vector not in TYPED]

# Both readings of a disputed vector stand in the file; this is ours, and why.
OUR_READING = {
    "mx-res-026": "not-idna",  # IDNA2008 has no symbols: we would rather say so than test a name few senders can reach
    "mx-res-028": "xmox.nl",  # the root's dot belongs to DNS presentation (RFC 1035 section 5.1): people paste it
}
STATUS = {  # by the file's word for a result
    "ok": "explicit",
    "implicit-mx": "implicit",
    "null-mx": "null-mx",
    "temperror": "failed",
    "nxdomain": "nxdomain",
}
FINDING = {
    "null-mx-with-other-mx": {"mx-null-beside-others"},
    "mx-is-cname": {"mx-target-is-alias"},
    "mx-without-address": {"mx-host-without-address", "mx-host-does-not-exist"},
}
NOBODY_CAN_DELIVER = {"mx-none", "mx-no-usable-host"}


def by_id(vector: dict[str, Any]) -> str:
    return str(vector["id"])


def test_every_vector_is_held() -> None:
    document = json.loads(_FILE.read_text())
    assert len(TYPED) + len(RESOLVED) == document["count"]
    assert {vector["id"] for vector in VECTORS if vector["disputed"]} == set(OUR_READING)


@pytest.mark.parametrize("vector", TYPED, ids=by_id)
def test_typed(vector: dict[str, Any]) -> None:
    """What a person types becomes this A-label name, or is refused."""
    text = vector["input"].get("user_input") or vector["input"]["domain"]
    try:
        became: str = parse_domain(text)
    except InvalidDomain as refused:
        became = refused.code
    want = vector["expect"].get("ascii", vector["expect"]["result"])
    assert became == OUR_READING.get(vector["id"], want)


@pytest.mark.parametrize("vector", RESOLVED, ids=by_id)
async def test_resolved(facts_of: Callable[..., Awaitable[MxFacts]], vector: dict[str, Any]) -> None:
    """Status, hosts, where aliases led and the finding asked for."""
    table: dict[str, Entry] = vector["input"]["dns"]
    expect = vector["expect"]
    facts = await facts_of(table, vector["input"]["domain"])
    codes = {finding.code for rule in RULES for finding in rule(facts)}

    if expect["result"] == "error":
        assert codes & {"mx-null-beside-others", *NOBODY_CAN_DELIVER}
    else:
        assert facts.status == STATUS[expect["result"]]
        assert not codes & {"mx-null-form", "mx-null-beside-others"}
    if "hosts" in expect:
        assert [[host.preference, host.host] for host in facts.hosts] == expect["hosts"]
    if "finding" in expect:
        assert codes & FINDING[expect["finding"]]
    if "effective_domain" in expect:
        assert led_to(facts, vector["input"]["domain"]) == expect["effective_domain"]
    if "permanent" in expect:
        # Only a look-up that failed is worth a sender's second try.
        assert expect["permanent"] == (facts.status != "failed")


def led_to(facts: MxFacts, domain: str) -> str:
    assert facts.answer.kind == "seen"
    return [domain, *facts.answer.value.aliases][-1]
