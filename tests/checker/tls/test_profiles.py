"""Named standards: one thing seen is enough to fail, and everything must have been asked to pass."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checker.certificates.facts import CertificateFacts
from checker.data import nist_suites, read_table
from checker.tls.facts import Inventory, VersionSuites
from checker.tls.profiles import Standing, profiles, standings
from checker.tls.registry import group_named, is_of_nist, suite_named
from tests.fact_builders import NOW, certificate
from tests.tls_inventories import GOOD_1_2, NEWEST, STRICT, asked

NIST, NCSC, BSI = "nist-sp-800-52r2", "ncsc-nl-2025", "bsi-tr-02102-2"
GOOD_KEY = certificate(key="EC secp256r1", signature="ecdsa-with-SHA256")


def whole(version: str, *suites: str) -> VersionSuites:
    return VersionSuites(version=version, suites=suites, is_complete=True)


DEEP = replace(
    STRICT,
    suites=(whole("TLSv1.2", *GOOD_1_2), whole("TLSv1.3", NEWEST)),
    groups=("secp256r1", "secp384r1"),
    old_groups=("secp256r1", "secp384r1"),
    groups_complete=True,
    old_groups_complete=True,
    sha1_signatures=False,
)
"""A deep check of a server that all three would pass."""


def standing(code: str, inventory: Inventory, shown: Iterable[CertificateFacts] = (GOOD_KEY,)) -> Standing:
    best = "TLSv1.2" if "TLSv1.3" in inventory.rejected_versions else "TLSv1.3"
    tls = asked(inventory, best, GOOD_1_2[0] if best == "TLSv1.2" else NEWEST, group="secp256r1")
    return next(one for one in standings(tls, shown) if one.profile.code == code)


@pytest.mark.parametrize("code", [NIST, NCSC, BSI])
def test_what_passes(code: str) -> None:
    """Everything was asked and nothing speaks against it."""
    found = standing(code, DEEP)
    assert (found.passes, found.fails, found.phase_out, found.missing) == (True, (), (), ())


@pytest.mark.parametrize("code", [NIST, NCSC, BSI])
def test_a_verdict_does_not_pass(code: str) -> None:
    """It doesn't ask for every suite, so it can't tell, and says so."""
    found = standing(code, STRICT)
    assert (found.passes, found.fails) == (None, ())
    assert any("deep check" in what for what in found.missing)


def old(version: str) -> dict[str, Any]:
    return {
        "accepted_versions": (version, *DEEP.accepted_versions),
        "rejected_versions": tuple(one for one in DEEP.rejected_versions if one != version),
        "suites": (*DEEP.suites, whole(version, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA")),
        "accepted_kinds": ("cbc",),
        "encrypt_then_mac": True,
        "fallback_scsv": True,
    }


def with_suite(name: str, *kinds: str, **changes: Any) -> dict[str, Any]:
    suites = (whole("TLSv1.2", *GOOD_1_2, name), DEEP.suites[1])
    rejected = tuple(kind for kind in DEEP.rejected_kinds if kind not in kinds)
    return {"suites": suites, "accepted_kinds": kinds, "rejected_kinds": rejected} | changes


DHE = "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"
FFDHE = {"dh_bits": 3072, "dh_prime": "ffdhe3072"}
CHACHA = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
EVERY = {NIST, NCSC, BSI}
# name, what differs from a server that all pass, who fails it, whom it only reminds
CASES: list[tuple[str, dict[str, Any], set[str], set[str]]] = [
    ("SSLv3", old("SSLv3"), EVERY, set()),
    ("TLS 1.0", old("TLSv1.0"), {NCSC, BSI}, {NIST}),
    ("TLS 1.1", old("TLSv1.1"), {NCSC, BSI}, {NIST}),
    (
        "no TLS 1.3",
        {"accepted_versions": ("TLSv1.2",), "rejected_versions": (*DEEP.rejected_versions, "TLSv1.3")},
        {NIST},
        set(),
    ),
    ("ChaCha20", with_suite(CHACHA), {NIST, BSI}, set()),
    ("RC4", with_suite("TLS_ECDHE_RSA_WITH_RC4_128_SHA", "rc4", dh_bits=None), EVERY, set()),
    ("anonymous", with_suite("TLS_DH_anon_WITH_AES_128_GCM_SHA256", "anonymous"), EVERY, set()),
    ("static RSA", with_suite("TLS_RSA_WITH_AES_128_GCM_SHA256", "static-rsa"), EVERY, set()),
    ("a long DH prime", with_suite(DHE, "dhe", **FFDHE), set(), {NCSC}),
    ("a prime of its own", with_suite(DHE, "dhe", dh_bits=4096), {NCSC}, {NCSC}),
    ("DH of 2048 bits", with_suite(DHE, "dhe", dh_bits=2048, dh_prime="ffdhe2048"), {NCSC, BSI}, {NCSC}),
    ("DH of 1024 bits", with_suite(DHE, "dhe", dh_bits=1024), EVERY, {NCSC}),
    ("a short curve", {"old_groups": ("sect163k1", "secp256r1")}, {NCSC, BSI}, set()),
    ("X25519 beside", {"groups": ("x25519", "secp256r1")}, set(), {BSI}),
    ("ML-KEM beside", {"groups": ("X25519MLKEM768", "secp256r1")}, set(), {BSI}),
    ("compression", {"compression": True}, EVERY, set()),
    ("renegotiation", {"secure_renegotiation": False}, {NIST, NCSC}, {BSI}),
    ("no EMS", {"extended_master_secret": False}, {NIST, NCSC}, {BSI}),
    ("heartbeat", {"heartbeat": True}, set(), {BSI}),
    ("SHA-1 in handshakes", {"sha1_signatures": True}, {BSI}, {NCSC}),
    (
        "the sender's order among lesser suites",
        with_suite("TLS_RSA_WITH_AES_128_GCM_SHA256", "static-rsa", preference="client"),
        EVERY,
        set(),
    ),
    ("the sender's order, and DHE", with_suite(DHE, "dhe", **FFDHE, preference="client"), {NCSC}, {NCSC}),
    ("the sender's order among good ones", {"preference": "client"}, set(), set()),
    ("no order to be seen among good ones", {"preference": None}, set(), set()),
]


@pytest.mark.parametrize(("name", "changes", "fails", "reminds"), CASES, ids=[case[0] for case in CASES])
def test_what_fails(name: str, changes: dict[str, Any], fails: set[str], reminds: set[str]) -> None:
    """One thing at a time, and what each standard says of it: insufficient, or to be phased out."""
    found = [standing(code, replace(DEEP, **changes)) for code in (NIST, NCSC, BSI)]
    assert {one.profile.code for one in found if one.passes is False} == fails, name
    assert {one.profile.code for one in found if one.phase_out} == reminds, name
    assert all(one.passes for one in found if one.profile.code not in fails), name


KEYS: list[tuple[dict[str, Any], set[str], set[str]]] = [
    ({"key": "RSA 4096", "signature": "sha256WithRSAEncryption"}, set(), set()),
    ({"key": "RSA 2048", "signature": "sha256WithRSAEncryption"}, {BSI}, {NCSC}),
    ({"key": "RSA 1024", "signature": "sha256WithRSAEncryption"}, EVERY, set()),
    ({"key": "EC secp521r1"}, {NIST}, set()),
    ({"key": "EC secp192r1"}, EVERY, set()),
    ({"signature": "sha1WithRSAEncryption"}, EVERY, set()),
    ({"not_after": NOW + timedelta(days=3650)}, {NIST}, set()),
]


@pytest.mark.parametrize(("changes", "fails", "reminds"), KEYS)
def test_certificates(changes: dict[str, Any], fails: set[str], reminds: set[str]) -> None:
    """Its key, its signature, and how long it lives."""
    found = [standing(code, DEEP, [replace(GOOD_KEY, **changes)]) for code in (NIST, NCSC, BSI)]
    assert {one.profile.code for one in found if one.passes is False} == fails
    assert {one.profile.code for one in found if one.phase_out} == reminds


@pytest.mark.parametrize("code", [NIST, NCSC, BSI])
def test_what_is_not_known_is_missing(code: str) -> None:
    """No pass without a certificate, or with nothing known but a handshake; one fault fails all the same."""
    assert "the certificate" in standing(code, DEEP, []).missing
    assert standing(code, Inventory()).passes is None
    assert standing(code, replace(Inventory(), accepted_versions=("SSLv3",))).passes is False


def test_sslv2_is_not_missing_beside_tls_1_3() -> None:
    """Nobody asks a server of TLS 1.3 for it: no library has both."""
    assert standing(NIST, replace(DEEP, rejected_versions=DEEP.rejected_versions[1:])).passes is True


def test_a_suite_that_was_chosen_and_then_failed_is_not_held_against_it() -> None:
    """It is in the list of those chosen, and its kind is not known to be accepted."""
    changes = with_suite("TLS_RSA_WITH_AES_128_GCM_SHA256")
    assert standing(BSI, replace(DEEP, **changes, dh_bits=3072)).fails == ()


@pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.code)
def test_the_data_are_sound(profile: Any) -> None:
    """Every suite and group has its IANA name, and each standard says where its rules come from."""
    assert profile.source
    assert profile.beyond
    assert profile.suites
    assert all(suite_named(name) for name in profile.suites)
    groups = profile.rules["groups"] or {}
    assert all(group_named(name) for names in groups.values() for name in names)


@pytest.mark.parametrize("name", ["ncsc.json", "bsi.json"])
def test_codes_and_names_belong_together(name: str) -> None:
    """The tables name what IANA names, and say how good they are."""
    table = read_table(name)
    assert "second-hand" in table["_meta"]["status"]
    for level in table["suites"].values():
        for code, suite in level.items():
            found = suite_named(suite)
            assert found is not None
            assert found.code == int(code, 16)


def test_the_nist_profile_is_revision_2() -> None:
    """Its suites are those of the list that the flags use, without those of revision 1 alone."""
    suites = profiles()[0].suites
    assert all(is_of_nist(name, "TLSv1.2") for name in suites)
    assert len(suites) == 60 < len(nist_suites())
