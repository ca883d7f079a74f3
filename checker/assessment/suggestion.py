"""Which line of a policy would let senders use a server, and which line was probably meant for it.

The one rule of this file: a line is given up only if it lists no other server; else the new one is added.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from checker.mta_sts.matching import matches
from checker.names import DomainName
from checker.operators import policy_line

_DIGITS = re.compile(r"\d+")
_LOOKED_AT = 100  # lines: a file may hold thousands, and likeness is slow to tell
_ALIKE = 0.85
"""Two names as long as ``mx1.example.com`` may differ in two letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """The pattern that lists the server. ``instead`` is the one it was meant by, null where a line is to be added."""

    pattern: str
    instead: str | None = None


def suggest(patterns: Sequence[str], host: str, hosts: Collection[str]) -> Suggestion:
    """The closest line for ``host``. ``hosts`` are all servers of the domain, ``patterns`` the policy's in order."""
    idle = unused(patterns[:_LOOKED_AT], hosts)
    meant = (
        Suggestion(pattern=candidate, instead=pattern)
        for likely in (_well_formed, _wildcard, _respelt)
        for pattern in idle
        for candidate in likely(pattern, host)
        if matches(candidate, host)
    )
    return next(meant, Suggestion(pattern=policy_line(DomainName(host))))


def unused(patterns: Iterable[str], hosts: Iterable[str]) -> list[str]:
    """The lines that list none of the servers. Few patterns can list a host, so long policies cost little."""
    candidates = ((line, host) for host in hosts for line in (host, f"*.{host.partition('.')[2]}"))
    listing = {line.lower() for line, host in candidates if matches(line, host)}
    return [pattern for pattern in patterns if pattern.lower() not in listing]


def _well_formed(pattern: str, host: str) -> Iterator[str]:
    """The pattern without what is wrong in its form: dots at the ends, blanks, a star without a dot, capitals."""
    bare = pattern.strip(" \t.").lower()
    yield bare
    if bare.startswith("*"):
        yield f"*.{bare.lstrip('*.')}"
    elif pattern.lstrip().startswith("."):
        yield f"*.{bare}"


def _wildcard(pattern: str, host: str) -> Iterator[str]:
    """``example.com`` where ``*.example.com`` was meant, but never a wildcard over a whole top-level domain."""
    if "." in pattern and "*" not in pattern:
        yield f"*.{pattern}"


def _respelt(pattern: str, host: str) -> Iterator[str]:
    """A name that is nearly the server's, or a wildcard nearly over it. Another number is another server."""
    _, _, parent = host.partition(".")
    right = f"*.{parent}" if pattern.startswith("*.") else host
    is_numbered = _DIGITS.sub("", pattern) == _DIGITS.sub("", right)
    if "." in parent and not is_numbered and SequenceMatcher(None, pattern, right).ratio() >= _ALIKE:
        yield right
