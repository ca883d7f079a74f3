"""What TLSA records say by themselves: each rule with what raises it, and what doesn't."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.assessment.rulebook import judged
from checker.dane.facts import Candidate, DaneFacts
from checker.dane.rules import LONG_TTL_S, RULES, ServerRecords, is_prepared
from checker.dane.tlsa import why_unusable, written
from checker.finding import Finding
from checker.names import DomainName
from checker.network.ports import Answer, LookUp, Security, TlsaRecord
from checker.observation import Failed, FailureKind, Seen
from tests.dane_builders import issued, own_issuer, own_key

HOST, END = DomainName("mx.d.test"), DomainName("real.d.test")
A, B = "a" * 64, "b" * 64
LONG_A, LONG_B = "a" * 128, "b" * 128
ONE, NEXT = TlsaRecord(3, 1, 1, A), TlsaRecord(3, 1, 1, B)
ISSUER = TlsaRecord(2, 0, 1, A)
LEAF_DER = issued("mx.d.test").der[0].hex()
SERVFAIL, BOGUS = Failed(FailureKind.SERVFAIL, "It fails."), Failed(FailureKind.BOGUS, "It is forged.")
DEADLINE = Failed(FailureKind.DEADLINE, "No time.")


def told(
    answer: LookUp[TlsaRecord], addresses: Security | None = "secure", alias: Security | None = None
) -> list[Finding]:
    facts = DaneFacts(addresses=addresses, candidates=(Candidate(base=HOST, answer=answer),))
    if alias is not None:
        link = Seen(Answer(rcode="noerror", records=(END,), security=alias))
        empty: Seen[Answer[TlsaRecord]] = Seen(Answer(rcode="nxdomain", security="secure"))
        facts = replace(facts, alias=link, candidates=(Candidate(base=END, answer=empty), *facts.candidates))
    server = ServerRecords(host=HOST, facts=facts)
    return [finding for rule in RULES for finding in rule(server)]


def records(*published: TlsaRecord, security: Security | None = "secure", ttl: int = 3600) -> LookUp[TlsaRecord]:
    return Seen(Answer(rcode="noerror", records=published, ttl=ttl, security=security))


CASES: list[tuple[str, list[Finding], set[str]]] = [
    ("none", told(records()), set()),
    ("the best", told(records(ONE, NEXT)), {"dane-rollover-prepared"}),
    ("one key", told(records(ONE)), {"dane-single-key"}),
    ("one key, twice in the answer", told(records(ONE, ONE)), {"dane-single-key"}),
    ("a key and its issuer", told(records(ONE, ISSUER)), {"dane-rollover-prepared"}),
    ("an issuer", told(records(ISSUER)), set()),
    ("an issuer's key", told(records(TlsaRecord(2, 1, 1, A))), {"dane-issuer-by-key"}),
    ("a whole certificate", told(records(TlsaRecord(3, 0, 1, A))), {"dane-whole-certificate"}),
    ("all the data", told(records(TlsaRecord(3, 0, 0, LEAF_DER))), {"dane-whole-certificate", "dane-full-data"}),
    ("SHA-512", told(records(TlsaRecord(3, 1, 2, LONG_A))), {"dane-single-key", "dane-sha512-only"}),
    ("both digests", told(records(ONE, TlsaRecord(3, 1, 2, LONG_A))), {"dane-single-key"}),
    (
        "the next key by one digest alone",
        told(records(ONE, NEXT, TlsaRecord(3, 1, 2, LONG_A))),
        {"dane-rollover-prepared", "dane-digests-differ"},
    ),
    ("a broken one beside", told(records(ONE, TlsaRecord(3, 1, 1, "aa"))), {"dane-single-key", "dane-record-unusable"}),
    ("an empty one", told(records(ONE, TlsaRecord(3, 1, 1, ""))), {"dane-single-key", "dane-record-unusable"}),
    (
        "a usage of the web beside",
        told(records(ONE, TlsaRecord(1, 1, 1, A))),
        {"dane-single-key", "dane-usage-not-for-mail"},
    ),
    ("usages of the web alone", told(records(TlsaRecord(0, 1, 1, A), TlsaRecord(1, 1, 1, A))), {"dane-none-usable"}),
    ("nonsense alone", told(records(TlsaRecord(9, 9, 9, "00"))), {"dane-none-usable"}),
    ("not signed", told(records(ONE, security="insecure")), {"dane-without-dnssec"}),
    ("addresses not signed", told(records(ONE), "insecure"), {"dane-without-dnssec"}),
    ("not known whether signed", told(records(ONE, security=None), None), set()),
    ("addresses forged", told(SERVFAIL, "bogus"), set()),
    ("a look-up that fails", told(SERVFAIL), {"dane-look-up-fails"}),
    ("a forged answer", told(BOGUS), {"dane-look-up-fails"}),
    ("no time", told(DEADLINE), set()),
    ("a look-up that fails, of which nobody asks", told(SERVFAIL, "insecure"), {"dane-look-up-fails-unasked"}),
    (
        "a resolver that is silent, where nobody asks",
        told(Failed(FailureKind.RESOLVER_TIMEOUT, "Silence."), "insecure"),
        set(),
    ),
    ("no time, where nobody asks", told(DEADLINE, "insecure"), set()),
    ("a day", told(records(ISSUER, ttl=LONG_TTL_S)), set()),
    ("more than a day", told(records(ISSUER, ttl=LONG_TTL_S + 1)), {"dane-ttl-long"}),
    (
        "many",
        told(records(*(TlsaRecord(3, 1, 1, f"{n:064x}") for n in range(30)))),
        {"dane-rollover-prepared", "dane-answer-large"},
    ),
    ("at an alias", told(records(ISSUER), alias="secure"), {"dane-at-alias"}),
    ("at an alias that isn't signed", told(records(ISSUER), "insecure", "insecure"), {"dane-without-dnssec"}),
]


@pytest.mark.parametrize(("name", "findings", "codes"), CASES, ids=[case[0] for case in CASES])
def test_codes(name: str, findings: list[Finding], codes: set[str]) -> None:
    """Each state of the records, with all that is said of it; every text can be filled in."""
    assert {finding.code for finding in findings} == codes, name
    assert all(finding.subject.host == HOST for finding in findings)
    for finding in findings:
        assert "{" not in judged(finding).detail + judged(finding).title + judged(finding).remedy


def test_each_unusable_record_is_named_with_its_fault() -> None:
    """The first few in words, the others by number."""
    [finding] = told(records(*(TlsaRecord(1, 1, 1, f"{n:064x}") for n in range(6))))
    faults = str(finding.params["faults"])
    assert faults.count("Usage 1 is not for mail") == 4
    assert faults.endswith("There are 2 more such records.")


_FILE = Path(__file__).parents[2] / "vectors" / "dane_lookup.json"
VECTORS: list[dict[str, Any]] = json.loads(_FILE.read_text("utf-8"))["vectors"]
ROLL_OVERS: list[tuple[list[list[int]], bool]] = [
    (vector["input"]["rollover_rrset"], vector["expect"]["rollover_scheme"])
    for vector in VECTORS
    if "rollover_rrset" in vector["input"]
]
NO_ROLL_OVERS: list[tuple[list[list[int]], bool]] = [
    ([[3, 1, 1]], False),
    ([[3, 1, 1], [3, 1, 2]], False),
    ([[2, 0, 1], [2, 0, 1]], False),
]


@pytest.mark.parametrize(("published", "prepared"), ROLL_OVERS + NO_ROLL_OVERS)
def test_roll_over(published: list[list[int]], prepared: bool) -> None:
    """The vectors, and what is none: each record is of another key or issuer."""
    usable = [TlsaRecord(*kind, data=f"{n:064x}") for n, kind in enumerate(published)]  # type: ignore[misc]
    assert is_prepared(tuple(usable)) is prepared


def test_own_records_of_the_builders_are_usable() -> None:
    assert [why_unusable(record) for record in (own_key(HOST), own_issuer(HOST))] == [None, None]


NUMBER = st.integers(0, 255)
RECORD = st.builds(TlsaRecord, NUMBER, NUMBER, NUMBER, st.binary(max_size=200).map(bytes.hex))
NEARLY = st.builds(
    TlsaRecord, st.integers(0, 4), st.integers(0, 2), st.integers(0, 3), st.sampled_from([A, LONG_A, LEAF_DER, ""])
)


@given(st.lists(RECORD | NEARLY, max_size=8), st.sampled_from(["secure", "insecure", None]))
def test_any_records(published: list[TlsaRecord], security: Security | None) -> None:
    """Whatever is published, every rule has an answer that can be put in words."""
    for finding in told(records(*published, security=security)):
        assert judged(finding).detail
    assert all(written(record, 16) for record in published)
