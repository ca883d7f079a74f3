"""Asks DNS for the TLSA records of one mail server (RFC 7672 section 2.2).

The one rule of this file: it asks more than a sender would, who asks nothing where the addresses aren't signed. Only
so can records without effect be told from none. What a sender goes by is settled elsewhere.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from checker.answers import kept
from checker.dane.facts import Candidate, DaneFacts, tlsa_name
from checker.dane.tlsa import why_unusable
from checker.names import DomainName
from checker.network.ports import Network, Security
from checker.observation import Seen


async def look_up_dane(
    host: DomainName, addresses: Security | None, aliases: Sequence[DomainName], network: Network
) -> DaneFacts:
    """The TLSA answers of each name that may be the base domain, and the first link where ``host`` is an alias.

    ``addresses`` is the security of the address look-ups, which come first; ``aliases`` is the chain that they
    followed. Of an alias the fully expanded name comes first, then its own (section 2.2.2); names between never count.
    """
    if not aliases:
        candidate = await _candidate(host, network)
        return DaneFacts(addresses=addresses, candidates=(candidate,))
    bases = dict.fromkeys((aliases[-1], host))
    link, candidates = await asyncio.gather(
        network.resolver.look_up_alias(host), asyncio.gather(*(_candidate(base, network) for base in bases))
    )
    return DaneFacts(addresses=addresses, alias=link, candidates=tuple(candidates))


async def _candidate(base: DomainName, network: Network) -> Candidate:
    """Where there are too many records, the usable ones are kept first, as it is they that count."""
    answer = await network.resolver.look_up_tlsa(tlsa_name(base))
    most = network.bounds.tlsa_records_kept
    if isinstance(answer, Seen) and len(answer.value.records) > most:
        records = sorted(answer.value.records, key=lambda record: why_unusable(record) is not None)
        answer = kept(Seen(replace(answer.value, records=tuple(records))), most)
    return Candidate(base=base, answer=answer)
