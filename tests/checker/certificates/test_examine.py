"""Chains of every kind, as facts; and any bytes at all."""

import hashlib
import ssl
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.certificates.examine import examine
from checker.certificates.trust import TrustedRoots
from sandbox.authority import DAY, Authority, rsa_key

type ChainOf = Callable[[str], tuple[bytes, ...]]

# kind: (trusted, self-signed, chain complete)
KINDS = {
    "good": (True, False, True),
    "with its root": (True, False, True),
    "expired": (True, False, True),
    "not yet valid": (True, False, True),
    "wrong name": (True, False, True),
    "common name only": (True, False, True),
    "disordered": (True, False, True),
    "with a stranger": (True, False, True),
    "self-signed": (False, True, True),
    "alone": (False, False, False),
    "alone and expired": (False, False, False),
    "another's intermediate": (False, False, False),
    "an issuer that is none": (False, False, False),
    "untrusted root": (False, False, False),
    "untrusted root, sent": (False, False, True),
    "SHA-1": (False, False, True),
    "SHA-1, self-signed": (False, True, True),
    "for clients": (False, False, True),
    "no certificate": (None, None, None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kind(kind: str, chain_of: ChainOf, roots: TrustedRoots, now: datetime) -> None:
    """Untrusted, self-signed and incomplete are told apart, and dates and names change none of them."""
    facts = examine(chain_of(kind), roots, now)
    assert (facts.trusted, facts.self_signed, facts.chain_complete) == KINDS[kind]


def test_what_is_read(chain_of: ChainOf, authority: Authority, roots: TrustedRoots, now: datetime) -> None:
    """Everything that the report shows of a leaf and its chain."""
    chain = chain_of("good")
    facts = examine(chain, roots, now)
    assert facts.subject == "CN=mx.mail.test"
    assert facts.names == ("mx.mail.test",)
    assert facts.issuer == "CN=Mailseal Sandbox CA 1"
    assert facts.path_ends_at == "CN=Mailseal Sandbox Root"
    assert (facts.not_before, facts.not_after) == (now - 30 * DAY, now + 60 * DAY)
    assert facts.key == "EC secp256r1"
    assert facts.signature == "ecdsa-with-SHA256"
    assert facts.error is None
    assert facts.sha256 == hashlib.sha256(chain[0]).hexdigest()
    assert [link.sha256 for link in facts.chain] == [hashlib.sha256(der).hexdigest() for der in chain]
    assert [ssl.PEM_cert_to_DER_cert(link.pem) for link in facts.chain] == list(chain)
    assert facts.chain[1].subject == facts.issuer
    assert facts.chain[1].not_after == authority.intermediate.not_valid_after_utc


@pytest.mark.parametrize(
    ("kind", "key"), [("RSA 1024", "RSA 1024"), ("RSA 2048", "RSA 2048"), ("EC 192", "EC secp192r1")]
)
def test_key(kind: str, key: str, chain_of: ChainOf, roots: TrustedRoots, now: datetime) -> None:
    assert examine(chain_of(kind), roots, now).key == key


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def self_made(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey, now: datetime, name: str = "mx.mail.test") -> bytes:
    """A certificate made of odd parts, signed by itself; RSA keys sign with PSS."""
    subject = named("odd \x1b[31m\u202e name")
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, now, now + DAY)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return builder.sign(key, None).public_bytes(Encoding.DER)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return builder.sign(rsa_key(2048), hashes.SHA256(), rsa_padding=pss).public_bytes(Encoding.DER)


def test_other_algorithms(roots: TrustedRoots, now: datetime) -> None:
    """Ed25519 has one size; the hash of RSASSA-PSS stands in its parameters, not in its name."""
    edwards = examine([self_made(ed25519.Ed25519PrivateKey.generate(), now)], roots, now)
    assert (edwards.key, edwards.signature, edwards.self_signed) == ("Ed25519", "ed25519", True)
    assert examine([self_made(rsa_key(2048), now)], roots, now).signature == "rsassaPss-sha256"


def test_text_of_strangers_is_safe_to_show(roots: TrustedRoots, now: datetime) -> None:
    """Terminal escapes and letters that turn the line around come as escapes; a name with NUL is not cut off at it."""
    facts = examine([self_made(ed25519.Ed25519PrivateKey.generate(), now, "mx\0.mail.test")], roots, now)
    assert facts.subject == r"CN=odd \x1b[31m\xe2\x80\xae name"
    assert facts.names == (r"mx\x00.mail.test",)


def test_certificates_that_vouch_for_each_other_end_the_walk(roots: TrustedRoots, now: datetime) -> None:
    """A circle of issuers, sent many times over, is incomplete and not endless."""
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("hen", "egg")}

    def vouched(subject: str, issuer: str) -> bytes:
        builder = x509.CertificateBuilder(
            named(issuer), named(subject), keys[subject].public_key(), 1, now - DAY, now + DAY
        )
        return builder.sign(keys[issuer], hashes.SHA256()).public_bytes(Encoding.DER)

    facts = examine([vouched("hen", "egg"), vouched("egg", "hen")] * 10, roots, now)
    assert (facts.trusted, facts.self_signed, facts.chain_complete) == (False, False, False)


