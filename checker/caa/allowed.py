"""Which authorities CAA lets issue a certificate for one name (RFC 8659 sections 3 and 4.2).

The one rule of this file: what isn't known restricts nobody and frees nobody.
"""

from checker.caa.facts import CaaFacts
from checker.caa.record import ISSUE, Property, read
from checker.observation import Seen


def properties(facts: CaaFacts) -> tuple[Property, ...] | None:
    """The records that count for the name, read; null where they are not known."""
    if not isinstance(facts.answer, Seen):
        return None
    return tuple(map(read, facts.answer.value.records))


def may_issue(facts: CaaFacts) -> tuple[str, ...] | None:
    """The authorities that may, by the domains that they call themselves; empty: none may.

    Null where everybody may, or where it is not known: ``properties`` tells which. A certificate for the name itself is
    meant, so ``issuewild`` doesn't count. A critical property that nobody knows forbids everything (section 4.1).
    """
    found = properties(facts)
    if not found:
        return None
    if any(each.is_unknown and each.is_critical for each in found):
        return ()
    issuers = [each.issuer for each in found if each.tag == ISSUE and each.issuer is not None]
    return tuple(dict.fromkeys(filter(None, issuers))) if issuers else None
