"""From facts to findings: each fault by its own code, whatever else is wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from checker.certificates.catalogue import CATALOGUE
from checker.certificates.examine import examine
from checker.certificates.facts import CertificateFacts
from checker.certificates.names import matches
from checker.certificates.rules import RULES, PresentedCertificate
from checker.certificates.trust import TrustedRoots
from checker.finding import Finding, Severity
from checker.names import DomainName
from sandbox.authority import DAY, Authority

HOST = DomainName("mx.mail.test")
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)

type ChainOf = Callable[[str], tuple[bytes, ...]]

# kind: the codes without their prefix
KINDS = {
    "good": "good",
    "wildcard": "good",
    "with its root": "good",
    "without a purpose": "good",
    "RSA 2048": "good",
    "top-level wildcard": "good wildcard-too-wide",
    "expired": "expired",
    "not yet valid": "not-yet-valid",
    "ends soon": "ends-soon good",
    "wrong name": "wrong-name",
    "common name only": "without-names",
    "self-signed": "self-signed",
    "self-signed, expired, wrong name": "expired self-signed wrong-name",
    "alone": "chain-incomplete",
    "alone and expired": "chain-incomplete expired",
    "another's intermediate": "chain-disordered chain-incomplete",
    "an issuer that is none": "chain-disordered chain-incomplete",
    "untrusted root": "untrusted",
    "untrusted root, sent": "untrusted",
    "for clients": "untrusted",
    "disordered": "chain-disordered good",
    "with a stranger": "chain-disordered good",
    "RSA 1024": "good weak-key",
    "EC 192": "good weak-key",
    "SHA-1": "untrusted weak-signature",
    "SHA-1, self-signed": "self-signed",  # its own signature doesn't matter
    "no certificate": "chain-disordered unreadable",
}


def presented(certificate: CertificateFacts, now: datetime) -> PresentedCertificate:
    covered = (HOST,) if matches(certificate.names, HOST) else ()
    return PresentedCertificate(replace(certificate, presented_for=(HOST,), matches=covered), HOST, now)


def findings(shown: PresentedCertificate) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(shown)]


def codes(found: list[Finding]) -> str:
    return " ".join(sorted(finding.code.removeprefix("certificate-") for finding in found))


@pytest.mark.parametrize("kind", KINDS)
def test_kind(kind: str, chain_of: ChainOf, roots: TrustedRoots, now: datetime) -> None:
    """Expired, not yet valid, self-signed, untrusted, incomplete and wrongly named are told apart, and add up."""
    assert codes(findings(presented(examine(chain_of(kind), roots, now), now))) == KINDS[kind]


@pytest.mark.parametrize(
    ("life", "left", "expected"),
    [
        (90 * DAY, 14 * DAY, "good"),
        (90 * DAY, 14 * DAY - SECOND, "ends-soon good"),
        (47 * DAY, 14 * DAY - SECOND, "ends-soon good"),
        (6 * DAY, 2 * DAY, "good"),  # a third of its life
        (6 * DAY, 2 * DAY - SECOND, "ends-soon good"),
        (90 * DAY, timedelta(), "ends-soon good"),  # the last second still counts (RFC 5280 section 4.1.2.5)
        (90 * DAY, -SECOND, "expired"),
        (90 * DAY, 90 * DAY, "good"),  # and so does the first
        (90 * DAY, 90 * DAY + SECOND, "not-yet-valid"),
    ],
)
def test_dates(
    life: timedelta, left: timedelta, expected: str, authority: Authority, roots: TrustedRoots, now: datetime
) -> None:
    """Both ends are inclusive. Soon is fourteen days, or a third of the life of a certificate that lives for less."""
    issued = authority.issue([HOST], begins=left - life, ends=left)
    assert codes(findings(presented(examine(issued.der, roots, now), now))) == expected


@pytest.mark.parametrize(
    ("left", "words"), [(13 * DAY, "13 days"), (2 * DAY, "2 days"), (30 * HOUR, "30 hours"), (HOUR, "an hour or two")]
)
def test_what_is_left_is_told_in_words(
    left: timedelta, words: str, authority: Authority, roots: TrustedRoots, now: datetime
) -> None:
    shown = presented(examine(authority.issue([HOST], ends=left).der, roots, now), now)
    assert [finding.params["left"] for finding in findings(shown) if "left" in finding.params] == [words]


@pytest.mark.parametrize(
    ("kind", "issuer"),
    [
        ("alone", "CN=Mailseal Sandbox CA 1"),
        ("an issuer that is none", "CN=Mailseal Sandbox CA 1"),
        ("untrusted root", "CN=Somebody Root"),
        ("untrusted root, sent", "CN=Somebody Root"),
    ],
)
def test_the_issuer_where_the_path_ends_is_named(
    kind: str, issuer: str, chain_of: ChainOf, roots: TrustedRoots, now: datetime
) -> None:
    """The one that is missing or not trusted, not the first or the last that was sent."""
    shown = presented(examine(chain_of(kind), roots, now), now)
    assert [finding.params["issuer"] for finding in findings(shown) if "issuer" in finding.params] == [issuer]


def test_what_could_not_be_judged_is_neither_good_nor_bad(
    chain_of: ChainOf, roots: TrustedRoots, now: datetime
) -> None:
    """Trust that is null brings no verdict on trust, and no praise."""
    unjudged = replace(examine(chain_of("good"), roots, now), trusted=None, self_signed=None, chain_complete=None)
    assert findings(presented(unjudged, now)) == []


def test_many_names_are_shown_short(authority: Authority, roots: TrustedRoots, now: datetime) -> None:
    issued = authority.issue([f"{letter}.web.test" for letter in "abcdefgh"])
    (finding,) = findings(presented(examine(issued.der, roots, now), now))
    assert finding.params["names"] == "a.web.test, b.web.test, c.web.test, d.web.test, e.web.test and 3 more"


def test_every_entry_is_raised_and_reads_well(chain_of: ChainOf, roots: TrustedRoots, now: datetime) -> None:
    """Each code of the catalogue comes from some kind of chain, and its templates need nothing that isn't given."""
    entries = {entry.code: entry for entry in CATALOGUE}
    raised: set[str] = set()
    for kind in KINDS:
        for finding in findings(presented(examine(chain_of(kind), roots, now), now)):
            entry = entries[finding.code]
            for template in (entry.title, entry.detail, entry.remedy):
                assert "{" not in template.format(host=HOST, address="192.0.2.1", **finding.params)
            raised.add(finding.code)
    assert raised == entries.keys()


def test_costs_keep_to_their_severity() -> None:
    """Advice costs 1 to 3 points, serious 3 to 6, and what costs has a group; the rest is free."""
    allowed = {Severity.ADVICE: range(1, 4), Severity.SERIOUS: range(3, 7), Severity.CRITICAL: range(4, 13)}
    for entry in CATALOGUE:
        assert entry.cost in allowed.get(entry.severity, range(1)), entry.code
        assert bool(entry.group) is bool(entry.cost), entry.code
