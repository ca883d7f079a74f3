"""How a sender goes through a domain's servers (RFC 5321 section 5.1): what DNS says first, then by preference.

The one rule of this file: servers of one preference, and addresses of one server, are a set that senders try in any
order; where the order decides, the worse end is shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

from checker.assessment.judged import Delivery, DeliveryOutcome, Sender, Step
from checker.assessment.session import NO_CONNECTION, Demands, Visit, visit_address
from checker.assessment.states import DomainState, ServerState, counted_look_ups
from checker.names import IPAddress
from checker.network.ports import Answer
from checker.observation import Failed, FailureKind, NotTried, Observation, Seen
from checker.sender_words import Failure

type Visitor = Callable[[ServerState], Visit]

_WORST_FIRST: tuple[DeliveryOutcome, ...] = ("plaintext", "unknown", "encrypted", "authenticated")


def before_servers(sender: Sender, state: DomainState) -> Delivery | None:
    """What DNS says ends it: null MX, no such domain, nothing to deliver to, or no answer."""
    match state.facts.mx.status:
        case "null-mx":
            return _at_once(sender, "5.1.10", "The domain says that it takes no mail.", "null-mx")
        case "nxdomain":
            return _at_once(sender, "5.1.2", _why_no_domain(state), "no-domain")
        case "none":
            return _at_once(sender, "5.4.4", "The domain has neither a mail server nor an address.")
        case "failed" | None:
            return _no_answer(sender, state)
        case "explicit" | "implicit" | "invalid":
            return None


def _why_no_domain(state: DomainState) -> str:
    aliases = state.facts.mx.aliases
    return f"The domain is an alias of {aliases[-1]}, which does not exist." if aliases else "There is no such domain."


def _no_answer(sender: Sender, state: DomainState) -> Delivery:
    """A failure of the domain's DNS meets every sender; one of our resolver's, or ours, only us."""
    failure = state.facts.mx.failure
    if failure is None or not failure.meets_everybody:
        why = f"We could not look up the mail servers: {failure.detail if failure else 'the scan ended first.'}"
        return Delivery(sender=sender, outcome="unknown", steps=(Step(action="fail", why=why),))
    words: Failure = "mx-bogus" if failure.failure is FailureKind.BOGUS else "mx-look-up"
    step = Step(action="fail", why=f"DNS gives no answer that counts: {failure.detail}", failure=words)
    return ended(sender, "deferred", (step,), "4.4.3", None)


def walk(sender: Sender, state: DomainState, visit_server: Visitor) -> Delivery:
    """Every server in order of preference until one takes the mail; what is left then waits or returns."""
    steps: tuple[Step, ...] = ()
    failures: list[Visit] = []
    for _, equals in groupby(state.servers, key=lambda server: server.preference):
        visits = [_suppose_down(s) if s.host in state.supposed_down else visit_server(s) for s in equals]
        visit = _any_order(visits, "servers")
        steps += visit.steps
        if visit.outcome is not None:
            return Delivery(
                sender=sender, outcome=visit.outcome, steps=steps, via=visit.via, result_type=visit.result_type
            )
        failures.append(visit)
    if all(failure.is_permanent for failure in failures):
        return ended(sender, "refused", steps, "5.4.4", None)
    last = [failure for failure in failures if not failure.is_permanent][-1]
    return ended(sender, "deferred", steps, last.status_code, last.result_type)


def _suppose_down(server: ServerState) -> Visit:
    step = skip(server, "We suppose that it is down, to see what happens then.")
    return Visit(steps=(step,), status_code=NO_CONNECTION)


def visit_server(state: DomainState, server: ServerState, demands: Demands) -> Visit:
    """What a sender with these demands gets from this server."""
    tried = [visit_address(state, server.host, endpoint, demands) for endpoint in server.tried]
    if not tried:
        return _unreachable(server)
    visit = _any_order(tried, "addresses")
    if visit.outcome is None and any(map(_is_ours, counted_look_ups(server.looked_up, state.facts))):
        steps = (*visit.steps, skip(server, "We could not look up whether it has another address."))
        return Visit(steps=steps, outcome="unknown")
    return visit


def _unreachable(server: ServerState) -> Visit:
    """A server of which no address was tried: it has none, or nobody here could tell."""
    families = (server.looked_up.ipv4, server.looked_up.ipv6)
    if all(isinstance(family, Seen) and not family.value.records for family in families):
        step = replace(skip(server, "It has no address in DNS."), failure="no-address")
        return Visit(steps=(step,), is_permanent=True)
    everyones = [f for f in families if isinstance(f, Failed) and f.meets_everybody]
    if everyones and not any(isinstance(f, Seen) and f.value.records for f in families):
        why = f"Its address can't be looked up: {everyones[0].detail}"
        return Visit(steps=(replace(skip(server, why), failure="address-look-up"),), status_code="4.4.3")
    why = "It has only addresses that are not public." if server.is_not_public else "We could not try it from here."
    return Visit(steps=(skip(server, why),), outcome="unknown")


def _is_ours(addresses: Observation[Answer[IPAddress]]) -> bool:
    """Nobody here could look them up; other senders may."""
    return isinstance(addresses, NotTried) or (isinstance(addresses, Failed) and not addresses.meets_everybody)


def skip(server: ServerState, why: str) -> Step:
    """A server that is passed over."""
    return Step(host=server.host, action="skip", why=why)


def _any_order(visits: Sequence[Visit], what: str) -> Visit:
    """A sender stops at the first that doesn't fail. Of those that it may come to first, the one that ends worst."""
    failed = [visit for visit in visits if visit.outcome is None]
    ends = sorted((visit for visit in visits if visit.outcome is not None), key=_badness)
    steps = tuple(step for visit in failed for step in visit.steps)
    if not ends:
        temporary = [visit for visit in failed if not visit.is_permanent]
        last = (temporary or failed)[-1]
        return Visit(
            steps=steps, status_code=last.status_code, result_type=last.result_type, is_permanent=not temporary
        )
    worst = ends[0]
    if len({visit.outcome for visit in ends}) > 1:
        note = f"Senders take {what} of equal rank in any order, and they end differently here. This is the worse way."
        steps += (Step(action="try", why=note),)
    return replace(worst, steps=steps + worst.steps)


def _badness(visit: Visit) -> tuple[int, bool]:
    """Of equal ends, the one that the sender reports as a failure is worse."""
    assert visit.outcome is not None
    return _WORST_FIRST.index(visit.outcome), visit.result_type is None


def _at_once(sender: Sender, code: str, why: str, failure: Failure | None = None) -> Delivery:
    return ended(sender, "refused", (Step(action="fail", why=why, failure=failure),), code, None)


def ended(
    sender: Sender,
    outcome: DeliveryOutcome,
    steps: tuple[Step, ...],
    code: str | None,
    result_type: str | None,
) -> Delivery:
    """A mail that was not delivered. While it is queued the code begins with 4, in the bounce with 5."""
    final = f"5{code[1:]}" if code else None
    return Delivery(
        sender=sender,
        outcome=outcome,
        steps=steps,
        status_code=code,
        final_status_code=final,
        result_type=result_type,
    )
