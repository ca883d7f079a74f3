"""How a zone is signed, as plain facts (RFC 4034, RFC 5155): what its parent vouches for, its keys and its proofs.

The one rule of this file: it holds what was published, sensible or not, and judges nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from checker.names import DomainName


@dataclass(frozen=True, slots=True)
class DsRecord:
    """One DS record at the parent (RFC 4034 section 5). ``has_key``: the zone publishes the key that it names."""

    key_tag: int
    algorithm: int
    digest_type: int
    has_key: bool


@dataclass(frozen=True, slots=True)
class ZoneKey:
    """One DNSKEY record (RFC 4034 section 2). ``bits`` of an RSA modulus; null for other algorithms."""

    key_tag: int
    algorithm: int
    bits: int | None = None


@dataclass(frozen=True, slots=True)
class Nsec3:
    """The parameters of hashed proofs (RFC 5155 section 4). ``salt`` in octets."""

    iterations: int
    salt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSigning:
    """A zone's DS and DNSKEY records, its NSEC3 parameters, and how long its signatures hold.

    ``signed_until`` is when the first of the signatures over SOA and DNSKEY ends (UTC), by the latest over each, and
    ``signed_since`` when that one began; null where there is none. ``nsec3`` is null where there is no NSEC3PARAM
    record, or it could not be looked up.
    """

    zone: DomainName
    ds: tuple[DsRecord, ...] = ()
    keys: tuple[ZoneKey, ...] = ()
    nsec3: Nsec3 | None = None
    signed_since: datetime | None = None
    signed_until: datetime | None = None
