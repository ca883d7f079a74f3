"""Is there a path from a chain as sent to a trusted root (RFC 5280 section 6)?

Only what the server sent and the roots are used: an issuer that is missing is never fetched, since strangers choose
that address. The one rule of this file: names and the leaf's own dates are left aside, they are other questions.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class TrustedRoots:
    """The certificates that senders trust. ``warnings`` name what the file held besides."""

    certificates: tuple[x509.Certificate, ...]
    warnings: tuple[str, ...] = ()

    @classmethod
    def load(cls, pem: bytes) -> "TrustedRoots":
        """The roots in a PEM bundle, one by one: a bad one is skipped with a warning, never the others with it."""
        roots: list[x509.Certificate] = []
        skipped: list[str] = []
        for number, block in enumerate(_PEM.findall(pem), 1):
            try:
                roots.append(_read_root(block))
            except ValueError as error:
                skipped.append(f"Trusted root number {number} can't be read and is left out: {error}")
        return cls(tuple(roots), tuple(skipped))

    def verifies(self, leaf: x509.Certificate, sent: Sequence[x509.Certificate], now: datetime) -> bool:
        """Does a path exist, the leaf's own dates left aside? ``sent`` are the other certificates of the chain."""
        return self._store is not None and any(self._verifies_at(leaf, sent, at) for at in _moments(leaf, now))

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

    def _verifies_at(self, leaf: x509.Certificate, sent: Sequence[x509.Certificate], at: datetime) -> bool:
        assert self._store is not None
        # The client verifier is the one that looks at no name; what it demands of a client's certificate is lifted.
        policy = PolicyBuilder().store(self._store).time(at)
        policy = policy.extension_policies(
            ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
        )
        try:
            policy.build_client_verifier().verify(leaf, list(sent))
        except VerificationError:
            return False
        return True


def _read_root(pem: bytes) -> x509.Certificate:
    with warnings.catch_warnings():
        # Old roots that everybody trusts break a rule or two, such as a serial number of zero.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return x509.load_pem_x509_certificate(pem)


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Does the name chain, and does the signature verify? False too for keys that the library doesn't know."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _moments(leaf: x509.Certificate, now: datetime) -> Iterator[datetime]:
    """When to judge the path: now, or within the leaf's own dates if now isn't."""
    if leaf.not_valid_after_utc < now:
        yield leaf.not_valid_after_utc - _SECOND
    elif leaf.not_valid_before_utc > now:
        yield leaf.not_valid_before_utc + _SECOND
    else:
        yield now
