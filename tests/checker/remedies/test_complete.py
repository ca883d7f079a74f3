"""No fault is told without what to do about it: a fix to paste, a command that shows it, a message to who must act."""

from collections.abc import Iterator

import pytest

from checker.assessment.rulebook import ENTRIES
from checker.finding import Entry, Severity, Who
from checker.remedies.commands import shown_by
from checker.remedies.registry import FIXES, MODULES

FAULTS = tuple(
    entry for entry in ENTRIES.values() if entry.severity in (Severity.CRITICAL, Severity.SERIOUS, Severity.ADVICE)
)
_SIGNING = "keys and signatures are made by the zone's own signer: no record can be written down for it"
_AWAY = "a machine or network that is away has no line to paste; server-dead and server-address-dead take it from DNS"
_BLACK_BOX = "only the server's own log, or its update, can tell what to change"
_OWN_FINDING = "the finding on the server's TLS or certificate that makes it fail has the fix"
_WEB = "which web server runs there is not known, and it is set up in its own way; the message tells what is needed"
_LIBRARY = "its TLS library decides, and has to be updated"
WITHOUT_FIX = {
    "tls-renegotiation-insecure": _LIBRARY,
    "tls-extended-master-secret-missing": _LIBRARY,
    "tls-heartbeat": _LIBRARY,
    "tls-sha1-signatures": _LIBRARY,
    "tls-plaintext-injection": "the mail server itself has to be updated",
    "tls-large-hello-fails": "what stands before the server reads only the first packet, and isn't known",
    "tls-name-insisted-on": "which certificate to show by default is the owner's choice",
    "tls-unknown-name-refused": "which certificate to show by default is the owner's choice",
    "mx-no-such-domain": "a domain is registered at a registrar, not by a record",
    "mx-bogus": _SIGNING,
    "mx-host-bogus": _SIGNING,
    "dnssec-policy-bogus": _SIGNING,
    "dnssec-ds-without-key": _SIGNING,
    "dnssec-signature-expired": _SIGNING,
    "dnssec-signature-ends-soon": _SIGNING,
    "dnssec-algorithm-broken": _SIGNING,
    "dnssec-algorithm-old": _SIGNING,
    "dnssec-nothing-supported": _SIGNING,
    "dnssec-digest-old": _SIGNING,
    "dnssec-key-short": _SIGNING,
    "dnssec-iterations-many": _SIGNING,
    "dnssec-iterations": _SIGNING,
    "smtp-no-answer": _AWAY,
    "smtp-unreachable": _AWAY,
    "smtp-no-mail-service": _AWAY,
    "smtp-cut-off": _BLACK_BOX,
    "smtp-ehlo-refused": _BLACK_BOX,
    "smtp-bytes-after-go-ahead": _BLACK_BOX,
    "smtp-ehlo-tls-fails": _BLACK_BOX,
    "smtp-starttls-inside-tls": _BLACK_BOX,
    "dane-look-up-fails": "the name servers have to be updated: no record can be written down for it",
    "dane-without-dnssec": _SIGNING,
    "dane-mx-unsigned": _SIGNING,
    "dane-without-tls": "the finding on STARTTLS has the fix",
    "dane-default-certificate": "which certificate to show by default is the owner's choice",
    "dane-at-alias": "mx-target-is-alias has the fix",
    "caa-look-up-fails": "the name servers have to be updated: no record can be written down for it",
    "mta-sts-server-fails-policy": _OWN_FINDING,
    "mta-sts-testing-would-fail": _OWN_FINDING,
    "mta-sts-fails-beside-dane": "the finding on the policy's lines or the server's certificate has the fix",
    "mta-sts-host-refused": _WEB,
    "mta-sts-host-silent": _WEB,
    "mta-sts-host-tls-fails": _WEB,
    "mta-sts-host-tls-old": _WEB,
    "mta-sts-host-certificate-expired": _WEB,
    "mta-sts-host-certificate-not-yet-valid": _WEB,
    "mta-sts-host-certificate-wrong-name": _WEB,
    "mta-sts-host-certificate-self-signed": _WEB,
    "mta-sts-host-certificate-chain-incomplete": _WEB,
    "mta-sts-host-certificate-untrusted": _WEB,
    "mta-sts-host-certificate-unreadable": _WEB,
    "mta-sts-host-certificate-ends-soon": _WEB,
}
WITHOUT_COMMAND: dict[str, str] = {}
WITHOUT_MESSAGE: dict[str, str] = {}


def missing(entry: Entry) -> Iterator[str]:
    if (entry.code in FIXES) == (entry.code in WITHOUT_FIX):
        yield "fix"
    if bool(shown_by(entry.code)) == (entry.code in WITHOUT_COMMAND):
        yield "command"
    if (entry.who not in (Who.NOBODY, Who.SENDER)) == (entry.code in WITHOUT_MESSAGE):
        yield "message"
    if not entry.remedy:
        yield "words"


@pytest.mark.parametrize("entry", FAULTS, ids=lambda entry: entry.code)
def test_every_fault_has_what_to_do_about_it(entry: Entry) -> None:
    """A fix, a command and a message, or a reason why there is none."""
    assert not [*missing(entry)]


def test_exceptions_are_of_this_rulebook() -> None:
    """No reason outlives its code, and none is empty."""
    reasons = {**WITHOUT_FIX, **WITHOUT_COMMAND, **WITHOUT_MESSAGE}
    assert set(reasons) <= {entry.code for entry in FAULTS}
    assert all(reasons.values())


def test_fixes_are_for_codes_that_exist() -> None:
    """A misspelt code would leave its finding without a fix."""
    assert set(FIXES) <= set(ENTRIES)


def test_each_code_has_one_builder() -> None:
    """Of two, one would be lost."""
    codes = [code for fixes in MODULES for code in fixes]
    assert len(codes) == len(set(codes))
