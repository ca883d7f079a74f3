"""The conditions that each server, and the policy, must meet, as tick lists: those of LuxSci's article.

A server works where one of its addresses works; everything else must hold on every address that works. The one rule
of this file: no tick contradicts the flags. A false one makes its flag false, and under a null one no flag is true.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from checker.assessment.address_state import Proof, all_of
from checker.assessment.policy import PolicyState
from checker.assessment.states import DomainState, ServerState
from checker.mta_sts.matching import covers
from checker.mta_sts.visits import OLD_VERSIONS
from checker.observation import Seen

type Condition = Literal["works", "starttls", "tls-1.2", "in-dates", "name-matches", "trusted"]
type PolicyCondition = Literal["txt-record", "secure-site", "policy-file", "servers-listed"]

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


def policy_conditions(state: DomainState) -> dict[PolicyCondition, bool | None]:
    """What must hold for a policy to take effect, in the order in which a sender meets it.

    Null: could not tell, or it can't be said because an earlier one fails, or the domain tries no MTA-STS at all.
    """
    has_site = _has_secure_site(state.policy)
    has_file = state.policy.fetch.status == "valid" if has_site else None
    return {
        "txt-record": _has_record(state.policy),
        "secure-site": has_site,
        "policy-file": has_file,
        "servers-listed": _lists_servers(state) if has_file else None,
    }


def _has_record(policy: PolicyState) -> bool | None:
    status = policy.published.facts.record.status
    return None if status in (None, "failed") else status == "valid"


def _has_secure_site(policy: PolicyState) -> bool | None:
    """The policy host answers, with a certificate and a version of TLS that senders take."""
    published, fetch = policy.published, policy.fetch
    if fetch.status in ("unknown", "absent"):
        return None
    visit = published.facts.answered
    if visit is None or fetch.result_type == "sts-webpki-invalid":
        return False
    return not (isinstance(visit.handshake, Seen) and visit.handshake.value in OLD_VERSIONS)


def _lists_servers(state: DomainState) -> bool | None:
    """Every server, as far as the policy is not switched off."""
    policy = state.policy.fetch.policy
    if policy is None or policy.mode == "none":
        return None
    return all_of(covers(policy.mx, server.host) for server in state.servers)
