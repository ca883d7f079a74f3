"""Which servers senders may use under the domain's policy, if it is enforced (RFC 8461 sections 4 and 5).

The one rule of this file: the same session that the delivery simulation shows decides, so that the two never differ.
"""

from collections.abc import Iterator

from checker.assessment.address_state import all_of
from checker.assessment.judged import Step
from checker.assessment.session import PROVEN, Visit, visit_address
from checker.assessment.states import DomainState, ServerState
from checker.names import IPAddress


def keeps_policy(state: DomainState, server: ServerState) -> bool | None:
    """Is it listed, and does it prove itself on every address that works?

    Null where that could not be told, and without a policy. What is unknown of one address is left out beside others.
    """
    is_covered = state.policy.covers(server.host)
    if not is_covered:
        return is_covered
    outcomes = [visit.outcome for visit in _visits(state, server)]
    return all_of(outcome == "authenticated" for outcome in outcomes if outcome != "unknown")


def takes_mail(state: DomainState, server: ServerState) -> bool:
    """Can senders that honour the policy deliver to it? One address is enough, for they try the others too."""
    is_covered = state.policy.covers(server.host) is True
    return is_covered and any(visit.outcome == "authenticated" for visit in _visits(state, server))


def why_not_proven(state: DomainState, server: ServerState) -> str:
    """Why a sender that honours the policy does not hand its mail over, in the words of the first such address.

    The address is named where others pass.
    """
    step, address = _first_failure(state, server), odd_address(state, server)
    why = step.why if step else ""
    return f"At {address}: {why}" if address else why


def odd_address(state: DomainState, server: ServerState) -> IPAddress | None:
    """The first address that fails where others pass; null where none does, or all do."""
    step = _first_failure(state, server)
    return step.address if step and takes_mail(state, server) else None


def _first_failure(state: DomainState, server: ServerState) -> Step | None:
    failed = (visit for visit in _visits(state, server) if visit.outcome is None)
    return next((step for visit in failed for step in visit.steps), None)


def _visits(state: DomainState, server: ServerState) -> Iterator[Visit]:
    return (visit_address(state, server.host, endpoint, PROVEN) for endpoint in server.tried if endpoint.works)
