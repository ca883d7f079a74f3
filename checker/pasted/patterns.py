"""Known texts as patterns: a placeholder stands for what it names, three dots for anything.

The one rule of this file: every pattern is bounded in what it may run over, so that no text takes long.
"""

import re
from dataclasses import dataclass

_NAME = r"[\w.-]{1,253}"
_ADDRESS = r"[0-9A-Fa-f.:]{2,45}"
_ANYTHING = r".{0,300}?"
_QUOTE = "['\"]?"  # a name may stand in quotes, or not
_PLACEHOLDERS = {
    "mx": f"{_QUOTE}(?P<server>{_NAME}){_QUOTE}",
    "host": f"{_QUOTE}(?P<server>{_NAME}){_QUOTE}",
    "ip": f"(?P<address>{_ADDRESS})",
    "addr": f"(?P<server>{_NAME})(?:/(?P<address>{_ADDRESS}))?",  # as KumoMTA writes both
    "domain": f"{_QUOTE}(?P<domain>{_NAME}){_QUOTE}",
    "d": f"{_QUOTE}(?P<domain>{_NAME}){_QUOTE}",
}
_BEHIND = 60  # characters: a reason, where a text ends in one
_PART = re.compile(r"<([a-zA-Z]{1,20})>|\.\.\.|:25\b|[^<.:]{1,300}|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a pattern matched: the words, those right behind them, and what stood for its placeholders, if anything."""

    words: str = ""
    behind: str = ""
    server: str = ""
    address: str = ""
    domain: str = ""


def compiled(text: str) -> re.Pattern[str]:
    """The pattern of one text. Placeholders that nobody needs stand for anything; the port may be any."""
    parts = [match[0] for match in _PART.finditer(" ".join(text.split()))]
    while parts and (parts[-1] == "..." or _is_filler(parts[-1])):
        parts.pop()  # at the end anything may follow, and need not be kept
    return re.compile("".join(map(_regex, [*parts[:-1], parts[-1].rstrip()])), re.IGNORECASE)


def find(pattern: re.Pattern[str], flat: str) -> Found | None:
    """The first place where it matches in text that is one line."""
    match = pattern.search(flat)
    if match is None:
        return None
    given = {name: value.strip(".") for name, value in match.groupdict().items() if value}
    return Found(match[0], flat[match.end() : match.end() + _BEHIND], **given)


def _is_filler(part: str) -> bool:
    return part.startswith("<") and part.strip("<>") not in _PLACEHOLDERS and len(part) > 1


def _regex(part: str) -> str:
    if part == "..." or _is_filler(part):
        return _ANYTHING
    if part == ":25":
        return r":[0-9]{1,5}"
    if part.startswith("<") and len(part) > 1:
        return _PLACEHOLDERS[part.strip("<>")]
    return re.escape(part)
