"""Is there a path from a chain as sent to a trusted root (RFC 5280 section 6)?

Only what the server sent and the roots are used: an issuer that is missing is never fetched, since strangers choose
that address. The one rule of this file: names and the leaf's own dates are left aside, they are other questions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import SignatureAlgorithmOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from checker.certificates.extensions import serves_tls
from checker.certificates.reading import read_certificate

# A block that lacks its end must not take the next one with it.
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(?:(?!-----BEGIN).)*", re.DOTALL)

_NOT_LOOKED_AT = {
    SignatureAlgorithmOID.RSA_WITH_MD5,
    SignatureAlgorithmOID.RSA_WITH_SHA1,
    SignatureAlgorithmOID.DSA_WITH_SHA1,
    SignatureAlgorithmOID.ECDSA_WITH_SHA1,
}


@dataclass(frozen=True)
class TrustedRoots:
    """The certificates that senders trust. ``warnings`` are sentences for the operator about their file."""

    certificates: tuple[x509.Certificate, ...]
    warnings: tuple[str, ...] = ()

    @classmethod
    def load(cls, pem: bytes) -> "TrustedRoots":
        """The roots in a PEM bundle, one by one: a bad one is skipped with a warning, never the others with it."""
        read = [read_certificate(block) for block in _PEM.findall(pem)]
        roots = tuple(root for root in read if isinstance(root, x509.Certificate))
        warnings = [
            f"Trusted root number {number} in the file can't be read, so it is left out."
            for number, root in enumerate(read, 1)
            if isinstance(root, str)
        ]
        if not roots:
            warnings.append("There are no trusted roots in the file, so no certificate will be called trusted.")
        return cls(roots, tuple(warnings))

    def verifies(self, leaf: x509.Certificate, sent: Sequence[x509.Certificate], now: datetime) -> bool:
        """Does a path exist, the leaf's own dates left aside? ``sent`` are the other certificates of the chain.

        A leaf that isn't valid ``now`` is judged at the nearest moment at which it is: its issuers must hold then.
        """
        if self._store is None:
            return False
        at = min(max(now, leaf.not_valid_before_utc), leaf.not_valid_after_utc)
        # The client verifier is the one that looks at no name.
        policy = PolicyBuilder().store(self._store).time(at).extension_policies(ca_policy=_ISSUERS, ee_policy=_LEAVES)
        try:
            policy.build_client_verifier().verify(leaf, list(sent))
        except VerificationError:
            return False
        return True

    def issued(self, certificate: x509.Certificate) -> bool:
        """Did one of the roots sign this certificate?"""
        return any(is_issued_by(certificate, root) for root in self._by_subject.get(certificate.issuer, ()))

    @cached_property
    def _store(self) -> Store | None:
        return Store(list(self.certificates)) if self.certificates else None

    @cached_property
    def _by_subject(self) -> dict[x509.Name, list[x509.Certificate]]:
        found: dict[x509.Name, list[x509.Certificate]] = {}
        for root in self.certificates:
            found.setdefault(root.subject, []).append(root)
        return found


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Does the name chain, and does the signature verify?

    This tells who issued a certificate, not that it is trusted: so for MD5 and SHA-1, at which the library no longer
    looks, the name is enough. False for other algorithms that it doesn't know.
    """
    if certificate.signature_algorithm_oid in _NOT_LOOKED_AT:
        return certificate.issuer == issuer.subject
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _serves_tls(_: Policy, __: x509.Certificate, usage: x509.ExtendedKeyUsage | None) -> None:
    """As the library asks it. Raises ValueError where it is for something else."""
    if not serves_tls(usage):
        raise ValueError("not for TLS servers")


# The library's own rule for issuers asks for the purpose of the verifier, and a client verifier wants TLS *clients*.
_ISSUERS = ExtensionPolicy.webpki_defaults_ca().may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _serves_tls)
_LEAVES = ExtensionPolicy.permit_all().may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _serves_tls)
