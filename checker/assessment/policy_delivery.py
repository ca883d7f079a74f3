"""What senders do that honour MTA-STS: meeting the domain for the first time, or with a policy from earlier (RFC 8461).

The one rule of this file: a policy that could not be told makes the end unknown; one that is on trial, switched off or
can't be had keeps nobody from delivering.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from checker.assessment.history import CachedPolicy, day, is_same
from checker.assessment.judged import Delivery, Sender, Step
from checker.assessment.policy import PolicyState
from checker.assessment.session import PROVEN, Demands, Visit
from checker.assessment.states import DomainState, ServerState
from checker.assessment.walk import before_servers, skip, visit_server, walk
from checker.mta_sts.facts import Policy, RecordFacts
from checker.mta_sts.matching import covers
from checker.observation import Failed
from checker.sender_words import Failure

_NOT_LISTED = "4.7.5"  # RFC 8461 leaves the code open; plug-ins for Postfix give this one
_FETCH_ERROR = "sts-policy-fetch-error"
_FETCH_FAILURES: dict[str, Failure] = {
    _FETCH_ERROR: "policy-fetch",
    "sts-webpki-invalid": "policy-webpki",
    "sts-policy-invalid": "policy-invalid",
}
_LENIENT = "postfix-mta-sts-resolver"
_LENIENT_AT_LARGE = "lenient senders"
_NOT_OVERLOOKED = {
    "byte-order-mark",
    "leading-blank",
    "blank-before-colon",
    "missing-max-age",
    "max-age-too-large",
}
"""Faults for which ``_LENIENT`` throws the file away, as version 1.1.2 does; it overlooks all else about the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """The policy that a sender goes by, null for none, and a sentence on how it comes to it.

    ``result_type`` is what it reports of a failed fetch. ``is_unknown``: it could not be told.
    """

    why: str
    policy: Policy | None = None
    result_type: str | None = None
    is_unknown: bool = False

    @property
    def step(self) -> Step:
        """How it comes to it, as a step."""
        return Step(action="try", why=self.why, failure=_FETCH_FAILURES.get(self.result_type or ""))


def first_meeting(state: PolicyState) -> Believed:
    """A sender that has no policy of the domain's yet (RFC 8461 section 3.3)."""
    record = state.published.facts.record
    if record.status == "absent":
        return Believed(why="It finds no MTA-STS record, so it knows of no policy.")
    if record.status == "invalid":
        return Believed(why="The MTA-STS record is not valid, so it knows of no policy.")
    if _has_no_answer(record):
        return Believed(why="It gets no answer about the MTA-STS record, so it knows of no policy.")
    if state.flag is None:
        return _could_not_tell(state)
    if state.policy is None:
        return Believed(
            why=f"It finds the record, but no policy: {state.fetch.why}", result_type=state.fetch.result_type
        )
    return Believed(why=f"It fetches the policy: {_in_words(state.policy)}.", policy=state.policy)


def with_last_policy(state: PolicyState) -> Believed:
    """A sender that kept the last policy that an earlier scan saw (RFC 8461 sections 3.3 and 5.1)."""
    cached, record = state.cached, state.published.facts.record
    if cached is None:
        return first_meeting(state)
    kept = f"It holds the policy of {day(cached.fetched_at)} until {day(cached.until)}: {_in_words(cached.policy)}."
    if record.status in ("absent", "invalid") or _has_no_answer(record):
        return _still(cached, f"{kept} There is no valid record now, so it keeps to that.", _FETCH_ERROR)
    if record.status == "valid" and state.id == cached.id:
        return _still(cached, f"{kept} The id is the same, so it does not look again.")
    if state.flag is None:
        return _could_not_tell(state)
    if state.policy is None:
        why = f"{kept} There is a new id, but no policy: {state.fetch.why}"
        return _still(cached, why, state.fetch.result_type)
    return Believed(why=f"There is a new id, so it fetches the policy: {_in_words(state.policy)}.", policy=state.policy)


def deliver(sender: Sender, state: DomainState, believed: Believed, opportunistic: Delivery) -> Delivery:
    """What a sender does that believes this."""
    if (ended := before_servers(sender, state)) is not None:
        return ended
    if believed.is_unknown and opportunistic.outcome in ("deferred", "refused"):
        return replace(opportunistic, sender=sender, result_type=None)
    if believed.is_unknown:
        return Delivery(sender=sender, outcome="unknown", steps=(Step(action="skip", why=believed.why),))
    walked = walk(sender, state, believing(state, believed))
    return replace(walked, steps=(believed.step, *walked.steps), result_type=walked.result_type or believed.result_type)


