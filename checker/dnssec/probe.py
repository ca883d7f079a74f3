"""Looks at the zones of a domain and its servers: their keys, what their parents vouch for, how long signatures hold.

The one rule of this file: whether an answer is secure is the resolver's word, never concluded from what is seen here.
"""

import asyncio
from collections.abc import Sequence

from checker.dnssec.facts import DnssecFacts, ZoneFacts
from checker.names import DomainName
from checker.network.ports import Network
from checker.observation import Failed, Seen


async def look_at_zones(names: Sequence[DomainName], network: Network) -> DnssecFacts:
    """Each zone once, of the first ``zones`` of these names. A top-level domain, where a name below isn't found, is
    nobody's who reads this.
    """
    asked = tuple(dict.fromkeys(names))[: network.bounds.zones]
    found = await asyncio.gather(*map(network.resolver.look_up_zone, asked))
    holders: dict[Seen[DomainName] | Failed, list[DomainName]] = {}
    for name, zone in zip(asked, found, strict=True):
        if isinstance(zone, Failed) or "." in zone.value or zone.value == name:
            holders.setdefault(zone, []).append(name)
    return DnssecFacts(zones=tuple(await asyncio.gather(*(_zone(z, held, network) for z, held in holders.items()))))


async def _zone(zone: Seen[DomainName] | Failed, names: Sequence[DomainName], network: Network) -> ZoneFacts:
    signing = zone if isinstance(zone, Failed) else await network.resolver.look_up_signing(zone.value)
    return ZoneFacts(names=tuple(names), signing=signing)
