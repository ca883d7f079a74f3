"""What one CAA record says (RFC 8659 section 4): who may issue, under which conditions, or whom to tell.

The one rule of this file: any octets may come. What can't be read allows nobody, as an authority has to take it.
"""

import re
from dataclasses import dataclass

from checker.network.ports import CaaRecord

ISSUE, ISSUE_WILD, REPORTS = "issue", "issuewild", "iodef"
_CRITICAL = 0x80
_OTHER_TAGS = {"contactemail", "contactphone", "issuemail", "issuevmc"}
"""Of the registry "Certification Authority Restriction Properties": of no concern to certificates of servers."""

_LABEL = "[A-Za-z0-9](?:-*[A-Za-z0-9])*"
_ISSUER = re.compile(rf"(?:{_LABEL})(?:\.{_LABEL})*")
_PARAMETER = re.compile(rf"({_LABEL})[ \t]*=[ \t]*([\x21-\x3a\x3c-\x7e]*)")
_NAME_CHARACTERS = 253  # RFC 1035 section 2.3.4, without the dot at the end
_TAG = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One record, read. ``issuer`` is in lower case, and null for all but issue and issuewild; ``""`` is nobody.

    ``fault`` is a sentence, null where the record is well formed. ``is_unknown``: no authority need know the tag.
    """

    tag: str
    is_critical: bool
    issuer: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    fault: str | None = None
    is_unknown: bool = False


def read(record: CaaRecord) -> Property:
    """The property that a record holds. Tags are compared without case (section 4.1)."""
    tag, is_critical = record.tag.lower(), bool(record.flags & _CRITICAL)
    if not _TAG.fullmatch(record.tag):
        return Property(tag=tag, is_critical=is_critical, is_unknown=True, fault="Its tag isn't letters and digits.")
    if tag in (ISSUE, ISSUE_WILD):
        return _authorization(tag, is_critical, record.value)
    return Property(tag=tag, is_critical=is_critical, is_unknown=tag != REPORTS and tag not in _OTHER_TAGS)


def _authorization(tag: str, is_critical: bool, value: str) -> Property:
    """``issuer; name=value; …`` (section 4.2)."""
    issuer, *rest = (part.strip(" \t") for part in value.split(";"))
    if rest and rest[-1] == "":
        rest.pop()
    parameters = [_PARAMETER.fullmatch(part) for part in rest]
    if issuer and not (len(issuer) <= _NAME_CHARACTERS and _ISSUER.fullmatch(issuer)):
        return Property(tag=tag, is_critical=is_critical, issuer="", fault="What it names is no domain name.")
    if not all(parameters):
        return Property(
            tag=tag, is_critical=is_critical, issuer="", fault="Its conditions aren't of the form name=value."
        )
    read_parameters = tuple((found[1], found[2]) for found in parameters if found)
    return Property(tag=tag, is_critical=is_critical, issuer=issuer.lower(), parameters=read_parameters)
