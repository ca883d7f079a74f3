"""The client's side of the SMTP dialogue, without I/O: bytes in, events and facts out (RFC 5321, RFC 3207).

Greeting, EHLO (HELO where EHLO is unknown), STARTTLS, the caller's handshake, EHLO again, QUIT. The one rule of this
file: only a reply's code decides what is said next; nothing is said before the server's reply is whole, and nothing
that came before a command was sent is taken for its answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from checker.defect import Defect
from checker.network.bounds import Bounds
from checker.observation import Absent, Failed, FailureKind, Seen
from checker.smtp.facts import Reply, SmtpFacts
from checker.smtp.reply import NotAReply, ReplyParser, ServerLine, parse_ehlo, parse_greeting


class Awaiting(StrEnum):
    """What must come next."""

    GREETING = "greeting"
    EHLO = "ehlo"
    HELO = "helo"
    STARTTLS = "starttls"
    HANDSHAKE = "handshake"  # the caller's turn: TLS, then ``tls_started``
    EHLO_TLS = "ehlo-tls"
    QUIT = "quit"
    NOTHING = "nothing"  # it is over


@dataclass(frozen=True, slots=True)
class Say:
    """Send this line, with CRLF."""

    line: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What was awaited has come, and stands in ``facts``."""

    what: Awaiting


@dataclass(frozen=True, slots=True)
class Dropped:
    """So many bytes came behind a reply before anything was said to it, and were thrown away."""

    count: int


type Event = ServerLine | Say | Answered | Dropped | NotAReply

_EARLY = Defect(
    code="reply-before-command",
    detail="More came behind a reply, before the next command was sent. It can be no answer, and was thrown away.",
    reference="RFC 5321 section 4.2",  # each command has exactly one reply
)
_UNKNOWN_COMMAND = (500, 502)  # "command not recognized" in RFC 5321 section 3.2


class Conversation:
    """One dialogue. ``facts`` holds what has been learnt so far, ``awaiting`` what must come next."""

    def __init__(self, helo_name: str, bounds: Bounds) -> None:
        self.facts = SmtpFacts()
        self.awaiting = Awaiting.GREETING
        self._helo_name = helo_name
        self._bounds = bounds
        self._parser = ReplyParser(bounds)

    @property
    def reply_has_begun(self) -> bool:
        """Part of the awaited reply has come."""
        return self._parser.has_begun

    def receive(self, data: bytes) -> Iterator[Event]:
        """Take bytes from the server. Events must all be taken before more bytes are given."""
        self._parser.receive(data)
        if self.awaiting not in (Awaiting.HANDSHAKE, Awaiting.NOTHING):
            yield from self._replies()
        if self.awaiting is Awaiting.HANDSHAKE:
            # RFC 3207 section 4.2: what was said in clear behind the 220 must not be taken for an answer in TLS.
            dropped = self.facts.bytes_after_starttls + self._parser.drop()
            self.facts = replace(self.facts, bytes_after_starttls=dropped)

    def tls_started(self) -> Iterator[Event]:
        """TLS is up: everything said before is forgotten, and EHLO comes again (RFC 3207 section 4.2)."""
        self._parser = ReplyParser(self._bounds)
        yield self._say(f"EHLO {self._helo_name}", Awaiting.EHLO_TLS)

    def fail(self, failed: Failed) -> None:
        """What was awaited will not come."""
        match self.awaiting:
            case Awaiting.GREETING:
                self.facts = replace(self.facts, greeting=failed)
            case Awaiting.EHLO | Awaiting.HELO:
                self.facts = replace(self.facts, ehlo=failed)
            case Awaiting.STARTTLS:
                self.facts = replace(self.facts, starttls=failed)
            case Awaiting.EHLO_TLS:
                self.facts = replace(self.facts, ehlo_tls=failed)
            case Awaiting.QUIT:
                self.facts = replace(self.facts, quit=failed)
            case Awaiting.HANDSHAKE | Awaiting.NOTHING:
                pass
        self.awaiting = Awaiting.NOTHING

    def _replies(self) -> Iterator[Event]:
        """Lines and replies, and what is said to them, until it is over or TLS is to begin."""
        for parsed in self._parser.parse():
            if isinstance(parsed, NotAReply):
                self.fail(Failed(FailureKind.BAD_REPLY, parsed.detail))
            if isinstance(parsed, Reply):
                dropped = self._drop_what_came_early(parsed)
                if dropped:
                    yield Dropped(dropped)
                    parsed = replace(parsed, defects=(*parsed.defects, _EARLY))
                yield from self._answered(parsed)
            else:
                yield parsed
            if self.awaiting in (Awaiting.HANDSHAKE, Awaiting.NOTHING):
                return

    def _drop_what_came_early(self, reply: Reply) -> int:
        """How many bytes. Behind the 220 to STARTTLS the caller's turn begins, and after QUIT nothing is said."""
        is_followed_by_tls = self.awaiting is Awaiting.STARTTLS and reply.is_positive
        return 0 if is_followed_by_tls or self.awaiting is Awaiting.QUIT else self._parser.drop()

    def _answered(self, reply: Reply) -> Iterator[Event]:
        answered = self.awaiting
        say: Say | None
        match answered:
            case Awaiting.GREETING:
                say = self._greeted(reply)
            case Awaiting.EHLO:
                say = self._introduced("EHLO", reply)
            case Awaiting.HELO:
                say = self._introduced("HELO", reply)
            case Awaiting.STARTTLS:
                say = self._told_to_start(reply)
            case Awaiting.EHLO_TLS:
                self.facts = replace(self.facts, ehlo_tls=Seen(parse_ehlo("EHLO", reply)))
                say = self._quit()
            case _:
                self.facts = replace(self.facts, quit=Seen(reply))
                self.awaiting, say = Awaiting.NOTHING, None
        yield Answered(answered)
        if say is not None:
            yield say

    def _greeted(self, reply: Reply) -> Say:
        self.facts = replace(self.facts, greeting=Seen(parse_greeting(reply)))
        return self._say(f"EHLO {self._helo_name}", Awaiting.EHLO) if reply.is_positive else self._quit()

    def _introduced(self, verb: Literal["EHLO", "HELO"], reply: Reply) -> Say:
        if verb == "EHLO" and reply.code in _UNKNOWN_COMMAND:
            return self._say(f"HELO {self._helo_name}", Awaiting.HELO)
        ehlo = parse_ehlo(verb, reply)
        self.facts = replace(self.facts, ehlo=Seen(ehlo))
        if ehlo.advertises("STARTTLS"):
            return self._say("STARTTLS", Awaiting.STARTTLS)
        if reply.is_positive:
            self.facts = replace(self.facts, starttls=Absent())
        return self._quit()

    def _told_to_start(self, reply: Reply) -> Say | None:
        self.facts = replace(self.facts, starttls=Seen(reply))
        if not reply.is_positive:
            return self._quit()
        self.awaiting = Awaiting.HANDSHAKE
        return None

    def _quit(self) -> Say:
        return self._say("QUIT", Awaiting.QUIT)

    def _say(self, line: str, awaiting: Awaiting) -> Say:
        self.awaiting = awaiting
        return Say(line)
