"""One address of a server: composes the SMTP dialogue and the TLS handshake, and tries again before it gives up.

Owns the transcript, the budget of time and connections, and the memory of what was seen. The one rule of this file:
a refusal or a silence counts against a server only when a second connection, a pause later, ended alike; and whatever
happens, what was learnt before is kept.
"""

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from checker.breakdown import where
from checker.certificates.examine import examine_for
from checker.certificates.facts import CertificateFacts
from checker.facts import EndpointFacts
from checker.names import DomainName, IPAddress
from checker.network.ports import AddressBlocked, Network, Stream, StreamFailure, TlsOffer, Worth
from checker.observation import Failed, FailureKind, Fault, NotTried, Observation, Seen
from checker.outcome import Outcome, Stage, outcome
from checker.smtp.facts import SmtpFacts
from checker.smtp.probe import Dialogue
from checker.smtp.transcript import Transcript
from checker.tls.facts import Handshake, TlsFacts
from checker.tls.probe import shake_hands
from checker.waiting import Watch, nobody

_LOG = logging.getLogger(__name__)

_OUT_OF_TIME = Failed(FailureKind.DEADLINE, "The scan's time was up.")
_BUG = Failed(FailureKind.INTERNAL, "Mailseal made a mistake here. It says nothing about this server.")
_SETTLED: tuple[Outcome, ...] = ("tls", "no-starttls", "blocked-address")
_STAGES: tuple[Stage | None, ...] = (None, "connect", "greeting", "ehlo", "starttls", "handshake", "ehlo-tls")

type Visited = tuple[EndpointFacts, tuple[CertificateFacts, ...]]


async def probe_endpoint(
    host: DomainName,
    address: IPAddress,
    network: Network,
    now: datetime,
    deadline: float | None = None,
    *,
    fresh: bool = False,
    watch: Watch = nobody,
) -> Visited:
    """All that one address shows, and the certificates it showed, unless it was seen a short while ago.

    ``fresh``: it is visited all the same, or shares a visit of this moment.
    ``deadline`` is in seconds of the network's clock, null for ``scan_hard_s`` from now; by then it ends with what it
    has. ``watch`` hears what it waits for, but where another's visit is shared. Never raises for what the peer does; a
    mistake of ours on a connection is noted as such.
    """
    if no_route := network.no_route(address):
        return EndpointFacts(address=address, not_tried=no_route), ()
    if deadline is None:
        deadline = network.clock.monotonic() + network.bounds.scan_hard_s
    errand = _Errand(host, address, network, now, deadline, watch)
    remembered = await network.memory.observe(f"{address} {host} verdict", _Visit(errand).made, fresh=fresh)
    endpoint, certificates = remembered.value
    if remembered.observed_at is not None or remembered.is_shared:
        endpoint = replace(endpoint, reused=remembered.observed_at, connections=0)
    return endpoint, certificates


def worth(visited: Visited) -> Worth:
    """What fails, or is refused for now, is short-lived; what no second try settled was cut short by us."""
    endpoint, _ = visited
    what = outcome(endpoint)[0]
    if what in _SETTLED:
        return "lasting"
    is_confirmed = endpoint.smtp.tries > 1 or endpoint.earlier_try is not None
    return "passing" if is_confirmed and what not in ("not-tried", "no-address-family") else "ours"


@dataclass(frozen=True, slots=True)
class _Errand:
    """What a visit is for, and what it may use."""

    host: DomainName
    address: IPAddress
    network: Network
    now: datetime
    deadline: float
    watch: Watch

    def time_left(self) -> float:
        """Seconds, less than 0 when the deadline is over."""
        return self.deadline - self.network.clock.monotonic()

    def within(self, limit: float) -> tuple[float, bool]:
        """Seconds that a step may take, and whether the deadline cut them short."""
        return min(limit, self.time_left()), self.time_left() < limit


