"""One connection to a mail server: a place that courtesy gives, dialling, and the dialogue up to STARTTLS.

What happens in TLS is the caller's matter. The one rule of this file: a connection always ends, and what it has shown
by then is kept; a mistake of ours is noted where it happened and costs no more than that.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from checker.allowance import Allowance
from checker.breakdown import where
from checker.names import DomainName, IPAddress
from checker.network.bounds import Bounds
from checker.network.ports import AddressBlocked, CapReached, Network, Purpose, Stream, StreamFailure
from checker.observation import Failed, FailureKind, NotTried, Reason, Seen
from checker.smtp.facts import SmtpFacts
from checker.smtp.probe import Dialogue
from checker.smtp.transcript import Transcript
from checker.waiting import Watch

_LOG = logging.getLogger(__name__)

ALL_SPENT = NotTried(Reason.BEYOND_CAP, "This scan has opened as many connections as one scan may.")
_OUT_OF_TIME = Failed(FailureKind.DEADLINE, "The scan's time was up.")
_BUG = Failed(FailureKind.INTERNAL, "Mailseal made a mistake here. It says nothing about this server.")


@dataclass(frozen=True, slots=True)
class Errand:
    """What an address is visited for, and what the visit may use. ``deadline`` is of the network's clock.

    ``greeted_in_ms`` is what an earlier greeting took, null before the first.
    """

    host: DomainName
    address: IPAddress
    network: Network
    now: datetime
    deadline: float
    allowance: Allowance
    watch: Watch
    greeted_in_ms: int | None = None

    @property
    def greeting_s(self) -> float:
        """Seconds to wait for a greeting: the first takes what it takes, the others about what that took."""
        bounds = self.network.bounds
        if self.greeted_in_ms is None:
            return bounds.greeting_s
        return min(bounds.greeting_s, bounds.greeting_again_s + 3 * self.greeted_in_ms / 1000)

    def time_left(self) -> float:
        """Seconds, less than 0 when the deadline is over."""
        return self.deadline - self.network.clock.monotonic()

    def within(self, limit: float) -> tuple[float, bool]:
        """Seconds that a step may take, and whether the deadline cut them short."""
        return min(limit, self.time_left()), self.time_left() < limit


type InTls = Callable[[Stream, Dialogue], Awaitable[None]]
"""What is done with a stream once the server has said "go ahead": the next bytes must be ours, and TLS."""


class Connection:
    """One connection, and what it has shown so far. ``was_dialled``: it cost the server something.

    ``pushed`` is a line that goes out behind STARTTLS in the same write. ``is_extra``: it is made only if the scan has
    a connection left that no address waits for.
    """

    def __init__(
        self,
        errand: Errand,
        transcript: Transcript,
        purpose: Purpose = "mail",
        *,
        pushed: str = "",
        is_extra: bool = False,
    ) -> None:
        self.not_tried: NotTried | None = None
        self.smtp = SmtpFacts()
        self.was_dialled = False
        self._errand, self._purpose = errand, purpose
        self._network = errand.network
        self._transcript = transcript
        self._pushed, self._is_extra = pushed, is_extra

    async def make(self, in_tls: InTls) -> None:
        """Make it, from the wait for a place to the end."""
        address, courtesy = self._errand.address, self._network.courtesy
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self._errand.time_left()):
                    await stack.enter_async_context(courtesy.slot(address, self._purpose))
            except TimeoutError:
                self.smtp = SmtpFacts(connect=_OUT_OF_TIME)
            except CapReached as reached:
                self.not_tried = NotTried(Reason.COURTESY, f"{reached}.")
            else:
                await self._use(in_tls)
        if is_slow(self.smtp, self._network.bounds):
            await courtesy.note_slow(address)
        if says_later(self.smtp):
            await courtesy.note_busy(address)

    async def _use(self, in_tls: InTls) -> None:
        try:
            opened_at = self._network.clock.monotonic()
            stream = await self._dial()
            if stream is None:
                return
            try:
                await self._talk(stream, opened_at, in_tls)
            finally:
                await stream.close()
        except Exception as failure:
            _LOG.error("A visit broke down: %s", where(failure))
            self.smtp = _broken_off(self.smtp)

    async def _dial(self) -> Stream | None:
        """Connect; null if that failed."""
        if self._is_extra and not self._errand.allowance.has_spare:  # others may have taken it while this one waited
            self.not_tried = ALL_SPENT
            return None
        self._errand.watch("connect")
        self._transcript.add("note", f"Connecting to {self._errand.address}.")
        limit, is_cut = self._errand.within(self._network.bounds.connect_s)
        try:
            self.was_dialled = True
            self._errand.allowance.spend()
            return await self._network.dialer.dial(self._errand.address, limit)
        except AddressBlocked as blocked:
            self.was_dialled = False
            self.not_tried = NotTried(blocked.reason, f"{blocked}.")
            self._transcript.add("note", f"Not dialled: {blocked}.")
        except StreamFailure as failure:
            failed = told(failure.failed, is_cut)
            self.smtp = SmtpFacts(connect=failed)
            self._transcript.add("note", failed.detail)
        return None

    async def _talk(self, stream: Stream, opened_at: float, in_tls: InTls) -> None:
        """The dialogue, and TLS where the server agrees to it."""
        errand = self._errand
        dialogue = Dialogue(
            stream,
            self._network,
            self._transcript,
            opened_at=opened_at,
            deadline=errand.deadline,
            greeting_s=errand.greeting_s,
            watch=errand.watch,
            pushed=self._pushed,
        )
        try:
            await dialogue.until_starttls()
            if dialogue.may_start_tls:
                await in_tls(stream, dialogue)
        finally:
            self.smtp = dialogue.facts


def is_slow(smtp: SmtpFacts, bounds: Bounds) -> bool:
    """Its greeting took long, or didn't come: such a server gets one connection at a time."""
    greeting_ms = smtp.stages_ms.greeting
    waited_in_vain = isinstance(smtp.greeting, Failed) and smtp.greeting.failure is FailureKind.TIMEOUT
    return waited_in_vain or (greeting_ms is not None and greeting_ms > 1000 * bounds.slow_greeting_s)


def says_later(smtp: SmtpFacts) -> bool:
    """A reply of this dialogue is 421 or another 4xx."""
    introductions = [ehlo.value.reply for ehlo in (smtp.ehlo, smtp.ehlo_tls) if isinstance(ehlo, Seen)]
    others = [reply.value for reply in (smtp.greeting, smtp.starttls, smtp.quit) if isinstance(reply, Seen)]
    return any(reply.code // 100 == 4 for reply in (*introductions, *others))


def told(failed: Failed, is_cut: bool) -> Failed:
    """A time-out that our deadline brought about is our fault."""
    return _OUT_OF_TIME if is_cut and failed.failure is FailureKind.TIMEOUT else failed


def _broken_off(smtp: SmtpFacts) -> SmtpFacts:
    """The facts with our mistake at the first stage that was not reached."""
    stages = ("connect", "greeting", "ehlo", "starttls", "ehlo_tls")
    stage = next((stage for stage in stages if isinstance(getattr(smtp, stage), NotTried)), "quit")
    broken: dict[str, Any] = {stage: _BUG}
    return replace(smtp, **broken)