def test_it_is_quick(chain_of: ChainOf, authority: Authority, now: datetime) -> None:
    """Far below what a worker would notice, with a root store of the usual size parsed once."""
    many = TrustedRoots((*(Authority(now, f"Number {number}").root for number in range(100)), authority.root))
    chain = chain_of("good")
    examine(chain, many, now)
    begun = time.process_time()
    for _ in range(20):
        assert examine(chain, many, now).trusted
    assert (time.process_time() - begun) / 20 < 0.02


def test_unreadable_parts_cost_only_themselves(chain_of: ChainOf, roots: TrustedRoots, now: datetime) -> None:
    """An issuer that can't be read is listed with its bytes, and the leaf is still judged."""
    facts = examine(chain_of("an issuer that is none"), roots, now)
    assert facts.error is None
    assert facts.chain[1].error is not None
    assert ssl.PEM_cert_to_DER_cert(facts.chain[1].pem) == b"junk"


@given(chain=st.lists(st.binary(max_size=300), min_size=1, max_size=4))
def test_any_bytes_are_a_chain(chain: list[bytes], roots: TrustedRoots, now: datetime) -> None:
    """Junk is reported as such, never raised, and each piece is kept."""
    facts = examine(chain, roots, now)
    assert facts.error is not None
    assert len(facts.chain) == len(chain)


@settings(max_examples=400)
@given(where=st.integers(0, 10_000), value=st.integers(0, 255), which=st.integers(0, 1), cut=st.booleans())
def test_any_byte_may_be_wrong(
    where: int, value: int, which: int, cut: bool, chain_of: ChainOf, roots: TrustedRoots, now: datetime
) -> None:
    """One byte of a good chain changed, or the rest cut off: never raises, and what was changed is never trusted."""
    chain = [bytearray(der) for der in chain_of("good")]
    spot = where % len(chain[which])
    untouched = chain[which][spot] == value and not cut
    chain[which][spot] = value
    if cut:
        del chain[which][spot:]
    facts = examine([bytes(der) for der in chain], roots, now)
    assert facts.trusted is not True or untouched


@pytest.mark.parametrize("version", [9, 69, 255])
def test_impossible_versions_are_malformed(version: int, chain_of: ChainOf, roots: TrustedRoots, now: datetime) -> None:
    """The library has an exception of its own for a version that X.509 doesn't know."""
    leaf = chain_of("good")[0].replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01" + bytes([version]), 1)
    facts = examine([leaf], roots, now)
    assert facts.error is not None
    assert facts.trusted is None
