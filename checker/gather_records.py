"""Gathers what DNS says of keys and authorities: each server's TLSA records, CAA of every name, how zones are signed.

The one rule of this file: these look-ups run beside the visits of servers, and none waits for them.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

from checker.breakdown import survived
from checker.caa.facts import CaaFacts
from checker.caa.probe import Climb
from checker.dane.facts import Candidate, DaneFacts
from checker.dane.probe import look_up_dane
from checker.dnssec.facts import DnssecFacts
from checker.dnssec.probe import look_at_zones
from checker.facts import ServerFacts
from checker.mta_sts.facts import policy_host
from checker.mx.facts import HostAddresses, MxFacts, has_addresses
from checker.names import DomainName
from checker.network.ports import Network, Security
from checker.observation import Failed, FailureKind, NotTried, Reason, Seen

_BUG = Failed(FailureKind.INTERNAL, "Mailseal made a mistake here. It says nothing about this server.")
_NO_ADDRESS = NotTried(Reason.NOT_ASKED, "No address of the server is known, so no TLSA record was asked for.")


def awaiting_records(server: ServerFacts) -> ServerFacts:
    """The server with look-ups pending."""
    host = server.host
    return replace(server, dane=DaneFacts(candidates=(Candidate(base=host),)), caa=CaaFacts(name=host))


def without_records(server: ServerFacts) -> ServerFacts:
    """The server, about which nothing is asked."""
    return replace(server, dane=DaneFacts(), caa=None)


def dane_begun(host: HostAddresses) -> DaneFacts:
    """The TLSA look-up of a server whose addresses are known. Without any there is nothing to deliver to."""
    has_any = any(map(has_addresses, (host.ipv4, host.ipv6)))
    candidate = Candidate(base=host.host) if has_any else Candidate(base=host.host, answer=_NO_ADDRESS)
    return DaneFacts(addresses=_security(host), candidates=(candidate,))


class RecordGathering:
    """``policy_host_caa`` is null until it is asked for, and where nothing asks.

    ``validates``: a resolver does whose word is taken; null where that isn't known.
    """

    def __init__(self, domain: DomainName, network: Network) -> None:
        self.policy_host_caa: CaaFacts | None = None
        self.validates: bool | None = None
        self.dnssec = DnssecFacts()
        self._domain = domain
        self._network = network
        self._climb = Climb(network)

    async def run(self, mx: Awaitable[MxFacts]) -> None:
        """What doesn't wait for a server's addresses."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look_up_policy_host_caa(mx))
            group.create_task(self._look_at_zones(mx))

    async def _look_at_zones(self, mx: Awaitable[MxFacts]) -> None:
        """Of the domain and its servers, where anything can be said of what DNSSEC protects."""
        self.validates = await survived(self._network.resolver.validates(), None)
        found = await mx
        if self.validates and found.status != "nxdomain":
            names = (self._domain, *(host.host for host in found.hosts))
            self.dnssec = await survived(look_at_zones(names, self._network), DnssecFacts())

    async def _look_up_policy_host_caa(self, mx: Awaitable[MxFacts]) -> None:
        """If there is such a domain."""
        name = policy_host(self._domain)
        if (await mx).status != "nxdomain" and not self._network.do_not_probe.covers(name):
            self.policy_host_caa = CaaFacts(name=name)
            self.policy_host_caa = await self.caa(name)

    async def dane(self, host: HostAddresses) -> DaneFacts:
        """What ``dane_begun`` has pending."""
        begun = dane_begun(host)
        look_up = look_up_dane(host.host, begun.addresses, host.aliases, self._network)
        return await survived(look_up, begun.without_pending(_BUG))

    async def caa(self, name: DomainName) -> CaaFacts:
        """CAA of any name."""
        return await survived(self._climb.find(name), CaaFacts(name=name, answer=_BUG))

    def cut_off(self, failed: Failed) -> None:
        """The time is up: what is pending has failed like this."""
        if self.policy_host_caa is not None:
            self.policy_host_caa = self.policy_host_caa.without_pending(failed)


def _security(host: HostAddresses) -> Security | None:
    """The weaker of the two families, of those that were answered; bogus where none was, and the fault is in one."""
    seen = {family.value.security for family in host.telling if isinstance(family, Seen)}
    if not seen:
        failed = [family.failure for family in host.telling if isinstance(family, Failed)]
        return "bogus" if FailureKind.BOGUS in failed else None
    if None in seen:
        return None
    return "secure" if seen == {"secure"} else "insecure"
