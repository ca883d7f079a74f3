"""What is said of MX facts, and what isn't (requirements section 1)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from string import Formatter

import pytest

from checker.finding import Finding, Severity
from checker.mx.catalogue import CATALOGUE
from checker.mx.facts import MxFacts
from checker.mx.rules import RULES
from checker.observation import Failed, FailureKind, NotTried, Reason
from sandbox.resolver import Entry

type FactsOf = Callable[[dict[str, Entry]], Awaitable[MxFacts]]

ENTRIES = {entry.code: entry for entry in CATALOGUE}
QUIET = (Severity.GOOD, Severity.NOTE)

# A domain of which nothing bad can be said: two servers, public addresses, both families.
FINE: dict[str, Entry] = {
    "d.test MX": [(10, "one.d.test"), (20, "two.d.test")],
    "one.d.test A": ["11.0.0.1"],
    "one.d.test AAAA": ["2a00:1::1"],
    "two.d.test A": ["11.0.0.2"],
}


def naming(target: str, **entries: Entry) -> dict[str, Entry]:
    """The fine domain with a third MX target, and records of its own by type."""
    mx: Entry = [(10, "one.d.test"), (20, "two.d.test"), (30, target)]
    return FINE | {"d.test MX": mx} | {f"{target.lower()} {rdtype}": entry for rdtype, entry in entries.items()}


def of_domain(**entries: Entry) -> dict[str, Entry]:
    """Records of the domain itself by type, beside the fine servers."""
    return {**FINE, "d.test MX": "NODATA"} | {f"d.test {rdtype}": entry for rdtype, entry in entries.items()}


ALIAS: dict[str, Entry] = {"d.test CNAME": "e.test"}
PUBLIC: Entry = ["11.0.0.3"]

# Findings that are neither good nor notes, as "code" or "code host [address]".
BAD: list[tuple[dict[str, Entry], str, str]] = [
    (FINE, "", "nothing bad"),
    ({}, "mx-no-such-domain", "MX-8 no such domain"),
    (of_domain(), "mx-none", "MX-10 neither MX nor address"),
    (of_domain(MX="SERVFAIL"), "mx-look-up-failed", "MX-9 SERVFAIL is unknown"),
    (of_domain(MX="TIMEOUT"), "mx-look-up-failed", "MX-9 a time-out is unknown"),
    (of_domain(MX="REFUSED"), "mx-look-up-failed", "MX-9 a refusal is unknown"),
    (of_domain(A="SERVFAIL"), "mx-look-up-failed", "MX-9 implicit MX unknown"),
    (of_domain(MX="BOGUS"), "mx-bogus", "MX-9 bogus"),
    (of_domain(AAAA="BOGUS"), "mx-bogus", "MX-9 no MX and bogus addresses"),
    (of_domain(A=PUBLIC), "", "MX-10 implicit MX is only a note"),
    ({"d.test CNAME": "d.test"}, "mx-alias-loop", "MX-12 alias loop"),
    (ALIAS, "mx-alias-dangling", "MX-12 dangling alias"),
    (of_domain(MX=[(0, ".")]), "", "MX-13 null MX costs nothing"),
    (
        of_domain(MX=[(0, "."), (10, "one.d.test"), (10, "two.d.test")]),
        "mx-null-beside-others",
        "MX-14 null MX and others",
    ),
    (of_domain(MX=[(10, ".")]), "mx-null-form", "MX-15 null MX with a preference"),
    (of_domain(MX=[(0, "."), (1, ".")]), "mx-null-form", "MX-15 null MX twice"),
    (naming("m_x.d.test", A=PUBLIC), "mx-target-syntax m_x.d.test", "MX-5 underscore"),
    (naming("mx-.d.test", A=PUBLIC), "mx-target-syntax mx-.d.test", "MX-5 hyphen last"),
    (naming("m x.d.test", A=PUBLIC), r"mx-target-syntax m\032x.d.test", "MX-5 other bytes"),
    (naming("mx3.d.test", A=PUBLIC), "", "MX-5 digits and letters"),
    (naming("11.0.0.1"), "mx-target-is-address 11.0.0.1", "MX-19 IPv4 in MX"),
    (naming("2a00:1::1"), r"mx-target-is-address 2a00\0581\058\0581", "MX-19 IPv6 in MX"),
    (
        naming("localhost", A=["127.0.0.1"]),
        "mx-target-unusable localhost, mx-address-not-public localhost",
        "MX-20 localhost",
    ),
    (naming("mail"), "mx-target-unusable mail", "MX-20 single label"),
    (naming("mail.local"), "mx-target-unusable mail.local", "MX-20 .local"),
    (naming("mail.invalid"), "mx-target-unusable mail.invalid", "MX-20 .invalid"),
    (naming("mail.example.com"), "mx-target-unusable mail.example.com", "MX-20 example.com"),
    (naming("notlocal.test", A=PUBLIC), "", "MX-20 a label that only ends alike"),
    (naming("mail.myexample.com", A=PUBLIC), "", "MX-20 a domain that only ends alike"),
    (naming("gone.test"), "mx-host-does-not-exist gone.test", "MX-17 no such host"),
    (naming("bare.test", A="NODATA", AAAA="NODATA"), "mx-host-without-address bare.test", "MX-17 no address"),
    (
        naming("half.test", A="SERVFAIL", AAAA="NODATA"),
        "mx-host-look-up-failed half.test",
        "MX-17 perhaps an address",
    ),
    (
        naming("slow.test", A="TIMEOUT", AAAA="TIMEOUT"),
        "mx-host-look-up-failed slow.test",
        "MX-17 unknown, said once",
    ),
    (
        naming("odd.test", A="TIMEOUT", AAAA="BOGUS"),
        "mx-host-look-up-failed odd.test, mx-host-bogus odd.test",
        "each way of failing",
    ),
    (naming("bogus.test", A="BOGUS", AAAA="BOGUS"), "mx-host-bogus bogus.test", "MX-17 bogus host"),
    (naming("loop.test", CNAME="loop.test"), "mx-host-alias-loop loop.test", "MX-18 endless alias"),
    (
        naming("alias.test", CNAME="three.test") | {"three.test A": PUBLIC},
        "mx-target-is-alias alias.test",
        "MX-18 alias",
    ),
    (naming("priv.test", A=["10.0.0.1", "11.0.0.9"]), "mx-address-not-public priv.test", "MX-21 private"),
    (naming("v6.test", AAAA=["fe80::1"]), "mx-address-not-public v6.test", "MX-21 link-local"),
    (
        naming("mapped.test", AAAA=["::ffff:10.0.0.1"]),
        "mx-address-not-public mapped.test",
        "MX-21 mapped",
    ),
    (
        {"d.test MX": [(1, "gone.test")], "d.test A": PUBLIC},
        "mx-no-usable-host, mx-host-does-not-exist gone.test",
        "MX-11 no way round",
    ),
    (
        {"d.test MX": [(1, "gone.test"), (2, "bo.test")], "bo.test A": "BOGUS"},
        "mx-no-usable-host, mx-host-does-not-exist gone.test, mx-host-bogus bo.test",
        "MX-11 each by the domain's fault",
    ),
    (
        {"d.test MX": [(1, "gone.test"), (2, "sf.test")], "sf.test A": "SERVFAIL"},
        "mx-host-does-not-exist gone.test, mx-host-look-up-failed sf.test",
        "MX-11 one may still have an address",
    ),
]


def told(finding: Finding) -> str:
    where = (finding.subject.host, finding.subject.address)
    return " ".join([finding.code, *(str(part) for part in where if part is not None)])


def findings(facts: MxFacts) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(facts)]


@pytest.mark.parametrize(("table", "want", "why"), BAD, ids=[why for *_, why in BAD])
async def test_bad_and_unknown(facts_of: FactsOf, table: dict[str, Entry], want: str, why: str) -> None:
    """Exactly these, and nothing of it costs anything where the domain takes no mail or wasn't seen."""
    found = [finding for finding in findings(await facts_of(table)) if ENTRIES[finding.code].severity not in QUIET]
    assert ", ".join(map(told, found)) == want


