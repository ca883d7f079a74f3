"""Gathers what a domain promises about TLS: its MTA-STS record and policy file, and its record for TLS reporting.

The one rule of this file: it asks no more of a policy host than it must. One address of each family is asked at the
same time, and the next of a family only where that one gave no answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from checker.answers import kept
from checker.breakdown import survived
from checker.certificates.facts import CertificateFacts
from checker.mta_sts.facts import MtaStsFacts, PolicyVisit, RecordFacts, policy_host
from checker.mta_sts.probe import look_up_parent, look_up_record, visit_policy_host, with_policy
from checker.mx.facts import MxFacts
from checker.names import DomainName, IPAddress
from checker.network.do_not_probe import ASKED
from checker.network.ports import Answer, LookUp, Network
from checker.observation import PENDING, Failed, FailureKind, NotTried, Observation, Reason, Seen
from checker.tls_rpt import probe as tls_rpt
from checker.tls_rpt.facts import TlsRptFacts

_BUG = Failed(FailureKind.INTERNAL, "Mailseal made a mistake here. It says nothing about this domain.")
_NO_TURN = NotTried(Reason.DEADLINE, "The scan's time was up before its turn came.")
_BEYOND_CAP = NotTried(Reason.BEYOND_CAP, "More addresses of the policy host than one scan tries.")
_ASKED_NOT_TO = NotTried(Reason.DO_NOT_PROBE, f"The policy host was not asked. {ASKED}")
_NO_SUCH_DOMAIN = NotTried(Reason.NOT_ASKED, "There is no such domain, so no policy was asked for.")

type News = Callable[[Iterable[CertificateFacts]], None]


class PolicyGathering:
    """What is known so far. ``news`` is called when there is more, with the certificates that came.

    ``soft_deadline`` is in seconds of the network's clock: no address is begun after it.
    """

    def __init__(self, domain: DomainName, network: Network, now: datetime, soft_deadline: float, news: News) -> None:
        self.mta_sts = MtaStsFacts()
        self.tls_rpt = TlsRptFacts()
        self._domain = domain
        self._network = network
        self._now = now
        self._soft_deadline = soft_deadline
        self._news = news
        self._visits_left = network.bounds.policy_addresses

    async def run(self, mx: Awaitable[MxFacts]) -> None:
        """Ask everything. ``mx`` tells whether there is such a domain at all; only the file waits for it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look_up_record())
            group.create_task(self._look_up_reporting())
            group.create_task(self._fetch(mx))

    def cut_off(self, failed: Failed) -> None:
        """The time is up: what is pending has failed like this."""
        self.mta_sts = self.mta_sts.without_pending(failed)
        self.tls_rpt = self.tls_rpt.without_pending(failed)

    async def _look_up_record(self) -> None:
        failed = RecordFacts(answer=_BUG, status="failed")
        record = await survived(look_up_record(self._domain, self._network), failed)
        self.mta_sts = replace(self.mta_sts, record=record)
        self._news(())
        if record.status == "absent":
            parent = await survived(look_up_parent(self._domain, self._network), _BUG)
            self.mta_sts = replace(self.mta_sts, parent=parent)
            self._news(())

    async def _look_up_reporting(self) -> None:
        failed = TlsRptFacts(answer=_BUG, status="failed")
        self.tls_rpt = await survived(tls_rpt.look_up_record(self._domain, self._network), failed)
        self._news(())

    async def _fetch(self, mx: Awaitable[MxFacts]) -> None:
        """The policy host's addresses, then each as far as needed."""
        if self._is_left_alone(policy_host(self._domain)):
            return
        async with asyncio.TaskGroup() as group:
            ipv4, ipv6 = group.create_task(self._look_up_host(4)), group.create_task(self._look_up_host(6))
        self.mta_sts = replace(self.mta_sts, ipv4=ipv4.result(), ipv6=ipv6.result())
        self._news(())
        if (await mx).status == "nxdomain":
            self.mta_sts = replace(self.mta_sts, not_tried=_NO_SUCH_DOMAIN)
            return
        if not self._is_left_alone(*_aliases(self.mta_sts.ipv4), *_aliases(self.mta_sts.ipv6)):
            await self._visit_in_turns([_addresses(self.mta_sts.ipv4), _addresses(self.mta_sts.ipv6)])

    def _is_left_alone(self, *names: DomainName) -> bool:
        """One of the policy host's names is on the do-not-probe list."""
        is_listed = self._network.do_not_probe.covers(*names)
        if is_listed:
            ipv4, ipv6 = (_ASKED_NOT_TO if seen == PENDING else seen for seen in (self.mta_sts.ipv4, self.mta_sts.ipv6))
            self.mta_sts = replace(self.mta_sts, not_tried=_ASKED_NOT_TO, ipv4=ipv4, ipv6=ipv6)
            self._news(())
        return is_listed

    async def _look_up_host(self, family: Literal[4, 6]) -> Observation[Answer[IPAddress]]:
        look_up = self._network.resolver.look_up_addresses(policy_host(self._domain), family)
        found: LookUp[IPAddress] = await survived(look_up, _BUG)
        return kept(found, self._network.bounds.addresses_kept) if isinstance(found, Seen) else found

    async def _visit_in_turns(self, families: Sequence[Sequence[IPAddress]]) -> None:
        """The next address of each family that has one, until every family has answered, whatever it said."""
        while families := [family for family in families if family and not self._has_answered(family[0].version)]:
            async with asyncio.TaskGroup() as group:
                for family in families:
                    group.create_task(self._visit(family[0]))
            families = [family[1:] for family in families]

    def _has_answered(self, version: int) -> bool:
        visits = (visit for visit in self.mta_sts.visits if visit.address.version == version)
        return any(isinstance(visit.response, Seen) for visit in visits)

    async def _visit(self, address: IPAddress) -> None:
        """One address, or why not."""
        if (not_tried := self._obstacle(address)) is not None:
            self._learn(PolicyVisit(address=address, not_tried=not_tried, connect=not_tried))
            return
        self._visits_left -= 1
        self._learn(PolicyVisit(address=address))
        await survived(self._ask(address), None)
        pending = next(visit for visit in self.mta_sts.visits if visit.address == address)
        self._learn(pending.without_pending(_BUG))

    def _obstacle(self, address: IPAddress) -> NotTried | None:
        """Why this address isn't tried."""
        if (no_route := self._network.no_route(address)) is not None:
            return no_route
        if not self._visits_left:
            return _BEYOND_CAP
        return _NO_TURN if self._network.clock.monotonic() >= self._soft_deadline else None

    async def _ask(self, address: IPAddress) -> None:
        """Visit it, and see what the file amounts to then. A mistake in either leaves the visit pending."""
        visit, certificates = await visit_policy_host(self._domain, address, self._network, self._now)
        self.mta_sts = with_policy(self._with(visit))
        self._news(certificates)

    def _learn(self, visit: PolicyVisit) -> None:
        self.mta_sts = self._with(visit)
        self._news(())

    def _with(self, visit: PolicyVisit) -> MtaStsFacts:
        """The facts with this visit, in the place that its address has or behind the others."""
        visits = {each.address: each for each in (*self.mta_sts.visits, visit)}
        return replace(self.mta_sts, visits=tuple(visits.values()))


def _aliases(look_up: Observation[Answer[IPAddress]]) -> tuple[DomainName, ...]:
    return look_up.value.aliases if isinstance(look_up, Seen) else ()


def _addresses(look_up: Observation[Answer[IPAddress]]) -> tuple[IPAddress, ...]:
    return tuple(dict.fromkeys(look_up.value.records)) if isinstance(look_up, Seen) else ()
