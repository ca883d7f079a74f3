"""How the visit to one address ended, in the report's words: outcome, stage and detail.

The one rule of this file: every combination of facts has exactly one outcome, and what is our fault never gets a name
that blames the server.
"""

from typing import Literal, assert_never

from checker.facts import EndpointFacts
from checker.observation import Absent, Failed, FailureKind, NotTried, Observation, Reason, Seen
from checker.smtp.facts import Ehlo, Reply
from checker.tls.facts import Handshake

type Outcome = Literal[
    "tls",
    "no-starttls",
    "starttls-refused",
    "handshake-failed",
    "refused",
    "unreachable",
    "timeout",
    "reset",
    "closed",
    "greeting-4xx",
    "greeting-5xx",
    "ehlo-refused",
    "bad-reply",
    "blocked-address",
    "no-address-family",
    "not-tried",
]
type Stage = Literal["connect", "greeting", "ehlo", "starttls", "handshake", "ehlo-tls"]
type Ending = tuple[Outcome, Stage | None, str | None]

_FAILURES: dict[FailureKind, Outcome] = {
    FailureKind.REFUSED: "refused",
    FailureKind.UNREACHABLE: "unreachable",
    FailureKind.TIMEOUT: "timeout",
    FailureKind.RESET: "reset",
    FailureKind.CLOSED: "closed",
    FailureKind.BAD_REPLY: "bad-reply",
    FailureKind.ALERT: "handshake-failed",
    FailureKind.CHOICE: "handshake-failed",
    FailureKind.HANDSHAKE: "handshake-failed",
    FailureKind.NO_ADDRESS_FAMILY: "no-address-family",
}  # the rest is our fault or the resolver's: nothing was tried as far as the server goes

_REASONS: dict[Reason, Outcome] = {
    Reason.BLOCKED_ADDRESS: "blocked-address",
    Reason.NO_ADDRESS_FAMILY: "no-address-family",
}


def outcome(endpoint: EndpointFacts) -> Ending:
    """What became of this address, the stage where it ended (null: nothing was tried), and a sentence (or null)."""
    smtp = endpoint.smtp
    if endpoint.not_tried is not None:
        return _REASONS.get(endpoint.not_tried.reason, "not-tried"), None, endpoint.not_tried.detail or None
    return (
        _after_connect(smtp.connect)
        or _after_greeting(smtp.greeting)
        or _after_ehlo(smtp.ehlo)
        or _after_starttls(smtp.starttls)
        or _after_handshake(endpoint.tls.decisive)
        or _after_ehlo_in_tls(smtp.ehlo_tls)
    )


def _after_connect(connect: Observation[int]) -> Ending | None:
    return None if isinstance(connect, Seen) else _stopped(connect, "connect")


def _after_greeting(greeting: Observation[Reply]) -> Ending | None:
    if not isinstance(greeting, Seen):
        return _stopped(greeting, "greeting")
    match greeting.value.code // 100:
        case 2:
            return None
        case 4:
            return "greeting-4xx", "greeting", greeting.value.quoted()
        case 5:
            return "greeting-5xx", "greeting", greeting.value.quoted()
        case _:
            return "bad-reply", "greeting", greeting.value.quoted()


def _after_ehlo(ehlo: Observation[Ehlo]) -> Ending | None:
    if not isinstance(ehlo, Seen):
        return _stopped(ehlo, "ehlo")
    return None if ehlo.value.reply.is_positive else ("ehlo-refused", "ehlo", ehlo.value.reply.quoted())


def _after_starttls(starttls: Observation[Reply]) -> Ending | None:
    match starttls:
        case Absent():
            return "no-starttls", "ehlo", None
        case Seen(reply):
            return None if reply.is_positive else ("starttls-refused", "starttls", reply.quoted())
        case _:
            return _stopped(starttls, "starttls")


def _after_handshake(handshake: Observation[Handshake]) -> Ending | None:
    return None if isinstance(handshake, Seen) else _stopped(handshake, "handshake")


def _after_ehlo_in_tls(ehlo: Observation[Ehlo]) -> Ending:
    if not isinstance(ehlo, Seen):
        return _stopped(ehlo, "ehlo-tls")
    return (
        ("tls", "ehlo-tls", None)
        if ehlo.value.reply.is_positive
        else ("ehlo-refused", "ehlo-tls", ehlo.value.reply.quoted())
    )


def _stopped(observation: Absent | Failed | NotTried | Seen[object], stage: Stage) -> Ending:
    """A stage that gave no answer."""
    match observation:
        case Failed(failure, detail):
            return _FAILURES.get(failure, "not-tried"), stage, detail or None
        case NotTried(reason, detail):
            return _REASONS.get(reason, "not-tried"), stage, detail or None
        case Absent() | Seen():
            return "not-tried", stage, None  # no probe says so of this stage
        case _:
            assert_never(observation)