async def test_addresses_that_are_not_public_are_told_once_for_their_host(facts_of: FactsOf) -> None:
    """All of them as data, and as many as a sentence holds in words."""
    private = [f"10.0.0.{n}" for n in range(1, 10)]
    raised = findings(await facts_of(naming("priv.test", A=[*private, "11.0.0.9"])))
    [finding] = [finding for finding in raised if finding.code == "mx-address-not-public"]
    assert finding.params == {
        "why": "10.0.0.1 is set aside: private use",
        "named": "10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4 and 5 more",
        "addresses": private,
    }


ONE: dict[str, Entry] = {"d.test MX": [(10, "one.d.test")], "one.d.test A": ["11.0.0.1"]}
QUIETLY: list[tuple[dict[str, Entry], str, str]] = [
    (FINE, "mx-published", "MX records"),
    (of_domain(MX=[(0, ".")]), "mx-null", "MX-13 null MX"),
    (of_domain(A=PUBLIC, AAAA=["2a00:1::3"]), "mx-implicit", "MX-10 implicit MX"),
    (of_domain(A=PUBLIC), "mx-implicit, mx-no-ipv6", "MX-25 implicit, no IPv6"),
    (ONE, "mx-published, mx-single one.d.test, mx-no-ipv6", "MX-24 one server, MX-25 no IPv6"),
    (
        {**ONE, "one.d.test AAAA": "SERVFAIL"},
        "mx-published, mx-single one.d.test",
        "MX-25 IPv6 unknown is not none",
    ),
    (naming("also.test", A=["11.0.0.1"]), "mx-published, mx-shared-address", "MX-24 a shared address"),
    (
        {
            **ALIAS,
            "e.test MX": [(1, "one.d.test"), (2, "two.d.test")],
            **{key: FINE[key] for key in FINE if key != "d.test MX"},
        },
        "mx-published, mx-domain-is-alias",
        "MX-12 alias with MX",
    ),
    (
        {**ALIAS, "e.test A": PUBLIC, "e.test AAAA": ["2a00:1::3"]},
        "mx-implicit, mx-domain-is-alias",
        "an implicit MX is no MX target: no MX-18",
    ),
    ({}, "", "no such domain"),
    (of_domain(MX="SERVFAIL"), "", "unknown"),
]


