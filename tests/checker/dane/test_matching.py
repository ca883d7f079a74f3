"""The matcher against the vectors of RFC 7671 and of other senders, and against any bytes."""

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID

from checker.certificates.public_key import public_key_info
from checker.dane.matching import match
from checker.dane.tlsa import why_unusable
from checker.names import DomainName
from checker.network.ports import TlsaRecord

_FILE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "tlsa_match.json").read_text("utf-8"))
VECTORS: list[dict[str, Any]] = _FILE["vectors"]
CERTIFICATES = {name: base64.b64decode(made["der_b64"]) for name, made in _FILE["_certs"].items()}

# Where sources disagree; docs/disputed.md says why we read it so.
OUR_READING = {
    "tlsa-match-040": "authenticated",
    "tlsa-match-094": "authenticated",
    "tlsa-match-099": "authenticated",
    "tlsa-match-123": "tls-required-unauthenticated",
    "tlsa-match-127": "tls-required-unauthenticated",
    "tlsa-match-128": "tls-required-unauthenticated",
}


def chain_of(given: dict[str, Any]) -> list[bytes]:
    if "chain" in given:
        return [CERTIFICATES[name] for name in given["chain"]]
    key = load_der_public_key(bytes.fromhex(given["leaf_spki_hex"]))
    assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
    return [certificate_with(key)]


def certificate_with(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> bytes:
    """By an authority that nobody knows: the vectors of RFC 7671 only speak of the key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.mail.test")])
    now = datetime.fromisoformat("2026-01-01T00:00:00Z")
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key).serial_number(1)
    dated = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    return dated.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.DER)


def test_all_vectors_are_here() -> None:
    assert len(VECTORS) == _FILE["count"] == 72
    assert {vector["id"] for vector in VECTORS if vector["disputed"]} == OUR_READING.keys()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vector(vector: dict[str, Any]) -> None:
    """Each vector, with our own reading where it is disputed."""
    given, expected = vector["input"], vector["expect"]
    records = [TlsaRecord(*fields) for fields in given["tlsa"]]
    usable = [record for record in records if why_unusable(record) is None]
    assert len(usable) == expected["usable"]
    outcome = "tls-required-unauthenticated"
    if usable:
        now = datetime.fromisoformat(given.get("now", "2026-01-01T00:00:00Z"))
        names = [DomainName(name) for name in given.get("reference_ids", ())]
        found = match(usable, chain_of(given), names, now)
        assert (found.record is None) != (found.failure is None)
        assert found.record is None or found.record in usable
        outcome = "authenticated" if found.failure is None else "fail-do-not-deliver"
    assert outcome == OUR_READING.get(vector["id"], expected["outcome"]), vector["note"]


@pytest.mark.parametrize("name", CERTIFICATES)
def test_keys_are_cut_out_as_sent(name: str) -> None:
    made = _FILE["_certs"][name]
    info = public_key_info(CERTIFICATES[name])
    assert info is not None
    digest = hashes.Hash(hashes.SHA256())
    digest.update(info)
    assert digest.finalize().hex() == made["spki_sha256"]
