"""What CAA records say of the servers and the policy host, held against who issued their certificates."""

import pytest

from checker.assessment.rulebook import judged
from checker.caa.facts import CaaFacts
from checker.caa.rules import RULES, NamedSite
from checker.finding import Finding
from checker.names import DomainName
from checker.network.ports import Answer, CaaRecord
from checker.observation import Failed, FailureKind, NotTried, Reason, Seen

ENCRYPT = "CN=R11,O=Let's Encrypt,C=US"
NOBODYS = "CN=Some CA,O=Some Authority"
ZONE = DomainName("d.test")


def site(host: str, *records: tuple[int, str, str], issuers: tuple[str, ...] = (ENCRYPT,)) -> NamedSite:
    answer = Answer(rcode="noerror", records=tuple(CaaRecord(*record) for record in records))
    found_at = ZONE if records else None
    return NamedSite(facts=CaaFacts(name=DomainName(host), found_at=found_at, answer=Seen(answer)), issuers=issuers)


def unknown(failure: FailureKind) -> NamedSite:
    return NamedSite(facts=CaaFacts(name=DomainName("mx.d.test"), answer=Failed(failure, "It fails.")))


def told(*sites: NamedSite) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(sites)]


GOOD = (0, "issue", "letsencrypt.org")
CASES: list[tuple[str, list[Finding], set[str]]] = [
    ("no records", told(site("mx.d.test")), {"caa-unrestricted"}),
    ("no names", told(), set()),
    ("the authority in use", told(site("mx.d.test", GOOD)), {"caa-restricted"}),
    ("with conditions", told(site("mx.d.test", (0, "issue", "letsencrypt.org; a=b"))), {"caa-restricted"}),
    (
        "another authority",
        told(site("mx.d.test", (0, "issue", "ca.test"))),
        {"caa-restricted", "caa-excludes-issuer"},
    ),
    ("nobody", told(site("mx.d.test", (0, "issue", ";"))), {"caa-excludes-issuer"}),
    ("nobody, and no public certificate", told(site("mx.d.test", (0, "issue", ";"), issuers=())), set()),
    (
        "another authority, and who issued isn't known",
        told(site("mx.d.test", (0, "issue", "ca.test"), issuers=(NOBODYS,))),
        {"caa-restricted"},
    ),
    (
        "one of the names of the authority in use",
        told(site("mx.d.test", (0, "issue", "comodoca.com"), issuers=("CN=x,O=Sectigo Limited",))),
        {"caa-restricted"},
    ),
    ("for wildcards alone", told(site("mx.d.test", (0, "issuewild", ";"))), {"caa-unrestricted"}),
    ("unreadable beside", told(site("mx.d.test", GOOD, (0, "issue", "%%"))), {"caa-restricted", "caa-malformed"}),
    (
        "unknown and critical",
        told(site("mx.d.test", GOOD, (128, "tbs", "x"))),
        {"caa-excludes-issuer", "caa-unknown-critical"},
    ),
    ("broken signatures", told(unknown(FailureKind.BOGUS)), {"caa-look-up-fails"}),
    ("the resolver is away", told(unknown(FailureKind.RESOLVER_TIMEOUT)), set()),
    ("no time", told(unknown(FailureKind.DEADLINE)), set()),
    ("not tried", told(NamedSite(facts=CaaFacts(name=ZONE, answer=NotTried(Reason.BEYOND_CAP)))), set()),
]


@pytest.mark.parametrize(("name", "findings", "codes"), CASES, ids=[case[0] for case in CASES])
def test_codes(name: str, findings: list[Finding], codes: set[str]) -> None:
    """Each state of the records, with all that is said of it; every text can be filled in."""
    assert {finding.code for finding in findings} == codes, name
    for finding in findings:
        assert "{" not in judged(finding).title + judged(finding).detail + judged(finding).remedy


def test_names_with_the_same_records_are_told_together() -> None:
    [restricted] = told(site("mx1.d.test", GOOD), site("mx2.d.test", GOOD))
    assert restricted.params["named"] == "mx1.d.test and mx2.d.test"
    [free] = told(site("mx1.d.test"), site("mx2.d.test"))
    assert free.params["hosts"] == ["mx1.d.test", "mx2.d.test"]
