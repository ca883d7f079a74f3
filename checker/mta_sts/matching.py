"""Does a policy list a mail server (RFC 8461 section 4.1)? The one rule of this file: names only, never certificates."""

import re
from collections.abc import Sequence

_PATTERN = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.ASCII)


def matches(pattern: str, host: str) -> bool:
    """Does the pattern cover the host? A malformed pattern matches nothing, ``*.`` exactly one label."""
    wanted, name = pattern.lower(), host.lower().removesuffix(".")
    if not _PATTERN.fullmatch(wanted) or "*" in name:
        return False
    if not wanted.startswith("*."):
        return wanted == name
    label, dot, rest = name.partition(".")
    return bool(label and dot) and rest == wanted[2:]


def covers(patterns: Sequence[str], host: str) -> bool:
    """Does any of the patterns cover the host?"""
    return any(matches(pattern, host) for pattern in patterns)
