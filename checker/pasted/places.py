"""Whom a stuck mail was for, and which server it was at: found by where an address stands, not by how it looks.

A bounce is full of addresses: the sender's, the reporting server's, the postmaster's. The one rule of this file: the
recipient's comes from a place that only a recipient's takes, in the order of ``_RECIPIENT`` and of ``_TOLD``, which are
sentences; then from a place that could be another's; and never from one that is the sender's.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from itertools import chain, takewhile

from checker.names import DomainName, InvalidDomain, IPAddress, parse_domain

_MAILBOX = r"<?[^\s<>@,;:'\"()\[\]]{1,64}@([\w.-]{1,253})"
_HOST = r"([\w-]{1,63}\.[\w.-]{1,189})"
_TRIED = 20  # so many candidates of one place
_BLOCK = 100  # lines of header fields that are looked through

_RECIPIENT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^[ \t]*final-recipient:[ \t]*(?:[a-z0-9-]{{1,20}};)?[ \t]*{_MAILBOX}",
        rf"^[ \t]*original-recipient:[ \t]*(?:[a-z0-9-]{{1,20}};)?[ \t]*{_MAILBOX}",
        rf"^[ \t]*x-failed-recipients:[ \t]*{_MAILBOX}",
        rf"\bto={_MAILBOX}",
        rf"\b(?:rcpt|rcpt_to|rcptto|recipient|recipients|recipient_address)[\"']?[=:][ \t]*[\"'\[]{{0,2}}{_MAILBOX}",
        rf"\brcpt to:[ \t]*{_MAILBOX}",
        rf"(?:==|\*\*|=>|->|>>) {_MAILBOX}",  # the log of Exim
    )
)
_TOLD = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:deliver(?:ed|y|ing)?|message|mail)\b[^@\n]{{0,60}}\b(?:to|for)[: ]{{1,3}}{_MAILBOX}",
        rf"^[ \t]*{_MAILBOX}>?:? *(?:\(expanded from|\(ultimately generated|host |conversation with|lost connection|$)",
        rf"^[ \t]*{_MAILBOX}>[ \t]*[:(]",  # the bounces of Postfix and Stalwart
        rf"^[ \t]*[^@\n<(]{{0,80}}\({_MAILBOX}\)",  # the bounce of Exchange
    )
)
_TO = re.compile(rf"^[ \t]*(?:to|cc|delivered-to|envelope-to):[^@\n]{{0,200}}?{_MAILBOX}", re.IGNORECASE)
_FROM_SYSTEM = re.compile(
    r"^[ \t]*from:.{0,200}(?:mailer-daemon|postmaster|mail delivery|microsoftexchange)", re.IGNORECASE
)
_SENDERS_OWN = re.compile(
    r"^[ \t]*(?:from|sender|return-path|reply-to|message-id|references|in-reply-to|reporting-mta|received"
    r"|received-from-mta|x-[a-z-]{1,40}|dkim-signature|authentication-results|arc-[a-z-]{1,40}|list-[a-z-]{1,20}|errors-to):"
    r"|\b(?:from|sender|message-id|msgid|orig_from)=<",
    re.IGNORECASE,
)
_ANY = re.compile(_MAILBOX)
_ROLES = ("mailer-daemon", "postmaster", "bounce", "microsoftexchange", "noreply", "no-reply")
_POLICY_DOMAIN = re.compile(r"[\"']?policy-domain[\"']?:[ ]?[\"']([\w.-]{1,253})[\"']", re.IGNORECASE)
_BARE = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,20}\.?")

_SERVER = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bremote-mta:[ \t]*(?:dns|smtp)?;?[ \t]*{_HOST}",
        rf"\brelay={_HOST}",
        rf"\bhost {_HOST}[ ]?\[",
        rf"\bconnect to {_HOST}[ ]?\[",
        rf"\bsession with {_HOST}[ ]?\[",
        rf"\bH={_HOST}",
        rf"\bTLS session: [^\n]{{0,60}}\bhost {_HOST}",
        rf"\bLastAttemptedServerName={_HOST}",
        rf"\bFQDN={_HOST}",
        rf"\b(?:Remote Server at|Receiving server:) {_HOST}",
        rf"\breceiving-mx-hostname[\"']?:[ ]?[\"']{_HOST}",
        rf"\bserver for the recipient domain [\w.-]{{1,253}} by {_HOST}",
        rf"\bmx[\"']?[=:][ ]?[\"']?{_HOST}",
    )
)
_IP = r"([0-9A-Fa-f:.]{2,45})"
_ADDRESS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bremote-mta:[ \t]*(?:dns|smtp)?;?[ \t]*[\w.-]{{0,253}}[ ]?[\[(]{_IP}",
        rf"\b(?:Remote Server at|Receiving server:) [\w.-]{{1,253}}[ ]?[\[(]{_IP}",
        rf"\brelay=[\w.-]{{1,253}}[ ]?\[{_IP}\]",
        rf"\b(?:host|connect to|session with) [\w.-]{{1,253}}[ ]?\[{_IP}\]",
        rf"\bH=[\w.-]{{1,253}} \[{_IP}\]",
        rf"\bLastAttemptedIP=\[?{_IP}",
        rf"\bIP=\[?{_IP}",
        rf"\breceiving-ip[\"']?:[ ]?[\"']{_IP}",
        rf"\bby [\w.-]{{1,253}} \[{_IP}\]",
    )
)


def recipient_domain(lines: Iterable[str]) -> DomainName | None:
    """The domain that the mail was for, from a place that only a recipient's address takes. None: no such place."""
    lines = tuple(lines)
    sentences = [line for line in lines if not _SENDERS_OWN.search(line)]
    in_place = (_matches(pattern, lines) for pattern in _RECIPIENT)
    told = (_matches(pattern, sentences) for pattern in _TOLD)
    return next(_names(chain(in_place, told)), None) or _to_field(lines)


