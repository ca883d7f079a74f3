"""The delivery simulation: what each kind of sender does with a mail for this domain (requirements 9).

The one rule of this file: a sender that asks for more never ends better than one that asks for less, and where its
demand could not be told, neither can its end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from checker.assessment.dane_delivery import by_dane, by_dane_or_policy, unsigned_variant, variants
from checker.assessment.judged import Delivery, Sender, Step
from checker.assessment.level import minimally_sufficient
from checker.assessment.policy_delivery import deliver, first_meeting, lenient_variant, with_last_policy
from checker.assessment.session import PROVEN, Demands
from checker.assessment.spoken import spoken
from checker.assessment.states import DomainState
from checker.assessment.walk import before_servers, ended, visit_server, walk
from checker.names import DomainName

_TLS = Demands(tls=True)


def simulate(state: DomainState) -> tuple[Delivery, ...]:
    """One delivery for each kind of sender, in the report's order; software that differs stands behind its sender.

    Then all kinds again with the best server down, where there is another.
    """
    deliveries = [*_in_words(_with_postfix(state), state)]
    if best := _best(state):
        fallen = replace(state, supposed_down=best)
        deliveries += [replace(d, variant="best-down") for d in _in_words(_all(fallen), state) if d.variant is None]
    return tuple(deliveries)


def _in_words(deliveries: Iterable[Delivery], state: DomainState) -> Iterator[Delivery]:
    """Each with what its software prints."""
    all_kinds = [*deliveries]
    by_both = next(d for d in all_kinds if d.sender == "dane-mta-sts" and d.variant is None)
    return (spoken(delivery, state, by_both) for delivery in all_kinds)


def _with_postfix(state: DomainState) -> Iterator[Delivery]:
    """All, and Postfix's way where the mail fares otherwise by it.

    Where TLS was begun and failed the main line goes on in clear text, as Exim does at once. Postfix first tries the
    others, and uses clear text only when it comes back after ``minimal_backoff_time``.
    """
    deliveries = [*_all(state)]
    patient: dict[Sender, Delivery] = {}
    if any(delivery.outcome == "plaintext" for delivery in deliveries):
        patient = {d.sender: d for d in _all(replace(state, clear_last=True)) if d.variant is None}
    for delivery in deliveries:
        yield delivery
        other = patient.get(delivery.sender, delivery)
        is_other = (other.outcome, other.via) != (delivery.outcome, delivery.via)
        if delivery.variant is None and other.via is not None and is_other:
            yield replace(other, variant="Postfix")


def _best(state: DomainState) -> frozenset[DomainName]:
    """The servers of the best preference; none where there are no others behind them."""
    least = min((server.preference for server in state.servers), default=0)
    best = frozenset(server.host for server in state.servers if server.preference == least)
    return best if len(best) < len(state.servers) else frozenset()


def _all(state: DomainState) -> Iterator[Delivery]:
    opportunistic = _send("opportunistic", Demands(), state)
    lenient = lenient_variant(state, opportunistic)
    yield opportunistic
    yield _send("mandatory-tls", _TLS, state)
    yield _forced(state)
    yield _send("verified-tls", PROVEN, state)
    yield deliver("mta-sts", state, first_meeting(state.policy), opportunistic)
    if lenient is not None:
        yield lenient
    yield deliver("mta-sts-cached", state, with_last_policy(state.policy), opportunistic)
    pinned = by_dane(state, opportunistic)
    yield pinned
    yield from unsigned_variant(state, pinned, opportunistic)
    both = by_dane_or_policy(state, opportunistic)
    yield both
    yield from variants(state, both, opportunistic)


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
