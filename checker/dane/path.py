"""Does a certificate lead to a trust anchor that a TLSA record names (RFC 7671 section 5.2, RFC 5280 section 6)?

The anchor is one of the certificates sent, one given in DNS in full, or a key given in full; it need be no root. The
library's own verifier isn't used: it holds authorities to the rules for public ones, and usage 2 is for private ones.
The one rule of this file: chains are strangers' work, so both the steps and the signatures checked are counted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import NameOID

from checker.certificates.extensions import dns_names, extension, serves_tls
from checker.certificates.names import matches_for_dane_ta
from checker.names import DomainName
from checker.network.bounds import PATH_SIGNATURES, PATH_STEPS

type Path = tuple[int, ...]
"""Places in the pool of certificates, from the leaf up."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """A pool of certificates, the leaf first."""

    pool: Sequence[x509.Certificate]

    def paths(self, anchors: Mapping[int, object], keys: Sequence[bytes]) -> Iterator[tuple[Path, int | bytes]]:
        """Each path from the leaf to an anchor, by signatures and names alone, with the place or key it ends at.

        ``anchors`` are places in the pool, ``keys`` SubjectPublicKeyInfo in DER, which sign the last of the path. The
        leaf is no anchor: usage 2 names issuers (RFC 7671 section 5.2).
        """
        signatures = _Signatures(self.pool)
        waiting: list[Path] = [(0,)]
        for _ in range(PATH_STEPS):
            if not waiting:
                return
            path = waiting.pop()
            top = path[-1]
            if len(path) > 1 and top in anchors:
                yield path, top
                continue
            yield from ((path, key) for key in keys if signatures.is_by_key(top, key))
            issuers = [i for i in range(len(self.pool) - 1, 0, -1) if i not in path and signatures.is_by(top, i)]
            waiting.extend((*path, issuer) for issuer in issuers)

    def why_no_issuers(self, path: Path) -> str | None:
        """What forbids that this path proves anything, dates and names aside; null where nothing does."""
        certificates = [self.pool[place] for place in path]
        if any(_has_unknown_condition(certificate) for certificate in certificates):
            return "A certificate on the way has a condition (a critical extension) that nobody knows."
        if any(not serves_tls(extension(certificate, x509.ExtendedKeyUsage)) for certificate in certificates):
            return "A certificate on the way is not meant for TLS servers."
        between = 0  # issuers below this one that didn't issue themselves
        for issuer in certificates[1:]:
            if not _may_issue(issuer):
                return "A certificate on the way is no authority's, so it can't vouch for another."
            constraints = extension(issuer, x509.BasicConstraints)
            if constraints is not None and constraints.path_length is not None and between > constraints.path_length:
                return "An authority on the way allows fewer authorities below it than there are."
            between += issuer.subject != issuer.issuer
        names = dns_names(certificates[0])
        if any(not _permits(issuer, names) for issuer in certificates[1:]):
            return "An authority on the way may not vouch for this name."
        return None

    def out_of_date(self, path: Path, now: datetime) -> tuple[int, bool] | None:
        """The first place whose certificate is not valid ``now``, and whether it has ended; null where all are."""
        for place in path:
            certificate = self.pool[place]
            if now > certificate.not_valid_after_utc:
                return place, True
            if now < certificate.not_valid_before_utc:
                return place, False
        return None

    def is_for(self, names: Sequence[DomainName]) -> bool:
        """Is the leaf for one of these names (RFC 7672 section 3.2.3)?"""
        leaf = self.pool[0]
        common = [name.value for name in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        common_name = common[-1] if common and isinstance(common[-1], str) else None
        presented = dns_names(leaf)
        return any(matches_for_dane_ta(presented, common_name, name) for name in names)


class _Signatures:
    """Who signed whom: each signature is checked once, and only so many."""

    def __init__(self, pool: Sequence[x509.Certificate]) -> None:
        self._pool = pool
        self._known: dict[tuple[int, int | bytes], bool] = {}

    def is_by(self, place: int, issuer: int) -> bool:
        if self._pool[place].issuer != self._pool[issuer].subject:
            return False
        return self._once(place, issuer, self._pool[issuer])

    def is_by_key(self, place: int, key: bytes) -> bool:
        return self._once(place, key, key)

    def _once(self, place: int, by: int | bytes, signer: x509.Certificate | bytes) -> bool:
        if (place, by) not in self._known:
            if len(self._known) >= PATH_SIGNATURES:
                return False
            self._known[place, by] = _verifies(self._pool[place], signer)
        return self._known[place, by]


def _verifies(certificate: x509.Certificate, signer: x509.Certificate | bytes) -> bool:
    """False too for SHA-1 and MD5, which libraries of our day refuse."""
    try:
        if isinstance(signer, x509.Certificate):
            certificate.verify_directly_issued_by(signer)
        else:
            return _verifies_by_key(certificate, signer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _verifies_by_key(certificate: x509.Certificate, info: bytes) -> bool:
    key, how = load_der_public_key(info), certificate.signature_algorithm_parameters
    signature, signed = certificate.signature, certificate.tbs_certificate_bytes
    algorithm = certificate.signature_hash_algorithm
    match key, how:
        case rsa.RSAPublicKey(), (padding.PKCS1v15() | padding.PSS()) if algorithm is not None:
            key.verify(signature, signed, how, algorithm)
        case ec.EllipticCurvePublicKey(), ec.ECDSA():
            key.verify(signature, signed, how)
        case ((ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey()), _) if algorithm is None:
            key.verify(signature, signed)
        case _:
            return False
    return True


def _has_unknown_condition(certificate: x509.Certificate) -> bool:
    return any(e.critical and isinstance(e.value, x509.UnrecognizedExtension) for e in certificate.extensions)


def _may_issue(certificate: x509.Certificate) -> bool:
    """Basic constraints say so; without them, a key for certificates, or a root of the time before there were any."""
    usage = extension(certificate, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        return False
    constraints = extension(certificate, x509.BasicConstraints)
    if constraints is not None:
        return constraints.ca
    is_old_root = certificate.version is x509.Version.v1 and certificate.subject == certificate.issuer
    return usage is not None or is_old_root


def _permits(issuer: x509.Certificate, names: Sequence[str]) -> bool:
    """Its name constraints, as far as they speak of DNS names (RFC 5280 section 4.2.1.10)."""
    constraints = extension(issuer, x509.NameConstraints)
    if constraints is None:
        return True
    permitted, excluded = _trees(constraints.permitted_subtrees), _trees(constraints.excluded_subtrees)
    return all(
        (not permitted or any(_is_below(name, tree) for tree in permitted))
        and not any(_is_below(name, tree) for tree in excluded)
        for name in names
    )


def _trees(subtrees: Sequence[x509.GeneralName] | None) -> tuple[str, ...]:
    return tuple(tree.value for tree in subtrees or () if isinstance(tree, x509.DNSName))


def _is_below(name: str, tree: str) -> bool:
    name, tree = name.lower().removesuffix("."), tree.lower().removesuffix(".")
    return not tree or name == tree or name.endswith(f".{tree.removeprefix('.')}")
