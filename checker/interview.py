"""Asks one address of a server the questions of the plan, four at a time, each on a connection of its own.

The one rule of this file: a server that says "later", or stops answering, is left alone for a while, then asked one
question at a time, and left alone for good when it does so again. What is known by then stays, and what is missing is
named.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from checker.breakdown import where
from checker.certificates.examine import examine_for
from checker.certificates.facts import CertificateFacts, chain_id
from checker.connection import ALL_SPENT, Connection, Errand, is_slow, says_later, told
from checker.facts import Depth, EndpointFacts
from checker.names import DomainName
from checker.network.ports import Memorable, Purpose, Remembered, Stream, TlsOffer, Worth
from checker.observation import Failed, FailureKind, Fault, NotTried, Observation, Seen
from checker.outcome import outcome
from checker.smtp.facts import Reply, SmtpFacts
from checker.smtp.injection import PUSHED, count_replies
from checker.smtp.probe import Dialogue
from checker.smtp.transcript import Transcript
from checker.tls.answer import Answer, Replied, Unclear
from checker.tls.conclusion import chains, concluded
from checker.tls.facts import Handshake, Inventory, TlsFacts
from checker.tls.known import Asked, First, Known
from checker.tls.offer import Offer
from checker.tls.plan import Question, next_questions
from checker.tls.probe import ask, shake_hands
from checker.tls.registry import CURVES_OF_KEYS, VERSIONS, group_named, suite_named

_LOG = logging.getLogger(__name__)

_TELLS_MOST = ("old-versions", "post-quantum")  # asked first where it is one at a time
_BUSY = "The server asked us to come back later, twice."
_GONE = "The server stopped answering, twice."
_BUG = "Mailseal made a mistake here. It says nothing about this server."
_NO_DEEP = "This address had a deep scan less than an hour ago, so only the usual questions were asked."
_OTHER_HOST = "What it does when it is asked for another name: that was asked for another host’s sake."
_NO_TIME = "The scan’s time was up."
_REFUSED = 500  # and above: for good (RFC 5321 section 4.2.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interviewed:
    """What an address answered to whoever asked for this host, and the certificates that came with it.

    ``is_cut_short``: it ended early for a reason of our own, which is nobody else's answer.
    """

    host: DomainName
    inventory: Inventory
    certificates: tuple[CertificateFacts, ...] = ()
    is_cut_short: bool = False

    def known_for(self, host: DomainName) -> "Interviewed":
        """As much of it as holds for another host on the same address: not what depends on the name asked for."""
        if host == self.host:
            return self
        known = self.inventory
        depends = known.unknown_name or known.no_name
        missing = (*known.missing, _OTHER_HOST) if depends else known.missing
        inventory = replace(known, chains=(), unknown_name=None, no_name=None, missing=missing)
        return replace(self, host=host, inventory=inventory, certificates=())


async def interview(
    errand: Errand,
    first: First | None,
    depth: Depth,
    *,
    at_once: int,
    certificate: CertificateFacts | None = None,
) -> Interviewed:
    """What the address answers, and the certificates that came with it. Never raises for what the peer does.

    ``at_once`` is how many connections it may have at the same time. Ends by the errand's deadline with what it has.
    ``certificate`` is that of the first handshake, which has been examined.
    """
    asking = _Interview(errand, first, depth, at_once)
    await asking.run()
    found = chains(asking.known)
    shown = tuple(_examined(errand, chain, certificate) for chain in found)
    inventory = concluded(asking.known, asking.missing, asking.connections)
    return Interviewed(host=errand.host, inventory=inventory, certificates=shown, is_cut_short=asking.is_cut_short)


def _examined(errand: Errand, chain: tuple[bytes, ...], known: CertificateFacts | None) -> CertificateFacts:
    """The chain's facts as this host's: worked out, unless the first handshake brought the same chain."""
    if known is None or known.chain_id != chain_id(chain):
        return examine_for(errand.host, chain, errand.network.roots, errand.now)
    matches = tuple(host for host in known.matches if host == errand.host)
    return replace(known, presented_for=(errand.host,), matches=matches)


def to_interview(endpoints: Sequence[EndpointFacts]) -> tuple[EndpointFacts, ...]:
    """The addresses of a server that are asked the questions: the first that speaks TLS, and whichever differs."""
    chosen: dict[tuple[object, ...], EndpointFacts] = {}
    for endpoint in endpoints:
        if (likeness := endpoint.tls.likeness) is not None:
            chosen.setdefault(likeness, endpoint)
    return tuple(chosen.values())


async def take_inventory(
    errand: Errand, endpoint: EndpointFacts, certificate: CertificateFacts | None, depth: Depth, *, fresh: bool
) -> tuple[TlsFacts, tuple[CertificateFacts, ...]]:
    """The endpoint's TLS with its inventory: remembered for the address, whatever the name, or asked now.

    Where a deep one isn't granted, and none is remembered, it is that of a verdict.
    """
    done, network = endpoint.tls.completed, errand.network
    first = first_of(done, certificate) if done else None
    at_once = 1 if is_slow(endpoint.smtp, network.bounds) else network.bounds.caps.at_once
    errand = replace(errand, greeted_in_ms=endpoint.smtp.stages_ms.greeting)

    async def observed(depth: Depth) -> Remembered[Interviewed]:
        async def asked() -> Interviewed:
            if depth == "deep" and not await network.courtesy.grant_deep(errand.address):
                raise _NotGranted
            return await interview(errand, first, depth, at_once=at_once, certificate=certificate)

        return await network.memory.observe(f"{errand.address} tls {depth}", asked, _INTERVIEWED, fresh=fresh)

    without: tuple[str, ...] = ()
    try:
        remembered = await observed(depth)
    except _NotGranted:
        remembered, without = await observed("verdict"), (_NO_DEEP,)
    known = remembered.value.known_for(errand.host)
    inventory = replace(known.inventory, missing=(*known.inventory.missing, *without))
    if remembered.observed_at is not None or remembered.is_shared:
        inventory = replace(inventory, connections=0)
    return replace(endpoint.tls, inventory=inventory, inventory_reused=remembered.observed_at), known.certificates


class _NotGranted(Exception):
    """The address had its deep scan of this hour."""


def worth(interviewed: Interviewed) -> Worth:
    """What is whole lasts; what had to leave something out is worth asking again soon, if the fault isn’t ours."""
    if interviewed.is_cut_short:
        return "ours"
    return "passing" if interviewed.inventory.missing else "lasting"


def first_of(handshake: Handshake, certificate: CertificateFacts | None) -> First | None:
    """What a completed handshake settles before any question. Null: a version or suite that no list has."""
    suite = suite_named(handshake.suite)
    version = next((version for version in VERSIONS if version == handshake.version), None)
    if suite is None or version is None:
        return None
    key = (certificate.key if certificate else None) or ""
    group = group_named(handshake.group) if handshake.group else None
    return First(
        version=version,
        suite=suite.code,
        proof="RSA" if key.startswith("RSA") else "ECDSA" if key.startswith("EC ") else "other",
        group=group.code if group else None,
        curve=CURVES_OF_KEYS.get(key),
        chain=handshake.chain,
    )


_ADAPTER: TypeAdapter[Interviewed] = TypeAdapter(Interviewed)
_INTERVIEWED: Memorable[Interviewed] = Memorable(worth, _ADAPTER.dump_json, _ADAPTER.validate_json, keeps_whole=True)


@dataclass(frozen=True, slots=True)
class _Told:
    """How one connection ended. ``answer`` is null where the address gets no more connections from us."""

    row: Question
    offer: Offer
    answer: Answer | None
    is_later: bool = False
    why: str = ""


@dataclass(slots=True)
class _Interview:
    errand: Errand
    first: First | None
    depth: Depth
    at_once: int
    known: Known = field(init=False)
    missing: list[str] = field(default_factory=list)
    connections: int = 0
    is_cut_short: bool = False
    _is_busy: bool = False
    _was_busy: bool = False
    _in_vain: int = 0  # connections since the last one that got as far as TLS
    _under_way: dict[asyncio.Task[_Told], str] = field(default_factory=dict)
    _askable: list[tuple[Question, Offer]] | None = None
    _closing: set[asyncio.Task[None]] = field(default_factory=set)  # answered, and not yet let go by the server

    def __post_init__(self) -> None:
        self.known = Known(self.first)

    async def run(self) -> None:
        """Ask until nothing is left to ask, or the server or the time forbids it."""
        try:
            while self._begin():
                await asyncio.wait((*self._under_way, *self._closing), return_when=asyncio.FIRST_COMPLETED)
                self._let_go()
                for task in [task for task in self._under_way if task.done()]:
                    self._learn(task)
                if self._is_busy or self._in_vain >= self.errand.network.bounds.patience:
                    await self._leave_alone()
        except Exception as failure:
            _LOG.error("An interview broke down: %s", where(failure))
            self._cut_short(_BUG)
        finally:
            await self._drop((*self._under_way, *self._closing))

    def _begin(self) -> bool:
        """Begin what can be asked now. False: nothing is open, so it is over."""
        if self.missing:
            return bool(self._under_way or self._closing)
        while len(self._under_way) + len(self._closing) < self.at_once and self._left:
            row, offer = self._left.pop(0)
            if self.errand.time_left() <= 0 or not self.errand.allowance.has_spare:
                self._cut_short(_NO_TIME if self.errand.time_left() <= 0 else ALL_SPENT.detail)
                break
            self._under_way[asyncio.create_task(self._ask(row, offer))] = row.name
        return bool(self._under_way or self._closing)

    @property
    def _left(self) -> list[tuple[Question, Offer]]:
        """What can be asked, of which nothing is taken twice; worked out anew when something was learnt."""
        if self._askable is None:
            self._askable = list(next_questions(self.known, self.depth, self._under_way.values()))
            if self.at_once == 1:
                self._askable.sort(key=lambda row: row[0].name not in _TELLS_MOST)
        return self._askable

    def _let_go(self) -> None:
        """Forget connections that the server has let go."""
        for task in [task for task in self._closing if task.done()]:
            self._closing.discard(task)
            task.result()

    def _learn(self, task: asyncio.Task[_Told]) -> None:
        """Take what one connection told."""
        del self._under_way[task]
        self._askable = None
        told_now = task.result()
        if told_now.is_later:
            self._is_busy = True
        elif told_now.answer is None:
            self.missing.append(told_now.why)
            self.is_cut_short |= told_now.why == ALL_SPENT.detail
        else:
            answer = told_now.answer
            self.known = self.known.after(Asked(told_now.row.name, told_now.offer, answer))
            is_in_vain = isinstance(answer, Unclear) and not answer.in_tls
            self._in_vain = self._in_vain + 1 if is_in_vain else 0
            self.is_cut_short |= isinstance(answer, Unclear) and answer.failed.failure is FailureKind.DEADLINE

    def _cut_short(self, why: str) -> None:
        """Ask no more, for a reason of our own."""
        self.missing.append(why)
        self.is_cut_short = True

    async def _leave_alone(self) -> None:
        """Let those under way end, wait, and go on one at a time; the second time it is over."""
        if self._under_way:
            done, _ = await asyncio.wait(self._under_way)
            for task in done:
                self._learn(task)
        pause = self.errand.network.bounds.busy_pause_s
        if self._was_busy or self.errand.time_left() <= pause:
            if self._was_busy:
                self.missing.append(_BUSY if self._is_busy else _GONE)
            else:
                self._cut_short(_NO_TIME)
            return
        self._was_busy, self._is_busy, self._in_vain, self.at_once = True, False, 0, 1
        self._askable = None  # in another order
        await self.errand.network.clock.sleep(pause)

    async def _drop(self, tasks: Iterable[asyncio.Task[_Told] | asyncio.Task[None]]) -> None:
        left = [task for task in tasks if not task.done()]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)

    async def _ask(self, row: Question, offer: Offer) -> _Told:
        """One question on a connection of its own, a pause after the last try if that was unclear.

        Returns with the answer: what it leads to may be asked while the server still takes its time to let go.
        """
        network = self.errand.network
        if self.known.unclear_tries(row.name, offer):
            await network.clock.sleep(network.bounds.retry_pause_s)
        answers: list[Answer] = []
        is_answered = asyncio.Event()

        async def in_tls(stream: Stream, _: Dialogue) -> None:
            limit, is_cut = self.errand.within(network.bounds.handshake_s)
            if offer.act == "inject":
                answer = await _injected(stream, self.errand, limit)
            else:
                answer = await ask(stream, self.errand.host, offer, network, limit)
            if isinstance(answer, Unclear):
                answer = replace(answer, failed=told(answer.failed, is_cut))
            answers.append(answer)
            is_answered.set()

        pushed = PUSHED if offer.act == "inject" else ""
        purpose: Purpose = "deep" if self.depth == "deep" else "mail"
        connection = Connection(self.errand, Transcript(network.clock, 0), purpose, pushed=pushed, is_extra=True)
        making = asyncio.create_task(connection.make(in_tls))
        making.add_done_callback(lambda _: is_answered.set())
        try:
            await is_answered.wait()
        except asyncio.CancelledError:
            await self._drop((making,))
            raise
        finally:
            self.connections += connection.was_dialled
        self._closing.add(making)
        if isinstance(connection.not_tried, NotTried):
            return _Told(row, offer, None, why=connection.not_tried.detail)
        if answers:
            return _Told(row, offer, answers[0])
        if pushed and _declines(connection.smtp.starttls):
            return _Told(row, offer, Replied(0))
        failed = _why(connection.smtp, self.errand)
        return _Told(row, offer, Unclear(failed), is_later=says_later(connection.smtp))


async def _injected(stream: Stream, errand: Errand, limit: float) -> Answer:
    """What comes of a command that was sent behind STARTTLS, in clear."""
    shaken, _ = await shake_hands(stream, errand.host, TlsOffer.EVERY, limit)
    if isinstance(shaken, Failed):
        is_told = shaken.fault is Fault.THEIRS and shaken.failure is not FailureKind.TIMEOUT
        return Replied(0) if is_told else Unclear(shaken, in_tls=True)
    limit, is_cut = errand.within(errand.network.bounds.reply_s)
    counted = await count_replies(stream, errand.network, limit)
    return Unclear(told(counted, is_cut), in_tls=True) if isinstance(counted, Failed) else Replied(counted)


def _declines(starttls: Observation[Reply]) -> bool:
    """The server would have nothing to do with STARTTLS and more in one write, and said so or left.

    A "later" says nothing of it.
    """
    match starttls:
        case Seen(reply):
            return reply.code >= _REFUSED
        case Failed(failure):
            return failure in (FailureKind.CLOSED, FailureKind.RESET)
        case _:
            return False


def _why(smtp: SmtpFacts, errand: Errand) -> Failed:
    """Why a connection did not get as far as TLS."""
    _, _, detail = outcome(EndpointFacts(address=errand.address, smtp=smtp))
    stages = (smtp.connect, smtp.greeting, smtp.ehlo, smtp.starttls)
    kinds = [stage.failure for stage in stages if isinstance(stage, Failed)]
    return Failed(kinds[0] if kinds else FailureKind.CLOSED, detail or "The server did not get as far as TLS.")
