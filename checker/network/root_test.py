"""Does a resolver validate? Tried on the root, which is signed (RFC 4035 section 4.9.3, requirements SEC-2).

The one rule of this file: only the AD bit of an answer about the root says yes. A resolver that can't answer that, for
its clock is wrong or its trust anchor old, proves nothing by any other answer either.
"""

import asyncio
from collections import defaultdict

import dns.flags
import dns.message
import dns.name
import dns.rdatatype

from checker.network.bounds import Bounds
from checker.network.exchange import Exchange, judged
from checker.network.ports import Clock
from checker.network.upstreams import AnyUpstream
from checker.observation import Failed


class RootTest:
    """Remembers for ``resolver_standing_s``, silence half as long; who comes meanwhile waits for that answer."""

    def __init__(self, exchange: Exchange, clock: Clock, bounds: Bounds) -> None:
        self._exchange, self._clock, self._bounds = exchange, clock, bounds
        self._known: dict[AnyUpstream, tuple[bool | None, float]] = {}
        self._asking: defaultdict[AnyUpstream, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def validates(self, upstream: AnyUpstream) -> bool | None:
        """Null: it gave no answer."""
        async with self._asking[upstream]:
            told, until = self._known.get(upstream, (None, float("-inf")))
            if self._clock.monotonic() >= until:
                told = await self._ask(upstream)
                life = self._bounds.resolver_standing_s * (0.5 if told is None else 1)
                self._known[upstream] = told, self._clock.monotonic() + life
        return told

    async def _ask(self, upstream: AnyUpstream) -> bool | None:
        # DO asks for the AD bit too (RFC 6840 section 5.8). AD itself isn't sent: some echo it.
        query = dns.message.make_query(dns.name.root, dns.rdatatype.SOA, want_dnssec=True)
        response = judged(await self._exchange.ask(upstream, query), upstream)
        return None if isinstance(response, Failed) else bool(response.flags & dns.flags.AD)
