"""Reads a chain as a server sent it and examines it against the trusted roots (RFC 5280).

The one rule of this file: any bytes may come. What can't be read is said in ``error`` and left null; nothing raises.
"""

import base64
import hashlib
import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import SignatureAlgorithmOID

from checker.certificates.extensions import dns_names
from checker.certificates.facts import CertificateFacts, ChainLink, chain_id
from checker.certificates.names import matches
from checker.certificates.reading import read_certificate
from checker.certificates.trust import TrustedRoots, is_issued_by
from checker.names import DomainName
from checker.printable import printable

NAMES = 1000  # dNSNames that are kept: what public authorities issue holds a few hundred at most
_NAME_CHARACTERS = 300  # of one dNSName, which has at most 253 if it is a name
_SUBJECT_CHARACTERS = 1000


def examine(chain: Sequence[bytes], roots: TrustedRoots, now: datetime) -> CertificateFacts:
    """The leaf (the first certificate in DER) and the chain it came in. ``chain`` is not empty. Never raises.

    ``now`` only decides which dates of issuers hold: the leaf's own dates are left to the rules. A call costs about a
    millisecond, and at most tens of them for a chain that is made to be costly.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's about odd names and numbers, which are the peer's matter
        return replace(_examined(chain, roots, now), chain_id=chain_id(chain))


def examine_for(host: DomainName, chain: Sequence[bytes], roots: TrustedRoots, now: datetime) -> CertificateFacts:
    """Likewise, of a chain that was shown for this host: with whether its name is covered (RFC 8461 section 4.2)."""
    certificate = examine(chain, roots, now)
    covered = (host,) if matches(certificate.names, host) else ()
    return replace(certificate, presented_for=(host,), matches=covered)


def _examined(chain: Sequence[bytes], roots: TrustedRoots, now: datetime) -> CertificateFacts:
    read = [read_certificate(der) for der in chain]
    links = tuple(_link(der, certificate) for der, certificate in zip(chain, read, strict=True))
    leaf = read[0]
    if isinstance(leaf, str):
        return _unreadable(links, leaf)
    sent = [certificate for certificate in read[1:] if isinstance(certificate, x509.Certificate)]
    last = _end_of_path(leaf, sent, roots)
    return CertificateFacts(
        sha256=links[0].sha256,
        subject=links[0].subject,
        names=_dns_names(leaf),
        issuer=links[0].issuer,
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        key=_key(leaf),
        signature=_signature(leaf),
        trusted=roots.verifies(leaf, sent, now),
        self_signed=leaf.issuer == leaf.subject and is_issued_by(leaf, leaf),
        chain_complete=roots.issued(last) or _is_self_issued(last),
        path_ends_at=_named(last.issuer),
        error=None,
        chain=links,
    )


def _end_of_path(leaf: x509.Certificate, sent: Sequence[x509.Certificate], roots: TrustedRoots) -> x509.Certificate:
    """The last one on the way from the leaf up: a root issued it, it issued itself, or its issuer is missing."""
    current, left = leaf, list(sent)
    while not (roots.issued(current) or _is_self_issued(current)):
        issuer = next((candidate for candidate in left if is_issued_by(current, candidate)), None)
        if issuer is None:
            break
        left.remove(issuer)  # so that certificates which vouch for each other end too
        current = issuer
    return current


def _is_self_issued(certificate: x509.Certificate) -> bool:
    return certificate.issuer == certificate.subject


def _link(der: bytes, certificate: x509.Certificate | str) -> ChainLink:
    sha256, pem = hashlib.sha256(der).hexdigest(), _pem(der)
    if isinstance(certificate, str):
        return ChainLink(sha256=sha256, pem=pem, subject=None, issuer=None, not_after=None, error=certificate)
    return ChainLink(
        sha256=sha256,
        pem=pem,
        subject=_named(certificate.subject),
        issuer=_named(certificate.issuer),
        not_after=certificate.not_valid_after_utc,
        key=_key(certificate),
        signature=_signature(certificate),
    )


def _pem(der: bytes) -> str:
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)  # RFC 7468 section 2
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))


def _unreadable(links: tuple[ChainLink, ...], error: str) -> CertificateFacts:
    return CertificateFacts(
        sha256=links[0].sha256,
        subject=None,
        names=(),
        issuer=None,
        not_before=None,
        not_after=None,
        key=None,
        signature=None,
        trusted=None,
        self_signed=None,
        chain_complete=None,
        error=error,
        chain=links,
    )


def _dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    return tuple(printable(name.encode(), _NAME_CHARACTERS) for name in dns_names(certificate)[:NAMES])


def _key(certificate: x509.Certificate) -> str | None:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}"
        case dsa.DSAPublicKey():
            return f"DSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"EC {key.curve.name}"
        case _:
            return type(key).__name__.strip("_").removesuffix("PublicKey")


def _signature(certificate: x509.Certificate) -> str:
    oid = certificate.signature_algorithm_oid
    name = str(getattr(oid, "_name", oid.dotted_string))
    if oid != SignatureAlgorithmOID.RSASSA_PSS:
        return name
    try:
        algorithm = certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        algorithm = None
    return f"{name}-{algorithm.name}" if algorithm else name


def _named(name: x509.Name) -> str:
    return printable(name.rfc4514_string().encode(), _SUBJECT_CHARACTERS)
