"""Chains that strangers make: constraints hold, tangles end, and no bytes raise."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from checker.certificates.public_key import public_key_info
from checker.dane.matching import Match, match
from checker.dane.path import Certificates
from checker.names import DomainName
from checker.network.ports import TlsaRecord
from tests.dane_builders import issued

NOW = datetime(2026, 11, 30, tzinfo=UTC)
HOST = DomainName("mx.d.test")
type Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
type Extension = tuple[x509.ExtensionType, bool]
CA: Extension = (x509.BasicConstraints(ca=True, path_length=None), True)


def ec_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def made(
    name: str, key: Key, issuer: str, by: Key, *extensions: Extension, begins: int = -10, ends: int = 10
) -> x509.Certificate:
    """Dates in days from now."""

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(issuer))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW + timedelta(days=begins)).not_valid_after(NOW + timedelta(days=ends))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(by, None if isinstance(by, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def named_leaf(key: Key, issuer: str, by: Key, *extensions: Extension, **dates: int) -> x509.Certificate:
    names: Extension = (x509.SubjectAlternativeName([x509.DNSName(HOST)]), False)
    return made("leaf", key, issuer, by, names, *extensions, **dates)


def der(certificates: Sequence[x509.Certificate]) -> list[bytes]:
    return [certificate.public_bytes(Encoding.DER) for certificate in certificates]


def anchored(*chain: x509.Certificate, at: int = -1) -> Match:
    """Against a record of the last certificate."""
    digest = chain[at].fingerprint(hashes.SHA256()).hex()
    return match([TlsaRecord(2, 0, 1, digest)], der(chain), [HOST], NOW)


def usages(**on: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: on.get(name, False) for name in names})


TOP, LEAF = ec_key(), ec_key()
TREES = {
    "permitted": x509.NameConstraints(permitted_subtrees=[x509.DNSName("d.test")], excluded_subtrees=None),
    "elsewhere": x509.NameConstraints(permitted_subtrees=[x509.DNSName("other.test")], excluded_subtrees=None),
    "excluded": x509.NameConstraints(permitted_subtrees=None, excluded_subtrees=[x509.DNSName("d.test")]),
}
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")

ISSUERS: list[tuple[str, tuple[Extension, ...], str | None]] = [
    ("an authority", (CA,), None),
    ("one that signs certificates", (CA, (usages(key_cert_sign=True), True)), None),
    ("one that says so by its key's use alone", ((usages(key_cert_sign=True), True),), None),
    ("no authority", ((x509.BasicConstraints(ca=False, path_length=None), True),), "not-trusted"),
    ("nothing said", (), "not-trusted"),
    ("for other signatures", (CA, (usages(digital_signature=True), True)), "not-trusted"),
    ("for this domain", (CA, (TREES["permitted"], True)), None),
    ("for another domain", (CA, (TREES["elsewhere"], True)), "not-trusted"),
    ("for all but this domain", (CA, (TREES["excluded"], True)), "not-trusted"),
    ("for clients", (CA, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)), "not-trusted"),
    ("for anything", (CA, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), False)), None),
    ("an unknown condition", (CA, (UNKNOWN, True)), "not-trusted"),
    ("an unknown remark", (CA, (UNKNOWN, False)), None),
]


@pytest.mark.parametrize(("name", "extensions", "failure"), ISSUERS, ids=[case[0] for case in ISSUERS])
def test_what_an_issuer_may(name: str, extensions: tuple[Extension, ...], failure: str | None) -> None:
    """RFC 5280 section 6, as far as it decides whether this issuer may vouch for this server."""
    top = made("top", TOP, "top", TOP, *extensions)
    assert anchored(named_leaf(LEAF, "top", TOP), top).failure == failure, name


DATES: list[tuple[str, dict[str, int], dict[str, int], str | None]] = [
    ("in time", {}, {}, None),
    ("the leaf is over", {"ends": -1}, {}, "expired"),
    ("the issuer is over", {}, {"ends": -1}, "expired"),
    ("the leaf is to come", {"begins": 1}, {}, "not-yet-valid"),
]


@pytest.mark.parametrize(("name", "leaf", "top", "failure"), DATES, ids=[case[0] for case in DATES])
def test_dates_count_for_usage_2(name: str, leaf: dict[str, int], top: dict[str, int], failure: str | None) -> None:
    chain = named_leaf(LEAF, "top", TOP, **leaf), made("top", TOP, "top", TOP, CA, **top)
    assert anchored(*chain).failure == failure, name
    key = chain[0].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()
    assert match([TlsaRecord(3, 1, 0, key)], der(chain), [], NOW).failure is None


def test_a_key_of_another_kind() -> None:
    """Ed25519, which public authorities don't use, and private ones may: by the certificate and by the bare key."""
    top = ed25519.Ed25519PrivateKey.generate()
    chain = named_leaf(LEAF, "top", top), made("top", top, "top", top, CA)
    assert anchored(*chain).failure is None
    bare = TlsaRecord(2, 1, 0, (public_key_info(der(chain)[1]) or b"").hex())
    assert match([bare], der(chain[:1]), [HOST], NOW).record == bare


def test_a_signature_that_is_false() -> None:
    """The name of the issuer alone proves nothing."""
    forged = named_leaf(LEAF, "top", ec_key())
    assert anchored(forged, made("top", TOP, "top", TOP, CA)).failure == "not-trusted"


def test_the_second_way_is_found() -> None:
    """Of two issuers with one name and key, one is over: the other proves it."""
    old, new = made("top", TOP, "top", TOP, CA, ends=-1), made("top", TOP, "top", TOP, CA)
    records = [TlsaRecord(2, 0, 1, each.fingerprint(hashes.SHA256()).hex()) for each in (old, new)]
    found = match(records, der([named_leaf(LEAF, "top", TOP), old, new]), [HOST], NOW)
    assert found.record == records[1]


def test_a_tangle_ends() -> None:
    """Forty authorities of one name and key, each of which could have issued every other: few ways are tried."""
    tangle = [made("top", TOP, "top", TOP, CA) for _ in range(40)]
    keys = [key for each in (TOP, LEAF) if (key := public_key_info(der([made("x", each, "x", each)])[0]))]
    paths = [*Certificates([named_leaf(LEAF, "top", TOP), *tangle]).paths({}, keys)]
    assert 0 < len(paths) <= 400


REAL = issued(HOST).der
BYTES = st.binary(max_size=400) | st.sampled_from(REAL)
RECORDS = st.lists(
    st.builds(
        TlsaRecord,
        st.integers(2, 3),
        st.integers(0, 1),
        st.integers(0, 2),
        BYTES.map(bytes.hex) | st.sampled_from(["a" * 64, "b" * 128]),
    ),
    max_size=5,
)


@given(RECORDS, st.lists(BYTES, max_size=5))
def test_any_bytes(records: list[TlsaRecord], chain: list[bytes]) -> None:
    """A record that fits or a reason, never both and never neither."""
    found = match(records, chain, [HOST], NOW)
    assert (found.record is None) != (found.failure is None)
    assert found.record is None or found.record in records
    assert found.why.endswith(".")


@given(st.binary(max_size=200), st.integers(0, len(REAL[0])), st.integers(0, 255))
def test_keys_of_any_bytes(junk: bytes, place: int, octet: int) -> None:
    """What is cut out lies in what was sent, or nothing is."""
    damaged = REAL[0][:place] + bytes([octet]) + REAL[0][place + 1 :]
    for data in (junk, damaged, REAL[0][:place]):
        info = public_key_info(data)
        assert info is None or info in data
