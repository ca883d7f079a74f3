"""Chains of every kind that a mail server may send."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from checker.certificates.trust import TrustedRoots
from sandbox.authority import Authority, Issued, rsa_key

HOST = "mx.mail.test"
NOW = datetime(2027, 1, 15, 12, tzinfo=UTC)  # after the files beside this one were made
DAY = timedelta(days=1)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def authority() -> Authority:
    """The one whose root is trusted."""
    return Authority(NOW)


@pytest.fixture(scope="session")
def stranger() -> Authority:
    """Another one, whose root nobody trusts."""
    return Authority(NOW, "Somebody")


@pytest.fixture(scope="session")
def roots(authority: Authority) -> TrustedRoots:
    return TrustedRoots.load(authority.root_pem)


@pytest.fixture(scope="session")
def chain_of(authority: Authority, stranger: Authority) -> Callable[[str], tuple[bytes, ...]]:
    """A chain by the name of its kind."""

    def der(*certificates: x509.Certificate) -> tuple[bytes, ...]:
        return tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates)

    def ends(issued: Issued, *more: x509.Certificate) -> tuple[bytes, ...]:
        return issued.der + der(*more)

    # The library no longer signs with SHA-1, so these were made with: openssl x509 -req -sha1, openssl req -x509 -sha1.
    def file(name: str) -> tuple[bytes, ...]:
        return der(*x509.load_pem_x509_certificates((Path(__file__).parent / name).read_bytes()))

    good = authority.issue([HOST])
    kinds: dict[str, Callable[[], tuple[bytes, ...]]] = {
        "good": lambda: good.der,
        "wildcard": lambda: authority.issue(["*.mail.test"]).der,
        "top-level wildcard": lambda: authority.issue([HOST, "*.test"]).der,
        "with its root": lambda: ends(good, authority.root),
        "without a purpose": lambda: authority.issue([HOST], purpose=None).der,
        "expired": lambda: authority.issue([HOST], ends=-DAY).der,
        "not yet valid": lambda: authority.issue([HOST], begins=DAY).der,
        "ends soon": lambda: authority.issue([HOST], ends=13 * DAY).der,
        "wrong name": lambda: authority.issue(["web.mail.test"]).der,
        "common name only": lambda: authority.issue([], common_name=HOST).der,
        "self-signed": lambda: authority.self_signed([HOST]).der,
        "self-signed, expired, wrong name": lambda: authority.self_signed(["web.mail.test"], ends=-DAY).der,
        "alone": lambda: authority.issue([HOST], with_intermediate=False).der,
        "alone and expired": lambda: authority.issue([HOST], with_intermediate=False, ends=-DAY).der,
        "untrusted root": lambda: stranger.issue([HOST]).der,
        "untrusted root, sent": lambda: ends(stranger.issue([HOST]), stranger.root),
        "another's intermediate": lambda: (good.der[0], *der(stranger.intermediate)),
        "for clients": lambda: authority.issue([HOST], purpose=ExtendedKeyUsageOID.CLIENT_AUTH).der,
        "disordered": lambda: (good.der[0], *der(authority.root, authority.intermediate)),
        "with a stranger": lambda: ends(good, stranger.root),
        "RSA 1024": lambda: authority.issue([HOST], key=rsa_key(1024)).der,
        "RSA 2048": lambda: authority.issue([HOST], key=rsa_key(2048)).der,
        "EC 192": lambda: authority.issue([HOST], key=ec.generate_private_key(ec.SECP192R1())).der,
        "SHA-1": lambda: file("sha1_chain.pem"),
        "SHA-1, self-signed": lambda: file("sha1_self_signed.pem"),
        "no certificate": lambda: (b"\x30\x03\x02\x01\x05", *good.der[1:]),
        "an issuer that is none": lambda: (good.der[0], b"junk"),
    }
    return lambda kind: kinds[kind]()