@dataclass(frozen=True, slots=True)
class _Try:
    """One connection, or two where the first handshake failed, and how it ended."""

    endpoint: EndpointFacts
    certificates: tuple[CertificateFacts, ...] = ()

    @property
    def ending(self) -> tuple[str, int]:
        """Outcome, and how far it got."""
        what, stage, _ = outcome(self.endpoint)
        return what, _STAGES.index(stage)

    @property
    def is_settled(self) -> bool:
        """Another connection would tell nothing new: two handshakes that failed are two tries already."""
        if isinstance(self.endpoint.tls.every, Failed):
            return True
        return self.ending[0] in (*_SETTLED, "no-address-family", "not-tried")


class _Visit:
    """The connections to one address."""

    def __init__(self, errand: _Errand) -> None:
        self._errand = errand
        self._bounds = errand.network.bounds
        self._transcript = Transcript(errand.network.clock, self._bounds.transcript_lines)
        self._connections = 0
        self._last = SmtpFacts()  # of the connection before

    async def made(self) -> Visited:
        """Make it: try, and try again after a pause where the first try settles nothing (requirements GEN-3)."""
        counted = await self._try()
        for _ in range(self._bounds.tries - 1):
            if counted.is_settled or not await self._pause():
                break
            counted = _weighed(counted, await self._try())
        endpoint = replace(counted.endpoint, transcript=self._transcript.lines, connections=self._connections)
        return endpoint, counted.certificates

    async def _pause(self) -> bool:
        """Wait before the next try, longer if the server said "later". False: there is no time for one."""
        pause = self._bounds.busy_pause_s if _says_later(self._last) else self._bounds.retry_pause_s
        if self._errand.time_left() <= pause:
            return False
        self._errand.watch("pause")
        await self._errand.network.clock.sleep(pause)
        return True

    async def _try(self) -> _Try:
        """One try with the NIST suites, and where that handshake fails, one more connection with every suite."""
        first = await self._connect(TlsOffer.NIST)
        nist = first.endpoint.tls.nist
        if not _is_theirs(nist) or (not _is_refusal(nist) and not await self._pause()):
            return first
        second = await self._connect(TlsOffer.EVERY)
        every = second.endpoint.tls.every
        tls = TlsFacts(nist=nist, every=every)
        if isinstance(every, Seen):
            return replace(second, endpoint=replace(second.endpoint, tls=tls))
        if _is_theirs(every):
            smtp = replace(first.endpoint.smtp, tries=2)
            return replace(first, endpoint=replace(first.endpoint, smtp=smtp, tls=tls))
        return first  # the second ended before TLS, and says nothing of the suites

    async def _connect(self, offer: TlsOffer) -> _Try:
        """One connection from dialling to QUIT, in a place that courtesy gives."""
        connection = _Connection(self._errand, self._transcript)
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self._errand.time_left()):
                    await stack.enter_async_context(self._errand.network.courtesy.slot(self._errand.address))
            except TimeoutError:
                connection.smtp = SmtpFacts(connect=_OUT_OF_TIME)
            else:
                await connection.make(offer)
        self._connections += connection.was_dialled
        self._last = connection.smtp
        endpoint = EndpointFacts(
            address=self._errand.address, not_tried=connection.not_tried, smtp=connection.smtp, tls=connection.tls
        )
        return _Try(endpoint, connection.certificates)


def _weighed(first: _Try, second: _Try) -> _Try:
    """Which of two tries counts: the one that got further, or the second. What is our fault never does."""
    if second.ending[0] == "not-tried":
        return first
    if second.ending == first.ending:
        tries = first.endpoint.smtp.tries + 1
        return replace(second, endpoint=replace(second.endpoint, smtp=replace(second.endpoint.smtp, tries=tries)))
    counted, other = (first, second) if first.ending[1] > second.ending[1] else (second, first)
    return replace(counted, endpoint=replace(counted.endpoint, earlier_try=other.endpoint.smtp))


