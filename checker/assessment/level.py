"""The level: the first row of a table that applies, so that every combination of facts has exactly one.

The one rule of this file: what is undetermined is left out and makes the level provisional; it never is a pass or a
failure. A promise that is null is one that nobody knows of, and changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from checker.assessment.address_state import all_of
from checker.assessment.dane_state import Dane
from checker.assessment.kept import dane_mended, dane_of, is_dane_open, keeps_policy, takes_mail
from checker.assessment.policy import MtaSts
from checker.assessment.states import DomainState, ServerState
from checker.observation import Fault

type Level = Literal[
    "no-mail",
    "inconclusive",
    "losing-mail",
    "exposed",
    "degraded",
    "enforced",
    "partly-enforced",
    "testing",
    "ready",
    "encrypted",
]

type Mx = Literal["null-mx", "nxdomain", "none", "unknown", "unusable", "servers"]

LEVELS: tuple[Level, ...] = get_args(Level.__value__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInput:
    """One server. ``keeps_policy``: its name is covered and it passes, if the MTA-STS policy were enforced.

    ``takes_mail``: senders that honour the policy can deliver to it, if only to one of its addresses.
    """

    works: bool | None
    encrypts: bool | None
    sts_ready: bool | None
    keeps_policy: bool | None = None
    takes_mail: bool = False
    is_whole: bool = True

    @property
    def is_determined(self) -> bool:
        """Enough is known to place it."""
        if self.works and self.encrypts:
            return self.sts_ready is not None
        return self.works is False or (self.works is True and self.encrypts is False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelInputs:
    """All that the level depends on. ``mx`` is ``servers`` where DNS names some, ``unusable`` where none can be had.

    ``dane_without_dead`` is what ``dane`` would be if the servers that don't work weren't there, ``dane_mended`` what
    it would be at least if what is at fault with it was mended. ``is_dane_open``: it was not seen of some server
    whether it keeps to its records.
    """

    mx: Mx
    servers: tuple[ServerInput, ...] = ()
    mta_sts: MtaSts | None = None
    dane: Dane | None = None
    dane_without_dead: Dane | None = None
    dane_mended: Dane | None = None
    is_dane_open: bool = False

    @property
    def dead(self) -> tuple[ServerInput, ...]:
        """Servers that don't work."""
        return tuple(server for server in self.servers if server.works is False)

    @property
    def working(self) -> tuple[ServerInput, ...]:
        """Servers that work and about which enough is known."""
        return tuple(server for server in self.servers if server.works and server.is_determined)

    @property
    def policy_kept(self) -> tuple[bool, ...]:
        """For each working server, does it keep the policy? Left out where nobody knows."""
        return tuple(server.keeps_policy for server in self.working if server.keeps_policy is not None)

    @property
    def is_policy_lost(self) -> bool:
        """The policy is enforced and no address of any server may be used under it."""
        is_kept = any(self.policy_kept) or any(server.takes_mail for server in self.working)
        return self.mta_sts == "enforce" and bool(self.policy_kept) and not is_kept

    @property
    def is_provisional(self) -> bool:
        """Something that counts could not be determined."""
        has_policy = self.mta_sts in ("testing", "enforce")
        return (self.is_dane_open and self.dane in ("broken", "partial", "valid")) or any(
            not server.is_whole or not server.is_determined or (has_policy and _is_open(server))
            for server in self.servers
        )


def level_inputs(state: DomainState) -> LevelInputs:
    """What the facts say."""
    mx = _mx(state)
    servers = tuple(_server_input(state, server) for server in state.servers) if mx == "servers" else ()
    return LevelInputs(
        mx=mx,
        servers=servers,
        mta_sts=state.policy.flag,
        dane=dane_of(state, state.servers),
        dane_without_dead=dane_of(state, [server for server in state.servers if server.works is not False]),
        dane_mended=dane_mended(state),
        is_dane_open=is_dane_open(state),
    )


def level_of(inputs: LevelInputs) -> Level:
    """The first row that applies, in the order of the table."""
    return next(_rows(inputs))


def is_provisional(inputs: LevelInputs) -> bool:
    """The level may change when what is undetermined is known."""
    return level_of(inputs) not in ("no-mail", "inconclusive") and inputs.is_provisional


def without_dead(inputs: LevelInputs) -> LevelInputs:
    """The same domain if the servers that don't work weren't there."""
    servers = tuple(server for server in inputs.servers if server.works is not False)
    return replace(inputs, servers=servers, dane=inputs.dane_without_dead if inputs.dead else inputs.dane)


def minimally_sufficient(state: DomainState) -> bool | None:
    """Every server works, completes STARTTLS and has TLS 1.0 or newer with a NIST suite."""
    return _flag((server.encrypts, server.is_whole) for server in state.servers)


def sts_ready(state: DomainState) -> bool | None:
    """Minimally sufficient, and every server has TLS 1.2 or newer with a certificate that proves its name."""
    return _flag((server.sts_ready, server.is_whole) for server in state.servers)


def _flag(servers: Iterator[tuple[bool | None, bool]]) -> bool | None:
    """A true is worth nothing while an address is unknown; a false stays."""
    return all_of(flag if flag is False or is_whole else None for flag, is_whole in servers)


def _rows(inputs: LevelInputs) -> Iterator[Level]:
    """Each row of the table that applies, in order: the levels of a domain without servers, then the others."""
    if inputs.mx in ("null-mx", "nxdomain", "none"):
        yield "no-mail"
    if inputs.mx == "unusable":
        yield "losing-mail"
    is_alive = any(server.works for server in inputs.servers)
    if inputs.mx == "unknown" or not (inputs.working or (inputs.dead and not is_alive)):
        yield "inconclusive"
    if not inputs.working or inputs.is_policy_lost or inputs.dane == "broken":
        yield "losing-mail"
    if not all(server.encrypts for server in inputs.working):
        yield "exposed"
    if inputs.dead:
        yield "degraded"
    yield from _rows_of_promises(inputs)


def _rows_of_promises(inputs: LevelInputs) -> Iterator[Level]:
    """Every server works and encrypts: what is promised, and who keeps it."""
    kept = inputs.policy_kept
    if (inputs.mta_sts == "enforce" and kept and all(kept)) or inputs.dane == "valid":
        yield "enforced"
    if (inputs.mta_sts == "enforce" and kept) or inputs.dane == "partial":
        yield "partly-enforced"
    if inputs.mta_sts == "testing" and kept and all(kept):
        yield "testing"
    if all(server.sts_ready for server in inputs.working):
        yield "ready"
    yield "encrypted"


def _is_open(server: ServerInput) -> bool:
    return server.works is True and server.keeps_policy is None


def _server_input(state: DomainState, server: ServerState) -> ServerInput:
    return ServerInput(
        works=server.works,
        encrypts=server.encrypts,
        sts_ready=server.sts_ready,
        keeps_policy=keeps_policy(state, server),
        takes_mail=takes_mail(state, server),
        is_whole=server.is_whole,
    )


def _mx(state: DomainState) -> Mx:
    mx = state.facts.mx
    match mx.status:
        case "null-mx" | "nxdomain" | "none":
            return mx.status
        case "explicit" | "implicit" | "invalid":
            return "servers"
        case "failed":
            failure = mx.failure
            return "unusable" if failure is not None and failure.fault is Fault.THEIRS else "unknown"
        case None:
            return "unknown"
