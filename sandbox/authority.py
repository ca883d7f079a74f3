"""A certificate authority in a box: roots, intermediates and leaves of every kind that a mail server may show.

The one rule of this file: keys are elliptic unless a test asks for another kind, and each ``Authority`` makes its own
once, so that a sandbox with many servers starts quickly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

type PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """A leaf with its key and the chain that a server sends with it, the leaf first."""

    chain: tuple[x509.Certificate, ...]
    key: PrivateKey

    @property
    def der(self) -> tuple[bytes, ...]:
        """The chain as it goes over the wire."""
        return tuple(certificate.public_bytes(serialization.Encoding.DER) for certificate in self.chain)

    @property
    def chain_pem(self) -> bytes:
        """The chain as a file for a server."""
        return b"".join(_pem(certificate) for certificate in self.chain)

    @property
    def key_pem(self) -> bytes:
        """The key as a file for a server, not encrypted."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


class Authority:
    """A root and an intermediate below it, valid for years around ``now``. Leaves come from the intermediate.

    ``issuer_ends`` is when the intermediate ends, as seen from ``now``; it carries ``issuer_extensions`` besides.
    """

    def __init__(
        self,
        now: datetime,
        name: str = "Mailseal Sandbox",
        *,
        issuer_ends: timedelta = 3650 * DAY,
        issuer_extensions: Sequence[x509.ExtensionType] = (),
    ) -> None:
        self._now = now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        root_name, issuer_name = _name(f"{name} Root"), _name(f"{name} CA 1")
        begin = now - 3650 * DAY
        root_key = ec.generate_private_key(ec.SECP256R1())
        self.root = _ca(root_name, root_key.public_key(), root_name, root_key, (begin, now + 3650 * DAY), depth=1)
        validity = (begin, now + issuer_ends)
        self.intermediate = _ca(
            issuer_name, self._key.public_key(), root_name, root_key, validity, depth=0, extensions=issuer_extensions
        )

    @property
    def root_pem(self) -> bytes:
        """The root, as a file of trusted roots holds it."""
        return _pem(self.root)

    def issue(
        self,
        names: Sequence[str],
        *,
        begins: timedelta = -30 * DAY,
        ends: timedelta = 60 * DAY,
        with_intermediate: bool = True,
        common_name: str | None = None,
        key: PrivateKey | None = None,
        purpose: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.SERVER_AUTH,
    ) -> Issued:
        """A leaf for these dNSNames, valid from ``begins`` to ``ends`` as seen from the authority's now.

        Without the intermediate the chain is incomplete. No names and a ``common_name`` make the kind of certificate
        that only an old client accepts. ``purpose`` None: it doesn't say what it is for.
        """
        key = key or self._leaf_key
        builder = _leaf(
            names, common_name or (names[0] if names else "nobody"), key, self._between(begins, ends), purpose
        )
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.issuer_name(self.intermediate.subject).add_extension(issuer, critical=False)
        leaf = builder.sign(self._key, hashes.SHA256())
        return Issued((leaf, self.intermediate) if with_intermediate else (leaf,), key)

    def self_signed(self, names: Sequence[str], *, begins: timedelta = -30 * DAY, ends: timedelta = 60 * DAY) -> Issued:
        """A leaf that vouches for itself."""
        key = self._leaf_key
        builder = _leaf(names, names[0], key, self._between(begins, ends)).issuer_name(_name(names[0]))
        return Issued((builder.sign(key, hashes.SHA256()),), key)

    def _between(self, begins: timedelta, ends: timedelta) -> tuple[datetime, datetime]:
        return self._now + begins, self._now + ends


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    """An RSA key, made once: the large ones take a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _ca(
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    validity: tuple[datetime, datetime],
    depth: int,
    extensions: Sequence[x509.ExtensionType] = (),
) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        _dated(subject, public, validity)
        .issuer_name(issuer)
        .add_extension(x509.BasicConstraints(ca=True, path_length=depth), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _leaf(
    names: Sequence[str],
    common_name: str,
    key: PrivateKey,
    validity: tuple[datetime, datetime],
    purpose: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.SERVER_AUTH,
) -> x509.CertificateBuilder:
    builder = _dated(_name(common_name), key.public_key(), validity)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
    return builder


def _dated(
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    validity: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    begins, ends = (moment.astimezone(UTC).replace(microsecond=0) for moment in validity)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
