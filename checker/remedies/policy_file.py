"""The policy that a domain should publish, from what it publishes now and where its mail goes (RFC 8461 section 3.2).

The one rule of this file: a policy is never drafted that would stop mail. It says ``enforce`` only where every server
is known to keep that promise, or where it is in force already and, as far as is known, some server keeps it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from checker.assessment.states import DomainState, ServerState
from checker.assessment.suggestion import suggest
from checker.mta_sts.facts import Mode, policy_url
from checker.mta_sts.matching import covers
from checker.names import DomainName
from checker.remedies.remedy import PolicyFile
from checker.remedies.values import is_host_name

MAX_AGE_LIMIT = 31557600  # RFC 8461 section 3.2
FOUR_WEEKS, TWO_WEEKS, A_WEEK, A_DAY = 2419200, 1209600, 604800, 86400
_MODE = re.compile(r"[ \t]*mode[ \t]*:[ \t]*(enforce|testing|none)[ \t]*", re.IGNORECASE)
_MAX_AGE = re.compile(r"[ \t]*max_age[ \t]*:[ \t]*([0-9]{1,10})\b.*", re.IGNORECASE)
_MX = re.compile(r"[ \t]*mx[ \t]*:[ \t]*([a-z0-9*.-]{1,255})[ \t]*", re.IGNORECASE)
_PATTERNS_KEPT = 50  # of a longer list, those that list a server
_LOOKED_AT = 8192  # characters of a file that is no policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a policy file is to say. ``max_age`` is in seconds; ``mx`` are patterns, none only for mode none."""

    mode: Mode
    max_age: int
    mx: tuple[str, ...] = ()

    @property
    def body(self) -> str:
        """The file, with CRLF line ends."""
        lines = ("version: STSv1", f"mode: {self.mode}", *(f"mx: {p}" for p in self.mx), f"max_age: {self.max_age}")
        return "".join(f"{line}\r\n" for line in lines)


def draft(state: DomainState) -> Draft | None:
    """What the domain says now, made well-formed, and with every server listed. Null if no server can be listed."""
    return drafted(state, mode=_mode_now(state), max_age=_max_age_now(state), mx=_patterns_now(state))


def drafted(
    state: DomainState, *, mode: Mode | None, max_age: int | None = None, mx: Sequence[str] = ()
) -> Draft | None:
    """A policy with these patterns, and lines for the servers that they leave out.

    A mode that would stop mail becomes ``testing``, which is also what a policy without one begins with. ``max_age``
    null or out of range: what fits the mode.
    """
    hosts = [server.host for server in state.servers]
    patterns = _completed(mx, hosts)
    if mode == "none":
        return Draft(mode="none", max_age=_in_range(max_age) or A_DAY, mx=tuple(mx))
    if not patterns:
        return None
    safe = _safe_mode(state, mode, patterns)
    return Draft(mode=safe, max_age=_in_range(max_age) or (FOUR_WEEKS if safe == "enforce" else A_WEEK), mx=patterns)


def written(state: DomainState) -> Draft | None:
    """What the file says now, as kindly as any sender reads it; null without one."""
    policy = state.policy.published.written
    return Draft(mode=policy.mode, max_age=policy.max_age, mx=policy.mx) if policy else None


def used(state: DomainState, patterns: Iterable[str]) -> tuple[str, ...]:
    """Those of the patterns that list a server of the domain."""
    hosts = [server.host for server in state.servers]
    return tuple(p for p in patterns if _is_pattern(p) and any(covers([p], host) for host in hosts))


def policy_file(state: DomainState, new: Draft) -> PolicyFile:
    """The file, with the lines marked that are not in the present one."""
    lines, present = new.body.split("\r\n"), {line.strip() for line in _lines_now(state)}
    is_new = [bool(line) and line not in present for line in lines]
    at = [number for number, line_is_new in enumerate(is_new) if line_is_new]
    marked = "\r\n".join(lines[at[0] : at[-1] + 1]) if at else ""
    return PolicyFile(url=policy_url(state.facts.domain), body=new.body, marked=marked)


def _mode_now(state: DomainState) -> Mode | None:
    policy = state.policy.published.written
    return policy.mode if policy else _mode_in(_lines_now(state))


def _mode_in(lines: Iterable[str]) -> Mode | None:
    """The first mode that a broken file gives."""
    found = next(filter(None, map(_MODE.fullmatch, lines)), None)
    match found and found[1].lower():
        case "enforce":
            return "enforce"
        case "testing":
            return "testing"
        case "none":
            return "none"
        case _:
            return None


def _max_age_now(state: DomainState) -> int | None:
    policy = state.policy.published.written
    if policy:
        return policy.max_age
    found = next(filter(None, map(_MAX_AGE.fullmatch, _lines_now(state))), None)
    return int(found[1]) if found else None


def _patterns_now(state: DomainState) -> tuple[str, ...]:
    """The lines of the file; of a broken one those that list a server."""
    policy = state.policy.published.written
    if policy and len(policy.mx) <= _PATTERNS_KEPT:
        return tuple(filter(_is_pattern, policy.mx))
    found = (match[1].lower() for match in map(_MX.fullmatch, _lines_now(state)) if match)
    return used(state, found)


def _lines_now(state: DomainState) -> list[str]:
    response = state.policy.published.response
    if response is None or response.status != 200:
        return []
    return re.split(r"\r\n|\n|\r", response.body[:_LOOKED_AT])


def _is_pattern(pattern: str) -> bool:
    return is_host_name(pattern.removeprefix("*."))


def _completed(patterns: Sequence[str], hosts: Sequence[DomainName]) -> tuple[str, ...]:
    """With a line for every host that can have one; a line that was meant for it is put right."""
    lines = list(dict.fromkeys(patterns))
    for host in hosts:
        suggestion = suggest(lines, host, hosts)
        if covers(lines, host) or not _is_pattern(suggestion.pattern):
            continue
        if suggestion.instead in lines:
            lines[lines.index(suggestion.instead)] = suggestion.pattern
        else:
            lines.append(suggestion.pattern)
    return tuple(lines)


def _safe_mode(state: DomainState, mode: Mode | None, patterns: Sequence[str]) -> Mode:
    """``enforce`` where every server is known to keep it; where it is in force, also where one takes mail under it or
    none is known to fail it.

    A server that takes no mail from anybody loses none by a policy.
    """
    keeps = [_keeps(server, patterns) for server in state.servers if server.works is not False]
    is_kept_by_some = state.policy.flag == "enforce" and any(_takes_mail(server, patterns) for server in state.servers)
    is_kept = False not in keeps if state.policy.flag == "enforce" else all(keeps)
    return "enforce" if mode == "enforce" and (is_kept_by_some or is_kept) else "testing"


def _keeps(server: ServerState, patterns: Sequence[str]) -> bool | None:
    """Would a sender deliver to it under ``enforce``?"""
    return server.sts_ready if covers(patterns, server.host) else False


def _takes_mail(server: ServerState, patterns: Sequence[str]) -> bool:
    """One address is enough, for a sender tries the others too."""
    return covers(patterns, server.host) and any(endpoint.sts_ready for endpoint in server.tried)


def _in_range(max_age: int | None) -> int | None:
    """Null for zero as well, which makes senders forget at once."""
    return max_age if max_age and max_age <= MAX_AGE_LIMIT else None
