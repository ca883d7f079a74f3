"""The next level: where the domain stands once what keeps it where it is has been mended.

The one rule of this file: nothing is promised that was not seen. Only what the present level names is taken for
mended; all else stays as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from checker.assessment.judged import Judged
from checker.assessment.level import Level, LevelInputs, ServerInput, level_of, without_dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The level that the steps lead to, at least. ``steps`` are the titles of what has to be mended, all of it."""

    level: Level
    steps: tuple[str, ...]


def reach(inputs: LevelInputs, lifting: Sequence[Judged]) -> Reach | None:
    """Null where nothing that was found keeps the level down, or where mending it would change no level."""
    reached = level_of(_mended(inputs))
    if not lifting or reached == level_of(inputs) or reached == "inconclusive":
        return None
    return Reach(level=reached, steps=tuple(dict.fromkeys(finding.title for finding in _apart(lifting))))


def _apart(lifting: Sequence[Judged]) -> Iterator[Judged]:
    """A server that can't be reached is one step: why each of its addresses can't be is part of it."""
    unreached = set()
    for finding in lifting:
        is_told = finding.group == "reachability" and finding.subject.host in unreached
        if finding.group == "reachability" and finding.subject.host:
            unreached.add(finding.subject.host)
        if not is_told:
            yield finding


def _mended(inputs: LevelInputs) -> LevelInputs:
    match level_of(inputs):
        case "losing-mail" if inputs.working:
            return _kept(inputs)
        case "losing-mail" | "degraded":
            return without_dead(inputs)
        case "exposed":
            return replace(inputs, servers=tuple(_encrypting(server) for server in inputs.servers))
        case "encrypted":
            return _served(inputs, sts_ready=True)
        case "partly-enforced":
            return _kept(inputs)
        case "testing":
            return replace(inputs, mta_sts="enforce")
        case "ready":
            return replace(_served(inputs, keeps_policy=True), mta_sts="testing")
        case _:
            return inputs


def _kept(inputs: LevelInputs) -> LevelInputs:
    """Each promise that is not kept throughout is."""
    dane = inputs.dane_mended if inputs.dane in ("broken", "partial") else inputs.dane
    return replace(_served(inputs, keeps_policy=True), dane=dane)


def _served(inputs: LevelInputs, **changes: bool) -> LevelInputs:
    """Each working server with what it lacks."""
    servers = tuple(replace(server, **changes) if server.works else server for server in inputs.servers)
    return replace(inputs, servers=servers)


def _encrypting(server: ServerInput) -> ServerInput:
    """Encryption alone proves nothing of a server's certificate."""
    if not server.works or server.encrypts:
        return server
    return replace(server, encrypts=True, sts_ready=False)
