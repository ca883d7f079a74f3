"""The marks of the pages. The one rule: a colour or an icon never stands without its word."""

from dataclasses import dataclass
from typing import Literal

type Tone = Literal["ok", "bad", "warn", "unk", "not", "na", "run"]
type Wax = Literal["good", "mid", "bad", "unk"]

_WIDE = {"sealed", "closed", "wait", "postcard"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A state: its tone, two words at most, and a small fact. ``icon`` is for those that aren't the tone's own."""

    tone: Tone
    words: str
    fact: str = ""
    icon: str = ""

    @property
    def symbol(self) -> str:
        """The symbol in ``sprite.svg``."""
        return self.icon or self.tone

    @property
    def is_wide(self) -> bool:
        """Is the symbol an envelope, which is wider than high?"""
        return self.symbol in _WIDE


@dataclass(frozen=True, slots=True)
class Seal:
    """A wax seal. Its shape says the verdict before its colour does; ``label`` says it to those who see neither."""

    symbol: str
    wax: Wax
    label: str
    rim: str = ""  # round the rim of a whole seal


COULD_NOT_TELL = Mark("unk", "could not tell")
NOT_REACHED = Mark("not", "not reached")
WAITING = Mark("not", "waiting")
IN_PROGRESS = Mark("run", "in progress")
NOT_ASKED = Mark("na", "not asked")
