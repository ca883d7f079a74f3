"""What an address keeps us waiting for, while its visit runs: for who watches a scan.

The one rule of this file: nothing is judged by it. It is news, and in no report that has ended.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

# A stage that hasn't been completed; or "pause": we wait ourselves before we ask once more.
type Awaited = Literal["connect", "greeting", "ehlo", "starttls", "handshake", "ehlo-tls", "pause"]
type Watch = Callable[[Awaited | None], None]  # told at each change; null: nothing worth telling


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """For what, and since when: milliseconds from the scan's start."""

    stage: Awaited
    since_ms: int


def nobody(_: Awaited | None) -> None:
    """A watch for who doesn't."""
