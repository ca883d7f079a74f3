"""The headline of a verdict: one sentence for each level, numbers and mechanism filled in.

The one rule of this file: it says what happens to the mail, never that something is secure.
"""

from typing import assert_never

from checker.assessment.kept import keeps_dane
from checker.assessment.level import Level, LevelInputs, level_of, without_dead
from checker.assessment.states import DomainState, port_may_be_blocked_here
from checker.observation import Failed, FailureKind, Observation

TITLES: dict[Level, str] = {
    "enforced": "Enforced",
    "testing": "Testing",
    "ready": "Ready",
    "partly-enforced": "Partly enforced",
    "encrypted": "Encrypted",
    "degraded": "Degraded",
    "exposed": "Exposed",
    "losing-mail": "Losing mail",
    "no-mail": "Takes no mail",
    "inconclusive": "Inconclusive",
}

_SENTENCES: dict[Level, str] = {
    "enforced": "Mail to this domain travels encrypted to the right servers, and senders are told to accept nothing "
    "less.",
    "testing": "Mail to this domain travels encrypted to the right servers, but its policy is on trial: senders report "
    "faults and do not insist.",
    "ready": "Mail to this domain travels encrypted to servers that prove who they are, but nothing tells senders to "
    "insist on it.",
    "encrypted": "Mail to this domain travels encrypted, but senders cannot tell its servers from an impostor.",
    "exposed": "Some mail to this domain can travel in clear text, readable by anyone on the way.",
}

_NO_MAIL = {
    "null-mx": "This domain says that it takes no mail, and senders return it at once.",
    "nxdomain": "There is no such domain, so mail to it bounces: mistyped?",
    "none": "This domain has no mail server and no address, so mail to it bounces.",
}


def headline(state: DomainState, inputs: LevelInputs) -> str:
    """The sentence for the level that the inputs have."""
    level = level_of(inputs)
    match level:
        case "enforced" | "testing" | "ready" | "encrypted" | "exposed":
            return _SENTENCES[level]
        case "partly-enforced":
            return _partly_enforced(state, inputs)
        case "degraded":
            return _degraded(inputs)
        case "losing-mail":
            return f"Mail to this domain is being lost: {_loss(state, inputs)}."
        case "no-mail":
            return _no_mail(state, inputs)
        case "inconclusive":
            return f"We could not look: {_reason(state, inputs)}, so this says nothing about the domain."
        case _:
            assert_never(level)


def _no_mail(state: DomainState, inputs: LevelInputs) -> str:
    aliases = state.facts.mx.aliases
    if inputs.mx == "nxdomain" and aliases:
        return f"This domain is an alias of {aliases[-1]}, which does not exist, so mail to it bounces."
    return _NO_MAIL[inputs.mx]


def _partly_enforced(state: DomainState, inputs: LevelInputs) -> str:
    kept = inputs.policy_kept
    if inputs.mta_sts != "enforce" or not kept:
        kept = tuple(keeps_dane(state, server) is True for server in state.servers)
    return _how_many(kept.count(True), len(kept), len(inputs.servers))


def _how_many(kept: int, of: int, among: int) -> str:
    """``of`` servers could be judged, ``among`` all that DNS names."""
    if not kept:
        return "This domain promises protected mail, and its servers keep the promise only in part."
    servers = f"its {of} servers" if of == among else f"the {of} servers that we could judge"
    verb = "keeps" if kept == 1 else "keep"
    return f"This domain promises protected mail, and {kept} of {servers} {verb} the promise."


def _degraded(inputs: LevelInputs) -> str:
    dead, of = len(inputs.dead), len(inputs.servers)
    verb, them = ("does", "it") if dead == 1 else ("do", "them")
    otherwise = TITLES[level_of(without_dead(inputs))]
    return (
        f"{dead} of {of} servers {verb} not work; mail through the others is encrypted, "
        f"and without {them} the level would be {otherwise}."
    )


def _loss(state: DomainState, inputs: LevelInputs) -> str:
    """Nobody can deliver, or only the senders that honour what the domain itself promised can't."""
    if inputs.working:
        if not inputs.is_policy_lost:
            return _loss_by_dane(state)
        judged = len(inputs.policy_kept) + len(inputs.dead)
        is_partial = judged < len(inputs.servers)
        among = ", among those that we could judge" if is_partial else ""
        return f"senders that honour your own MTA-STS policy find no server they may deliver to{among}"
    if inputs.mx == "unusable":
        return "its DNS answer is broken, and senders find no server in it"
    dead, of = len(inputs.dead), len(inputs.servers)
    if dead < of:
        return f"no sender can deliver to the {dead} of {of} servers that we could judge"
    return "no sender can deliver to any of its servers"


def _loss_by_dane(state: DomainState) -> str:
    """Where no server has records that count, it is their look-up that stops senders (RFC 7672 section 2.1.2)."""
    statuses = {server.dane.settled.status for server in state.servers}
    if "failed" in statuses and "usable" not in statuses:
        return "senders that check DANE get no answer about your servers, and do not deliver to them"
    return "senders that honour your own DANE records find no server that keeps to them"


def _reason(state: DomainState, inputs: LevelInputs) -> str:
    """Why nothing could be seen: the first reason that explains it."""
    if state.facts.vantage.resolver == "away":
        return "the DNS resolver here does not answer"
    if inputs.mx == "unknown":
        return _ours(state.facts.mx.failure) or "DNS did not tell which servers take its mail"
    if state.servers and all(server.is_left_alone for server in state.servers):
        return "whoever runs its servers asked not to be probed"
    return _reason_at_the_servers(state)


def _reason_at_the_servers(state: DomainState) -> str:
    connects = [endpoint.facts.smtp.connect for server in state.servers for endpoint in server.endpoints]
    if state.facts.vantage.smtp == "blocked" or any(_failed_by(c, FailureKind.PORT_BLOCKED) for c in connects):
        return "outbound port 25 is blocked here"
    if port_may_be_blocked_here(state.facts):
        return "no connection to port 25 of any server came about, and we can't tell whether it is blocked here"
    if not connects:
        look_ups = (look_up for host in state.facts.mx.hosts for look_up in (host.ipv4, host.ipv6))
        return next(filter(None, map(_ours, look_ups)), "DNS did not tell the addresses of its servers")
    if all(server.is_not_public for server in state.servers):
        return "its servers have only addresses that are not public"
    if not any(server.tried for server in state.servers):
        return "none of its servers has an address that can be tried from here"
    if any(server.works for server in state.servers):
        return "its servers answer, but what they do after that could not be seen"
    if broke_down := next(filter(None, map(_ours, connects)), ""):
        return broke_down
    if any(_failed_by(connect, FailureKind.DEADLINE) for connect in connects):
        return "the time was up before its servers answered"
    return "its servers could not be brought to a clear answer"


def _ours(observation: Observation[object] | None) -> str:
    """The reason, where a defect of ours kept us from it: nobody else may be blamed for that."""
    is_ours = isinstance(observation, Failed) and observation.failure is FailureKind.INTERNAL
    return "Mailseal itself broke down" if is_ours else ""


def _failed_by(observation: Observation[int], failure: FailureKind) -> bool:
    return isinstance(observation, Failed) and observation.failure is failure
