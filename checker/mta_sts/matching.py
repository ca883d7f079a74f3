"""Does a policy cover a mail server (RFC 8461 section 4.1)?

The one rule of this file: the name is that of the MX record, and ``*`` stands for exactly one label of it. No alias,
no address and no certificate has a say in this.
"""

import string
from collections.abc import Sequence
from functools import lru_cache

from checker.mta_sts.pattern import WILDCARD, is_pattern

# Not str.lower(), which makes an ASCII k of the Kelvin sign.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def covers(patterns: Sequence[str], host: str) -> bool:
    """Does any pattern match the host? A file may hold thousands of them, and is asked about each server many times."""
    listed = _listed(tuple(patterns))
    name = host.removesuffix(".").translate(_LOWER)
    label, _, parent = name.partition(".")
    return label not in ("", "*") and (name in listed or f"{WILDCARD}{parent}" in listed)


@lru_cache(maxsize=64)
def _listed(patterns: tuple[str, ...]) -> frozenset[str]:
    return frozenset(pattern.translate(_LOWER) for pattern in patterns if is_pattern(pattern))


def matches(pattern: str, host: str) -> bool:
    """Does this pattern match the host of an MX record? Without case; a malformed pattern matches nothing."""
    if not is_pattern(pattern):
        return False
    wanted = pattern.translate(_LOWER)
    name = host.removesuffix(".").translate(_LOWER)
    if not wanted.startswith(WILDCARD):
        return name == wanted
    label, _, parent = name.partition(".")
    return label not in ("", "*") and parent == wanted.removeprefix(WILDCARD)


def is_broad(pattern: str) -> bool:
    """Does it list every name under a top-level domain, where anybody can get one?"""
    return pattern.startswith(WILDCARD) and "." not in pattern.removeprefix(WILDCARD)
