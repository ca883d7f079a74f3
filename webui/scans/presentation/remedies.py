"""Remedies on a page: the sentence to read, and a slip for each thing that must be copied.

The catalogues set commands and settings between backticks. The one rule of this file: where anything that a peer said
could have brought one in, none counts, so that what a reader pastes is always our own.
"""

import re
from collections.abc import Iterable

from checker.report.document_findings import FindingEntry
from webui.scans.presentation.slips import Slip, fix_slips, simple_slip

_MARKED = re.compile(r"`([^`]+)`")
_WORD = re.compile(r"\w+")
_LINE = re.compile(r"\w+: ")
_SETTING = re.compile(r"\w+ = ")
_RECORD = re.compile(r"(MX|A|AAAA|CNAME|TXT) ")
HEADING_WORDS = 14
_BREAK = re.compile(r"[,:] ")
_UNBROKEN = "\N{NO-BREAK SPACE}"


def plain(remedy: str) -> str:
    """The remedy as a sentence, without its marks."""
    return _MARKED.sub(r"\1", remedy)


def remedy_slips(finding: FindingEntry) -> tuple[Slip, ...]:
    """What must be copied to mend it: the fixes, or where there are none, what the remedy marks."""
    if finding["fixes"]:
        return fix_slips(finding["fixes"])
    shown = {command["text"] for command in finding["commands"]}
    return () if _brings_marks(finding["params"].values()) else slips(finding["remedy"], shown)


def _brings_marks(params: Iterable[str | int | list[str]]) -> bool:
    """Is there a backtick in what was seen?"""
    return any("`" in text for param in params for text in (param if isinstance(param, list) else [str(param)]))


def slips(remedy: str, shown: Iterable[str] = ()) -> tuple[Slip, ...]:
    """What of it must be copied, in order, without what is ``shown`` anyway. A mere word is no thing to copy."""
    marked = dict.fromkeys(value for value in _MARKED.findall(remedy) if not _WORD.fullmatch(value))
    return tuple(simple_slip(_label(value), value) for value in marked if value not in set(shown))


def _label(value: str) -> str:
    if _SETTING.match(value):
        return "Setting"
    if _LINE.match(value):
        return "Line of the policy"
    return "Record" if _RECORD.match(value) else "Command"


def heading_and_rest(remedy: str) -> tuple[str, str]:
    """The first clause, short enough for a heading, and what is left. A colon breaks better than a comma.

    Nothing breaks inside what is marked.
    """
    whole = _MARKED.sub(lambda marked: marked[1].replace(" ", _UNBROKEN), remedy)
    heading, rest = _parted(whole)
    return heading.replace(_UNBROKEN, " "), rest.replace(_UNBROKEN, " ")


def _parted(remedy: str) -> tuple[str, str]:
    sentence, _, rest = remedy.partition(". ")
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