class _Connection:
    """One connection, and what it has shown so far."""

    def __init__(self, errand: _Errand, transcript: Transcript) -> None:
        self.not_tried: NotTried | None = None
        self.smtp = SmtpFacts()
        self.tls = TlsFacts()
        self.certificates: tuple[CertificateFacts, ...] = ()
        self.was_dialled = False
        self._errand = errand
        self._network = errand.network
        self._transcript = transcript

    async def make(self, offer: TlsOffer) -> None:
        """Make it. A mistake of ours ends it, and is noted where it happened."""
        try:
            opened_at = self._network.clock.monotonic()
            stream = await self._dial()
            if stream is None:
                return
            try:
                await self._talk(stream, opened_at, offer)
            finally:
                await stream.close()
        except Exception as failure:
            _LOG.error("A visit broke down: %s", where(failure))
            self.smtp = _broken_off(self.smtp)

    async def _dial(self) -> Stream | None:
        """Connect; null if that failed."""
        self._errand.watch("connect")
        self._transcript.add("note", f"Connecting to {self._errand.address}.")
        limit, is_cut = self._errand.within(self._network.bounds.connect_s)
        try:
            self.was_dialled = True
            return await self._network.dialer.dial(self._errand.address, limit)
        except AddressBlocked as blocked:
            self.was_dialled = False
            self.not_tried = NotTried(blocked.reason, f"{blocked}.")
            self._transcript.add("note", f"Not dialled: {blocked}.")
        except StreamFailure as failure:
            failed = _told(failure.failed, is_cut)
            self.smtp = SmtpFacts(connect=failed)
            self._transcript.add("note", failed.detail)
        return None

    async def _talk(self, stream: Stream, opened_at: float, offer: TlsOffer) -> None:
        """The dialogue, and TLS where the server agrees to it."""
        errand = self._errand
        dialogue = Dialogue(
            stream,
            self._network,
            self._transcript,
            opened_at=opened_at,
            deadline=errand.deadline,
            watch=errand.watch,
        )
        try:
            await dialogue.until_starttls()
            if dialogue.may_start_tls and await self._shake_hands(dialogue, stream, offer):
                await dialogue.inside_tls()
        finally:
            self.smtp = dialogue.facts

    async def _shake_hands(self, dialogue: Dialogue, stream: Stream, offer: TlsOffer) -> bool:
        """Is there TLS now?"""
        self._errand.watch("handshake")
        limit, is_cut = self._errand.within(self._network.bounds.handshake_s)
        handshake, chain = await shake_hands(stream, self._errand.host, offer, limit)
        if isinstance(handshake, Failed):
            handshake = _told(handshake, is_cut)
            dialogue.handshake_failed(handshake)
        else:
            self._transcript.add("note", f"TLS is up: {handshake.value.version}, {handshake.value.suite}.")
        self.tls = TlsFacts(nist=handshake) if offer is TlsOffer.NIST else TlsFacts(every=handshake)
        if chain:
            self.certificates = (examine_for(self._errand.host, chain, self._network.roots, self._errand.now),)
        return isinstance(handshake, Seen)


def _says_later(smtp: SmtpFacts) -> bool:
    """A reply of this dialogue is 421 or another 4xx."""
    introductions = [ehlo.value.reply for ehlo in (smtp.ehlo, smtp.ehlo_tls) if isinstance(ehlo, Seen)]
    others = [reply.value for reply in (smtp.greeting, smtp.starttls, smtp.quit) if isinstance(reply, Seen)]
    return any(reply.code // 100 == 4 for reply in (*introductions, *others))


def _is_theirs(handshake: Observation[Handshake]) -> bool:
    return isinstance(handshake, Failed) and handshake.fault is Fault.THEIRS


def _is_refusal(handshake: Observation[Handshake]) -> bool:
    """An answer, if a no: there is nothing to wait for."""
    return isinstance(handshake, Failed) and handshake.failure is FailureKind.ALERT


def _told(failed: Failed, is_cut: bool) -> Failed:
    """A time-out that our deadline brought about is our fault."""
    return _OUT_OF_TIME if is_cut and failed.failure is FailureKind.TIMEOUT else failed


def _broken_off(smtp: SmtpFacts) -> SmtpFacts:
    """The facts with our mistake at the first stage that was not reached."""
    stages = ("connect", "greeting", "ehlo", "starttls", "ehlo_tls")
    stage = next((stage for stage in stages if isinstance(getattr(smtp, stage), NotTried)), "quit")
    broken: dict[str, Any] = {stage: _BUG}
    return replace(smtp, **broken)
