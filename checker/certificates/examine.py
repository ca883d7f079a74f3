"""Reads a chain as a server sent it and examines it against the trusted roots (RFC 5280).

The one rule of this file: any bytes may come. What can't be read is said in ``error`` and left null; nothing raises.
"""

import hashlib
import warnings
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

from checker.certificates.facts import CertificateFacts, ChainLink
from checker.certificates.trust import TrustedRoots, is_issued_by

NAMES = 200  # dNSNames that are kept: certificates of large providers hold about a hundred


def examine(chain: Sequence[bytes], roots: TrustedRoots, now: datetime) -> CertificateFacts:
    """The leaf (the first certificate in DER) and the chain it came in. ``chain`` is not empty. Never raises.

    ``now`` only decides which dates of issuers hold: the leaf's own dates are left to the rules.
    """
    read = [read_certificate(der) for der in chain]
    links = tuple(_link(der, certificate) for der, certificate in zip(chain, read, strict=True))
    leaf = read[0]
    if isinstance(leaf, str):
        return _unreadable(links, leaf)
    sent = [certificate for certificate in read[1:] if isinstance(certificate, x509.Certificate)]
    is_self_signed = leaf.issuer == leaf.subject and is_issued_by(leaf, leaf)
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
        self_signed=is_self_signed,
        chain_complete=_is_complete(leaf, sent, roots),
        error=None,
        chain=links,
    )


def read_certificate(der: bytes) -> x509.Certificate | str:
    """A certificate, or a sentence that says why it isn't one."""
    try:
        with warnings.catch_warnings():
            # A serial number or a parameter that is out of order is the peer's matter, not a warning for our operator.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            certificate = x509.load_der_x509_certificate(der)
            # These are parsed only when they are asked for, and may fail then.
            _ = (certificate.subject, certificate.issuer, certificate.not_valid_after_utc, certificate.extensions)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return "The server sent something that can't be read as a certificate."
    return certificate


def _is_complete(leaf: x509.Certificate, sent: Sequence[x509.Certificate], roots: TrustedRoots) -> bool:
    """Is no issuer missing? Follow the issuers from the leaf until a root of either kind ends the path."""
    current, left = leaf, list(sent)
    while not (roots.issued(current) or current.issuer == current.subject):
        issuer = next((candidate for candidate in left if is_issued_by(current, candidate)), None)
        if issuer is None:
            return False
        left.remove(issuer)
        current = issuer
    return True


def _link(der: bytes, certificate: x509.Certificate | str) -> ChainLink:
    sha256 = hashlib.sha256(der).hexdigest()
    if isinstance(certificate, str):
        return ChainLink(sha256=sha256, pem="", subject=None, issuer=None, not_after=None, error=certificate)
    return ChainLink(
        sha256=sha256,
        pem=certificate.public_bytes(Encoding.PEM).decode(),
        subject=_printable(certificate.subject.rfc4514_string()),
        issuer=_printable(certificate.issuer.rfc4514_string()),
        not_after=certificate.not_valid_after_utc,
        key=_key(certificate),
        signature=_signature(certificate),
    )


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
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(map(_printable, names.get_values_for_type(x509.DNSName)[:NAMES]))


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
    return str(getattr(oid, "_name", oid.dotted_string))


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)
