"""From the TLS reporting record to findings: each fault by its own code."""

import re
from dataclasses import replace
from typing import Any

import pytest

from checker.finding import Finding, Severity
from checker.names import DomainName
from checker.network.ports import Answer, TxtRecord
from checker.observation import PENDING, Failed, FailureKind, Observation, Seen
from checker.tls_rpt.catalogue import CATALOGUE
from checker.tls_rpt.facts import TlsRptFacts
from checker.tls_rpt.record import read_record
from checker.tls_rpt.rules import RULES, PublishedRecord

DOMAIN = DomainName("d.test")
ENTRIES = {entry.code: entry for entry in CATALOGUE}
ALIAS = DomainName("reports.provider.test")
GOOD = "v=TLSRPTv1; rua=mailto:tls@reports.test"


def txt(*texts: str, **changes: Any) -> Seen[Answer[TxtRecord]]:
    answer: Answer[TxtRecord] = Answer(rcode="noerror", records=tuple(TxtRecord((text,)) for text in texts))
    return Seen(replace(answer, **changes))


def published(answer: Observation[Answer[TxtRecord]]) -> PublishedRecord:
    """As the probe reads an answer."""
    if not isinstance(answer, Seen):
        facts = TlsRptFacts(answer=answer, status="failed" if isinstance(answer, Failed) else None)
    else:
        reading = read_record(answer.value.records)
        facts = TlsRptFacts(answer=answer, status=reading.status, record=reading.record, defects=reading.defects)
    return PublishedRecord(domain=DOMAIN, facts=facts)


def findings(given: PublishedRecord) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(given)]


def rua(*uris: str) -> Seen[Answer[TxtRecord]]:
    return txt(f"v=TLSRPTv1; rua={','.join(uris)}")


CASES: list[tuple[str, Observation[Answer[TxtRecord]], set[str]]] = [
    ("good", txt(GOOD), {"valid"}),
    ("https", rua("https://reports.test/v1"), {"valid"}),
    ("both", rua("mailto:tls@d.test", "https://reports.test/v1"), {"valid"}),
    ("one beside SPF", txt("v=spf1 -all", GOOD), {"valid"}),
    ("an extension", txt(f"{GOOD}; colour=red"), {"valid"}),
    ("none", txt(rcode="nxdomain"), {"absent"}),
    ("a wildcard's", txt("v=spf1 -all"), {"absent", "foreign"}),
    ("two", txt(GOOD, GOOD), {"several"}),
    ("no rua", txt("v=TLSRPTv1;"), {"invalid"}),
    ("wrong version", txt("v=TLSRPT1; rua=mailto:a@b.test"), {"invalid"}),
    ("two that are none", txt("v=TLSRPTv1", "rua=mailto:a@b.test"), {"invalid"}),
    ("a bare address", rua("tls@reports.test"), {"invalid"}),
    ("DMARC's size limit", rua("mailto:tls@reports.test!10m"), {"invalid"}),
    ("http alone", rua("http://reports.test/"), {"rua-unusable"}),
    ("mailto without an address", rua("mailto:tls"), {"rua-unusable"}),
    ("ftp beside mailto", rua("ftp://reports.test/", "mailto:tls@reports.test"), {"rua-partly-unusable", "valid"}),
    ("rua twice", txt(f"{GOOD}; rua=mailto:other@b.test"), {"valid", "repeats-field"}),
    (
        "rua twice, one unusable",
        txt("v=TLSRPTv1; rua=http://a.test; rua=mailto:a@b.test"),
        {"rua-unusable", "repeats-field"},
    ),
    ("a blank in the way", txt("v=TLSRPTv1 ; rua=mailto:tls@reports.test"), {"valid", "untidy"}),
    ("to the domain itself", rua("mailto:tls@D.test"), {"valid", "same-domain"}),
    ("to the domain itself, with a subject", rua("mailto:tls@d.test?subject=x"), {"valid", "same-domain"}),
    ("to another below it", rua("mailto:tls@mail.d.test"), {"valid"}),
    ("an alias", txt(GOOD, aliases=(ALIAS,)), {"valid", "delegated"}),
    ("an alias to nowhere", txt(aliases=(ALIAS,), rcode="nxdomain"), {"absent", "alias-dangling"}),
    ("DNS is down", Failed(FailureKind.SERVFAIL, "The name server failed."), {"look-up-failed"}),
    ("our time was up", Failed(FailureKind.DEADLINE, "Time was up."), {"look-up-failed"}),
    ("bogus", Failed(FailureKind.BOGUS, "It is bogus."), {"unresolvable"}),
    ("still asking", PENDING, set()),
]


@pytest.mark.parametrize(("name", "answer", "expected"), CASES, ids=[case[0] for case in CASES])
def test_record(name: str, answer: Observation[Answer[TxtRecord]], expected: set[str]) -> None:
    """A fault by its code, and praise only where a report can arrive."""
    raised = [finding.code.removeprefix("tls-rpt-") for finding in findings(published(answer))]
    assert sorted(raised) == sorted(expected), name


def test_every_entry_is_raised_and_reads_well() -> None:
    """Each code comes from some row above, and its templates need nothing that isn't given."""
    raised = [finding for _, answer, _ in CASES for finding in findings(published(answer))]
    assert {finding.code for finding in raised} == ENTRIES.keys()
    for finding in raised:
        entry = ENTRIES[finding.code]
        for template in (entry.title, entry.detail, entry.remedy):
            text = template.format(**finding.params)
            assert not re.search(r"[{}]|^ | {2}|“”|\.\.( |$)", text), (finding.code, text)


def test_a_long_record_is_shown_short() -> None:
    """What a stranger publishes doesn't fill the page."""
    answer = rua(*[f"http://reports.test/{'x' * 500}{n}" for n in range(9)])
    (finding,) = findings(published(answer))
    assert len(str(finding.params["rejected"])) < 500
    assert str(finding.params["rejected"]).endswith("and 5 more")


def test_costs_keep_to_their_severity() -> None:
    """Nothing is unsafe without reports: advice costs a point, a record that doesn't work three."""
    allowed = {Severity.ADVICE: 1, Severity.SERIOUS: 3}
    for entry in CATALOGUE:
        assert entry.cost == allowed.get(entry.severity, 0), entry.code
        assert entry.group == ("policy" if entry.cost else ""), entry.code
