"""Which names are asked for TLSA, in which order, and what a sender makes of it: the vectors of RFC 7672 and of mox."""

import json
from pathlib import Path
from typing import Any

import pytest

from checker.dane.facts import DaneFacts
from checker.dane.probe import look_up_dane
from checker.dane.settled import settle
from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.ports import Network, Security, TlsaRecord
from checker.observation import Failed, FailureKind, NotTried, Reason, Seen
from sandbox.resolver import Entry, TableResolver
from tests.networks import network_over

_FILE = Path(__file__).parents[2] / "vectors" / "dane_lookup.json"
DOCUMENT: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
LOOKED_UP = [vector for vector in DOCUMENT["vectors"] if "tlsa" in vector["input"]]

HOST, END = DomainName("mx.mail.test"), DomainName("real.hosted.test")
DIGEST = "ab" * 32
ONE = TlsaRecord(3, 1, 1, DIGEST)


async def facts_of(
    network: Network, addresses: Security | None = "secure", aliases: tuple[DomainName, ...] = ()
) -> DaneFacts:
    return await look_up_dane(HOST, addresses, aliases, network)


async def test_a_host_is_asked_under_its_own_name() -> None:
    """And only there: it is no alias, so nothing asks for its first link."""
    table: dict[str, Entry] = {f"_25._tcp.{HOST} TLSA": [(3, 1, 1, DIGEST)]}
    facts = await facts_of(network_over(TableResolver(table, {"test": "secure"})))
    assert facts.alias == NotTried(Reason.NOT_ASKED)
    assert [candidate.base for candidate in facts.candidates] == [HOST]
    assert settle(facts).records == (ONE,)


async def test_an_alias_is_asked_at_its_end_and_then_at_its_start() -> None:
    """Never at a name between (DANE-5, DANE-7)."""
    between = DomainName("between.hosted.test")
    table: dict[str, Entry] = {
        f"{HOST} CNAME": between,
        f"{between} CNAME": END,
        f"_25._tcp.{between} TLSA": [(3, 1, 1, DIGEST)],
    }
    facts = await facts_of(network_over(TableResolver(table, {"test": "secure"})), aliases=(between, END))
    assert [candidate.base for candidate in facts.candidates] == [END, HOST]
    assert isinstance(facts.alias, Seen)
    assert facts.alias.value.records == (between,)
    assert settle(facts).status == "absent"


async def test_unsigned_records_are_seen() -> None:
    """No sender asks for them; that is what the owner should know (DANE-3)."""
    table: dict[str, Entry] = {f"_25._tcp.{HOST} TLSA": [(3, 1, 1, DIGEST)]}
    facts = await facts_of(network_over(TableResolver(table, {"test": "insecure"})), "insecure")
    assert (settle(facts).status, settle(facts).records) == ("insecure", (ONE,))


async def test_endless_answers_are_cut() -> None:
    table: dict[str, Entry] = {f"_25._tcp.{HOST} TLSA": [(3, 1, 1, f"{n:064x}") for n in range(1000)]}
    facts = await facts_of(network_over(TableResolver(table, {"test": "secure"})))
    (candidate,) = facts.candidates
    assert isinstance(candidate.answer, Seen)
    answer = candidate.answer.value
    kept = Bounds().tlsa_records_kept
    assert (len(answer.records), answer.left_out) == (kept, 1000 - kept)
    assert settle(facts).is_cut


async def test_what_counts_is_kept_first() -> None:
    """Behind a thousand records of no use stands one that a sender goes by."""
    useless = [(1, 1, 1, f"{n:064x}") for n in range(1000)]
    table: dict[str, Entry] = {f"_25._tcp.{HOST} TLSA": [*useless, (3, 1, 1, DIGEST)]}
    facts = await facts_of(network_over(TableResolver(table, {"test": "secure"})))
    assert settle(facts).usable == (ONE,)


