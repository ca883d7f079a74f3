"""What was said on the connections to one address, with times: the evidence that people read."""

from typing import Literal

from checker.network.ports import Clock
from checker.smtp.facts import Line


class Transcript:
    """Lines in order, at most ``limit`` of them; times count in milliseconds from when it was made."""

    def __init__(self, clock: Clock, limit: int) -> None:
        self._clock = clock
        self._limit = limit
        self._began = clock.monotonic()
        self._lines: list[Line] = []

    @property
    def lines(self) -> tuple[Line, ...]:
        """What has been said so far."""
        return tuple(self._lines)

    def add(self, sender: Literal["client", "server", "note"], line: str) -> None:
        """Note one line, which must be printable. Over the limit, say so once and keep no more."""
        if len(self._lines) > self._limit:
            return
        if len(self._lines) == self._limit:
            sender, line = "note", "What follows was not kept: it is too long."
        self._lines.append(Line(at_ms=milliseconds(self._clock.monotonic() - self._began), sender=sender, line=line))


def milliseconds(seconds: float) -> int:
    """Whole milliseconds, as the report gives every duration."""
    return round(seconds * 1000)
