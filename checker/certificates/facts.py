"""One leaf certificate with the chain it came in, read and examined against the trusted roots."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from checker.names import DomainName


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLink:
    """One certificate as sent. Names are RFC 4514 text.

    Where it can't be read ``error`` is a sentence, and all but ``sha256`` and ``pem`` are null.
    """

    sha256: str
    pem: str
    subject: str | None
    issuer: str | None
    not_after: datetime | None
    key: str | None = None
    signature: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """A leaf in one chain. Its own dates are judged by the rules, so nothing here depends on them.

    ``trusted``: a path to a trusted root exists, the leaf's own dates left aside. ``chain_complete``: no issuer is
    missing between the leaf and a root, trusted or not. ``path_ends_at``: the issuer that the path from the leaf up
    ends with, sent or not. All null where the leaf can't be read; ``error`` then says so.
    ``chain_id`` names the chain as sent: a leaf may come in several, of which not all lead to a root.
    ``presented_for`` are the host names it was shown for, ``matches`` those of them that its dNSNames cover.
    """

    sha256: str
    subject: str | None
    names: tuple[str, ...]
    issuer: str | None
    not_before: datetime | None
    not_after: datetime | None
    key: str | None  # "RSA 2048", "EC secp256r1"
    signature: str | None  # "sha256WithRSAEncryption"
    trusted: bool | None
    self_signed: bool | None
    chain_complete: bool | None
    error: str | None
    chain: tuple[ChainLink, ...]
    presented_for: tuple[DomainName, ...] = ()
    matches: tuple[DomainName, ...] = ()
    path_ends_at: str | None = None
    chain_id: str = ""


def chain_id(chain: Sequence[bytes]) -> str:
    """The name of a chain (DER, as sent): SHA-256 over the hashes of its certificates, in hex."""
    return hashlib.sha256(b"".join(hashlib.sha256(der).digest() for der in chain)).hexdigest()
