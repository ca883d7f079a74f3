"""The section on TLS: true was chosen, false refused, and null is all that nobody asked or that had no clear answer."""

from dataclasses import replace

import pytest

from checker.observation import Absent, Failed, FailureKind
from checker.report.build import build
from checker.report.document import LimitEntry
from checker.report.document_servers import TlsSection
from checker.report.tls import certificates_of, tls_section, unseen_tls
from checker.tls.facts import Inventory, TlsFacts, VersionSuites
from tests.fact_builders import NOW, certificate, domain, server, working
from tests.tls_inventories import GOOD_1_2, NEWEST, STRICT, asked, speaking, taking

V4, OTHER = "192.52.193.1", "192.52.193.2"


def section(inventory: Inventory | None = STRICT, version: str = "TLSv1.3", suite: str = NEWEST) -> TlsSection:
    found = tls_section(asked(inventory, version, suite), {})
    assert found is not None
    return found


def test_there_is_none_without_a_handshake() -> None:
    assert tls_section(TlsFacts(), {}) is None
    assert tls_section(TlsFacts(nist=Absent()), {}) is None


def test_the_handshake_alone_settles_its_own_version_suite_and_group() -> None:
    """Where nothing else was asked, all else is null."""
    found = section(None, "TLSv1.0", "TLS_RSA_WITH_3DES_EDE_CBC_SHA")
    assert found["negotiated"] == {"version": "TLSv1.0", "cipher": "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "group": "x25519"}
    assert {version for version, is_so in found["versions"].items() if is_so} == {"TLSv1.0"}
    assert {is_so for version, is_so in found["versions"].items() if version != "TLSv1.0"} == {None}
    assert {name for name, is_so in found["weaknesses"].items() if is_so} == {"3des", "static-rsa"}
    assert {is_so for name, is_so in found["weaknesses"].items() if name not in ("3des", "static-rsa")} == {None}
    assert (found["asked"], found["ciphers_complete"], found["groups_complete"]) == (None, False, False)


def test_a_strict_server() -> None:
    """What a verdict brings out: six versions, every weakness that was asked for, groups, and what was asked."""
    found = section()
    assert found["versions"] == {
        "SSLv2": False,
        "SSLv3": False,
        "TLSv1.0": False,
        "TLSv1.1": False,
        "TLSv1.2": True,
        "TLSv1.3": True,
    }
    assert found["ciphers"] == {"TLSv1.2": [GOOD_1_2[0]], "TLSv1.3": [NEWEST]}
    assert found["groups"] == ["x25519", "X25519MLKEM768"]
    assert (found["post_quantum"], found["preference"], found["dhe"], found["dh_bits"]) == (True, "server", False, None)
    unasked = {name for name, is_so in found["weaknesses"].items() if is_so is None}
    assert unasked == {"sha1-signature", "plaintext-injection"}
    assert True not in found["weaknesses"].values()
    assert found["asked"] == [{"asks": "SSLv2", "offer": "SSLv2, 7 suites", "answer": "No (TLS alert 70)"}]


WEAK = [
    (taking("anonymous", "cbc"), {"anonymous"}),
    (taking("rc4", "3des", "export", "null"), {"rc4", "3des", "export", "null"}),
    (taking("static-rsa"), {"static-rsa"}),
    (taking("dhe", dh_bits=1024), {"weak-dh"}),
    (taking("dhe", dh_bits=2048), set()),
    (replace(STRICT, weak_group=True, compression=True), {"weak-group", "compression"}),
    (replace(STRICT, secure_renegotiation=False), {"insecure-renegotiation"}),
    (replace(STRICT, sha1_signatures=True, plaintext_injection=True), {"sha1-signature", "plaintext-injection"}),
]


@pytest.mark.parametrize(("inventory", "expected"), WEAK)
def test_weaknesses(inventory: Inventory, expected: set[str]) -> None:
    """Each kind that the server takes is one, and so is what its hellos show."""
    assert {name for name, is_so in section(inventory)["weaknesses"].items() if is_so} == expected


NOTHING = replace(
    STRICT,
    rejected_versions=(),
    rejected_kinds=(),
    weak_group=None,
    post_quantum=None,
    preference=None,
    compression=None,
    secure_renegotiation=None,
)


def test_what_had_no_clear_answer_is_null() -> None:
    """Never false: a server that said “later” to every question has refused nothing."""
    found = section(NOTHING)
    assert set(found["weaknesses"].values()) == {None}
    assert [found["versions"][version] for version in ("SSLv3", "TLSv1.0", "TLSv1.1")] == [None] * 3
    assert (found["post_quantum"], found["preference"], found["dhe"]) == (None, None, None)


def whole(version: str, *suites: str) -> VersionSuites:
    return VersionSuites(version=version, suites=suites, is_complete=True)


COMPLETE = replace(STRICT, suites=(whole("TLSv1.2", *GOOD_1_2), whole("TLSv1.3", NEWEST)))
WHOLE = [
    (STRICT, False, False),
    (COMPLETE, True, False),
    (replace(COMPLETE, suites=COMPLETE.suites[:1]), False, False),
    (replace(COMPLETE, rejected_versions=("TLSv1.0", "TLSv1.1")), False, False),  # SSLv3 is open
    (replace(COMPLETE, groups_complete=True), True, False),
    (replace(COMPLETE, groups_complete=True, old_groups_complete=True), True, True),
    (speaking("TLSv1.2", suites=COMPLETE.suites[:1], old_groups_complete=True), True, True),
    (speaking("TLSv1.3", suites=COMPLETE.suites[1:], groups_complete=True), True, True),
]


@pytest.mark.parametrize(("inventory", "suites", "groups"), WHOLE)
def test_complete_means_that_every_one_was_asked(inventory: Inventory, suites: bool, groups: bool) -> None:
    """Of every accepted version, with no version open."""
    version = inventory.accepted_versions[-1]
    found = section(inventory, version, NEWEST if version == "TLSv1.3" else GOOD_1_2[0])
    assert (found["ciphers_complete"], found["groups_complete"]) == (suites, groups)


def test_the_handshake_outweighs_what_was_learnt_before() -> None:
    """Facts of the address that are ten minutes old can't say that it lacks what it has just shown."""
    found = section(speaking("TLSv1.2"), "TLSv1.3")
    assert found["versions"]["TLSv1.3"] is True
    assert found["ciphers"]["TLSv1.3"] == [NEWEST]


def test_profiles_come_with_the_questions() -> None:
    """Where nothing was asked no standard is held against the server; else each says what fails and what is missing."""
    assert section(None)["profiles"] is None
    shown = section()["profiles"]
    assert shown is not None
    assert [(one["passes"], bool(one["missing"]), bool(one["source"])) for one in shown] == [(None, True, True)] * 3


def test_answers_from_before_say_when() -> None:
    """What was asked for an earlier report is not this scan's own."""
    remembered = tls_section(replace(asked(), inventory_reused=NOW), {})
    assert remembered is not None
    assert (remembered["asked_earlier"], section()["asked_earlier"]) == ("2026-06-01T00:00:00Z", None)


def test_one_certificate_of_each_kind_the_default_first() -> None:
    """The chain of the handshake, then those of other kinds of keys; another of the same kind is no further kind."""
    chains = {
        "leaf": certificate(key="EC secp256r1"),
        "rsa": certificate(sha256="rsa"),
        "ec": certificate(sha256="ec", key="EC secp384r1"),
    }
    tls = asked(replace(STRICT, chains=("ec", "rsa", "leaf", "unknown")))
    assert certificates_of(tls, chains) == ["leaf", "rsa"]
    assert certificates_of(asked(STRICT), {}) == ["leaf"]
    assert certificates_of(TlsFacts(), chains) == []
    anonymous = asked(replace(STRICT, chains=("rsa",)), certificate=None)
    assert certificates_of(anonymous, chains) == ["rsa"]


def limits_of(*tls: TlsFacts) -> list[LimitEntry]:
    addresses = (V4, OTHER, "192.52.193.3")
    endpoints = [replace(working(address), tls=each) for address, each in zip(addresses, tls, strict=False)]
    return list(unseen_tls(domain(server("mx.d.test", *endpoints))))


def test_what_is_missing_is_named() -> None:
    """Each thing that could not be determined stands among the limits, under the address's TLS."""
    why = "The server asked us to come back later, twice."
    [limit] = limits_of(asked(replace(STRICT, missing=(why, why))))
    assert limit == {
        "path": f"servers.mx.d.test.{V4}.tls",
        "code": "not-determined",
        "detail": f"Not determined. {why}",
    }
    assert limits_of(asked()) == []
    assert limits_of(TlsFacts()) == []


def test_an_address_that_was_not_asked_names_the_one_that_was() -> None:
    """It shakes hands like another, which was asked in its place; its own values stay null."""
    [limit] = limits_of(asked(), asked(None))
    assert limit["path"] == f"servers.mx.d.test.{OTHER}.tls"
    assert V4 in limit["detail"]


def test_so_does_one_of_those_with_which_no_library_shakes_hands() -> None:
    """A rejection and a choice that libraries have given up aren't alike."""
    rejecting, choosing = (
        TlsFacts(nist=failed, every=failed) for failed in (Failed(FailureKind.ALERT), Failed(FailureKind.CHOICE))
    )
    limits = limits_of(replace(rejecting, inventory=STRICT), rejecting, choosing)
    assert [f"{V4} was asked instead, and fails alike" in limit["detail"] for limit in limits] == [True, False]
    assert not [limit for limit in limits if "shakes hands" in limit["detail"]]
    assert limits_of(TlsFacts(nist=Failed(FailureKind.HANDSHAKE), every=Failed(FailureKind.HANDSHAKE))) == []


def test_an_address_unlike_all_others_that_was_not_asked_says_just_that() -> None:
    [limit] = limits_of(asked(), asked(None, "TLSv1.2", GOOD_1_2[0]))
    assert V4 not in limit["detail"]


def test_limits_come_with_the_verdict() -> None:
    """While the check runs the questions may still be asked."""
    facts = domain(server("mx.d.test", replace(working(), tls=asked(None))))
    assert build(replace(facts, state="running"), None, None)["limits"] == []
