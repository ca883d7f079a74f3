"""Asks DNS where a domain's mail goes (RFC 5321 section 5.1, RFC 7505).

The one rule of this file: a look-up that failed is "failed", never "absent". Only a proper answer without MX opens
the way to the domain's own addresses, and with any MX that way is closed. Of an endless list the best are kept.
"""

import asyncio
from dataclasses import replace
from typing import Literal

from checker.answers import kept
from checker.mx.facts import HostAddresses, MxFacts, has_addresses
from checker.names import ROOT, DomainName, IPAddress
from checker.network.ports import Answer, MxRecord, Network
from checker.observation import PENDING, Failed, Observation, Seen


async def look_up_mx(domain: DomainName, network: Network) -> MxFacts:
    """Who takes the mail of ``domain``. The hosts of an MX answer have their addresses pending."""
    answer = await network.resolver.look_up_mx(domain)
    if isinstance(answer, Failed):
        return MxFacts(answer=answer, status="failed")
    if answer.value.rcode == "nxdomain":
        return MxFacts(answer=answer, status="nxdomain")
    if not answer.value.records:
        return await _implicit(domain, answer, network)
    return _explicit(answer, network.bounds.mx_records_kept)


async def look_up_host(host: HostAddresses, network: Network) -> HostAddresses:
    """The host with those of its A and AAAA RRsets that were pending, asked at the same time."""
    ipv4, ipv6 = await asyncio.gather(
        _look_up_pending(host.host, 4, host.ipv4, network), _look_up_pending(host.host, 6, host.ipv6, network)
    )
    return replace(host, ipv4=ipv4, ipv6=ipv6)


async def _look_up_pending(
    host: DomainName, family: Literal[4, 6], addresses: Observation[Answer[IPAddress]], network: Network
) -> Observation[Answer[IPAddress]]:
    if addresses != PENDING:
        return addresses
    found = await network.resolver.look_up_addresses(host, family)
    return kept(found, network.bounds.addresses_kept) if isinstance(found, Seen) else found


def _explicit(answer: Seen[Answer[MxRecord]], most: int) -> MxFacts:
    """Each host once, by best preference and then name: equals are a set, and the order only keeps them still."""
    in_order = sorted(answer.value.records, key=lambda record: (record.preference, record.exchange))
    best: dict[DomainName, int] = {}
    for record in in_order:
        best.setdefault(record.exchange, record.preference)
    best_kept = kept(Seen(replace(answer.value, records=tuple(in_order))), most)
    names_the_root = best.pop(ROOT, None) is not None
    if not best:
        return MxFacts(answer=best_kept, status="null-mx")
    hosts = tuple(HostAddresses(host=host, preference=preference) for host, preference in best.items())
    return MxFacts(answer=best_kept, status="invalid" if names_the_root else "explicit", hosts=hosts[:most])


async def _implicit(domain: DomainName, answer: Seen[Answer[MxRecord]], network: Network) -> MxFacts:
    """Without MX the domain itself is the server, at preference 0, if it has an address."""
    own = await look_up_host(HostAddresses(host=domain, preference=0), network)
    if has_addresses(own.ipv4) or has_addresses(own.ipv6):
        return MxFacts(answer=answer, status="implicit", hosts=(own,), own_addresses=own)
    failed = isinstance(own.ipv4, Failed) or isinstance(own.ipv6, Failed)
    return MxFacts(answer=answer, status="failed" if failed else "none", own_addresses=own)
