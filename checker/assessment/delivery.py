"""The delivery simulation: what each kind of sender does with a mail for this domain (RFC 5321 section 5.1).

Servers come by preference. The one rule of this file: servers of one preference, and addresses of one server, are a
set that senders try in any order; where the order decides, the worse end is shown.
"""

from collections.abc import Sequence
from itertools import groupby

from checker.assessment.judged import Delivery, DeliveryOutcome, Sender, Step
from checker.assessment.level import minimally_sufficient
from checker.assessment.session import PROVEN, Demands, Visit, visit_address
from checker.assessment.states import DomainState, ServerState, counted_look_ups
from checker.names import IPAddress
from checker.network.ports import Answer
from checker.observation import Failed, FailureKind, Fault, NotTried, Observation, Seen

_DEMANDS: dict[Sender, Demands] = {
    "opportunistic": Demands(),
    "mandatory-tls": Demands(tls=True),
    "forced-tls": Demands(tls=True),
    "verified-tls": PROVEN,
}
_BY_POLICY: tuple[Sender, ...] = ("mta-sts", "mta-sts-cached", "dane", "dane-mta-sts")
_WORST_FIRST: tuple[DeliveryOutcome, ...] = ("plaintext", "unknown", "encrypted", "authenticated")
_NOT_LOOKED_AT = "Depends on the domain's MTA-STS policy and DANE records, which this version does not look at."


def simulate(state: DomainState) -> tuple[Delivery, ...]:
    """One delivery for each kind of sender, in the report's order."""
    plain = tuple(_send(sender, demands, state) for sender, demands in _DEMANDS.items())
    return plain + tuple(_by_policy(sender, plain[0]) for sender in _BY_POLICY)


def _by_policy(sender: Sender, opportunistic: Delivery) -> Delivery:
    """Who obeys a policy is never less strict: what stops a sender that asks for nothing stops it too."""
    if opportunistic.outcome in ("deferred", "refused"):
        return _ended(sender, opportunistic.outcome, opportunistic.steps, opportunistic.status_code, None)
    return Delivery(sender=sender, outcome="unknown", steps=(Step(action="skip", why=_NOT_LOOKED_AT),))


def _send(sender: Sender, demands: Demands, state: DomainState) -> Delivery:
    if (ended := _before_servers(sender, state)) is not None:
        return ended
    walked = _walk(sender, demands, state)
    return _if_sufficient(walked, state) if sender == "forced-tls" else walked


def _before_servers(sender: Sender, state: DomainState) -> Delivery | None:
    """What DNS says ends it: null MX, no such domain, nothing to deliver to, or no answer."""
    match state.facts.mx.status:
        case "null-mx":
            return _at_once(sender, "5.1.10", "The domain says that it takes no mail.")
        case "nxdomain":
            return _at_once(sender, "5.1.2", _why_no_domain(state))
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
    is_everyones = failure is not None and (failure.fault is Fault.THEIRS or failure.failure is FailureKind.SERVFAIL)
    if failure is None or not is_everyones:
        why = f"We could not look up the mail servers: {failure.detail if failure else 'the scan ended first.'}"
        return Delivery(sender=sender, outcome="unknown", steps=(Step(action="fail", why=why),))
    step = Step(action="fail", why=f"DNS gives no answer that counts: {failure.detail}")
    return _ended(sender, "deferred", (step,), "4.4.3", None)


def _if_sufficient(walked: Delivery, state: DomainState) -> Delivery:
    """Forced TLS delivers only to a domain that is minimally sufficient as a whole; what stops others stops it too."""
    is_sufficient = minimally_sufficient(state)
    if is_sufficient or walked.outcome in ("deferred", "refused"):
        return walked
    if is_sufficient is None:
        why = "Depends on whether every server encrypts, which we could not see."
        return Delivery(sender=walked.sender, outcome="unknown", steps=(Step(action="fail", why=why),))
    at_fault = [server for server in state.servers if server.encrypts is False]
    server = next((server for server in at_fault if server.works), at_fault[0])
    what = "does not encrypt sufficiently" if server.works else "does not work"
    why = f"It {what}, and this sender delivers only where every server of the domain encrypts."
    step = Step(host=server.host, action="fail", why=why)
    return _ended(walked.sender, "deferred", (step,), "4.7.4", "starttls-not-supported" if server.works else None)


def _walk(sender: Sender, demands: Demands, state: DomainState) -> Delivery:
    steps: tuple[Step, ...] = ()
    failures: list[Visit] = []
    for _, equals in groupby(state.servers, key=lambda server: server.preference):
        visit = _any_order([_visit_server(state, server, demands) for server in equals], "servers")
        steps += visit.steps
        if visit.outcome is not None:
            return Delivery(sender=sender, outcome=visit.outcome, steps=steps, via=visit.via)
        failures.append(visit)
    if all(failure.is_permanent for failure in failures):
        return _ended(sender, "refused", steps, "5.4.4", None)
    last = [failure for failure in failures if not failure.is_permanent][-1]
    return _ended(sender, "deferred", steps, last.status_code, last.result_type)


def _visit_server(state: DomainState, server: ServerState, demands: Demands) -> Visit:
    tried = [visit_address(state, server.host, endpoint, demands) for endpoint in server.tried]
    if not tried:
        return _unreachable(server)
    visit = _any_order(tried, "addresses")
    if visit.outcome is None and any(map(_is_ours, counted_look_ups(server.looked_up, state.facts))):
        steps = (*visit.steps, _skip(server, "We could not look up whether it has another address."))
        return Visit(steps=steps, outcome="unknown")
    return visit


def _unreachable(server: ServerState) -> Visit:
    """A server of which no address was tried: it has none, or nobody here could tell."""
    families = (server.looked_up.ipv4, server.looked_up.ipv6)
    if all(isinstance(family, Seen) and not family.value.records for family in families):
        return Visit(steps=(_skip(server, "It has no address in DNS."),), is_permanent=True)
    everyones = [f for f in families if isinstance(f, Failed) and _is_everyones(f)]
    if everyones and not any(isinstance(f, Seen) and f.value.records for f in families):
        return Visit(
            steps=(_skip(server, f"Its address can't be looked up: {everyones[0].detail}"),), status_code="4.4.3"
        )
    why = "It has only addresses that are not public." if server.is_not_public else "We could not try it from here."
    return Visit(steps=(_skip(server, why),), outcome="unknown")


def _is_everyones(failed: Failed) -> bool:
    return failed.fault is Fault.THEIRS or failed.failure is FailureKind.SERVFAIL


def _is_ours(addresses: Observation[Answer[IPAddress]]) -> bool:
    """Nobody here could look them up; other senders may."""
    return isinstance(addresses, NotTried) or (isinstance(addresses, Failed) and not _is_everyones(addresses))


def _skip(server: ServerState, why: str) -> Step:
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
    return Visit(steps=steps + worst.steps, outcome=worst.outcome, via=worst.via)


def _badness(visit: Visit) -> int:
    assert visit.outcome is not None
    return _WORST_FIRST.index(visit.outcome)


def _at_once(sender: Sender, code: str, why: str) -> Delivery:
    return _ended(sender, "refused", (Step(action="fail", why=why),), code, None)


def _ended(
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
