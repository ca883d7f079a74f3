"""Suites by code and name, against what OpenSSL knows of its own."""

import ssl
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.data import nist_suites, read_table
from checker.tls.registry import (
    BAD_KINDS,
    GROUPS,
    PHASE_OUT_KINDS,
    SIGNATURE_SCHEMES,
    VERSIONS,
    Proof,
    group_name,
    group_named,
    has_forward_secrecy,
    is_anonymous,
    is_sha1_signature,
    is_triple_des,
    shows_a_nist_suite,
    signature_scheme_name,
    sslv2_suites,
    suite_name,
    suite_named,
    suites,
    weakness,
)

NIST: dict[str, Any] = read_table("nist.json")
EPHEMERAL = {"kx-any", "kx-ecdhe", "kx-dhe", "kx-ecdhe-psk", "kx-dhe-psk"}


def library_suites() -> dict[str, dict[str, Any]]:
    """Every suite of this machine's OpenSSL by IANA name; SRP is left out, which it lists as no kind of exchange."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    suites = {suite_name(suite["id"] & 0xFFFF): dict(suite) for suite in context.get_ciphers()}
    return {name: suite for name, suite in suites.items() if suite["kea"] != "kx-srp"}


def test_openssl_agrees() -> None:
    """What we read from the names is what the library says of the suites themselves."""
    suites = library_suites()
    assert len(suites) > 40
    for name, suite in suites.items():
        assert name.startswith("TLS_"), suite["name"]
        assert has_forward_secrecy(name) is (suite["kea"] in EPHEMERAL), name
        assert is_anonymous(name) is (suite["auth"] == "auth-null"), name
        assert (weakness(name) is not None) is (suite["strength_bits"] < 112), name
        assert is_triple_des(name) is (suite["symmetric"] == "des-ede3-cbc"), name


@pytest.mark.parametrize(
    ("suite", "why"),
    [
        ("TLS_RSA_WITH_NULL_SHA256", "NULL (no encryption at all)"),
        ("TLS_ECDH_anon_WITH_NULL_SHA", "NULL (no encryption at all)"),
        ("TLS_NULL_WITH_NULL_NULL", "NULL (no encryption at all)"),
        ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", "an export cipher"),
        ("TLS_ECDHE_RSA_WITH_RC4_128_SHA", "RC4"),
        ("TLS_DHE_RSA_WITH_DES_CBC_SHA", "DES"),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", None),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", None),
        ("TLS_AES_128_GCM_SHA256", None),
    ],
)
def test_weakness(suite: str, why: str | None) -> None:
    """What must never be negotiated (RFC 9325 section 4.1), by name; 3DES only should not be."""
    assert weakness(suite) == why


@pytest.mark.parametrize(
    ("code", "version", "nist", "why"),
    [
        (0xC02F, "TLSv1.2", True, "in revision 2"),
        (0xC030, "TLSv1.2", True, "in revision 2, not in 1"),
        (0x000A, "TLSv1.0", True, "3DES stands in revision 1"),
        (0x002F, "TLSv1.1", True, "static RSA stands in revision 1"),
        (0xCCA8, "TLSv1.2", False, "ChaCha20 stands in neither"),
        (0x0005, "TLSv1.0", False, "RC4 stands in neither"),
        (0x1303, "TLSv1.3", True, "ChaCha20 in TLS 1.3: AES-128-GCM must be there too (RFC 8446 section 9.1)"),
        (0x1301, "TLSv1.3", True, "in revision 2"),
    ],
)
def test_nist(code: int, version: str, nist: bool, why: str) -> None:
    assert shows_a_nist_suite(code, version) is nist, why


def test_nist_list_is_whole() -> None:
    """Revision 1 has 42 suites without PSK, revision 2 has 60 (requirements NIST-2), and all of them have names."""
    assert [len(NIST[revision]["suites"]) for revision in ("r1", "r2")] == [42, 60]
    assert nist_suites() == {int(code, 16) for revision in ("r1", "r2") for code in NIST[revision]["suites"]}
    for revision in ("r1", "r2"):
        assert all(suite_name(int(code, 16)).startswith("TLS_") for code in NIST[revision]["suites"])


@given(st.integers(0, 0xFFFF))
def test_every_code_has_a_name(code: int) -> None:
    """A code that IANA doesn't list is its own name, and no code raises anywhere."""
    name = suite_name(code)
    assert name.startswith(("TLS_", "SSL_", "0x"))
    assert group_name(code)
    assert signature_scheme_name(code)
    weakness(name), is_anonymous(name), has_forward_secrecy(name)


def test_a_number_is_no_praise_and_no_blame() -> None:
    assert suite_name(0x0A0A) == "0x0A0A"
    assert weakness("0x0A0A") is None
    assert not is_anonymous("0x0A0A")


# The registry as a whole


def test_it_is_the_iana_table_without_the_signals() -> None:
    """Every suite of the list, by code and by name, but for the null suite that can't be agreed on and two signals."""
    listed = {int(code, 16): name for code, name in read_table("iana_suites.json").items() if len(code) == 6}
    named = {code: name for code, name in listed.items() if name != "-"}
    assert {code: suite.name for code, suite in suites().items()} == {
        code: name for code, name in named.items() if code not in (0x0000, 0x00FF, 0x5600)
    }
    assert len(suites()) > 330
    for suite in suites().values():
        found = suite_named(suite.name)
        assert found is not None
        assert found.name == suite.name
    assert suite_named("TLS_NO_SUCH_SUITE") is None
    assert len(sslv2_suites()) == 13
    assert all(name.startswith("SSL_CK_") for name in sslv2_suites().values())


OPENSSL_PROOFS = {"auth-rsa": "RSA", "auth-ecdsa": "ECDSA"}


