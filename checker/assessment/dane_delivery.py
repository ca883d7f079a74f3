"""What senders do that obey DANE, alone or beside MTA-STS (RFC 7672 section 2.2, RFC 8461 section 2).

The one rule of this file: DANE that fails is final, whatever a policy would allow. Where it passes, the standards leave
open whether a policy must be kept too: the main line lets DANE decide, and the software that asks for both has a row.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from checker.assessment.dane_state import mx_security
from checker.assessment.judged import Delivery, Sender, Step
from checker.assessment.policy_delivery import Believed, believing, enforced, first_meeting
from checker.assessment.session import MATCHED, SOME_TLS, Demands, Visit
from checker.assessment.states import DomainState, ServerState
from checker.assessment.walk import before_servers, ended, skip, visit_server, walk
from checker.mta_sts.facts import Policy
from checker.mta_sts.matching import covers
from checker.observation import Failed, FailureKind

_BY_SIGNATURES = (FailureKind.BOGUS, FailureKind.SERVFAIL)
_TLSA_LOOK_UP = "4.7.5"
_DNSSEC_INVALID = "dnssec-invalid"
_UNSIGNED_MX = "The MX record is not signed, so nobody vouches that this is the right server."
_UNSEEN_MX = "We could not see whether the MX record is signed, and so whether anybody vouches for this server."
_DECIDES = "DANE decides here, so the domain's policy is not asked."
_NOT_SEEN = "Depends on the domain's DANE records, which we could not see"
_ASKS_BOTH = {
    "mox": "This software asks that the policy be kept as well.",
    "Stalwart": "This software asks that the policy list the server as well.",
}
"""Read in the source of each (requirements section 9.2)."""

type Visitor = Callable[[ServerState], Visit]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ways:
    """How a sender treats a server without records that count, one whose records are of no use, and one that passes."""

    otherwise: Visitor
    unusable: Visitor
    passed: Callable[[ServerState, Visit], Visit] = lambda _, visit: visit


def by_dane(state: DomainState, opportunistic: Delivery) -> Delivery:
    """A sender that knows nothing of MTA-STS."""
    return _deliver("dane", state, _ways(state, None), opportunistic)


def by_dane_or_policy(state: DomainState, opportunistic: Delivery) -> Delivery:
    """DANE where a server has records, else the policy as at a first meeting."""
    believed = first_meeting(state.policy)
    return _told(believed, _deliver("dane-mta-sts", state, _ways(state, believed), opportunistic))


def unsigned_variant(state: DomainState, main: Delivery, opportunistic: Delivery) -> Iterator[Delivery]:
    """Exim's reading, where it ends otherwise: under an MX record that is not signed no server has records.

    RFC 7672 section 2.2.1 leaves it to the sender; the main line is Postfix's.
    """
    if mx_security(state.facts) == "insecure" and (opportunistic.outcome, opportunistic.via) != (
        main.outcome,
        main.via,
    ):
        step = Step(action="try", why="The MX record is not signed, so this software asks for no TLSA records.")
        yield replace(opportunistic, sender=main.sender, variant="Exim", steps=(step, *opportunistic.steps))


def variants(state: DomainState, main: Delivery, opportunistic: Delivery) -> Iterator[Delivery]:
    """The same for software that asks for both, where that ends otherwise than ``main``."""
    believed = first_meeting(state.policy)
    policy = believed.policy
    if policy is None or policy.mode != "enforce":
        return
    demands: dict[str, Visitor] = {
        "mox": lambda server: enforced(state, server, policy),
        "Stalwart": lambda server: _listed(state, server, policy),
    }
    for software, asks in demands.items():
        ways = replace(_ways(state, believed), passed=_both(asks, _ASKS_BOTH[software]))
        delivery = _told(believed, _deliver("dane-mta-sts", state, ways, opportunistic))
        if (delivery.outcome, delivery.via) != (main.outcome, main.via):
            yield replace(delivery, variant=software)


def _deliver(sender: Sender, state: DomainState, ways: _Ways, opportunistic: Delivery) -> Delivery:
    if (before := before_servers(sender, state)) is not None:
        failure = state.facts.mx.failure
        is_about_signatures = failure is not None and failure.failure in _BY_SIGNATURES
        return replace(before, result_type=_DNSSEC_INVALID) if is_about_signatures else before
    if all(server.dane.settled.status is None for server in state.servers):
        return _not_seen(sender, state, opportunistic)
    return walk(sender, state, lambda server: _visit(state, server, ways))


def _not_seen(sender: Sender, state: DomainState, opportunistic: Delivery) -> Delivery:
    """Who obeys DANE is never less strict: what stops a sender that asks for nothing stops it too."""
    if opportunistic.outcome in ("deferred", "refused"):
        return ended(sender, opportunistic.outcome, opportunistic.steps, opportunistic.status_code, None)
    why = next((_why_not_seen(server) for server in state.servers), f"{_NOT_SEEN}.")
    return Delivery(sender=sender, outcome="unknown", steps=(Step(action="skip", why=why),))


def _ways(state: DomainState, believed: Believed | None) -> _Ways:
    def some_tls(server: ServerState) -> Visit:
        return _of_no_use(server, visit_server(state, server, SOME_TLS))

    if believed is None:
        return _Ways(otherwise=lambda server: visit_server(state, server, Demands()), unusable=some_tls)
    policy, otherwise = believed.policy, believing(state, believed)
    is_strict = policy is not None and policy.mode == "enforce"

    def unusable(server: ServerState) -> Visit:
        """TLS, and what an enforced policy asks beside it."""
        visit = some_tls(server)
        if visit.outcome is None or not (is_strict or believed.is_unknown):
            return visit
        return _of_no_use(server, otherwise(server)) if is_strict else otherwise(server)

    note = _DECIDES if is_strict else ""
    return _Ways(otherwise=otherwise, unusable=unusable, passed=lambda _, visit: _with_note(visit, note))


def _of_no_use(server: ServerState, visit: Visit) -> Visit:
    """That its records are of no use is reported, whatever comes of it (RFC 8460 section 4.3.2.1)."""
    why = "It has TLSA records, and none is of use: they ask for TLS and prove nothing."
    step = Step(host=server.host, action="try", why=why)
    return replace(visit, steps=(step, *visit.steps), result_type=visit.result_type or "tlsa-invalid")


def _visit(state: DomainState, server: ServerState, ways: _Ways) -> Visit:
    """One server, by what its TLSA look-ups came to (requirements section 9.2)."""
    settled = server.dane.settled
    if not server.tried:
        visit = visit_server(state, server, Demands())
        return replace(visit, result_type=_DNSSEC_INVALID) if visit.outcome is None and _is_bogus(server) else visit
    match settled.status:
        case "failed":
            detail = settled.failure.detail if settled.failure else ""
            step = replace(skip(server, f"Its TLSA records can't be looked up: {detail}"), failure="tlsa-look-up")
            return Visit(steps=(step,), status_code=_TLSA_LOOK_UP, result_type=_DNSSEC_INVALID)
        case "usable":
            return _matched(state, server, ways)
        case "unusable":
            return ways.unusable(server)
        case "absent" | "insecure":
            return ways.otherwise(server)
        case None:
            visit = visit_server(state, server, Demands())
            step = skip(server, _why_not_seen(server))
            return visit if visit.outcome is None else Visit(steps=(step,), outcome="unknown")


def _matched(state: DomainState, server: ServerState, ways: _Ways) -> Visit:
    visit = visit_server(state, server, MATCHED)
    if visit.outcome != "authenticated":
        return visit
    security = mx_security(state.facts)
    if security != "secure":
        note = _UNSEEN_MX if security is None else _UNSIGNED_MX
        visit = replace(_with_note(visit, note), outcome="encrypted")
    return ways.passed(server, visit)


def _with_note(visit: Visit, note: str) -> Visit:
    """The last step with a sentence more."""
    *before, last = visit.steps
    return replace(visit, steps=(*before, replace(last, why=f"{last.why} {note}".rstrip())))


def _both(asks: Visitor, note: str) -> Callable[[ServerState, Visit], Visit]:
    """After DANE has passed, what else must."""

    def passed(server: ServerState, visit: Visit) -> Visit:
        other = asks(server)
        return visit if other.outcome == "authenticated" else _with_note(other, note)

    return passed


def _listed(state: DomainState, server: ServerState, policy: Policy) -> Visit:
    """Its name alone is held against the policy."""
    if covers(policy.mx, server.host):
        return visit_server(state, server, MATCHED)
    return enforced(state, server, policy)


def _told(believed: Believed, delivery: Delivery) -> Delivery:
    """With how it comes to its policy, if that could be told and it came as far as a server."""
    came_to_a_server = any(step.host for step in delivery.steps)
    if believed.is_unknown or delivery.outcome == "unknown" or not came_to_a_server:
        return delivery
    result_type = delivery.result_type or believed.result_type
    return replace(delivery, steps=(believed.step, *delivery.steps), result_type=result_type)


def _is_bogus(server: ServerState) -> bool:
    families = (server.looked_up.ipv4, server.looked_up.ipv6)
    return any(isinstance(family, Failed) and family.failure is FailureKind.BOGUS for family in families)


def _why_not_seen(server: ServerState) -> str:
    failure = server.dane.settled.failure
    return f"{_NOT_SEEN}: {failure.detail}" if failure and failure.detail else f"{_NOT_SEEN}."
