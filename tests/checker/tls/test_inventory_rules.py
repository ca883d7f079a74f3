"""From what a server takes and refuses to findings, judged for mail: where too strict means clear text."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from checker.assessment.rulebook import ENTRIES, judge, judged
from checker.assessment.states import judge_servers
from checker.finding import Finding, Severity
from checker.observation import Failed, FailureKind, Seen
from checker.tls import inventory_catalogue
from checker.tls.facts import Handshake, Inventory, TlsFacts, VersionSuites
from checker.tls.inventory_rules import RULES
from checker.tls.rules import RULES as HANDSHAKE_RULES
from tests.fact_builders import NOW, domain, server, working
from tests.tls_inventories import GOOD_1_2, NEWEST, STRICT, asked, speaking, taking

RSA_ONLY = "TLS_RSA_WITH_AES_128_CBC_SHA"
CHACHA = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"


def findings(facts: TlsFacts) -> list[Finding]:
    return [finding for rule in (*HANDSHAKE_RULES, *RULES) for finding in rule(facts)]


def codes(facts: TlsFacts) -> set[str]:
    """Without what the strict server has, and what is good about a handshake."""
    return {finding.code.removeprefix("tls-") for finding in findings(facts)} - {"current", "post-quantum"}


def listed(version: str, *suites: str, is_complete: bool = False) -> VersionSuites:
    return VersionSuites(version=version, suites=suites, is_complete=is_complete)


# What the server takes beside the strict one's, and what is said of it
INVENTORIES: list[tuple[str, Inventory, set[str]]] = [
    ("strict", STRICT, {"nothing-weak"}),
    ("SSLv2", speaking("SSLv2", "TLSv1.2", "TLSv1.3"), {"sslv2-accepted", "nothing-weak"}),
    ("SSLv3", speaking("SSLv3", "TLSv1.2", "TLSv1.3"), {"sslv3-accepted"}),
    ("TLS 1.0 and 1.1", speaking("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"), {"old-versions-accepted"}),
    ("TLS 1.3 alone", speaking("TLSv1.3"), {"1-2-missing", "nothing-weak"}),
    ("anonymous", taking("anonymous"), {"anonymous-accepted"}),
    ("export and RC4", taking("export", "rc4"), {"broken-suites-accepted"}),
    ("NULL", taking("null"), {"broken-suites-accepted"}),
    ("3DES", taking("3des", "cbc"), {"3des-accepted"}),
    ("static RSA", taking("static-rsa"), {"static-keys-accepted", "nothing-weak"}),
    ("static DH", taking("static-dh"), {"static-keys-accepted"}),
    ("DHE and CBC", taking("dhe", "cbc", dh_bits=2048, encrypt_then_mac=True), {"nothing-weak"}),
    ("CBC", taking("cbc", encrypt_then_mac=False), {"cbc-without-encrypt-then-mac", "nothing-weak"}),
    ("short DH", taking("dhe", dh_bits=1024), {"dh-short"}),
    ("the sender's order", replace(STRICT, preference="client"), {"nothing-weak"}),
    ("its order among weak ones", taking("3des", preference="client"), {"3des-accepted", "client-order"}),
    ("a short curve", replace(STRICT, weak_group=True, old_groups=("x25519", "sect163k1")), {"weak-group"}),
    ("no ML-KEM", replace(STRICT, post_quantum=False), {"post-quantum-missing", "nothing-weak"}),
    ("compression", replace(STRICT, compression=True), {"compression"}),
    ("renegotiation", replace(STRICT, secure_renegotiation=False), {"renegotiation-insecure", "nothing-weak"}),
    ("no EMS", replace(STRICT, extended_master_secret=False), {"extended-master-secret-missing", "nothing-weak"}),
    ("heartbeat", replace(STRICT, heartbeat=True), {"heartbeat", "nothing-weak"}),
    (
        "every suite, none of them usual",
        replace(STRICT, suites=(listed("TLSv1.2", CHACHA, is_complete=True),)),
        {"recommended-suites-missing", "nothing-weak"},
    ),
    (
        "the sender's order, and it takes no usual suite",
        replace(STRICT, preference="client", suites=(listed("TLSv1.2", CHACHA),)),
        {"recommended-suites-missing", "nothing-weak"},
    ),
    ("its own order: more may follow", replace(STRICT, suites=(listed("TLSv1.2", CHACHA),)), {"nothing-weak"}),
    (
        "every group, none for the many",
        replace(STRICT, groups=("secp384r1",), old_groups=(), groups_complete=True, old_groups_complete=True),
        {"usual-groups-missing", "nothing-weak"},
    ),
    ("busy", replace(STRICT, missing=("The server asked for a pause",)), {"not-all-known", "nothing-weak"}),
    ("injection", replace(STRICT, plaintext_injection=True), {"plaintext-injection", "nothing-weak"}),
    ("SHA-1", replace(STRICT, sha1_signatures=True), {"sha1-signatures", "nothing-weak"}),
    ("a long hello", replace(STRICT, large_hello=False), {"large-hello-fails", "nothing-weak"}),
    ("no name", replace(STRICT, no_name="failed", unknown_name="failed"), {"name-insisted-on", "nothing-weak"}),
    ("another name", replace(STRICT, unknown_name="failed", no_name="other"), {"unknown-name-refused", "nothing-weak"}),
    (
        "no fallback signal",
        speaking("TLSv1.1", "TLSv1.2", "TLSv1.3", fallback_scsv=False),
        {"fallback-unprotected", "old-versions-accepted"},
    ),
    ("client renegotiation", replace(STRICT, client_renegotiation=True), {"client-renegotiation", "nothing-weak"}),
    ("no fallback signal, nothing old", replace(STRICT, fallback_scsv=False), {"nothing-weak"}),
    ("nothing known", Inventory(), set()),
]


@pytest.mark.parametrize(("name", "inventory", "expected"), INVENTORIES, ids=[case[0] for case in INVENTORIES])
def test_what_a_server_takes(name: str, inventory: Inventory, expected: set[str]) -> None:
    """One thing at a time; what is null or refused is nobody's fault."""
    assert codes(asked(inventory)) == expected, name


