"""How a zone is signed, read from its SOA, DS, DNSKEY and NSEC3PARAM records (RFC 4034, RFC 5155).

The one rule of this file: nothing is validated here, and nothing that was published is refused. Validating is the
resolver's part; this shows why it failed, or will.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import dns.dnssec
import dns.message
import dns.name
import dns.rdatatype

from checker.names import ROOT, DomainName
from checker.network.bounds import Bounds
from checker.network.dns_names import from_dns, to_dns
from checker.network.zone_signing import DsRecord, Nsec3, ZoneKey, ZoneSigning
from checker.observation import Failed, Seen

type Ask = Callable[[DomainName, dns.rdatatype.RdataType], Awaitable[dns.message.Message | Failed]]
"""Asks for an RRset with its signatures, unchecked."""

_RSA = {1, 5, 7, 8, 10}
_DIGESTS = {1: hashlib.sha1, 2: hashlib.sha256, 4: hashlib.sha384}


async def zone_of(name: DomainName, ask: Ask) -> Seen[DomainName] | Failed:
    """The owner of the SOA record that answers for the name, or comes with the denial (RFC 2308 section 3).

    An alias is answered for by its target's zone: there the name above it is asked.
    """
    while True:
        response = await ask(name, dns.rdatatype.SOA)
        if isinstance(response, Failed):
            return response
        owner = _soa_owner(response, to_dns(name))
        if owner is not None or name == ROOT:
            return Seen(from_dns(owner or dns.name.root))
        name = DomainName(name.partition(".")[2])


async def signing_of(zone: DomainName, ask: Ask, bounds: Bounds) -> Seen[ZoneSigning] | Failed:
    """The records of the zone, asked at the same time. The root has no DS."""
    types = (dns.rdatatype.SOA, dns.rdatatype.DNSKEY, dns.rdatatype.DS, dns.rdatatype.NSEC3PARAM)
    soa, dnskey, ds, nsec3 = await asyncio.gather(*(ask(zone, rdtype) for rdtype in types))
    if isinstance(soa, Failed):
        return soa
    if isinstance(dnskey, Failed):
        return dnskey
    if isinstance(ds, Failed):
        return ds
    owner, most = to_dns(zone), bounds.zone_records_kept
    keys = [*_records(dnskey, owner, dns.rdatatype.DNSKEY)][:most]
    first = min(filter(None, (_last_to_end(soa, owner), _last_to_end(dnskey, owner))), default=None)
    return Seen(
        ZoneSigning(
            zone=zone,
            ds=tuple(_ds(rdata, owner, keys) for rdata in [*_records(ds, owner, dns.rdatatype.DS)][:most]),
            keys=tuple(ZoneKey(dns.dnssec.key_id(key), int(key.algorithm), _bits(key)) for key in keys),
            nsec3=None if isinstance(nsec3, Failed) else _nsec3(nsec3, owner),
            signed_since=_moment(first[1]) if first else None,
            signed_until=_moment(first[0]) if first else None,
        )
    )


def _soa_owner(response: dns.message.Message, name: dns.name.Name) -> dns.name.Name | None:
    sections = (*response.answer, *response.authority)
    owners = [rrset.name for rrset in sections if rrset.rdtype == dns.rdatatype.SOA]
    return next((owner for owner in owners if name.is_subdomain(owner)), None)


def _records(
    response: dns.message.Message,
    owner: dns.name.Name,
    rdtype: dns.rdatatype.RdataType,
    covers: dns.rdatatype.RdataType = dns.rdatatype.NONE,
) -> Iterator[Any]:
    for rrset in response.answer:
        if (rrset.name, rrset.rdtype, rrset.covers) == (owner, rdtype, covers):
            yield from rrset


def _last_to_end(response: dns.message.Message, owner: dns.name.Name) -> tuple[int, int] | None:
    """End and begin, in seconds since 1970, of the signature over the RRset asked for that holds longest."""
    signatures = _records(response, owner, dns.rdatatype.RRSIG, response.question[0].rdtype)
    return max(((rdata.expiration, rdata.inception) for rdata in signatures), default=None)


def _ds(rdata: Any, owner: dns.name.Name, keys: Iterable[Any]) -> DsRecord:
    key_tag, algorithm, digest_type = int(rdata.key_tag), int(rdata.algorithm), int(rdata.digest_type)
    named = [key for key in keys if (dns.dnssec.key_id(key), int(key.algorithm)) == (key_tag, algorithm)]
    return DsRecord(key_tag, algorithm, digest_type, any(_is_named(key, rdata, owner) for key in named))


def _is_named(key: Any, ds: Any, owner: dns.name.Name) -> bool:
    """RFC 4034 section 5.1.4; by the tag alone where the digest is of an unknown type."""
    digest = _DIGESTS.get(int(ds.digest_type))
    return digest is None or digest(owner.canonicalize().to_wire() + key.to_wire()).digest() == ds.digest


def _bits(key: Any) -> int | None:
    """The length of an RSA modulus (RFC 3110 section 2)."""
    if int(key.algorithm) not in _RSA:
        return None
    data = bytes(key.key)
    at, exponent = (1, data[0]) if data[:1] != b"\0" and data else (3, int.from_bytes(data[1:3]))
    return int.from_bytes(data[at + exponent :]).bit_length()


def _nsec3(response: dns.message.Message, owner: dns.name.Name) -> Nsec3 | None:
    return next(
        (Nsec3(int(r.iterations), len(r.salt)) for r in _records(response, owner, dns.rdatatype.NSEC3PARAM)), None
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
