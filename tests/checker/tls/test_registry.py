"""Suites by code and name, against what OpenSSL knows of its own."""

import ssl
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.data import nist_suites, read_table
from checker.tls.registry import (
    has_forward_secrecy,
    is_anonymous,
    is_triple_des,
    shows_a_nist_suite,
    suite_name,
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
    weakness(name), is_anonymous(name), has_forward_secrecy(name)


def test_a_number_is_no_praise_and_no_blame() -> None:
    assert suite_name(0x0A0A) == "0x0A0A"
    assert weakness("0x0A0A") is None
    assert not is_anonymous("0x0A0A")
