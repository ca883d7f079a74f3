"""How safe DNS look-ups are, one or several together (RFC 4035 section 4.3).

The one rule of this file: what nobody told is null, and never taken for signed or not signed.
"""

from collections.abc import Iterable

from checker.network.ports import Security
from checker.observation import Absent, Failed, FailureKind, NotTried, Observation, Seen


def weakest(look_ups: Iterable[Observation[object]]) -> Security | None:
    """Of several look-ups together: bogus before insecure before secure; null where one of them is not known."""
    found = {security_of(look_up) for look_up in look_ups if not isinstance(look_up, NotTried)}
    if "bogus" in found:
        return "bogus"
    if None in found or not found:
        return None
    return "insecure" if "insecure" in found else "secure"


def security_of(look_up: Observation[object]) -> Security | None:
    """What DNSSEC says of one answer; null where nobody told."""
    match look_up:
        case Seen(answer):
            return getattr(answer, "security", None)
        case Failed() as failed:
            return "bogus" if failed.failure is FailureKind.BOGUS else None
        case Absent() | NotTried():
            return None
