"""What follows from a policy and the servers together: who is listed, who passes, and what the mode means.

The one rule of this file: what could not be told of a server is held against nobody.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from checker.assessment.dane_state import mx_security
from checker.assessment.history import day
from checker.assessment.kept import dane_of, keeps_dane, keeps_policy, odd_address, takes_mail, why_not_proven
from checker.assessment.states import DomainState, ServerState
from checker.assessment.suggestion import Suggestion, suggest, unused
from checker.finding import Finding, Param, Rule, Subject
from checker.listing import joined
from checker.mta_sts.facts import Policy
from checker.mta_sts.matching import covers, is_broad, matches
from checker.mta_sts.policy_rules import DAY_S, in_words

TESTED_LONG_ENOUGH = timedelta(weeks=6)
_TWO_WEEKS_S = 14 * DAY_S
_SHOWN = 6
_NO_LINES = "no server at all"


def policy_lists_every_server(state: DomainState) -> Iterator[Finding]:
    """Every MX name is listed, not only the best (STS-55, STS-58)."""
    policy = _in_force(state)
    if policy is None:
        return
    unlisted = [server for server in state.servers if not covers(policy.mx, server.host)]
    if unlisted and len(unlisted) == len(state.servers) and policy.mode == "enforce":
        yield _none_covered(state, policy, unlisted)
        return
    for server in unlisted:
        found = _suggested(policy, server, state)
        params: dict[str, Param] = {
            "listed": _lines(policy.mx),
            "pattern": found.pattern,
            "instead": found.instead or "",
            "mend": _mend(found),
            "hint": " ".join(filter(None, (_hint((found,), _is_new(state, server)), _on_trial(policy)))),
        }
        yield Finding("mta-sts-mx-not-covered", params, Subject(host=server.host))


def enforced_servers_pass(state: DomainState) -> Iterator[Finding]:
    """A listed server has TLS 1.2 or newer and proves its name (STS-57, STS-61)."""
    policy = state.policy.policy
    if policy is None or policy.mode != "enforce":
        return
    failing = _failing(state)
    working = [server for server in state.servers if server.works]
    if failing and all(keeps_policy(state, server) is False and not takes_mail(state, server) for server in working):
        hosts: list[str] = [server.host for server in failing]
        yield Finding("mta-sts-no-server-passes", {"hosts": hosts, "why": _reasons(state, failing)})
        return
    for server in failing:
        subject = Subject(host=server.host, address=odd_address(state, server))
        yield Finding("mta-sts-server-fails-policy", {"why": why_not_proven(state, server)}, subject)


def dane_is_not_alone(state: DomainState) -> Iterator[Finding]:
    """Where DANE passes an enforced policy is kept as well (STS-71)."""
    if state.policy.flag != "enforce" or mx_security(state.facts) != "secure":
        return
    passing = [server for server in state.servers if keeps_dane(state, server)]
    hosts: list[str] = [server.host for server in passing if keeps_policy(state, server) is False]
    if hosts:
        yield Finding("mta-sts-fails-beside-dane", {"hosts": hosts})


def trial_would_hold(state: DomainState) -> Iterator[Finding]:
    """In mode testing: whether it could be enforced, and for how long it has been tried (STS-60, STS-63)."""
    policy = state.policy.policy
    if policy is None or policy.mode != "testing" or not state.servers:
        return
    failing = _failing(state)
    if failing:
        hosts: list[str] = [server.host for server in failing]
        yield Finding("mta-sts-testing-would-fail", {"hosts": hosts, "why": _reasons(state, failing)})
    if failing or any(state.policy.covers(server.host) is False for server in state.servers):
        return  # that a server is not listed has a finding of its own
    yield from _trial(state)
    if DAY_S <= policy.max_age < _TWO_WEEKS_S:
        yield Finding("mta-sts-max-age-before-enforce", {"age": in_words(policy.max_age)})


def every_line_has_a_server(state: DomainState) -> Iterator[Finding]:
    """A name in the policy that no MX record has (STS-53)."""
    policy = _in_force(state)
    if policy is None or not state.servers:
        return
    hosts = [server.host for server in state.servers]
    meant = {
        _suggested(policy, server, state).instead for server in state.servers if not covers(policy.mx, server.host)
    }
    idle = [pattern for pattern in unused(policy.mx, hosts) if pattern not in meant]
    if idle:
        yield Finding("mta-sts-listed-unused", {"listed": _lines(idle)})


def patterns_are_narrow(state: DomainState) -> Iterator[Finding]:
    """A wildcard stands over hosts that the domain's owner gives names to (STS-67)."""
    policy = _in_force(state)
    wildcards = [pattern for pattern in policy.mx if pattern.startswith("*.")] if policy else []
    for pattern in dict.fromkeys(wildcards):
        if is_broad(pattern):
            hosts = [server.host for server in state.servers if matches(pattern, server.host)]
            yield Finding("mta-sts-pattern-broad", {"listed": _lines([pattern]), **_narrow(pattern, hosts)})
        elif pattern == f"*.{state.facts.domain}":
            yield Finding("mta-sts-pattern-wildcard", {"listed": _lines([pattern])})


