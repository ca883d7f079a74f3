"""The delivery simulation: what each kind of sender does with a mail for this domain (requirements 9).

The one rule of this file: a sender that asks for more never ends better than one that asks for less, and where its
demand could not be told, neither can its end.
"""

from functools import partial

from checker.assessment.judged import Delivery, Sender, Step
from checker.assessment.level import minimally_sufficient
from checker.assessment.policy_delivery import deliver, first_meeting, lenient_variant, with_last_policy
from checker.assessment.session import PROVEN, Demands
from checker.assessment.states import DomainState
from checker.assessment.walk import before_servers, ended, visit_server, walk

_TLS = Demands(tls=True)
_NOT_LOOKED_AT = "Depends on the domain's DANE records, which this version does not look at."


def simulate(state: DomainState) -> tuple[Delivery, ...]:
    """One delivery for each kind of sender, in the report's order; a variant stands behind its sender."""
    opportunistic = _send("opportunistic", Demands(), state)
    lenient = lenient_variant(state, opportunistic)
    return (
        opportunistic,
        _send("mandatory-tls", _TLS, state),
        _forced(state),
        _send("verified-tls", PROVEN, state),
        deliver("mta-sts", state, first_meeting(state.policy), opportunistic),
        *((lenient,) if lenient is not None else ()),
        deliver("mta-sts-cached", state, with_last_policy(state.policy), opportunistic),
        _by_dane("dane", opportunistic),
        _by_dane("dane-mta-sts", opportunistic),
    )


def _by_dane(sender: Sender, opportunistic: Delivery) -> Delivery:
    """Who obeys DANE is never less strict: what stops a sender that asks for nothing stops it too."""
    if opportunistic.outcome in ("deferred", "refused"):
        return ended(sender, opportunistic.outcome, opportunistic.steps, opportunistic.status_code, None)
    return Delivery(sender=sender, outcome="unknown", steps=(Step(action="skip", why=_NOT_LOOKED_AT),))


def _send(sender: Sender, demands: Demands, state: DomainState) -> Delivery:
    if (before := before_servers(sender, state)) is not None:
        return before
    return walk(sender, state, partial(visit_server, state, demands=demands))


def _forced(state: DomainState) -> Delivery:
    """Forced TLS checks certificates where a policy is enforced. Where that isn't known, both ways must deliver."""
    flag = state.policy.flag
    delivery = _send("forced-tls", PROVEN if flag == "enforce" else _TLS, state)
    if flag is None and _send("forced-tls", PROVEN, state).outcome not in ("authenticated", delivery.outcome):
        why = "Depends on whether the domain's policy asks for good certificates, which we could not see."
        delivery = Delivery(sender="forced-tls", outcome="unknown", steps=(Step(action="fail", why=why),))
    return _if_sufficient(delivery, state)


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
    return ended(walked.sender, "deferred", (step,), "4.7.4", "starttls-not-supported" if server.works else None)
