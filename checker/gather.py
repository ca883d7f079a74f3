"""Fans out over a domain: what it promises, its MX hosts, their addresses, and every address of every server at once.

The one rule of this file: everything is asked on its own, so what is slow, hostile or broken costs its own fact and
delays no other. Two deadlines (``bounds``): after the soft one no endpoint is begun; one that is still under way then
is slow, or was told to wait, and may use the time until the hard one. What that cuts off is a failure of ours.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Iterable
from dataclasses import replace
from datetime import datetime
from itertools import chain, zip_longest
from typing import Literal

from checker import gather_records
from checker.allowance import Allowance
from checker.breakdown import survived
from checker.certificates.facts import CertificateFacts
from checker.connection import Errand
from checker.endpoint import probe_endpoint
from checker.facts import DomainFacts, EndpointFacts, ScanRequest, ServerFacts, State, Vantage
from checker.gather_policy import PolicyGathering
from checker.interview import take_inventory, to_interview
from checker.limits import limits
from checker.mx.facts import HostAddresses, MxFacts
from checker.mx.probe import look_up_host, look_up_mx
from checker.names import DomainName, IPAddress
from checker.network.address_guard import forbidden
from checker.network.do_not_probe import ASKED, AskedNotToBeProbed
from checker.network.ports import Answer, Network, Standing
from checker.observation import PENDING, Failed, FailureKind, NotTried, Observation, Reason, Seen
from checker.silence import every_connection_timed_out, no_look_up_was_answered
from checker.smtp.facts import SmtpFacts
from checker.vantage import standing_of, was_seen_working
from checker.waiting import Awaited, Waiting, Watch, nobody

_OUT_OF_TIME = Failed(FailureKind.DEADLINE, "The scan's time was up before this was finished.")
_BUG = Failed(FailureKind.INTERNAL, "Mailseal made a mistake here. It says nothing about this server.")
_NO_TURN = NotTried(Reason.DEADLINE, "The scan's time was up before its turn came.")
_BEYOND_CAP = NotTried(Reason.BEYOND_CAP, "More addresses than one scan looks at.")
_ASKED_NOT_TO = NotTried(Reason.DO_NOT_PROBE, ASKED)
_SERVER_BEYOND_CAP = NotTried(Reason.BEYOND_CAP, "More servers than one scan looks at.")


async def gather(request: ScanRequest, network: Network, now: datetime) -> AsyncGenerator[DomainFacts, None]:
    """Ever fuller facts about a domain: a snapshot when something is new, and last the whole, complete or partial.

    Who is slow to take a snapshot misses those between. Closing the generator stops every probe. Endpoints end by
    themselves at ``scan_hard_s``; what has not let go twice ``let_go_s`` later is cut off without its facts.
    Raises AskedNotToBeProbed, before anything is sent, for a domain that is left alone.
    """
    if network.do_not_probe.covers(request.domain):
        raise AskedNotToBeProbed(f"{request.domain}: {ASKED}")
    gathering = _Gathering(request, network, now)
    work = asyncio.create_task(gathering.run())
    timer = asyncio.create_task(network.clock.sleep(network.bounds.scan_hard_s + 2 * network.bounds.let_go_s))
    for task in (work, timer):
        task.add_done_callback(lambda _: gathering.news.set())
    try:
        while True:
            await gathering.wait_for_news()
            if work.done() or timer.done():
                break
            yield gathering.snapshot("running")
    finally:
        timer.cancel()
        work.cancel()
        await asyncio.wait((work, timer))
    if work.cancelled():
        gathering.cut_off()
    else:
        work.result()
    yield gathering.last_snapshot()


class _Gathering:
    """What is known so far. ``news`` is set when there is more."""

    def __init__(self, request: ScanRequest, network: Network, now: datetime) -> None:
        self.news = asyncio.Event()
        self._request = request
        self._network = network
        self._now = now
        self._began = network.clock.monotonic()
        self._places = asyncio.Semaphore(network.bounds.addresses_at_once)
        self._allowance = Allowance(network.bounds.connections_per_scan)
        soft_deadline = self._began + network.bounds.scan_soft_s
        self._promises = PolicyGathering(request.domain, network, now, soft_deadline, self._note)
        self._records = gather_records.RecordGathering(request.domain, network)
        self._mx = MxFacts()
        self._servers: dict[DomainName, ServerFacts] = {}
        self._certificates: dict[str, CertificateFacts] = {}
        self._port_25: Standing = "unknown"
        self._resolver: Standing = "unknown"
        self._under_way: set[tuple[DomainName, IPAddress]] = set()
        self._waits: dict[tuple[DomainName, IPAddress], Waiting] = {}
        self._told: dict[tuple[DomainName, IPAddress], Waiting] = {}  # of these, what the last snapshot told

    async def wait_for_news(self) -> None:
        """Until there is more to show: something was learnt, or has been waited for so long that it should be told."""
        while not self.news.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._network.bounds.told_after_s):
                    await self.news.wait()
            if self._worth_telling() != self._told:
                self.news.set()
        self.news.clear()

    async def run(self) -> None:
        """Ask everything. Returns when nothing is left to ask."""
        async with asyncio.TaskGroup() as group:
            mx = group.create_task(self._look_up_mx())
            group.create_task(self._promises.run(mx))
            group.create_task(self._records.run(mx))
            group.create_task(self._visit_servers(mx))
        await self._judge_vantage()

    async def _judge_vantage(self) -> None:
        """Where nothing came back, is our own network to blame? Where something did, it isn't."""
        deadline = self._began + self._network.bounds.scan_hard_s
        promises = self._promises
        if no_look_up_was_answered(self._mx, promises.mta_sts, promises.tls_rpt):
            self._resolver = await survived(standing_of("resolver", self._network, deadline), "unknown")
        elif isinstance(self._mx.answer, Seen):
            await survived(was_seen_working("resolver", self._network), None)
        if every_connection_timed_out(self._servers.values()):
            self._port_25 = await survived(standing_of("port-25", self._network, deadline), "unknown")
        elif any(_greeted_from_afar(e) for server in self._servers.values() for e in server.endpoints):
            await survived(was_seen_working("port-25", self._network), None)

    async def _look_up_mx(self) -> MxFacts:
        failed = MxFacts(answer=_BUG, status="failed")
        self._mx = await survived(look_up_mx(self._request.domain, self._network), failed)
        return self._mx

    async def _visit_servers(self, mx: Awaitable[MxFacts]) -> None:
        """Every server of the domain, at the same time."""
        await mx
        cap = self._network.bounds.servers
        for place, host in enumerate(self._mx.hosts):
            not_tried = _SERVER_BEYOND_CAP if place >= cap else self._asked_not_to(host.host)
            server = ServerFacts(host=host.host, not_tried=not_tried)
            self._servers[host.host] = server if not_tried else gather_records.awaiting_records(server)
        self.news.set()
        async with asyncio.TaskGroup() as group:
            for host in self._mx.hosts[:cap]:
                if self._servers[host.host].not_tried is None:
                    group.create_task(self._visit(host))
                    group.create_task(self._look_up_caa(host.host))

    async def _visit(self, host: HostAddresses) -> None:
        """One server: its addresses, then each of them."""
        host = await survived(look_up_host(host, self._network), replace(host, ipv4=_BUG, ipv6=_BUG))
        self._mx = replace(self._mx, hosts=tuple(host if h.host == host.host else h for h in self._mx.hosts))
        not_tried = self._asked_not_to(*_aliases(host))
        endpoints = () if not_tried else plan(host, self._network)
        dane = gather_records.dane_begun(host)
        server = replace(self._servers[host.host], endpoints=endpoints, not_tried=not_tried, dane=dane)
        self._servers[host.host] = gather_records.without_records(server) if not_tried else server
        self.news.set()
        pending = [endpoint for endpoint in endpoints if _is_pending(endpoint)]
        self._allowance.await_handshakes(len(pending))
        async with asyncio.TaskGroup() as group:
            if any(candidate.answer == PENDING for candidate in self._servers[host.host].dane.candidates):
                group.create_task(self._look_up_dane(host))
            visits = {group.create_task(self._probe(host.host, endpoint.address)) for endpoint in pending}
            await self._begin_interviews(host.host, visits, group)

    async def _look_up_dane(self, host: HostAddresses) -> None:
        dane = await self._records.dane(host)
        self._servers[host.host] = replace(self._servers[host.host], dane=dane)
        self.news.set()

    async def _look_up_caa(self, host: DomainName) -> None:
        caa = await self._records.caa(host)
        if self._servers[host].not_tried is None:
            self._servers[host] = replace(self._servers[host], caa=caa)
            self.news.set()

    async def _begin_interviews(
        self, host: DomainName, visits: set[asyncio.Task[None]], group: asyncio.TaskGroup
    ) -> None:
        """Of addresses that shake hands alike the first is asked; one that stays mute holds none up for long."""
        begun: set[object] = set()
        while True:
            if visits and to_interview(self._servers[host].endpoints):
                _, visits = await asyncio.wait(visits, timeout=self._network.bounds.siblings_s)
            for endpoint in to_interview(self._servers[host].endpoints):
                if endpoint.tls.likeness not in begun:
                    begun.add(endpoint.tls.likeness)
                    group.create_task(self._interview(host, endpoint))
            if not visits:
                return
            _, visits = await asyncio.wait(visits, return_when=asyncio.FIRST_COMPLETED)

    def _asked_not_to(self, *names: DomainName) -> NotTried | None:
        return _ASKED_NOT_TO if self._network.do_not_probe.covers(*names) else None

    async def _probe(self, host: DomainName, address: IPAddress) -> None:
        bounds = self._network.bounds
        async with self._places:
            if self._elapsed() >= bounds.scan_soft_s:
                self._learn(host, EndpointFacts(address=address, not_tried=_NO_TURN))
                self._allowance.await_handshakes(-1)
                return
            self._under_way.add((host, address))
            failed = EndpointFacts(address=address, smtp=SmtpFacts(connect=_BUG))
            deadline, fresh = self._began + bounds.scan_hard_s, self._request.fresh
            probe = probe_endpoint(
                host,
                address,
                self._network,
                self._now,
                deadline,
                allowance=self._allowance,
                fresh=fresh,
                watch=self._watch(host, address),
            )
            endpoint, certificates = await survived(probe, (failed, ()))
            self._allowance.await_handshakes(-1)
        self._learn(host, endpoint, certificates)

    def _watch(self, host: DomainName, address: IPAddress) -> Watch:
        def note(stage: Awaited | None) -> None:
            waiting = self._waits.get((host, address))
            if stage is None:
                self._waits.pop((host, address), None)
            elif waiting is None or waiting.stage != stage:
                self._waits[host, address] = Waiting(stage=stage, since_ms=round(self._elapsed() * 1000))

        return note

    def _worth_telling(self) -> dict[tuple[DomainName, IPAddress], Waiting]:
        since = (self._elapsed() - self._network.bounds.told_after_s) * 1000
        return {where: waiting for where, waiting in self._waits.items() if waiting.since_ms <= since}

    async def _interview(self, host: DomainName, endpoint: EndpointFacts) -> None:
        """The questions of the plan, of one address that has shown a handshake."""
        async with self._places:
            if self._elapsed() < self._network.bounds.scan_soft_s:
                await self._ask(host, endpoint)

    async def _ask(self, host: DomainName, endpoint: EndpointFacts) -> None:
        deadline = self._began + self._network.bounds.scan_hard_s
        errand = Errand(host, endpoint.address, self._network, self._now, deadline, self._allowance, nobody)
        done = endpoint.tls.completed
        shown = next((c for c in self._certificates.values() if done and c.chain_id == done.chain), None)
        visit = take_inventory(errand, endpoint, shown, self._request.depth, fresh=self._request.fresh)
        tls, certificates = await survived(visit, (endpoint.tls, ()))
        asked = tls.inventory.connections if tls.inventory else 0
        self._learn(host, replace(endpoint, tls=tls, connections=endpoint.connections + asked), certificates)

    def _learn(self, host: DomainName, endpoint: EndpointFacts, certificates: Iterable[CertificateFacts] = ()) -> None:
        server = self._servers[host]
        self._waits.pop((host, endpoint.address), None)
        endpoints = tuple(endpoint if e.address == endpoint.address else e for e in server.endpoints)
        self._servers[host] = replace(server, endpoints=endpoints)
        self._note(certificates)

    def _note(self, certificates: Iterable[CertificateFacts] = ()) -> None:
        """There is more to show, these certificates among it."""
        for certificate in certificates:
            known = self._certificates.get(certificate.chain_id, certificate)
            self._certificates[certificate.chain_id] = united(known, certificate)
        self.news.set()

    def cut_off(self) -> None:
        """The time is up: what is pending becomes a failure of ours."""
        self._promises.cut_off(_OUT_OF_TIME)
        self._records.cut_off(_OUT_OF_TIME)
        if self._mx.answer == PENDING:
            self._mx = MxFacts(answer=_OUT_OF_TIME, status="failed")
        self._mx = replace(self._mx, hosts=tuple(self._without_pending(host) for host in self._mx.hosts))
        for host, server in self._servers.items():
            endpoints = tuple(self._ended(host, e) if _is_pending(e) else e for e in server.endpoints)
            self._servers[host] = replace(server, endpoints=endpoints).without_pending_records(_OUT_OF_TIME)

    def _without_pending(self, host: HostAddresses) -> HostAddresses:
        if self._servers[host.host].not_tried:
            return host
        ipv4, ipv6 = (_OUT_OF_TIME if family == PENDING else family for family in (host.ipv4, host.ipv6))
        return replace(host, ipv4=ipv4, ipv6=ipv6)

    def _ended(self, host: DomainName, endpoint: EndpointFacts) -> EndpointFacts:
        if (host, endpoint.address) in self._under_way:
            return replace(endpoint, smtp=SmtpFacts(connect=_OUT_OF_TIME))
        return replace(endpoint, not_tried=_NO_TURN)

    def last_snapshot(self) -> DomainFacts:
        """The facts that are final: partial if time was up anywhere."""
        facts = self.snapshot("complete")
        was_cut_short = any(limit.code == FailureKind.DEADLINE for limit in facts.limits)
        return replace(facts, state="partial") if was_cut_short else facts

    def snapshot(self, state: State) -> DomainFacts:
        """What is known now, frozen."""
        self._told = self._worth_telling() if state == "running" else {}
        servers = tuple(map(self._with_waits, self._servers.values()))
        return DomainFacts(
            domain=self._request.domain,
            depth=self._request.depth,
            started_at=self._now,
            duration_ms=round(self._elapsed() * 1000),
            state=state,
            vantage=self._vantage(servers),
            mx=self._mx,
            mta_sts=self._promises.mta_sts,
            tls_rpt=self._promises.tls_rpt,
            servers=servers,
            certificates=tuple(self._certificates[chain] for chain in sorted(self._certificates)),
            policy_host_caa=self._records.policy_host_caa,
            dnssec=self._records.dnssec,
            limits=limits(
                self._mx, servers, self._promises.mta_sts, self._promises.tls_rpt, self._records.policy_host_caa
            ),
        )

    def _with_waits(self, server: ServerFacts) -> ServerFacts:
        waits = {address: waiting for (host, address), waiting in self._told.items() if host == server.host}
        if not waits:
            return server
        endpoints = tuple(replace(e, waiting=waits.get(e.address)) for e in server.endpoints)
        return replace(server, endpoints=endpoints)

    def _vantage(self, servers: Iterable[ServerFacts]) -> Vantage:
        """Where from. Whether port 25 is open from here shows in the connections, or was asked of control hosts."""
        connects = [e.smtp.connect for server in servers for e in server.endpoints if e.reused is None]
        smtp: Literal["open", "blocked", "unknown"] = "unknown"
        if self._port_25 == "works" or any(isinstance(connect, Seen) for connect in connects):
            smtp = "open"
        elif self._port_25 == "away" or any(_is_blocked(connect) for connect in connects):
            smtp = "blocked"
        network = self._network
        return Vantage(
            name=network.vantage_name,
            smtp=smtp,
            ipv4=network.ipv4,
            ipv6=network.ipv6,
            dnssec=self._records.validates,
            helo=network.helo_name,
            resolver=self._resolver,
        )

    def _elapsed(self) -> float:
        return self._network.clock.monotonic() - self._began


