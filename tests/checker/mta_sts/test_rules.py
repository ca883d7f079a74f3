"""From facts to findings: each fault by its own code, and none of a domain that does everything well."""

import re
from datetime import timedelta
from typing import Any

import pytest

from checker.finding import Finding, Severity
from checker.mta_sts.catalogue import CATALOGUE
from checker.mta_sts.published import PublishedPolicy
from checker.mta_sts.rules import RULES
from checker.observation import Failed, FailureKind
from tests.fact_builders import NOW, certificate
from tests.sts_builders import HOST, A, B, published, stopped, visit
from tests.sts_cases import CERTIFICATES, FILES, HOSTS, RECORDS, RESPONSES, UNJUDGED, WELL, lines

ENTRIES = {entry.code: entry for entry in CATALOGUE}
RECORD_WELL, HOST_WELL = {"record-valid"}, {"record-valid", "host-good"}


def codes(given: PublishedPolicy) -> set[str]:
    return {finding.code.removeprefix("mta-sts-") for finding in findings(given)}


def findings(given: PublishedPolicy) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(given)]


@pytest.mark.parametrize(("name", "given", "expected"), RECORDS, ids=[case[0] for case in RECORDS])
def test_record(name: str, given: PublishedPolicy, expected: set[str]) -> None:
    """A record's faults, and nothing of a domain that never meant to have one."""
    assert codes(given) == expected, name


@pytest.mark.parametrize(("name", "given", "expected"), HOSTS, ids=[case[0] for case in HOSTS])
def test_host(name: str, given: PublishedPolicy, expected: set[str]) -> None:
    """Each way of not answering has its code; our own faults and the resolver's are unknown, and no failure."""
    assert codes(given) == RECORD_WELL | expected, name


@pytest.mark.parametrize(("name", "changes", "expected"), CERTIFICATES, ids=[case[0] for case in CERTIFICATES])
def test_certificate(name: str, changes: dict[str, Any], expected: set[str]) -> None:
    """Dates, name and trust are three questions, and each that fails takes the policy away."""
    given = published(certificates=[certificate(HOST, **changes)])
    assert codes(given) == RECORD_WELL | {f"host-certificate-{code}" for code in expected}, name


def test_a_certificate_that_ends_soon_takes_nothing_away() -> None:
    given = published(certificates=[certificate(HOST, not_after=NOW + timedelta(days=3))])
    assert codes(given) == WELL | {"host-certificate-ends-soon"}


def test_a_host_without_a_certificate() -> None:
    assert codes(published(visit(chain=None))) == RECORD_WELL | {"host-certificate-unreadable"}


@pytest.mark.parametrize("given", UNJUDGED)
def test_a_certificate_that_could_not_be_judged(given: PublishedPolicy) -> None:
    """It is neither good nor bad."""
    assert codes(given) == RECORD_WELL | {"host-not-determined"}


@pytest.mark.parametrize(("name", "given", "expected"), RESPONSES, ids=[case[0] for case in RESPONSES])
def test_response(name: str, given: PublishedPolicy, expected: set[str]) -> None:
    """Only 200 counts; how the file is served is told apart from what it says."""
    assert codes(given) == RECORD_WELL | expected, name


@pytest.mark.parametrize(("name", "given", "expected"), FILES, ids=[case[0] for case in FILES])
def test_file(name: str, given: PublishedPolicy, expected: set[str]) -> None:
    """Each fault once, and a file with faults is never praised."""
    assert codes(given) == HOST_WELL | expected, name


ALL = [
    *(given for _, given, _ in [*RECORDS, *HOSTS, *RESPONSES, *FILES]),
    *(published(certificates=[certificate(HOST, **changes)]) for _, changes, _ in CERTIFICATES),
    published(certificates=[certificate(HOST, not_after=NOW + timedelta(days=3))]),
]


def test_every_entry_is_raised_and_reads_well() -> None:
    """Each code comes from some row above, its templates need nothing that isn't given, and no hole is left."""
    raised = [finding for given in ALL for finding in findings(given)]
    assert {finding.code for finding in raised} == ENTRIES.keys()
    for finding in raised:
        entry = ENTRIES[finding.code]
        for template in (entry.title, entry.detail, entry.remedy):
            text = template.format(**finding.params)
            assert not re.search(r"[{}]|^ | {2}|“”|\.\.( |$)", text), (finding.code, text)


def test_no_finding_comes_twice() -> None:
    for given in ALL:
        raised = [finding.code for finding in findings(given)]
        assert len(raised) == len(set(raised)), raised


def test_costs_keep_to_their_severity() -> None:
    """Advice costs 1 to 3 points, serious 3 to 6; the rest is free, and all stands in one group."""
    allowed = {Severity.ADVICE: range(1, 4), Severity.SERIOUS: range(3, 7)}
    for entry in CATALOGUE:
        assert entry.cost in allowed.get(entry.severity, range(1)), entry.code
        assert entry.group == ("policy" if entry.cost else ""), entry.code


def test_faults_are_told_with_their_lines() -> None:
    """A reader finds the line that is meant."""
    (finding,) = [f for f in findings(lines("mx: a.test, b.test")) if f.code == "mta-sts-policy-mx-form"]
    assert str(finding.params["faults"]).startswith("Line 5: ")


def test_each_way_of_not_answering_names_its_own_addresses() -> None:
    """A public address is not called private because another one is."""
    (given,) = [given for name, given, _ in HOSTS if name == "one private, one refuses"]
    named = {finding.code: finding.params.get("addresses") for finding in findings(given)}
    assert named["mta-sts-host-refused"] == A
    assert named["mta-sts-host-address-not-public"] == B


def test_what_a_peer_is_quoted_with_ends_as_a_sentence() -> None:
    quoted = stopped("handshake", Failed(FailureKind.ALERT, "TLS alert 40 (handshake_failure)"))
    (finding,) = [f for f in findings(published(quoted)) if f.code == "mta-sts-host-tls-fails"]
    assert finding.params["why"] == "TLS alert 40 (handshake_failure)."


def test_a_misspelt_key_explains_what_is_missing() -> None:
    (finding,) = [f for f in findings(lines("MX: mx.d.test", without="mx")) if f.code == "mta-sts-policy-without-mx"]
    assert "“MX”" in str(finding.params["faults"])
