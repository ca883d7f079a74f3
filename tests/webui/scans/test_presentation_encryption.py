"""TLS on a server's page: what is accepted by class, what is refused, and what is not known, each by its name."""

from dataclasses import replace
from typing import Any

import pytest

from checker.observation import Failed, FailureKind
from checker.report.build import build
from checker.report.document import Report
from checker.tls.facts import AskedQuestion, Inventory, TlsFacts, VersionSuites
from tests.fact_builders import certificate, domain, server, working
from tests.report_parts import NOW
from tests.tls_inventories import STRICT, asked, speaking, taking
from webui.scans.presentation import present, present_server, server_text
from webui.scans.presentation.encryption import Encryption, Row
from webui.scans.presentation.sights import sights

HOST, V4, OTHER = "mx.d.test", "192.52.193.1", "192.52.193.2"


def report_of(*tls: TlsFacts, **changes: Any) -> Report:
    """A server with an address for each, whose limits are those of its TLS."""
    endpoints = [replace(working(address), tls=each) for address, each in zip((V4, OTHER), tls, strict=False)]
    facts = replace(domain(server(HOST, *endpoints), certificates=[certificate(HOST)]), **changes)
    report = build(facts, None, None)
    report["limits"] = [
        {"path": f"servers.{HOST}.{address}.tls", "code": "not-determined", "detail": detail}
        for address, each in zip((V4, OTHER), tls, strict=False)
        for detail in (each.inventory.missing if each.inventory else ("Not asked.",))
    ]
    return report


def seen(inventory: Inventory | None, **changes: Any) -> Encryption:
    page = present_server(report_of(asked(inventory), **changes), 1, NOW)
    assert page is not None
    return page.encryption[0]


def rows(inventory: Inventory) -> dict[str, Row]:
    shown = seen(inventory)
    return {row.name: row for row in (*shown.versions, *shown.others)}


def told(row: Row) -> tuple[str, str]:
    return row.mark.tone, row.mark.words


def test_a_server_with_which_no_library_shakes_hands_is_shown_too() -> None:
    refused = Failed(FailureKind.ALERT, "TLS alert 40 (handshake_failure)")
    one = AskedQuestion(
        asks="Versions below TLS 1.2", offer="SSLv3, 61 suites", answer="SSLv3, TLS_RSA_WITH_RC4_128_SHA"
    )
    known = Inventory(accepted_versions=("SSLv3",), asked=(one,))
    page = present_server(report_of(TlsFacts(nist=refused, every=refused, inventory=known)), 1, NOW)
    assert page is not None
    assert page.encryption[0].cost == "1 connection after the handshake had failed"
    assert [row.name for row in page.encryption[0].versions if row.mark.words == "accepted"] == ["SSLv3"]


VERSIONS = [
    (STRICT, "TLS 1.3", ("ok", "accepted")),
    (STRICT, "TLS 1.0", ("ok", "refused")),
    (speaking("TLSv1.0", "TLSv1.3"), "TLS 1.0", ("warn", "accepted")),
    (speaking("TLSv1.0", "TLSv1.3"), "TLS 1.2", ("warn", "not accepted")),
    (speaking("SSLv3", "TLSv1.3"), "SSLv3", ("bad", "accepted")),
    (replace(STRICT, rejected_versions=()), "TLS 1.1", ("unk", "could not tell")),
    (replace(STRICT, rejected_versions=()), "SSLv2", ("na", "not asked")),
]


@pytest.mark.parametrize(("inventory", "name", "expected"), VERSIONS)
def test_versions(inventory: Inventory, name: str, expected: tuple[str, str]) -> None:
    """Refused, not asked and no clear answer are three things."""
    assert told(rows(inventory)[name]) == expected


def test_suites_stand_by_class() -> None:
    """The best first; without a certificate is a class of its own, since mail loses nothing by it."""
    suites = (
        "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_DH_anon_WITH_RC4_128_MD5",
    )
    inventory = taking(
        "anonymous", "static-rsa", "cbc", "rc4", suites=(VersionSuites(version="TLSv1.2", suites=suites),)
    )
    classes = rows(inventory)["TLS 1.2"].classes
    assert [(each.mark.words, each.names) for each in classes] == [
        ("good", suites[2:3]),
        ("to be phased out", suites[1:2]),
        ("without certificate", suites[:1]),
        ("bad", suites[3:]),
    ]


