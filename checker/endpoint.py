"""One address of a server: composes the SMTP dialogue and the TLS handshake, and tries again before it gives up.

Owns the transcript, the budget of time and connections, and the memory of what was seen. The one rule of this file:
a refusal or a silence counts against a server only when a second connection, a pause later, ended alike; and whatever
happens, what was learnt before is kept.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from checker.allowance import Allowance
from checker.certificates.examine import examine_for
from checker.certificates.facts import CertificateFacts
from checker.connection import Connection, Errand, says_later, told
from checker.facts import EndpointFacts
from checker.names import DomainName, IPAddress
from checker.network.ports import Memorable, Network, Stream, TlsOffer, Worth
from checker.observation import Failed, FailureKind, Fault, Observation, Seen
from checker.outcome import Outcome, Stage, outcome
from checker.smtp.facts import SmtpFacts
from checker.smtp.probe import Dialogue
from checker.smtp.transcript import Transcript
from checker.tls.facts import Handshake, TlsFacts
from checker.tls.probe import shake_hands
from checker.waiting import Watch, nobody

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
    allowance: Allowance | None = None,
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
    allowance = allowance or Allowance(network.bounds.connections_per_scan)
    errand = Errand(host, address, network, now, deadline, allowance, watch)
    remembered = await network.memory.observe(f"{address} {host} handshake", _Visit(errand).made, _VISITED, fresh=fresh)
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


_ADAPTER: TypeAdapter[Visited] = TypeAdapter(Visited)
_VISITED: Memorable[Visited] = Memorable(worth, _ADAPTER.dump_json, _ADAPTER.validate_json)


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

    def __init__(self, errand: Errand) -> None:
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
        pause = self._bounds.busy_pause_s if says_later(self._last) else self._bounds.retry_pause_s
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
        """One connection, from the wait for a place to QUIT."""
        connection = Connection(self._errand, self._transcript)
        handshaking = _Handshaking(self._errand, self._transcript, offer)
        await connection.make(handshaking.in_tls)
        self._connections += connection.was_dialled
        self._last = connection.smtp
        endpoint = EndpointFacts(
            address=self._errand.address, not_tried=connection.not_tried, smtp=connection.smtp, tls=handshaking.tls
        )
        return _Try(endpoint, handshaking.certificates)


def _weighed(first: _Try, second: _Try) -> _Try:
    """Which of two tries counts: the one that got further, or the second. What is our fault never does."""
    if second.ending[0] == "not-tried":
        return first
    if second.ending == first.ending:
        tries = first.endpoint.smtp.tries + 1
        return replace(second, endpoint=replace(second.endpoint, smtp=replace(second.endpoint.smtp, tries=tries)))
    counted, other = (first, second) if first.ending[1] > second.ending[1] else (second, first)
    return replace(counted, endpoint=replace(counted.endpoint, earlier_try=other.endpoint.smtp))


class _Handshaking:
    """What is done once the server agrees to TLS: the handshake, then EHLO and QUIT inside; and what that showed."""

    def __init__(self, errand: Errand, transcript: Transcript, offer: TlsOffer) -> None:
        self.tls = TlsFacts()
        self.certificates: tuple[CertificateFacts, ...] = ()
        self._errand, self._transcript, self._offer = errand, transcript, offer

    async def in_tls(self, stream: Stream, dialogue: Dialogue) -> None:
        """Shake hands, and where that succeeds say EHLO again and QUIT."""
        if await self._shake_hands(stream, dialogue):
            await dialogue.inside_tls()

    async def _shake_hands(self, stream: Stream, dialogue: Dialogue) -> bool:
        """Is there TLS now?"""
        network = self._errand.network
        self._errand.watch("handshake")
        limit, is_cut = self._errand.within(network.bounds.handshake_s)
        handshake, chain = await shake_hands(stream, self._errand.host, self._offer, limit)
        if isinstance(handshake, Failed):
            handshake = told(handshake, is_cut)
            dialogue.handshake_failed(handshake)
        else:
            self._transcript.add("note", f"TLS is up: {handshake.value.version}, {handshake.value.suite}.")
        self.tls = TlsFacts(nist=handshake) if self._offer is TlsOffer.NIST else TlsFacts(every=handshake)
        if chain:
            self.certificates = (examine_for(self._errand.host, chain, network.roots, self._errand.now),)
        return isinstance(handshake, Seen)


def _is_theirs(handshake: Observation[Handshake]) -> bool:
    return isinstance(handshake, Failed) and handshake.fault is Fault.THEIRS


def _is_refusal(handshake: Observation[Handshake]) -> bool:
    """An answer, if a no: there is nothing to wait for."""
    return isinstance(handshake, Failed) and handshake.failure is FailureKind.ALERT