def promise_is_made(state: DomainState) -> Iterator[Finding]:
    """There is a policy, it is switched on, and there is mail that it can protect (STS-59, STS-63)."""
    policy, flag = state.policy.policy, state.policy.flag
    if policy is not None and policy.mode != "none" and state.facts.mx.status == "null-mx":
        yield Finding("mta-sts-null-mx")
    if not state.servers:
        return
    if flag == "absent" and not state.policy.published.has_file:
        has_dane = dane_of(state, state.servers) == "valid"
        yield Finding("mta-sts-absent-beside-dane" if has_dane else "mta-sts-absent")
    if flag == "none":
        yield Finding("mta-sts-none", {"hint": _how_long(state)})
    keeps = [keeps_policy(state, server) for server in state.servers]
    if policy is not None and flag == "enforce" and all(keeps):
        yield Finding("mta-sts-enforced", {"age": in_words(policy.max_age)})


def failures_are_reported(state: DomainState) -> Iterator[Finding]:
    """With a policy there is an address for reports (STS-64, RPT-14)."""
    policy = state.policy.policy
    if policy is not None and policy.mode != "none" and state.servers and state.facts.tls_rpt.status == "absent":
        yield Finding("tls-rpt-missing-with-policy", {"mode": policy.mode})


RULES: tuple[Rule[DomainState], ...] = (
    policy_lists_every_server,
    enforced_servers_pass,
    dane_is_not_alone,
    trial_would_hold,
    promise_is_made,
    patterns_are_narrow,
    every_line_has_a_server,
    failures_are_reported,
)


def _in_force(state: DomainState) -> Policy | None:
    """The policy that some sender goes by, unless it is switched off."""
    policy = state.policy.policy or state.policy.lenient_policy
    return policy if policy is not None and policy.mode != "none" else None


def _failing(state: DomainState) -> list[ServerState]:
    """Servers that work and are listed, and don't pass."""
    listed = (server for server in state.servers if server.works and state.policy.covers(server.host))
    return [server for server in listed if keeps_policy(state, server) is False]


def _reasons(state: DomainState, servers: Sequence[ServerState]) -> str:
    return " ".join(f"{server.host}: {why_not_proven(state, server)}" for server in servers)


def _trial(state: DomainState) -> Iterator[Finding]:
    since, now = state.policy.history.mode_since, state.now
    if since is not None and now - since >= TESTED_LONG_ENOUGH:
        weeks = f"{(now - since).days // 7} weeks"
        yield Finding("mta-sts-testing-for-weeks", {"since": day(since), "age": weeks})
    elif all(keeps_policy(state, server) for server in state.servers):
        yield Finding("mta-sts-testing")


def _how_long(state: DomainState) -> str:
    """How long record and file must stay when a policy is taken back (STS-69)."""
    held = [one for one in state.policy.history.held(state.now) if one.policy.mode != "none"]
    if not held:
        return ""
    until = day(max(one.until for one in held))
    is_unheard = any(one.id == state.policy.id for one in held)
    leave = "Give the record a new id, then leave both" if is_unheard else "Leave record and file as they are"
    return f"{leave} until {until}, for so long senders may hold the policy from before."


def _suggested(policy: Policy, server: ServerState, state: DomainState) -> Suggestion:
    return suggest(policy.mx, server.host, [other.host for other in state.servers])


def _none_covered(state: DomainState, policy: Policy, unlisted: Sequence[ServerState]) -> Finding:
    found = list(dict.fromkeys(_suggested(policy, server, state) for server in unlisted))
    is_new = all(_is_new(state, server) for server in unlisted)
    params: dict[str, Param] = {
        "hosts": [server.host for server in unlisted],
        "listed": _lines(policy.mx),
        "patterns": list(dict.fromkeys(one.pattern for one in found)),
        "mend": " ".join(map(_mend, found)),
        "hint": _hint(found, is_new),
    }
    return Finding("mta-sts-no-mx-covered", params)


def _mend(found: Suggestion) -> str:
    if found.instead:
        return f"Replace the policy's line `mx: {found.instead}` by `mx: {found.pattern}`."
    return f"Add the line `mx: {found.pattern}` to the policy."


def _hint(found: Iterable[Suggestion], is_new: bool) -> str:
    meant = [one.pattern for one in found if one.instead]
    question = f"Did you mean “{'”, “'.join(meant)}”?" if meant else ""
    order = "It is new in DNS: list a server in the policy before its MX record is published." if is_new else ""
    return " ".join(filter(None, (question, order)))


def _on_trial(policy: Policy) -> str:
    return "The policy is on trial, so its mail still arrives." if policy.mode == "testing" else ""


def _is_new(state: DomainState, server: ServerState) -> bool:
    """An earlier scan saw the domain's servers, and the last that did not this one (STS-70)."""
    before = state.policy.history.hosts
    return bool(before) and server.host not in before


def _narrow(pattern: str, hosts: Sequence[str]) -> dict[str, Param]:
    """The servers' own names in the place of a wildcard that is too wide."""
    by = " and ".join(f"`mx: {host}`" for host in hosts)
    mend = f"Replace the policy's line `mx: {pattern}` by {by}." if hosts else f"Remove the line `mx: {pattern}`."
    return {"pattern": pattern, "patterns": list(hosts), "mend": mend}


def _lines(patterns: Sequence[str]) -> str:
    return joined((f"“{pattern}”" for pattern in dict.fromkeys(patterns)), _SHOWN) if patterns else _NO_LINES
