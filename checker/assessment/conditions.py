"""The conditions that each server must meet, as a tick list: those of LuxSci's article, server by server.

A server works where one of its addresses works; everything else must hold on every address that works. The one rule
of this file: no tick contradicts the flags. A false one makes its flag false, and under a null one no flag is true.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from checker.assessment.address_state import Proof, all_of
from checker.assessment.states import ServerState

type Condition = Literal["works", "starttls", "tls-1.2", "in-dates", "name-matches", "trusted"]

CONDITIONS: tuple[Condition, ...] = get_args(Condition.__value__)

_PROOF: dict[Condition, Callable[[Proof], bool | None]] = {
    "tls-1.2": lambda proof: proof.is_current,
    "in-dates": lambda proof: proof.is_in_dates,
    "name-matches": lambda proof: proof.names_host,
    "trusted": lambda proof: proof.is_trusted,
}


@dataclass(frozen=True, slots=True)
class Ticks:
    """Each condition, in the order in which a sender meets them. Null: could not tell, or ``not_reached``.

    ``not_reached``: those behind one that every address failed.
    """

    met: Mapping[Condition, bool | None]
    not_reached: tuple[Condition, ...] = ()


UNTOLD = Ticks(dict.fromkeys(CONDITIONS))


def ticks(server: ServerState) -> Ticks:
    """The conditions of one server."""
    if not server.works:
        behind = CONDITIONS[1:] if server.works is False else ()
        return Ticks({**UNTOLD.met, "works": server.works}, behind)
    working = [endpoint for endpoint in server.tried if endpoint.works]
    proofs = [endpoint.proof for endpoint in working if endpoint.starts_tls]
    starts_tls = all_of(endpoint.starts_tls for endpoint in working)
    proven = {condition: all_of(map(claim, proofs)) for condition, claim in _PROOF.items()}
    behind = tuple(_PROOF) if starts_tls is False and not proofs else ()
    return Ticks({"works": True, "starttls": starts_tls, **proven}, behind)
