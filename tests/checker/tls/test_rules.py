"""From handshakes to findings, and what a handshake cannot tell."""

import pytest

from checker.finding import Finding, Severity
from checker.observation import PENDING, Absent, Failed, FailureKind, NotTried, Observation, Reason, Seen
from checker.tls.catalogue import CATALOGUE
from checker.tls.facts import Handshake, TlsFacts
from checker.tls.rules import RULES

ALERT = Failed(FailureKind.ALERT, "TLS alert 40 (handshake_failure)")
DEADLINE = Failed(FailureKind.DEADLINE, "The scan's time was up.")
BUG = Failed(FailureKind.INTERNAL, "Mailseal made a mistake here.")
SKIPPED = NotTried(Reason.NOT_REACHED)


def done(version: str, suite: str, nist: bool = True) -> Seen[Handshake]:
    return Seen(Handshake(version=version, suite=suite, nist=nist, certificate="ab"))


def findings(facts: TlsFacts) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(facts)]


def codes(facts: TlsFacts) -> str:
    return " ".join(sorted(finding.code.removeprefix("tls-") for finding in findings(facts)))


SUITES = [
    ("TLSv1.3", "TLS_AES_256_GCM_SHA384", "current"),
    ("TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "1-3-missing current"),
    ("TLSv1.2", "TLS_RSA_WITH_AES_128_CBC_SHA", "1-3-missing no-forward-secrecy"),
    ("TLSv1.2", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", "1-3-missing anonymous-preferred"),
    ("TLSv1.2", "TLS_RSA_WITH_NULL_SHA256", "1-3-missing no-forward-secrecy weak-cipher-chosen"),
    ("TLSv1.2", "TLS_ECDHE_RSA_WITH_RC4_128_SHA", "1-3-missing weak-cipher-chosen"),
    ("TLSv1.2", "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "1-3-missing 3des-chosen"),
    ("TLSv1.1", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "version-old"),
    ("TLSv1.0", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "3des-chosen no-forward-secrecy version-old"),
    ("TLSv1.0", "TLS_DH_anon_EXPORT_WITH_RC4_40_MD5", "anonymous-preferred version-old weak-cipher-chosen"),
]


@pytest.mark.parametrize(("version", "suite", "expected"), SUITES)
def test_what_was_negotiated(version: str, suite: str, expected: str) -> None:
    """One handshake, judged by version and suite apart; there is praise only where nothing is to be said against it."""
    assert codes(TlsFacts(nist=done(version, suite))) == expected


ENDINGS: list[tuple[Observation[Handshake], Observation[Handshake], str]] = [
    (PENDING, PENDING, ""),
    (SKIPPED, SKIPPED, ""),
    (Absent(), SKIPPED, ""),
    (ALERT, SKIPPED, "handshake-failed"),
    (ALERT, ALERT, "handshake-failed"),
    (Failed(FailureKind.CLOSED), Failed(FailureKind.TIMEOUT), "handshake-failed"),
    (DEADLINE, SKIPPED, "handshake-unknown"),
    (BUG, SKIPPED, "handshake-unknown"),
    (ALERT, DEADLINE, "handshake-unknown"),  # the suites of the second might have done it
    (
        ALERT,
        done("TLSv1.2", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", nist=False),
        "1-3-missing no-nist-suite",
    ),
    (
        Failed(FailureKind.CLOSED),  # no answer to the NIST suites, so nothing is said of them
        done("TLSv1.2", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", nist=False),
        "1-3-missing",
    ),
    (
        ALERT,
        done("TLSv1.0", "TLS_RSA_WITH_RC4_128_SHA", nist=False),
        "no-forward-secrecy no-nist-suite version-old weak-cipher-chosen",
    ),
]


@pytest.mark.parametrize(("nist", "every", "expected"), ENDINGS)
def test_how_it_ended(nist: Observation[Handshake], every: Observation[Handshake], expected: str) -> None:
    """Their failure is critical, ours is unknown, and where nothing was tried nothing is said."""
    assert codes(TlsFacts(nist=nist, every=every)) == expected


def test_the_alert_is_told() -> None:
    """Not just "failed": the alert's number stands in the finding (requirements TLS-31)."""
    (finding,) = findings(TlsFacts(nist=ALERT, every=ALERT))
    assert finding.params == {"why": "TLS alert 40 (handshake_failure)"}


def test_every_entry_is_raised_and_reads_well() -> None:
    """Each code of the catalogue comes from some handshake, and its templates need nothing that isn't given."""
    entries = {entry.code: entry for entry in CATALOGUE}
    shown = [TlsFacts(nist=done(version, suite)) for version, suite, _ in SUITES]
    shown += [TlsFacts(nist=nist, every=every) for nist, every, _ in ENDINGS]
    raised: set[str] = set()
    for finding in (finding for facts in shown for finding in findings(facts)):
        entry = entries[finding.code]
        for template in (entry.title, entry.detail, entry.remedy):
            assert "{" not in template.format(host="mx.mail.test", address="192.0.2.1", **finding.params)
        raised.add(finding.code)
    assert raised == entries.keys()


def test_costs_keep_to_their_severity() -> None:
    """Advice costs 1 to 3 points, serious 3 to 6, critical 4 to 12, and what costs has a group; the rest is free."""
    allowed = {Severity.ADVICE: range(1, 4), Severity.SERIOUS: range(3, 7), Severity.CRITICAL: range(4, 13)}
    for entry in CATALOGUE:
        assert entry.cost in allowed.get(entry.severity, range(1)), entry.code
        assert bool(entry.group) is bool(entry.cost), entry.code
