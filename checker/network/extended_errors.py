"""What a resolver says of why it answers as it does: Extended DNS Errors (RFC 8914).

The one rule of this file: a stranger's words are quoted, printable and cut short, and decide nothing by themselves.
"""

import dns.edns
import dns.message

from checker.network.bounds import EXTENDED_ERROR_CHARACTERS, EXTENDED_ERRORS_KEPT
from checker.printable import printable

_NAMES = {
    0: "another error",
    1: "unsupported DNSKEY algorithm",
    2: "unsupported DS digest type",
    3: "stale answer",
    4: "forged answer",
    5: "DNSSEC indeterminate",
    6: "DNSSEC bogus",
    7: "signature expired",
    8: "signature not yet valid",
    9: "DNSKEY missing",
    10: "signatures missing",
    11: "no key is a zone key",
    12: "NSEC missing",
    13: "cached error",
    14: "not ready",
    15: "blocked",
    16: "censored",
    17: "filtered",
    18: "prohibited",
    19: "stale “no such name”",
    20: "not authoritative",
    21: "not supported",
    22: "no name server reachable",
    23: "network error",
    24: "invalid data",
    25: "signature ends before it begins",
    26: "too early",
    27: "unsupported NSEC3 iterations",
    28: "against the resolver's policy",
    29: "synthesized",
    30: "invalid query type",
}
_OF_VALIDATION = {5, 6, 7, 8, 9, 10, 11, 12, 25, 27}
_OF_A_FILTER = {4, 15, 16, 17}


def told(response: dns.message.Message) -> str:
    """Its extended errors as one clause, ``DNSSEC bogus (6): “no signatures”``; empty where it has none."""
    errors = {(int(error.code), error.text): error for error in response.extended_errors()}
    return "; ".join(map(_clause, list(errors.values())[:EXTENDED_ERRORS_KEPT]))


def speaks_of_validation(response: dns.message.Message) -> bool:
    """The resolver says that the answer fails DNSSEC validation."""
    return _has(response, _OF_VALIDATION)


def is_filtered(response: dns.message.Message) -> bool:
    """The resolver says that this is not what the name's own servers say, but what it makes of it."""
    return _has(response, _OF_A_FILTER)


def _has(response: dns.message.Message, codes: set[int]) -> bool:
    return any(int(error.code) in codes for error in response.extended_errors())


def _clause(error: dns.edns.EDEOption) -> str:
    code = int(error.code)
    name = f"{_NAMES.get(code, 'an error without a name')} ({code})"
    text = printable((error.text or "").encode("utf-8", "surrogateescape"), EXTENDED_ERROR_CHARACTERS).strip()
    return f"{name}: “{text}”" if text else name