def test_nothing_is_said_where_nothing_was_asked() -> None:
    assert [finding for rule in RULES for finding in rule(asked(None))] == []


CHOSEN: list[tuple[str, str, Inventory, set[str]]] = [
    ("TLSv1.2", "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", taking("3des"), {"3des-chosen"}),
    ("TLSv1.2", "TLS_ECDHE_RSA_WITH_RC4_128_SHA", taking("rc4"), {"weak-cipher-chosen"}),
    ("TLSv1.2", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", taking("anonymous"), {"anonymous-preferred"}),
    ("TLSv1.2", RSA_ONLY, taking("static-rsa"), {"no-forward-secrecy"}),
    ("TLSv1.1", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", speaking("TLSv1.0", "TLSv1.1"), {"version-old"}),
]


@pytest.mark.parametrize(("version", "suite", "inventory", "expected"), CHOSEN)
def test_what_the_handshake_told_is_not_told_again(
    version: str, suite: str, inventory: Inventory, expected: set[str]
) -> None:
    """Chosen from all that is offered is worse than taken by who asks for nothing else; each fault once."""
    known = replace(inventory, suites=())
    assert codes(asked(known, version, suite)) - {"1-3-missing", "recommended-suites-missing"} == expected


NO_SECRECY = speaking("TLSv1.2", suites=(listed("TLSv1.2", RSA_ONLY),), preference="client", accepted_kinds=("cbc",))
SECRECY = [
    ("its order shows that there is none", NO_SECRECY, "tls-forward-secrecy-missing"),
    (
        "every suite was asked",
        replace(NO_SECRECY, preference="server", suites=(listed("TLSv1.2", RSA_ONLY, is_complete=True),)),
        "tls-forward-secrecy-missing",
    ),
    ("the server's order may hide one", replace(NO_SECRECY, preference="server"), "tls-no-forward-secrecy"),
    ("one was seen", replace(NO_SECRECY, suites=(listed("TLSv1.2", *GOOD_1_2),)), "tls-no-forward-secrecy"),
    ("nobody asked", None, "tls-no-forward-secrecy"),
]


@pytest.mark.parametrize(("name", "inventory", "expected"), SECRECY, ids=[case[0] for case in SECRECY])
def test_no_forward_secrecy_at_all(name: str, inventory: Inventory | None, expected: str) -> None:
    """None at all is serious, not preferred is advice; what can't be told apart is the lesser."""
    found = {finding.code for finding in findings(asked(inventory, "TLSv1.2", RSA_ONLY))}
    assert found & {"tls-forward-secrecy-missing", "tls-no-forward-secrecy"} == {expected}, name


FOR_MAIL: Mapping[str, Severity] = {
    "tls-anonymous-accepted": Severity.NOTE,
    "tls-old-versions-accepted": Severity.ADVICE,
    "tls-static-keys-accepted": Severity.ADVICE,
    "tls-3des-accepted": Severity.ADVICE,
    "tls-1-2-missing": Severity.ADVICE,
    "tls-post-quantum-missing": Severity.NOTE,
}


@pytest.mark.parametrize(("code", "severity"), FOR_MAIL.items())
def test_severity_is_judged_for_mail(code: str, severity: Severity) -> None:
    """What only old senders get is no serious fault: without it their mail would travel in clear text."""
    assert {entry.code: entry.severity for entry in inventory_catalogue.CATALOGUE}[code] is severity


def test_a_stock_server_loses_little() -> None:
    """Old versions, anonymous suites, static keys and the sender's order, as Debian's Postfix comes: three points."""
    stock = taking(
        *("anonymous", "static-rsa", "dhe", "cbc"),
        accepted_versions=("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
        rejected_versions=("SSLv3",),
        preference="client",
        dh_bits=2048,
        encrypt_then_mac=True,
    )
    assert sum(ENTRIES[finding.code].cost for finding in findings(asked(stock))) == 3


def test_every_entry_is_raised_and_reads_well() -> None:
    """Each code of the catalogue comes from some inventory, and its templates need nothing that isn't given."""
    raised: set[str] = set()
    shown = [asked(inventory) for _, inventory, _ in INVENTORIES]
    shown.append(asked(NO_SECRECY, "TLSv1.2", RSA_ONLY))
    for facts in shown:
        for finding in (finding for rule in RULES for finding in rule(facts)):
            told = judged(replace(finding, params={"host": "mx.mail.test", "address": "192.0.2.1", **finding.params}))
            assert "{" not in told.title + told.detail + told.remedy
            raised.add(finding.code)
    assert raised == {entry.code for entry in inventory_catalogue.CATALOGUE}


def test_the_address_that_was_asked_speaks_for_its_server() -> None:
    """Alike addresses aren't all asked; the finding stands once, of the server, and names who was asked."""
    first, second = working("192.52.193.1"), working("192.52.193.2")
    endpoints = (replace(first, tls=asked(taking("3des"))), replace(second, tls=asked(None)))
    told = judge(judge_servers(domain(server("mx.d.test", *endpoints)), NOW))
    [found] = [finding for finding in told if finding.code == "tls-3des-accepted"]
    assert (found.subject.address, found.params["addresses"]) == (None, ["192.52.193.1"])


def test_addresses_that_were_both_asked_and_differ_are_told_apart() -> None:
    first, second = working("192.52.193.1"), working("192.52.193.2")
    endpoints = (replace(first, tls=asked(taking("3des"))), replace(second, tls=asked(STRICT)))
    told = judge(judge_servers(domain(server("mx.d.test", *endpoints)), NOW))
    [found] = [finding for finding in told if finding.code == "tls-3des-accepted"]
    assert str(found.subject.address) == "192.52.193.1"


BROKE_OFF = Failed(FailureKind.CLOSED, "The server closed the connection.")


def beyond_nist(**changes: Any) -> TlsFacts:
    """The offer of NIST's suites broke off, and the wider one brought ChaCha20."""
    done = Handshake(version="TLSv1.2", suite=CHACHA, nist=False, certificate="leaf")
    known = replace(STRICT, **{"suites": (listed("TLSv1.2", CHACHA),), **changes})
    return TlsFacts(nist=BROKE_OFF, every=Seen(done), inventory=known)


NIST: list[tuple[dict[str, Any], bool | None]] = [
    ({}, None),
    ({"suites": (listed("TLSv1.2", CHACHA, GOOD_1_2[0]),)}, True),
    ({"suites": (listed("TLSv1.3", NEWEST),)}, True),
    ({"suites": (listed("SSLv3", RSA_ONLY),), "accepted_kinds": ("static-rsa", "cbc")}, None),
    ({"suites": (listed("TLSv1.2", RSA_ONLY),), "accepted_kinds": ("static-rsa", "cbc")}, True),
    ({"suites": (listed("TLSv1.2", RSA_ONLY),), "accepted_kinds": ("cbc",)}, None),  # chosen, and then it failed
]


@pytest.mark.parametrize(("changes", "expected"), NIST)
def test_a_question_may_bring_the_nist_suite(changes: dict[str, Any], expected: bool | None) -> None:
    """Where the handshake didn't tell, a suite that the server chose later does; in TLS, and if it can use it."""
    assert beyond_nist(**changes).has_nist_suite is expected
