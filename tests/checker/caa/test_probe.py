"""The climb to the CAA records that count (RFC 8659 section 3)."""

import asyncio
from typing import Any

import pytest

from checker.caa.facts import CaaFacts
from checker.caa.probe import Climb
from checker.names import DomainName
from checker.network.ports import CaaRecord, LookUp
from checker.observation import Failed, FailureKind, NotTried, Reason, Seen
from sandbox.resolver import Entry, TableResolver
from tests.networks import network_over

NAME = DomainName("mx.eu.mail.test")
ISSUE = (0, "issue", "ca.test")
EMPTY: dict[str, Entry] = {f"{NAME} A": ["192.52.193.1"]}


class Counting(TableResolver):
    """It tells which names were asked for."""

    def __init__(self, table: dict[str, Entry], **more: Any) -> None:
        super().__init__(table, **more)
        self.asked: list[str] = []

    async def look_up_caa(self, name: DomainName) -> LookUp[CaaRecord]:
        self.asked.append(name)
        await asyncio.sleep(0)
        return await super().look_up_caa(name)


async def find(table: dict[str, Entry], name: DomainName = NAME) -> tuple[CaaFacts, Counting]:
    resolver = Counting(EMPTY | table)
    return await Climb(network_over(resolver)).find(name), resolver


@pytest.mark.parametrize(
    ("table", "found_at", "asked"),
    [
        ({f"{NAME} CAA": [ISSUE], "mail.test CAA": [ISSUE]}, NAME, 1),
        ({"mail.test CAA": [ISSUE]}, "mail.test", 3),
        ({"test CAA": [ISSUE]}, "test", 4),
        ({f"{NAME} CNAME": "a.hosted.test", "a.hosted.test CAA": [ISSUE]}, NAME, 1),
        ({}, None, 4),
    ],
    ids=["its own", "a parent's", "the top's", "an alias's", "none"],
)
async def test_climb(table: dict[str, Entry], found_at: str | None, asked: int) -> None:
    """The nearest RRset counts, and the root is left out. An alias's own parents are never asked."""
    facts, resolver = await find(table)
    assert isinstance(facts.answer, Seen)
    assert (facts.found_at, len(resolver.asked)) == (found_at, asked)
    assert bool(facts.answer.value.records) == (found_at is not None)


async def test_a_failure_ends_the_climb() -> None:
    """Above it there are records, and an authority that meets the failure may not go by them."""
    facts, resolver = await find({"eu.mail.test CAA": "SERVFAIL", "mail.test CAA": [ISSUE]})
    assert isinstance(facts.answer, Failed)
    assert facts.answer.failure is FailureKind.SERVFAIL
    assert (facts.found_at, len(resolver.asked)) == (None, 2)


async def test_the_climb_is_bounded() -> None:
    long = DomainName(".".join("abcdefghijklmnopqrstuvwxyz"))
    facts, resolver = await find({}, long)
    assert isinstance(facts.answer, NotTried)
    assert (facts.answer.reason, len(resolver.asked)) == (Reason.BEYOND_CAP, 12)


async def test_parents_in_common_are_asked_once() -> None:
    resolver = Counting({"mail.test CAA": [ISSUE], "mx1.mail.test A": ["192.52.193.1"]})
    climb = Climb(network_over(resolver))
    found = await asyncio.gather(*(climb.find(DomainName(f"mx{n}.mail.test")) for n in (1, 2, 3)))
    assert {facts.found_at for facts in found} == {"mail.test"}
    assert sorted(resolver.asked) == ["mail.test", "mx1.mail.test", "mx2.mail.test", "mx3.mail.test"]