def lenient_variant(state: DomainState, opportunistic: Delivery) -> Delivery | None:
    """A sender that overlooks faults of the file, where that gives another policy."""
    strict, lenient = state.policy.policy, state.policy.lenient_policy
    is_known = state.policy.flag is not None
    if not is_known or lenient is None or (strict is not None and is_same(strict, lenient)):
        return None
    reader = _reader(state.policy)
    why = f"It overlooks what is wrong with the policy, and reads: {_in_words(lenient)}."
    policy = _as_written(state.policy, lenient) if reader == _LENIENT else lenient
    delivery = deliver("mta-sts", state, Believed(why=why, policy=policy), opportunistic)
    return replace(delivery, variant=reader)


def believing(state: DomainState, believed: Believed) -> Callable[[ServerState], Visit]:
    """What a sender that believes this gets from a server. Where the policy isn't known, only what stops everybody."""

    def visit(server: ServerState) -> Visit:
        if not believed.is_unknown:
            return _visit(state, server, believed.policy)
        plain = visit_server(state, server, Demands())
        return plain if plain.outcome is None else Visit(steps=(skip(server, believed.why),), outcome="unknown")

    return visit


def _visit(state: DomainState, server: ServerState, policy: Policy | None) -> Visit:
    """One server under a policy: enforced, on trial, or none."""
    if policy is None or policy.mode == "none":
        return visit_server(state, server, Demands())
    strict = enforced(state, server, policy)
    return strict if policy.mode == "enforce" else _on_trial(visit_server(state, server, Demands()), strict, server)


def enforced(state: DomainState, server: ServerState, policy: Policy) -> Visit:
    """Only a server that is listed and proves itself takes the mail (RFC 8461 section 5)."""
    if covers(policy.mx, server.host):
        return visit_server(state, server, PROVEN)
    why = "The policy does not list it, so it is passed over."
    step = replace(skip(server, why), failure="not-listed")
    return Visit(steps=(step,), status_code=_NOT_LISTED, result_type="validation-failure")


def _on_trial(plain: Visit, strict: Visit, server: ServerState) -> Visit:
    """Delivered as without a policy, and reported as if there was one."""
    if plain.outcome in (None, "unknown") or strict.outcome is not None or strict.result_type is None:
        return plain
    why = f"It reports {strict.result_type}, since an enforced policy would fail here: {strict.steps[-1].why}"
    step = Step(host=server.host, action="try", why=why)
    return replace(plain, steps=(step, *plain.steps), result_type=strict.result_type)


def _has_no_answer(record: RecordFacts) -> bool:
    """The look-up fails for every sender."""
    return isinstance(record.answer, Failed) and record.answer.meets_everybody


def _could_not_tell(state: PolicyState) -> Believed:
    answer = state.published.facts.record.answer
    reason = answer.detail if isinstance(answer, Failed) else state.fetch.why
    return Believed(why=f"Depends on the domain's MTA-STS policy, which we could not see: {reason}", is_unknown=True)


def _still(cached: CachedPolicy, why: str, failure: str | None = None) -> Believed:
    """It goes by what it holds, and reports that it could not renew that, unless it was switched off (section 6)."""
    return Believed(why=why, policy=cached.policy, result_type=failure if cached.policy.mode != "none" else None)


def _in_words(policy: Policy) -> str:
    return f"mode {policy.mode}"


def _reader(state: PolicyState) -> str:
    """Software that is known to read such a file: this one asks for text/plain, and parts each line at the colon."""
    codes = {defect.code for defect in state.published.facts.defects}
    is_about_form = state.fetch.policy is None and state.published.facts.policy is None
    return _LENIENT if is_about_form and codes.isdisjoint(_NOT_OVERLOOKED) else _LENIENT_AT_LARGE


def _as_written(state: PolicyState, lenient: Policy) -> Policy:
    """``_LENIENT`` looks for a name with a dot at its end just so, and no certificate has it."""
    dotted = {defect.line for defect in state.published.facts.defects if defect.code == "mx-trailing-dot"}
    found = [(name, line) for name, line in zip(lenient.mx, lenient.mx_lines, strict=True) if line not in dotted]
    return replace(lenient, mx=tuple(name for name, _ in found), mx_lines=tuple(line for _, line in found))
