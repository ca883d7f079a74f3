"""The vectors of ``dane_lookup.json`` that speak of whole deliveries: from what DNS holds to where the mail goes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from checker.assessment.delivery import simulate
from checker.assessment.judged import Delivery
from checker.assessment.states import judge_servers
from checker.dane.facts import DaneFacts
from checker.dane.probe import look_up_dane
from checker.facts import EndpointFacts
from checker.names import DomainName
from checker.network.ports import Security, TlsaRecord
from sandbox.resolver import Entry, TableResolver
from tests.dane_builders import NOBODYS, leaf_of, own_key, records, signed_domain, with_dane
from tests.fact_builders import NOW, handshake_failing, without_starttls, working
from tests.networks import network_over
from tests.policy_builders import without_promise

_FILE = Path(__file__).parents[2] / "vectors" / "dane_lookup.json"
DOCUMENT: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
BY_ID = {vector["id"]: vector for vector in DOCUMENT["vectors"]}
HOST, END = DomainName("mx.d.test"), DomainName("real.hosted.test")
KEY = own_key(HOST)


async def delivered(
    at_start: TlsaRecord | None,
    at_end: TlsaRecord | None,
    link: Security,
    end: Security,
    endpoint: EndpointFacts | None = None,
) -> Delivery:
    """What a sender that obeys DANE does where the server is an alias."""
    table: dict[str, Entry] = {f"{HOST} CNAME": END}
    for name, record in ((HOST, at_start), (END, at_end)):
        if record is not None:
            table[f"_25._tcp.{name} TLSA"] = [(record.usage, record.selector, record.matching, record.data)]
    zones: dict[str, Security] = {HOST: link, END: end, f"_25._tcp.{HOST}": "secure"}
    addresses: Security = "secure" if link == end == "secure" else "insecure"
    dane = await look_up_dane(HOST, addresses, (END,), network_over(TableResolver(table, zones)))
    return by_dane(dane, endpoint or working())


def by_dane(dane: DaneFacts, endpoint: EndpointFacts) -> Delivery:
    addresses, server = with_dane(HOST, records(), endpoint)
    facts = signed_domain((addresses, replace(server, dane=dane)), certificates=[leaf_of(HOST)])
    found = simulate(judge_servers(without_promise(facts), NOW))
    return next(each for each in found if (each.sender, each.variant) == ("dane", None))


def amounts_to(found: Delivery) -> dict[str, bool]:
    """In the words of the vectors."""
    is_delivered = found.outcome in ("plaintext", "encrypted", "authenticated")
    told = {"deliver": is_delivered, "mail_from_issued": is_delivered, "plaintext": found.outcome == "plaintext"}
    return {**told, "authenticated": found.outcome == "authenticated"}


async def test_signed_records_at_the_start_alone() -> None:
    assert holds("dane-lookup-024", await delivered(KEY, None, "secure", "secure"))


async def test_the_end_is_not_signed() -> None:
    """The records there would fit, and only those at the start count."""
    assert holds("dane-lookup-025", await delivered(NOBODYS, KEY, "secure", "insecure"))


async def test_the_first_link_is_not_signed() -> None:
    found = await delivered(None, KEY, "insecure", "secure", without_starttls())
    assert holds("dane-lookup-027", found)


async def test_a_handshake_that_fails_is_no_leave_for_clear_text() -> None:
    assert holds("dane-lookup-033", by_dane(records(KEY), handshake_failing()))


def holds(vector: str, found: Delivery) -> bool:
    expected: dict[str, bool] = BY_ID[vector]["expect"]
    return {word: amounts_to(found)[word] for word in expected} == expected


def test_every_vector_is_held() -> None:
    """The others by what they give, in the tests of the slice: look-ups, names, roll-overs."""
    own = {"dane-lookup-021", "dane-lookup-024", "dane-lookup-025", "dane-lookup-027", "dane-lookup-033"}
    kinds = {"reference_names", "tlsa", "rollover_rrset"}
    assert {vector["id"] for vector in BY_ID.values() if not kinds & set(vector["input"])} == own
    assert len(BY_ID) == DOCUMENT["count"] == 16