@pytest.mark.parametrize(("table", "want", "why"), QUIETLY, ids=[why for *_, why in QUIETLY])
async def test_good_and_notes(facts_of: FactsOf, table: dict[str, Entry], want: str, why: str) -> None:
    found = [finding for finding in findings(await facts_of(table)) if ENTRIES[finding.code].severity in QUIET]
    assert ", ".join(map(told, found)) == want


async def test_a_host_that_was_not_looked_up_is_not_spoken_of(facts_of: FactsOf) -> None:
    """Beyond the cap on servers, or still pending: neither dead nor without IPv6."""
    facts = await facts_of({"d.test MX": [(10, "one.d.test"), (20, "two.d.test")]})
    beyond = NotTried(Reason.BEYOND_CAP)
    unseen = replace(facts.hosts[1], ipv4=beyond, ipv6=beyond)
    found = findings(replace(facts, hosts=(facts.hosts[0], unseen)))
    assert [told(finding) for finding in found] == ["mx-published", "mx-host-does-not-exist one.d.test"]
    assert findings(MxFacts()) == []


async def test_our_own_fault_is_never_the_domains(facts_of: FactsOf) -> None:
    """A deadline or a defect of ours on every host leaves the domain unblamed."""
    facts = await facts_of(FINE)
    for kind in (kind for kind in FailureKind if kind not in (FailureKind.BOGUS, FailureKind.ALIAS_CHAIN)):
        failed = Failed(kind, "Why.")
        hosts = tuple(replace(host, ipv4=failed, ipv6=failed) for host in facts.hosts)
        told_of = {ENTRIES[finding.code].severity for finding in findings(replace(facts, hosts=hosts))}
        assert told_of == {Severity.GOOD, Severity.UNKNOWN}
        lost = MxFacts(answer=failed, status="failed")
        assert [finding.code for finding in findings(lost)] == ["mx-look-up-failed"]


def test_every_entry_can_be_raised_and_every_finding_has_an_entry() -> None:
    raised = {line.split()[0] for _, lines, _ in BAD + QUIETLY if lines for line in lines.split(", ")}
    assert raised == set(ENTRIES)
    assert len(ENTRIES) == len(CATALOGUE)


@pytest.mark.parametrize(("table", "want", "why"), BAD + QUIETLY, ids=[why for *_, why in BAD + QUIETLY])
async def test_words_are_filled_by_the_parameters(
    facts_of: FactsOf, table: dict[str, Entry], want: str, why: str
) -> None:
    """Each template takes only what its finding gives; host and address come from the subject."""
    for finding in findings(await facts_of(table)):
        given = {*finding.params, *(key for key in ("host", "address") if getattr(finding.subject, key) is not None)}
        entry = ENTRIES[finding.code]
        for text in (entry.title, entry.detail, entry.remedy):
            assert {field for _, field, _, _ in Formatter().parse(text) if field} <= given
        assert all(value for value in finding.params.values())


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.code)
def test_costs_stand_where_they_may(entry) -> None:  # type: ignore[no-untyped-def]
    """Notes, good and unknown are free, and so is a domain that takes no mail: it has no score."""
    free = entry.severity in (*QUIET, Severity.UNKNOWN) or entry.code in NO_MAIL
    assert (entry.cost == 0) == free
    assert (entry.group == "dns") == (not free)
    assert entry.requirements


NO_MAIL = ("mx-none", "mx-no-such-domain", "mx-alias-dangling", "mx-null-form")