def any_domain(lines: Iterable[str]) -> DomainName | None:
    """The domain of a mailbox that may be the recipient's, since it doesn't stand where the sender's do."""
    lines = tuple(lines)
    own = {index for index, line in enumerate(lines) if _SENDERS_OWN.search(line)} | _to_of_system(lines)
    senders = {name for index in own for name in _names([_mailboxes(lines[index])])}
    others = [name for at, line in enumerate(lines) if at not in own for name in _names([_mailboxes(line)])]
    return next((name for name in others if name not in senders), next(iter(others), None))


def bare_domain(lines: Iterable[str]) -> DomainName | None:
    """A domain that stands alone on a line, as somebody writes it in front of a log; or the one of a TLS report."""
    lines = tuple(lines)
    alone = (line.strip() for line in lines if _BARE.fullmatch(line.strip()))
    return next(_names([_matches(_POLICY_DOMAIN, lines), alone]), None)


def server_of(flat: str) -> DomainName | None:
    """The server that the text speaks of as the one that was tried."""
    return next(_names(_matches(pattern, [flat]) for pattern in _SERVER), None)


def address_of(flat: str) -> IPAddress | None:
    """And its address."""
    found = (match[1] for pattern in _ADDRESS for match in pattern.finditer(flat))
    return next((address for text in found if (address := parse_address(text))), None)


def parse_name(text: str) -> DomainName | None:
    """A name with a dot in it, or none."""
    try:
        name = parse_domain(text.strip().strip("."))
    except InvalidDomain:
        return None
    return name if "." in name else None


def parse_address(text: str) -> IPAddress | None:
    """An IP address, or none. A port, or the end of a sentence, don't belong to it.

    Nor does a zone (RFC 4007 section 11), which may be any text: no mail server has an address that needs one.
    """
    if "%" in text:
        return None
    without_port = text.partition(":")[0] if "." in text else text
    for given in (text, text.rstrip(".:"), without_port):
        try:
            return ip_address(given)
        except ValueError:
            continue
    return None


def _matches(pattern: re.Pattern[str], lines: Iterable[str]) -> Iterator[str]:
    return (match[1] for line in lines for match in pattern.finditer(line))


def _names(places: Iterable[Iterable[str]]) -> Iterator[DomainName]:
    """The names among these, place by place; of each place the first ones."""
    for place in places:
        for _, text in zip(range(_TRIED), place, strict=False):
            if name := parse_name(text):
                yield name


def _mailboxes(line: str) -> Iterator[str]:
    """The domains of the mailboxes in a line, but for those of no person."""
    return (match[1] for match in _ANY.finditer(line) if not match[0].lstrip("<").lower().startswith(_ROLES))


def _to_field(lines: tuple[str, ...]) -> DomainName | None:
    """The ``To`` of the mail that came back."""
    of_system = _to_of_system(lines)
    fields = (found[1] for at, line in enumerate(lines) if at not in of_system and (found := _TO.match(line)))
    return next(_names([fields]), None)


def _to_of_system(lines: tuple[str, ...]) -> set[int]:
    """The lines with the ``To`` of a bounce: that is who sent the mail that came back."""
    fields = (index for index, line in enumerate(lines) if _TO.match(line))
    return {index for index, _ in zip(fields, range(_TRIED), strict=False) if _is_of_system(lines, index)}


def _is_of_system(lines: tuple[str, ...], index: int) -> bool:
    """Does a mail system stand as ``From`` in the same block of fields?"""
    before = takewhile(str.strip, reversed(lines[max(0, index - _BLOCK) : index]))
    behind = takewhile(str.strip, lines[index + 1 : index + _BLOCK])
    return any(_FROM_SYSTEM.match(line) for line in chain(before, behind))