def plan(host: HostAddresses, network: Network) -> tuple[EndpointFacts, ...]:
    """Each address of a host once, IPv4 first: pending, or not tried and why.

    Where there are more than ``addresses_per_server``, the families that this vantage has take turns.
    """
    ipv4, ipv6 = _addresses(host.ipv4), _addresses(host.ipv6)
    turns = chain.from_iterable(zip_longest(ipv4 if network.ipv4 else (), ipv6 if network.ipv6 else ()))
    chosen = [address for address in turns if address is not None][: network.bounds.addresses_per_server]

    def planned(address: IPAddress) -> EndpointFacts:
        beyond_cap = None if address in chosen else _BEYOND_CAP
        return EndpointFacts(address=address, not_tried=network.no_route(address) or beyond_cap)

    return tuple(map(planned, (*ipv4, *ipv6)))


def _addresses(look_up: Observation[Answer[IPAddress]]) -> tuple[IPAddress, ...]:
    return tuple(dict.fromkeys(look_up.value.records)) if isinstance(look_up, Seen) else ()


def _aliases(host: HostAddresses) -> tuple[DomainName, ...]:
    """The names that its name stands for."""
    return tuple(
        alias for family in (host.ipv4, host.ipv6) if isinstance(family, Seen) for alias in family.value.aliases
    )


def _is_pending(endpoint: EndpointFacts) -> bool:
    return endpoint.not_tried is None and endpoint.smtp.connect == PENDING


def _is_blocked(connect: Observation[int]) -> bool:
    return isinstance(connect, Failed) and connect.failure is FailureKind.PORT_BLOCKED


def united(one: CertificateFacts, other: CertificateFacts) -> CertificateFacts:
    """One chain, seen twice, maybe by different hosts."""
    return replace(
        one,
        presented_for=tuple(sorted({*one.presented_for, *other.presented_for})),
        matches=tuple(sorted({*one.matches, *other.matches})),
    )


def _greeted_from_afar(endpoint: EndpointFacts) -> bool:
    """A server on the Internet spoke in this scan. One on a network that the operator named says nothing of it."""
    return isinstance(endpoint.smtp.greeting, Seen) and endpoint.reused is None and forbidden(endpoint.address) is None
