"""How far the dialogue with one address went: the ground of the matrix and of the tick list.

The one rule: what *we* did not see (no IPv6 here, time up) is "could not tell", never "not reached" and never bad.
"""

from enum import Enum

from checker.report.document_servers import EndpointSection, Stage

STAGES: tuple[Stage, ...] = ("connect", "greeting", "ehlo", "starttls", "handshake")
UNSEEN = {"blocked-address", "no-address-family", "not-tried"}
# How it ended, in words.
ENDED = {
    "tls": "TLS started, all went well",
    "no-starttls": "STARTTLS is not offered",
    "starttls-refused": "STARTTLS was refused",
    "handshake-failed": "the TLS handshake failed",
    "refused": "the connection was refused",
    "unreachable": "the address is unreachable",
    "timeout": "no answer in time",
    "reset": "the connection was cut",
    "closed": "the server hung up",
    "greeting-4xx": "turned away for now",
    "greeting-5xx": "turned away for good",
    "ehlo-refused": "EHLO was refused",
    "bad-reply": "an answer that is no SMTP",
}


class Passage(Enum):
    """What became of one stage."""

    PASSED = "passed"
    ENDED = "ended"  # it ended here, by the server's doing
    NOT_REACHED = "not reached"  # it had ended before
    UNSEEN = "unseen"  # for a reason of ours
    PENDING = "pending"  # still running


def passage(endpoint: EndpointSection, stage: Stage) -> Passage:
    """What became of ``stage`` at this address."""
    outcome = endpoint["outcome"]
    if outcome == "tls":
        return Passage.PASSED
    if outcome is None:
        return Passage.PASSED if _is_behind(endpoint, stage) else Passage.PENDING
    at, ended_at = STAGES.index(stage), _end(endpoint)
    if at < ended_at:
        return Passage.PASSED
    if outcome in UNSEEN:
        return Passage.UNSEEN
    return Passage.ENDED if at == ended_at else Passage.NOT_REACHED


def _end(endpoint: EndpointSection) -> int:
    """At which stage it ended. An offer that is missing from the answer to EHLO ends it where the offer is due."""
    end: Stage = "starttls" if endpoint["outcome"] == "no-starttls" else endpoint["stage"] or "connect"
    return STAGES.index(end) if end in STAGES else len(STAGES)  # behind the handshake: all before it passed


def ended_inside_tls(endpoint: EndpointSection) -> bool:
    """Did it end after TLS had started, where it should have gone on?"""
    return endpoint["outcome"] not in (None, "tls") and _end(endpoint) == len(STAGES)


def is_waited_for(endpoint: EndpointSection, stage: Stage) -> bool:
    """Does the address keep us waiting at this very stage? News comes late, so true of none is possible too."""
    waiting = endpoint.get("waiting")  # reports of earlier versions have none
    return waiting is not None and waiting["stage"] == stage


def _is_behind(endpoint: EndpointSection, stage: Stage) -> bool:
    """Of a visit that runs: is a later stage waited for?"""
    return any(is_waited_for(endpoint, later) for later in STAGES[STAGES.index(stage) + 1 :])


def works(endpoint: EndpointSection) -> bool | None:
    """Does this address take a connection, greet and answer EHLO? Null: could not tell."""
    return _as_flag(passage(endpoint, "ehlo"))


def _as_flag(passed: Passage) -> bool | None:
    match passed:
        case Passage.PASSED:
            return True
        case Passage.ENDED | Passage.NOT_REACHED:
            return False
        case Passage.UNSEEN | Passage.PENDING:
            return None
