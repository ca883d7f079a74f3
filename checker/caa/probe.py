"""Finds the CAA records that count for a name (RFC 8659 section 3).

The one rule of this file: a look-up that failed ends the climb, for an authority that meets it may not go on either.
"""

import asyncio

from checker.answers import kept
from checker.caa.facts import CaaFacts
from checker.names import DomainName
from checker.network.ports import CaaRecord, LookUp, Network
from checker.observation import NotTried, Reason, Seen

_BEYOND_CAP = NotTried(Reason.BEYOND_CAP, "The name has more parts than one scan climbs.")


class Climb:
    """The look-ups of one scan. Servers have parents in common, and each name is asked for once."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._asked: dict[DomainName, asyncio.Task[LookUp[CaaRecord]]] = {}

    async def find(self, name: DomainName) -> CaaFacts:
        """The first CAA RRset at the name or above it. The root isn't asked; aliases are followed at each step."""
        at = name
        for _ in range(self._network.bounds.caa_names):
            answer = await self._look_up(at)
            if not isinstance(answer, Seen):
                return CaaFacts(name=name, answer=answer)
            parent, found = DomainName(at.partition(".")[2]), kept(answer, self._network.bounds.caa_records_kept)
            if answer.value.records:
                return CaaFacts(name=name, found_at=at, answer=found)
            if not parent:
                return CaaFacts(name=name, answer=found)
            at = parent
        return CaaFacts(name=name, answer=_BEYOND_CAP)

    async def _look_up(self, name: DomainName) -> LookUp[CaaRecord]:
        if name not in self._asked:
            self._asked[name] = asyncio.create_task(self._network.resolver.look_up_caa(name))
        return await self._asked[name]