async def test_the_rfcs_example_zone() -> None:
    """Vector dane-lookup-021: mx20 is an alias of a name with records of its own."""
    mx, backup = DomainName("mx20.example.com"), DomainName("mxbackup.example.net")
    table: dict[str, Entry] = {
        f"{mx} CNAME": backup,
        f"_25._tcp.{backup} TLSA": [(2, 0, 1, DIGEST)],
        f"_25._tcp.{mx} TLSA": [(3, 1, 1, DIGEST)],
    }
    network = network_over(TableResolver(table, {"": "secure"}))
    settled = settle(await look_up_dane(mx, "secure", (backup,), network))
    vector = next(v for v in DOCUMENT["vectors"] if v["id"] == "dane-lookup-021")
    assert (settled.status, settled.base) == ("usable", vector["expect"]["base"])


@pytest.mark.parametrize("vector", LOOKED_UP, ids=lambda vector: vector["id"])
async def test_vector(vector: dict[str, Any]) -> None:
    """Base domain and records, or that a failed look-up makes the server unusable, never free of DANE."""
    given, expected = vector["input"], vector["expect"]
    host, end = DomainName(given["mx_host"]), DomainName(given["cname_expanded"])
    table: dict[str, Entry] = {}
    security: dict[str, Security] = {"": "secure"}
    for base, told in given["tlsa"].items():
        add(table, security, f"_25._tcp.{base}", told)
    addresses: Security = "secure" if given["address_chain_secure"] else "insecure"
    if end == host and addresses == "insecure":
        # Senders ask all the same only of an alias whose first link is signed (RFC 7672 section 2.2.2).
        end = DomainName("unsigned.example")
        security[end] = "insecure"
    if end != host:
        table[f"{host} CNAME"] = end
    network = network_over(TableResolver(table, security))
    settled = settle(await look_up_dane(host, addresses, (end,) if end != host else (), network))

    if expected.get("error"):
        assert settled.status == "failed"
    elif expected["dane"]:
        numbers = [[record.usage, record.selector, record.matching] for record in settled.records]
        assert (settled.status, settled.base, numbers) == ("usable", expected["base"], expected["tlsa"])
    else:
        assert settled.status in ("absent", "insecure")


def add(table: dict[str, Entry], security: dict[str, Security], name: str, told: Any) -> None:
    """What the file says of a name, as a table says it."""
    if not isinstance(told, str):
        table[f"{name} TLSA"] = [(*numbers, DIGEST) for numbers in told]
    elif told.startswith("CNAME _25"):
        table[f"{name} CNAME"] = told.split()[1]
    elif told == "CNAME loop":
        table[f"{name} CNAME"] = name
    elif told == "insecure TLSA":
        table[f"{name} TLSA"] = [(3, 1, 1, DIGEST)]
        security[name] = "insecure"
    else:
        table[f"{name} TLSA"] = told.split()[0]  # SERVFAIL, NXDOMAIN


@pytest.mark.parametrize(
    ("link", "end", "start", "status", "base"),
    [
        ("secure", "secure", "secure", "usable", HOST),  # dane-lookup-024: nothing at the end, so the start counts
        ("secure", "insecure", "secure", "usable", HOST),  # dane-lookup-025: only the start counts
        ("insecure", "secure", "insecure", "insecure", END),  # dane-lookup-027: DANE doesn't apply
    ],
)
async def test_aliases_by_what_is_signed(
    link: Security, end: Security, start: Security, status: str, base: str
) -> None:
    table: dict[str, Entry] = {f"{HOST} CNAME": END, f"_25._tcp.{HOST} TLSA": [(3, 1, 1, DIGEST)]}
    if (link, end) != ("secure", "secure"):
        table[f"_25._tcp.{END} TLSA"] = [(3, 1, 1, "cd" * 32)]
    zones: dict[str, Security] = {HOST: link, END: end, f"_25._tcp.{HOST}": start}
    addresses: Security = "secure" if link == end == "secure" else "insecure"
    settled = settle(await facts_of(network_over(TableResolver(table, zones)), addresses, (END,)))
    assert (settled.status, settled.base) == (status, base)


def test_what_is_pending_fails_with_the_scan() -> None:
    failed = Failed(FailureKind.DEADLINE)
    assert DaneFacts().without_pending(failed) == DaneFacts()
