"""The cipher suites: IANA names by code, what their names say, and which are in NIST SP 800-52.

The one rule of this file: the lists are data (``checker/data``), and a suite that they don't hold still has a name.
"""

from functools import cache

from checker.data import nist_suites, read_table

# Not all of ECDH and DH: the anonymous kinds make a new key each time.
_STATIC = ("RSA", "DH_RSA", "DH_DSS", "ECDH_RSA", "ECDH_ECDSA", "PSK_WITH", "KRB5", "NULL")
_NO_FORWARD_SECRECY = tuple(f"TLS_{exchange}_" for exchange in _STATIC)
_WEAK_CIPHERS = {
    "_WITH_NULL_": "NULL (no encryption at all)",
    "_EXPORT_": "an export cipher",
    "_RC4_": "RC4",
    "_DES_": "DES",
}


def suite_name(code: int) -> str:
    """The IANA name of a suite, or its code where IANA lists none."""
    return _names().get(code, f"0x{code:04X}")


def shows_a_nist_suite(code: int, version: str) -> bool:
    """Does a handshake with this suite show that the server has one of NIST SP 800-52 revision 1 or 2?

    Any TLS 1.3 handshake does: TLS_AES_128_GCM_SHA256 must be implemented (RFC 8446 section 9.1), whichever was taken.
    """
    return version == "TLSv1.3" or code in nist_suites()


def is_anonymous(suite: str) -> bool:
    """A suite without a certificate, so that anybody in between may answer."""
    return "_anon_" in suite


def weakness(suite: str) -> str | None:
    """The name of a cipher that must not be negotiated (RFC 9325 section 4.1), null for the others."""
    return next((name for part, name in _WEAK_CIPHERS.items() if part in f"{suite}_"), None)


def is_triple_des(suite: str) -> bool:
    """3DES has less than 128 bits of strength, so it should not be negotiated (RFC 9325 section 4.1)."""
    return "_3DES_" in suite


def has_forward_secrecy(suite: str) -> bool:
    """A recorded session stays closed when the server's key is stolen later (RFC 9325 section 4.1)."""
    return not suite.startswith(_NO_FORWARD_SECRECY)


@cache
def _names() -> dict[int, str]:
    return {int(code, 16): name for code, name in read_table("iana_suites.json").items() if len(code) == len("0x0000")}