def test_what_is_refused_stands_together_and_what_is_there_alone() -> None:
    shown = rows(taking("rc4", "dhe", dh_bits=1024, dh_prime="MODP group 2"))
    assert told(shown["RC4"]) == ("bad", "bad")
    assert "3DES" in shown["None of these"].words
    assert "RC4" not in shown["None of these"].words
    assert told(shown["DH over a prime"]) == ("bad", "bad")
    assert "1024 bits, MODP group 2" in shown["DH over a prime"].words
    for what in ("Signatures with SHA-1", "A handshake without a name", "A first message of two packets"):
        assert what in shown["Only a deep check asks"].words


def test_what_had_no_clear_answer_is_open() -> None:
    """In a deep check what only that asks is open too if nothing came of it."""
    assert "RC4" in rows(Inventory())["Open"].words
    deep = {row.name: row for row in seen(STRICT, depth="deep").others}
    assert "SHA-1" in deep["Open"].words
    assert "Only a deep check asks" not in deep


def test_standards_name_what_fails_and_what_is_not_known() -> None:
    """Also what no check of ours can tell."""
    nist = seen(speaking("TLSv1.2", "TLSv1.3", compression=True)).standards[0]
    assert told(Row(name="", mark=nist.mark)) == ("warn", "fails")
    assert nist.fails == ("compression is on",)
    assert any("deep check" in what for what in nist.missing)
    assert any("OCSP" in what for what in nist.missing)


def test_an_address_that_was_not_asked_says_so_and_looks_like_the_one_that_was() -> None:
    """Its page has the reason alone; in the matrix both are alike, since they shake hands alike."""
    report = report_of(asked(speaking("TLSv1.0", "TLSv1.2", "TLSv1.3")), asked(None))
    page = present_server(report, 1, NOW)
    assert page is not None
    assert (page.encryption[1].open, page.encryption[1].versions) == (("Not asked.",), ())
    (block,) = present(report, NOW).servers
    assert len(block.rows) == 1
    assert any(cell.mark.fact == "1.0 too" for cell in block.rows[0].cells)


def test_what_is_missing_names_server_and_address() -> None:
    """Among what could not be seen, in words and not as a path."""
    report = report_of(asked(replace(STRICT, missing=("It was busy.",))))
    told = {sight.mark.words: sight.text for sight in sights(report)}
    assert told[f"TLS of {HOST} at {V4}"] == "It was busy."


def test_broken_suites_show_in_the_matrix() -> None:
    (block,) = present(report_of(asked(taking("rc4"))), NOW).servers
    assert any(cell.mark.fact == "weak ones too" for cell in block.rows[0].cells)


def test_the_ticket_holds_it_all() -> None:
    """What was asked and answered, what is missing, and the standards."""
    text = server_text(report_of(asked(replace(STRICT, missing=("It was busy.",)))), 1, "https://link", NOW)
    for line in (
        "It was busy.",
        "TLS 1.0: refused",
        "None of these: refused. No encryption (NULL); Export ciphers",
        "Only a deep check asks: not asked. Signatures with SHA-1",
        "Asked: SSLv2",
        "NIST SP 800-52 revision 2: could not tell",
        "not known: whether other suites than those seen are accepted",
    ):
        assert line in text


def test_a_report_from_before_these_questions_still_has_its_page() -> None:
    """Stored reports lack the newer keys."""
    report = report_of(asked(STRICT))
    tls: Any = report["servers"][0]["endpoints"][0]["tls"]
    for key in ("asked", "profiles", "dh_prime", "extended_master_secret", "encrypt_then_mac", "heartbeat"):
        del tls[key]
    page = present_server(report, 1, NOW)
    assert page is not None
    assert page.encryption[0].versions == ()
