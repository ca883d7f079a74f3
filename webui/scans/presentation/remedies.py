"""Remedies on a page: the sentence to read, and a slip for each thing in it that must be copied.

The one rule of this file: the catalogues set commands and settings between backticks, and nothing a peer sends can
bring one into a remedy, so that what a reader pastes is always our own.
"""

import re
from dataclasses import dataclass

_MARKED = re.compile(r"`([^`]+)`")
_SETTING = re.compile(r"\w+ = ")
_RECORD = re.compile(r"(MX|A|AAAA|CNAME|TXT) ")
HEADING_WORDS = 14
_BREAK = re.compile(r"[,:] ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """Something to copy. ``label`` says what it is."""

    label: str
    value: str


def plain(remedy: str) -> str:
    """The remedy as a sentence, without its marks."""
    return _MARKED.sub(r"\1", remedy)


def slips(remedy: str) -> tuple[Slip, ...]:
    """What of it must be copied, in order."""
    return tuple(Slip(label=_label(value), value=value) for value in _MARKED.findall(remedy))


def _label(value: str) -> str:
    if _SETTING.match(value):
        return "Setting"
    return "Record" if _RECORD.match(value) else "Command"


def heading_and_rest(remedy: str) -> tuple[str, str]:
    """The first clause, short enough for a heading, and what is left. A colon breaks better than a comma."""
    sentence, _, rest = plain(remedy).partition(". ")
    sentence = sentence.removesuffix(".")
    if len(sentence.split()) <= HEADING_WORDS:
        return sentence, rest
    breaks = [found for found in _BREAK.finditer(sentence) if _may_end(sentence[: found.start()])]
    if not breaks:
        return sentence, rest
    colons = [found for found in breaks if found[0] == ": "]
    cut = (colons or breaks[-1:])[0]
    left = sentence[cut.end() :]
    return sentence[: cut.start()], f"{left[0].upper()}{left[1:]}. {rest}".strip()


def _may_end(heading: str) -> bool:
    """Short enough, and not inside brackets."""
    return len(heading.split()) <= HEADING_WORDS and heading.count("(") == heading.count(")")
