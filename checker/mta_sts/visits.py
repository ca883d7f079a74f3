"""How one visit to an address of the policy host ended (RFC 8461 section 3.3).

The one rule of this file: only what the host itself did is held against it.
"""

from dataclasses import replace

from checker.mta_sts.facts import MtaStsFacts, PolicyVisit
from checker.names import IPAddress
from checker.network.address_guard import forbidden
from checker.observation import Absent, Failed, Fault, NotTried, Observation, Reason, Seen

type Stop = Absent | Failed | NotTried
"""Why a stage gave nothing."""

OLD_VERSIONS = ("SSLv3", "TLSv1.0", "TLSv1.1")
"""RFC 8461 section 7.2 asks senders for TLS 1.2 or newer."""


def stop_of(visit: PolicyVisit) -> Stop | None:
    """Where a visit ended without a response, null if one came.

    Our own machine is not dialled though its address be public: that is our matter, and others may well reach it.
    """
    skipped = visit.not_tried
    if skipped is not None and skipped.reason is Reason.BLOCKED_ADDRESS and not forbidden(visit.address):
        return replace(skipped, reason=Reason.NOT_ASKED)
    if skipped is not None:
        return skipped
    stages: tuple[Observation[object], ...] = (visit.connect, visit.handshake, visit.response)
    return next((stage for stage in stages if not isinstance(stage, Seen)), None)


def is_theirs(stop: Stop) -> bool:
    """Did the policy host, or its DNS, cause it? An address that nobody may reach is the domain's fault as well."""
    match stop:
        case Failed():
            return stop.fault is Fault.THEIRS
        case NotTried():
            return stop.reason is Reason.BLOCKED_ADDRESS
        case Absent():
            return True


def detail_of(stop: Stop) -> str:
    """What it says of itself, a sentence or nothing. What only quotes the peer may lack the full stop."""
    detail = "" if isinstance(stop, Absent) else stop.detail
    return f"{detail}." if detail and not detail.endswith((".", "!", "?")) else detail


def is_pending(stop: Stop) -> bool:
    """Is it still to come? So only in a running scan."""
    return isinstance(stop, NotTried) and stop.reason is Reason.PENDING


def tried(facts: MtaStsFacts) -> tuple[PolicyVisit, ...]:
    """The visits that were to be made: an address beyond the cap says nothing."""
    return tuple(v for v in facts.visits if v.not_tried is None or v.not_tried.reason is not Reason.BEYOND_CAP)


def look_up_failures(facts: MtaStsFacts) -> tuple[Failed, ...]:
    """The look-ups of the policy host's addresses that failed."""
    return tuple(answer for answer in (facts.ipv4, facts.ipv6) if isinstance(answer, Failed))


def addresses_of(facts: MtaStsFacts) -> tuple[IPAddress, ...]:
    """The addresses of the policy host that DNS gave, IPv4 first."""
    answers = (answer.value for answer in (facts.ipv4, facts.ipv6) if isinstance(answer, Seen))
    return tuple(address for answer in answers for address in answer.records)
