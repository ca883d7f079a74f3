"""What may stand in a record that is to be pasted: names and texts that mean nothing to a shell or a zone file.

The one rule of this file: what a stranger published goes into a remedy only if every character of it is known to be
harmless; else a phrase in angle brackets stands for it.
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address

from checker.names import LABEL_OCTETS, NAME_OCTETS, DomainName, IPAddress

_HOST_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_OWNER_LABEL = re.compile(r"[a-z0-9_-]+")
_HARMLESS_TEXT = re.compile(r"[A-Za-z0-9=:.,_@/+-]([A-Za-z0-9=;:.,_@/+ -]{0,498}[A-Za-z0-9=;:.,_@/+-])?")
_TOKEN = re.compile(r"[A-Za-z0-9.-]+|.", re.DOTALL)
CURRENT = "<the value that is there now>"


def is_host_name(name: str) -> bool:
    """It can be the target of an MX record and stand in a policy: letters, digits, hyphens (RFC 5321 section 2.3.5)."""
    labels = name.split(".")
    return len(labels) > 1 and not labels[-1].isdigit() and _are(labels, _HOST_LABEL)


def is_owner_name(name: str) -> bool:
    """It can stand before a record: a host name, or one with underscores."""
    return _are(name.split("."), _OWNER_LABEL)


def named(host: DomainName) -> str:
    """A name that DNS has now, as a panel shows it, or ``CURRENT``. An address in its place is told as an address."""
    address = address_in(host)
    if address is not None:
        return str(address)
    return host if is_owner_name(host) else CURRENT


def address_in(host: DomainName) -> IPAddress | None:
    """The address that an MX record holds in place of a name, null if it is none."""
    try:
        address = ip_address(host.replace("\\058", ":"))
    except ValueError:
        return None
    # A zone index after % is any text.
    return address if "%" not in str(address) else None


def shown(text: str) -> str:
    """A TXT record's text, to find the record that is to be removed, or ``CURRENT``."""
    return text if _HARMLESS_TEXT.fullmatch(text) else CURRENT


def changed(old: str, new: str) -> str:
    """What of ``new`` is not in ``old``: one stretch, in whole words."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    return "".join(middle(before, after)).strip()


def middle(before: Sequence[str], after: Sequence[str]) -> Sequence[str]:
    """``after`` without the beginning and the end that it shares with ``before``."""
    room = min(len(before), len(after))
    start = next((i for i in range(room) if before[i] != after[i]), room)
    end = next((i for i in range(room - start) if before[-1 - i] != after[-1 - i]), room - start)
    return after[start : len(after) - end]


def _are(labels: Sequence[str], pattern: re.Pattern[str]) -> bool:
    is_short = all(len(label) <= LABEL_OCTETS for label in labels) and len(".".join(labels)) <= NAME_OCTETS
    return is_short and all(map(pattern.fullmatch, labels))
