"""What one SMTP server said in one dialogue. Text is printable: other bytes stand as ``\\xNN`` escapes."""

from dataclasses import dataclass, field
from typing import Literal

from checker.defect import Defect
from checker.observation import NOT_REACHED, PENDING, Observation

QUOTED_CHARACTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply (RFC 5321 section 4.2): its code, the text of each line without the code, and its defects."""

    code: int
    lines: tuple[str, ...]
    defects: tuple[Defect, ...] = ()

    @property
    def is_positive(self) -> bool:
        """A client goes by the first digit (RFC 5321 section 4.3.2)."""
        return self.code // 100 == 2

    def quoted(self) -> str:
        """It on one line, as much as people need to see."""
        text = f"{self.code} {' '.join(self.lines)}".rstrip()
        return text if len(text) <= QUOTED_CHARACTERS else text[:QUOTED_CHARACTERS] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ehlo:
    """The answer to EHLO, or to HELO where EHLO is not known. ``keywords`` are lines 2 to n, parameters included."""

    verb: Literal["EHLO", "HELO"]
    reply: Reply
    keywords: tuple[str, ...] = ()

    def advertises(self, keyword: str) -> bool:
        """Is this keyword (upper case) in the list? Compared by the first word of each line, without case."""
        return any(line.split(" ", 1)[0].upper() == keyword for line in self.keywords)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTimes:
    """How long each stage took, in milliseconds; null where it was not completed."""

    connect: int | None = None
    greeting: int | None = None
    ehlo: int | None = None
    starttls: int | None = None
    handshake: int | None = None
    ehlo_tls: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the transcript. ``note`` is ours: what happened on the connection besides text."""

    at_ms: int
    sender: Literal["client", "server", "note"]
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpFacts:
    """One dialogue, stage by stage.

    A reply that refuses is ``Seen`` with its code; ``Failed`` is for no reply or none that can be read. ``connect``
    holds milliseconds. ``starttls`` is Absent where a list was read without the keyword. ``bytes_after_starttls``
    counts clear-text bytes that followed the 220 and were thrown away (RFC 3207 section 4.2). ``tries`` counts the
    connections, some time apart, that ended in this same way.
    """

    connect: Observation[int] = PENDING
    greeting: Observation[Reply] = NOT_REACHED
    ehlo: Observation[Ehlo] = NOT_REACHED
    starttls: Observation[Reply] = NOT_REACHED
    ehlo_tls: Observation[Ehlo] = NOT_REACHED
    quit: Observation[Reply] = NOT_REACHED
    bytes_after_starttls: int = 0
    stages_ms: StageTimes = field(default_factory=StageTimes)
    tries: int = 1
