"""Which servers keep what the domain promises: its policy if it is enforced (RFC 8461 sections 4 and 5), and DANE.

The one rule of this file: the same session that the delivery simulation shows decides, so that the two never differ.
"""

from collections.abc import Iterable, Iterator

from checker.assessment.address_state import all_of
from checker.assessment.dane_state import Dane, Promise, domain_dane, is_open
from checker.assessment.judged import Step
from checker.assessment.session import MATCHED, PROVEN, Visit, visit_address
from checker.assessment.states import DomainState, ServerState
from checker.dane.settled import Settled
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


def dane_of(state: DomainState, servers: Iterable[ServerState]) -> Dane | None:
    """The flag ``dane``, if these were all servers of the domain. One without an address has no part in it."""
    all_of_them = tuple(servers)
    promises = [_promise(state, server) for server in all_of_them if not server.is_without_address]
    if all_of_them and not promises:
        promises = [Promise(settled=Settled(status="absent"))]
    return domain_dane(state.facts, promises)


def dane_mended(state: DomainState) -> Dane | None:
    """The flag ``dane`` if each server kept to its records. What a look-up that fails now would bring, nobody knows."""
    kept = Settled(status="usable")
    none = Promise(settled=Settled(status="absent"))
    promises = [
        none if server.dane.settled.status == "failed" else Promise(settled=kept, passes=True, takes_mail=True)
        for server in state.servers
    ]
    return domain_dane(state.facts, promises)


def keeps_dane(state: DomainState, server: ServerState) -> bool | None:
    """Does every address that works match its usable records? Null without any, or where that was not seen."""
    return _promise(state, server).passes


def is_dane_open(state: DomainState) -> bool:
    """A server that works has records, and whether it keeps to them was not seen."""
    return is_open(_promise(state, server) for server in state.servers if server.works)


def _promise(state: DomainState, server: ServerState) -> Promise:
    """Do the addresses that work match the records, with every certificate that they have?

    What is unknown of one address is left out beside others.
    """
    settled = server.dane.settled
    if settled.status != "usable":
        return Promise(settled=settled)
    outcomes = {e.address: visit_address(state, server.host, e, MATCHED).outcome for e in server.tried if e.works}
    known = {address: outcome == "authenticated" for address, outcome in outcomes.items() if outcome != "unknown"}
    return Promise(
        settled=settled,
        passes=all_of(delivers and server.dane.at(address).status == "valid" for address, delivers in known.items()),
        takes_mail=any(known.values()),
    )


def _first_failure(state: DomainState, server: ServerState) -> Step | None:
    failed = (visit for visit in _visits(state, server) if visit.outcome is None)
    return next((step for visit in failed for step in visit.steps), None)


def _visits(state: DomainState, server: ServerState) -> Iterator[Visit]:
    return (visit_address(state, server.host, endpoint, PROVEN) for endpoint in server.tried if endpoint.works)
