"""What somebody asks to have looked at, page or program: a domain, unless its owner wants to be left alone.

A domain is typed, or stands in what was pasted. The one rule of this file: of a pasted text nothing leaves but the
match.
"""

from dataclasses import dataclass

from django.conf import settings

from checker.names import DomainName, InvalidDomain, parse_domain
from checker.pasted.match import Match, match_of
from checker.pasted.recognised import Recognised, recognise

LEFT_ALONE = "do-not-probe"  # the code of an InvalidDomain that is a domain, and that nobody may have looked at
_SHORT = 200  # characters: no address is longer with the name that it belongs to


@dataclass(frozen=True, slots=True)
class Asked:
    """A domain, and the match in the text that it was found in. Null: it was typed."""

    domain: DomainName
    match: Match | None = None


def read_asked(text: str) -> Asked:
    """The domain that was typed, or the one that a pasted text is about.

    Raises InvalidDomain, also for one on the do-not-probe list.
    """
    if len(text.split()) < 2:
        return Asked(parse_asked(text))
    found = recognise(text)
    if found.domain:
        return Asked(parse_asked(found.domain), match_of(found) if _is_pasted(text, found) else None)
    try:
        return Asked(parse_asked(text))
    except InvalidDomain as invalid:
        if _is_pasted(text, found) and invalid.code != LEFT_ALONE:
            raise _no_recipient(found) from None
        raise


def parse_asked(text: str) -> DomainName:
    """The domain that was typed. Raises InvalidDomain, also for one on the do-not-probe list."""
    domain = parse_domain(text)
    if settings.NETWORK.do_not_probe.covers(domain):
        raise InvalidDomain(
            LEFT_ALONE,
            f"Nothing was started, because whoever runs {domain} asked us not to look at it. Try another domain.",
        )
    return domain


def _is_pasted(text: str, found: Recognised) -> bool:
    """More than an address and the name that it belongs to."""
    names_a_server = found.server is not None or found.address is not None
    return found.says_something or names_a_server or "\n" in text.strip() or len(text) > _SHORT


def _no_recipient(found: Recognised) -> InvalidDomain:
    known = f" It speaks of the server {found.server}." if found.server else ""
    rest = " We read only its beginning, for it is very long." if found.was_cut else ""
    return InvalidDomain(
        "no-recipient",
        f"That text doesn’t say whom the mail was for, so we don’t know which domain to look at.{known}{rest} Put the "
        "recipient’s address, or the domain, on a line of its own in front of it.",
    )
