"""Does a certificate's dNSName cover a host name (RFC 8461 section 4.2, RFC 9525 section 6.3)?

The one rule of this file: ``*`` stands for one whole left-most label and for nothing else. Partial wildcards, which
RFC 6125 allowed clients to accept, do not count for mail.
"""

import re
import string
from collections.abc import Iterable

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # preferred name syntax: no underscore
_WILDCARD = "*"
# Not str.lower(), which makes an ASCII k of the Kelvin sign.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def matches(dns_names: Iterable[str], reference: str) -> bool:
    """Does any of these dNSNames match the reference identifier? Compared in A-labels, without case."""
    wanted = reference.removesuffix(".").translate(_LOWER)
    return any(_matches(presented.translate(_LOWER), wanted) for presented in dns_names)


def matches_for_dane_ta(dns_names: Iterable[str], common_name: str | None, reference: str) -> bool:
    """The same for DANE-TA, where the common name counts if there is no dNSName (RFC 7672 section 3.2.3)."""
    presented = list(dns_names) or ([common_name] if common_name is not None else [])
    return matches(presented, reference)


def _matches(presented: str, reference: str) -> bool:
    labels, wanted = presented.split("."), reference.split(".")
    if len(labels) != len(wanted) or not _is_host_name(wanted):
        return False
    if labels[0] == _WILDCARD:
        # ``*.com`` matches by the rule; that CAs may not issue it is their rule.
        return len(labels) > 1 and _is_host_name(labels[1:]) and labels[1:] == wanted[1:]
    return _is_host_name(labels) and labels == wanted


def _is_host_name(labels: list[str]) -> bool:
    return all(_LABEL.fullmatch(label) for label in labels)