def test_openssl_agrees_on_kinds_proofs_and_versions() -> None:
    """What is read from a name is what the library says of the suite, field by field."""
    for name, theirs in library_suites().items():
        ours = suite_named(name)
        assert ours is not None, name
        if theirs["protocol"] == "TLSv1.3":
            assert ours.is_tls13, name
            assert (ours.grade, ours.proof) == ("good", "other"), name
            continue
        if not ours.is_unusual:
            assert ours.fits("TLSv1.1") is (theirs["protocol"] != "TLSv1.2"), name
            assert ours.proof == OPENSSL_PROOFS.get(theirs["auth"], "other"), name
            assert ("dhe" in ours.kinds) is (theirs["kea"] == "kx-dhe" and theirs["auth"] != "auth-null"), name
        assert ("static-rsa" in ours.kinds) is (theirs["kea"] == "kx-rsa"), name
        assert ("anonymous" in ours.kinds) is (theirs["auth"] == "auth-null"), name
        assert ("null" in ours.kinds) is (theirs["symmetric"] is None), name
        assert ("cbc" in ours.kinds) is (str(theirs["symmetric"]).endswith("-cbc")), name
        assert ours.is_elliptic is (theirs["kea"] in ("kx-ecdhe", "kx-ecdhe-psk")), name
        assert ours.fits("TLSv1.2"), name
        assert not ours.fits("TLSv1.3"), name


@pytest.mark.parametrize(
    ("name", "kinds", "proof", "fits"),
    [
        ("TLS_AES_128_GCM_SHA256", "", "other", "TLSv1.3"),
        ("TLS_SHA256_SHA256", "null", "other", "TLSv1.3"),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "", "ECDSA", "TLSv1.2"),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "", "RSA", "TLSv1.2"),
        ("TLS_RSA_WITH_AES_128_CCM", "static-rsa", "RSA", "TLSv1.2"),
        ("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "dhe", "RSA", "TLSv1.2"),
        ("TLS_RSA_WITH_NULL_SHA256", "null static-rsa", "RSA", "TLSv1.2"),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "cbc", "RSA", "TLSv1.2"),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "cbc", "RSA", "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2"),
        ("TLS_RSA_WITH_RC4_128_MD5", "rc4 static-rsa", "RSA", "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2"),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "3des cbc static-rsa", "RSA", "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2"),
        ("TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", "cbc des export static-rsa", "RSA", "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2"),
        ("TLS_DHE_DSS_WITH_DES_CBC_SHA", "cbc des dhe dss", "other", "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2"),
        ("TLS_DH_anon_WITH_AES_128_CBC_SHA", "anonymous cbc", "other", "SSLv3 TLSv1.0 TLSv1.1 TLSv1.2"),
        ("TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", "static-dh", "other", "TLSv1.2"),
    ],
)
def test_a_suite(name: str, kinds: str, proof: Proof, fits: str) -> None:
    """What is to be said against it, which certificate it needs, and where it may be negotiated."""
    suite = suite_named(name)
    assert suite is not None
    assert suite.kinds == frozenset(kinds.split())
    assert suite.proof == proof
    assert [version for version in VERSIONS if suite.fits(version)] == fits.split()


def test_every_suite_has_one_grade_and_some_version() -> None:
    for suite in suites().values():
        expected = "bad" if suite.kinds & {*BAD_KINDS} else "phase-out" if suite.kinds & {*PHASE_OUT_KINDS} else "good"
        assert suite.grade == expected
        assert any(suite.fits(version) for version in VERSIONS), suite.name
        assert suite.is_tls13 or not suite.fits("TLSv1.3")


@pytest.mark.parametrize(
    ("code", "name", "kind", "is_weak", "versions"),
    [
        (1, "sect163k1", "elliptic", True, "old"),
        (19, "secp192r1", "elliptic", True, "old"),
        (21, "secp224r1", "elliptic", False, "old"),
        (22, "secp256k1", "elliptic", False, "old"),
        (23, "secp256r1", "elliptic", False, "both"),
        (25, "secp521r1", "elliptic", False, "both"),
        (28, "brainpoolP512r1", "elliptic", False, "old"),
        (29, "x25519", "elliptic", False, "both"),
        (30, "x448", "elliptic", False, "both"),
        (31, "brainpoolP256r1tls13", "elliptic", False, "new"),
        (256, "ffdhe2048", "ffdhe", False, "both"),
        (260, "ffdhe8192", "ffdhe", False, "both"),
        (4587, "SecP256r1MLKEM768", "post-quantum", False, "new"),
        (4588, "X25519MLKEM768", "post-quantum", False, "new"),
        (4589, "SecP384r1MLKEM1024", "post-quantum", False, "new"),
    ],
)
def test_a_group(code: int, name: str, kind: str, is_weak: bool, versions: str) -> None:
    """Codes and names of the IANA registry "TLS Supported Groups"."""
    group = GROUPS[code]
    assert (group.name, group.kind, group.is_weak) == (name, kind, is_weak)
    assert (group.is_older, group.is_tls13) == (versions != "new", versions != "old")
    assert group_named(name) is group


def test_signature_schemes() -> None:
    """Those of RFC 8446 section 4.2.3, and which of all hash with SHA-1 or MD5 (RFC 9155)."""
    assert SIGNATURE_SCHEMES[0x0403] == "ecdsa_secp256r1_sha256"
    assert SIGNATURE_SCHEMES[0x0804] == "rsa_pss_rsae_sha256"
    weak = {name for code, name in SIGNATURE_SCHEMES.items() if is_sha1_signature(code)}
    assert weak == {"ecdsa_sha1", "rsa_pkcs1_sha1", "dsa_sha1", "rsa_pkcs1_md5"}
