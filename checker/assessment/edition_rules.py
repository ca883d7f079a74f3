"""What follows from a policy and its earlier editions, which senders may still hold (RFC 8461 sections 5.1 and 8).

The one rule of this file: an earlier edition counts until its last second and no longer, and what we did not see
ourselves says nothing.
"""

from collections.abc import Iterator, Sequence

from checker.assessment.history import CachedPolicy, day, is_same
from checker.assessment.policy import PolicyState
from checker.assessment.states import DomainState
from checker.finding import Finding, Param, Rule
from checker.listing import joined
from checker.mta_sts.facts import Policy
from checker.mta_sts.matching import covers

_SHOWN = 6


def every_edition_has_its_id(state: DomainState) -> Iterator[Finding]:
    """The id changes with the policy, and only with it (STS-15, STS-66, STS-68)."""
    present, history = state.policy.policy, state.policy.history
    if present is None:
        return
    reused = _under_the_same_id(state.policy)
    if reused:
        yield Finding("mta-sts-id-reused", {"id": state.policy.id or "", "until": day(_last(reused).until)})
    elif history.fetched and _is_new_id_alone(history.fetched, state.policy.id, present):
        yield Finding("mta-sts-id-changed-alone")


def no_edition_outlives_its_record(state: DomainState) -> Iterator[Finding]:
    """A policy is taken back by mode none, not by deleting it (STS-16, STS-69)."""
    cached = _outliving(state.policy)
    if cached is None or state.policy.flag not in ("absent", "invalid"):
        return
    is_removed = state.policy.flag == "absent" and cached.policy.mode == "enforce" and bool(state.servers)
    code = "mta-sts-removed-while-cached" if is_removed else "mta-sts-old-policy-cached"
    yield Finding(code, {**_moments(cached), "mode": cached.policy.mode})


def no_edition_stops_mail(state: DomainState) -> Iterator[Finding]:
    """What senders still enforce lists the servers of today (STS-65, STS-70)."""
    for cached in reversed(_believed(state.policy)):
        unlisted: list[str] = [server.host for server in state.servers if not covers(cached.policy.mx, server.host)]
        if cached.policy.mode == "enforce" and unlisted:
            listed = joined((f"“{pattern}”" for pattern in cached.policy.mx), _SHOWN)
            params: dict[str, Param] = {**_moments(cached), "hosts": unlisted, "listed": listed}
            yield Finding("mta-sts-old-policy-stops-mail", params)
            return


RULES: tuple[Rule[DomainState], ...] = (
    every_edition_has_its_id,
    no_edition_outlives_its_record,
    no_edition_stops_mail,
)


def _outliving(policy: PolicyState) -> CachedPolicy | None:
    """The last edition that asks something of senders and is still held: who never saw a later mode none goes by it."""
    held = [one for one in policy.history.held(policy.published.now) if one.policy.mode != "none"]
    return held[-1] if held else None


def _under_the_same_id(policy: PolicyState) -> Sequence[CachedPolicy]:
    """Editions with the present id that say something else than the file does now."""
    present = policy.policy
    held = policy.history.held(policy.published.now)
    return [one for one in held if present is not None and one.id == policy.id and not is_same(one.policy, present)]


def _is_new_id_alone(fetched: Sequence[CachedPolicy], id_: str | None, present: Policy) -> bool:
    """Nothing that senders may know under the last id differs: else the new one was due."""
    under_the_last_id = [one.policy for one in fetched if one.id == fetched[-1].id]
    return fetched[-1].id != id_ and all(is_same(policy, present) for policy in under_the_last_id)


def _believed(policy: PolicyState) -> Sequence[CachedPolicy]:
    """Editions that senders go by whatever is published now (RFC 8461 section 5.1)."""
    if policy.flag in ("absent", "invalid"):
        return [policy.cached] if policy.cached is not None else []
    return _under_the_same_id(policy)


def _last(editions: Sequence[CachedPolicy]) -> CachedPolicy:
    return max(editions, key=lambda one: one.until)


def _moments(cached: CachedPolicy) -> dict[str, Param]:
    return {"since": day(cached.fetched_at), "until": day(cached.until)}
