"""What became of one attempt to observe something: ``Seen | Absent | Failed | NotTried``.

The one rule of this file: four different results stay four different types. Rules ``match`` on them and close
with ``assert_never``, so "could not tell" can never be taken for a pass or a failure by forgetting a case.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Fault(StrEnum):
    """Whose fault a failure is: only ``THEIRS`` may ever count against a domain."""

    THEIRS = "theirs"
    OURS = "ours"
    RESOLVER = "resolver"


class FailureKind(StrEnum):
    """How an attempt failed."""

    # Theirs: the peer (or its DNS) was asked and did not do its part.
    REFUSED = "refused"  # TCP reset to our SYN
    UNREACHABLE = "unreachable"  # ICMP host or network unreachable
    TIMEOUT = "timeout"  # the peer's own time was up: no connection, or silence, in the time allowed
    RESET = "reset"  # TCP reset on an open connection
    CLOSED = "closed"  # orderly end of stream where an answer was due
    # Bytes that are no SMTP reply (RFC 5321 section 4.2), no HTTP response (RFC 9112) or no DNS record of their type,
    # or more than the limit.
    BAD_REPLY = "bad-reply"
    ALERT = "alert"  # the server rejected what was offered, by a TLS alert that says so (RFC 8446 section 6.2)
    CHOICE = "choice"  # TLS broke off at what the server chose: libraries have given that up, or it isn't well made
    HANDSHAKE = "handshake"  # TLS broke off: another alert, bytes that are no TLS, too many, none that make sense
    ALIAS_CHAIN = "alias-chain"  # CNAMEs in a circle, or more than any resolver follows (RFC 1034 section 3.6.2)
    BOGUS = "bogus"  # a validating resolver refuses the answer that a plain query gets (RFC 4035 section 5.5)
    # Ours: the peer may be perfectly well.
    DEADLINE = "deadline"  # the scan's total time was up first
    NO_ADDRESS_FAMILY = "no-address-family"  # this vantage has no route for IPv4 or IPv6
    PORT_BLOCKED = "port-blocked"  # outbound port 25 is blocked here
    INTERNAL = "internal"  # a defect of Mailseal: costs this one fact, never the report
    # The resolver's.
    SERVFAIL = "servfail"
    RESOLVER_REFUSED = "resolver-refused"
    RESOLVER_TIMEOUT = "resolver-timeout"

    @property
    def fault(self) -> Fault:
        """Whose fault a failure of this kind is."""
        if self in _OURS:
            return Fault.OURS
        return Fault.RESOLVER if self in _RESOLVER else Fault.THEIRS


_OURS = {
    FailureKind.DEADLINE,
    FailureKind.NO_ADDRESS_FAMILY,
    FailureKind.PORT_BLOCKED,
    FailureKind.INTERNAL,
}
_RESOLVER = {FailureKind.SERVFAIL, FailureKind.RESOLVER_REFUSED, FailureKind.RESOLVER_TIMEOUT}


class Reason(StrEnum):
    """Why something was not tried."""

    PENDING = "pending"  # its turn has not come: only in a running scan
    NOT_REACHED = "not-reached"  # an earlier stage of the same dialogue stopped
    NOT_ASKED = "not-asked"  # no question of this depth asks for it
    BLOCKED_ADDRESS = "blocked-address"  # the address guard forbids it
    DO_NOT_PROBE = "do-not-probe"  # whoever runs it asked to be left alone
    COURTESY = "courtesy"  # it has had as many connections from us as it gets for now
    NO_ADDRESS_FAMILY = "no-address-family"  # this vantage has no route for IPv4 or IPv6
    BEYOND_CAP = "beyond-cap"  # over the number of servers or addresses that are looked at
    DEADLINE = "deadline"  # the scan's total time was up before its turn


@dataclass(frozen=True, slots=True)
class Seen[T]:
    """It was observed, and this is what it is."""

    value: T
    kind: Literal["seen"] = "seen"


@dataclass(frozen=True, slots=True)
class Absent:
    """It was looked for properly, and it is not there."""

    kind: Literal["absent"] = "absent"


@dataclass(frozen=True, slots=True)
class Failed:
    """It was tried and did not succeed. ``detail`` is one sentence for people, free of control characters."""

    failure: FailureKind
    detail: str = ""
    kind: Literal["failed"] = "failed"

    @property
    def fault(self) -> Fault:
        """Whose fault it is."""
        return self.failure.fault

    @property
    def meets_everybody(self) -> bool:
        """Of a look-up: it fails so for every sender. SERVFAIL comes from the domain's name servers."""
        return self.fault is Fault.THEIRS or self.failure is FailureKind.SERVFAIL


@dataclass(frozen=True, slots=True)
class NotTried:
    """It was not tried, for this reason."""

    reason: Reason
    detail: str = ""
    kind: Literal["not-tried"] = "not-tried"


type Observation[T] = Seen[T] | Absent | Failed | NotTried

PENDING = NotTried(Reason.PENDING)
NOT_REACHED = NotTried(Reason.NOT_REACHED)
