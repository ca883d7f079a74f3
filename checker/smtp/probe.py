"""Drives one SMTP conversation over a stream: reads within limits, keeps times and a transcript (RFC 5321, RFC 3207).

The one rule of this file: each stage has one time limit for all of its bytes, and the whole dialogue has a deadline,
so a server that drips can't hold us. What was learnt before a failure stays.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from checker.network.ports import Network, Stream, StreamFailure
from checker.observation import Failed, FailureKind, Seen
from checker.smtp.conversation import Answered, Awaiting, Conversation, Dropped, Event, Say
from checker.smtp.facts import SmtpFacts
from checker.smtp.reply import NotAReply, ServerLine
from checker.smtp.transcript import Transcript, milliseconds
from checker.waiting import Awaited, Watch, nobody

_DUE = {
    Awaiting.GREETING: "a greeting",
    Awaiting.EHLO: "an answer to EHLO",
    Awaiting.HELO: "an answer to HELO",
    Awaiting.STARTTLS: "an answer to STARTTLS",
    Awaiting.EHLO_TLS: "an answer to EHLO inside TLS",
    Awaiting.QUIT: "an answer to QUIT",
}
_STAGES: dict[Awaiting, Awaited] = {
    Awaiting.GREETING: "greeting",
    Awaiting.EHLO: "ehlo",
    Awaiting.HELO: "ehlo",
    Awaiting.STARTTLS: "starttls",
    Awaiting.EHLO_TLS: "ehlo-tls",
}


class Dialogue:
    """One connection's dialogue. ``opened_at`` is when dialling began, ``deadline`` when all must have ended.

    Both are seconds of the network's monotonic clock. It waits ``greeting_s`` for the greeting. ``watch`` hears which
    stage is waited for. ``pushed`` is a line that goes out behind STARTTLS in the same write. None of its methods
    raises for what the peer does.
    """

    def __init__(
        self,
        stream: Stream,
        network: Network,
        transcript: Transcript,
        *,
        opened_at: float,
        deadline: float,
        greeting_s: float,
        watch: Watch = nobody,
        pushed: str = "",
    ) -> None:
        self._stream = stream
        self._clock = network.clock
        self._bounds = network.bounds
        self._transcript = transcript
        self._deadline = deadline
        self._greeting_s = greeting_s
        self._watch = watch
        self._pushed = f"{pushed}\r\n" if pushed else ""
        self._conversation = Conversation(network.helo_name, network.bounds)
        self._stage_began = self._clock.monotonic()
        self._connect_ms = milliseconds(self._stage_began - opened_at)
        self._stages_ms = replace(self._conversation.facts.stages_ms, connect=self._connect_ms)

    @property
    def facts(self) -> SmtpFacts:
        """What has been learnt so far."""
        return replace(self._conversation.facts, connect=Seen(self._connect_ms), stages_ms=self._stages_ms)

    @property
    def may_start_tls(self) -> bool:
        """The server said "go ahead" to STARTTLS: the next bytes must be ours, and TLS."""
        return self._conversation.awaiting is Awaiting.HANDSHAKE

    async def until_starttls(self) -> SmtpFacts:
        """From the greeting to the answer to STARTTLS; if that or anything before is a no, to the end."""
        await self._converse()
        if dropped := self._conversation.facts.bytes_after_starttls:
            self._transcript.add("note", f"{dropped} bytes behind the 220 were thrown away.")
        return self.facts

    async def inside_tls(self) -> SmtpFacts:
        """The handshake is done: EHLO again, then QUIT."""
        self._take_time(Awaiting.HANDSHAKE)
        await self._act(self._conversation.tls_started())
        await self._converse()
        return self.facts

    def handshake_failed(self, failed: Failed) -> SmtpFacts:
        """TLS did not come up: the dialogue is over."""
        self._transcript.add("note", failed.detail or failed.failure)
        self._conversation.fail(failed)
        return self.facts

    async def _converse(self) -> None:
        """Read and answer until it is over or TLS is to begin."""
        while self._conversation.awaiting in _DUE:
            self._watch(_STAGES.get(self._conversation.awaiting))
            try:
                await self._act(self._conversation.receive(await self._read()))
            except StreamFailure as failure:
                await self._fail(self._explained(failure.failed))

    async def _act(self, events: Iterable[Event]) -> None:
        for event in events:
            match event:
                case ServerLine(text):
                    self._transcript.add("server", text)
                case Say(line):
                    await self._say(line)
                case Answered(what):
                    self._take_time(what)
                case Dropped(count):
                    self._transcript.add("note", f"{count} bytes that came before a command was sent were thrown away.")
                case NotAReply(detail):
                    self._transcript.add("note", detail)
                    await self._say("QUIT")
                case _:
                    assert_never(event)

    async def _say(self, line: str) -> None:
        self._transcript.add("client", line)
        sent = f"{line}\r\n" + (self._pushed if line == "STARTTLS" else "")
        try:
            await self._stream.write(sent.encode("ascii"), self._bounds.reply_s)
        except StreamFailure as failure:
            # The server may have spoken before it hung up: that is still to be read, and tells more.
            self._transcript.add("note", failure.failed.detail)

    async def _read(self) -> bytes:
        """Some bytes within the time left to this stage. Raises StreamFailure, also for an end of stream."""
        time_left = min(self._stage_ends(), self._deadline) - self._clock.monotonic()
        if time_left <= 0:
            raise StreamFailure(Failed(FailureKind.TIMEOUT))
        data = await self._stream.read(self._bounds.read_bytes, time_left)
        if not data:
            raise StreamFailure(Failed(FailureKind.CLOSED))
        return data

    async def _fail(self, failed: Failed) -> None:
        """What was awaited won't come. A server that still listens is told goodbye, but never before it greeted."""
        self._transcript.add("note", failed.detail)
        awaited = self._conversation.awaiting
        self._conversation.fail(failed)
        is_listening = failed.failure in (FailureKind.TIMEOUT, FailureKind.DEADLINE)
        if is_listening and awaited not in (Awaiting.GREETING, Awaiting.QUIT):
            await self._say("QUIT")

    def _explained(self, failed: Failed) -> Failed:
        """A failure of the stream, told as what it means at this stage."""
        due = _DUE[self._conversation.awaiting]
        begun = " It had begun." if self._conversation.reply_has_begun else ""
        match failed.failure:
            case FailureKind.TIMEOUT if self._deadline < self._stage_ends():
                return Failed(FailureKind.DEADLINE, f"The scan's time was up while it waited for {due}.")
            case FailureKind.TIMEOUT:
                return Failed(failed.failure, f"The server did not send {due} within {self._limit():g} s.{begun}")
            case FailureKind.CLOSED:
                return Failed(failed.failure, f"The server closed the connection where {due} was due.{begun}")
            case FailureKind.RESET:
                return Failed(failed.failure, f"The server reset the connection where {due} was due.{begun}")
            case _:
                return failed

    def _limit(self) -> float:
        """Seconds for this stage."""
        limits = {Awaiting.GREETING: self._greeting_s, Awaiting.QUIT: self._bounds.quit_s}
        return limits.get(self._conversation.awaiting, self._bounds.reply_s)

    def _stage_ends(self) -> float:
        return self._stage_began + self._limit()

    def _take_time(self, what: Awaiting) -> None:
        """A stage is complete, and the next begins."""
        now = self._clock.monotonic()
        took, self._stage_began = milliseconds(now - self._stage_began), now
        times = self._stages_ms
        match what:
            case Awaiting.GREETING:
                self._stages_ms = replace(times, greeting=took)
            case Awaiting.EHLO | Awaiting.HELO:
                self._stages_ms = replace(times, ehlo=(times.ehlo or 0) + took)
            case Awaiting.STARTTLS:
                self._stages_ms = replace(times, starttls=took)
            case Awaiting.HANDSHAKE:
                self._stages_ms = replace(times, handshake=took)
            case Awaiting.EHLO_TLS:
                self._stages_ms = replace(times, ehlo_tls=took)
            case Awaiting.QUIT | Awaiting.NOTHING:
                pass
