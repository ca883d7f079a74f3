"""A message ready to send to who must act: what was seen and when, what to change, and how to see it.

The one rule of this file: it is short plain text. What a stranger sent stands in it on one line and without control
characters, and a long fix is left to the report rather than cut.
"""

from collections.abc import Iterator, Sequence
from typing import assert_never

from checker.assessment.judged import Judged
from checker.assessment.states import DomainState
from checker.finding import Param, Who
from checker.listing import joined
from checker.mta_sts.facts import policy_host
from checker.mta_sts.visits import addresses_of
from checker.names import DomainName
from checker.operators import operator_of
from checker.remedies.remedy import Command, DnsRecord, Fix, PolicyFile, Setting
from checker.remedies.reporting import stand_in

_FIX_LINES = 9  # so that the whole has about twenty


def message(judged: Judged, state: DomainState, fixes: Sequence[Fix], commands: Sequence[Command]) -> str | None:
    """The message as plain text; null where nobody must act, or only the senders could."""
    charge = _charge(judged, state)
    if charge is None:
        return None
    paragraphs = (
        f"{_to(judged)}Subject: {state.facts.domain}: {_line(judged.title)}",
        f"Hello,\n{charge}. {_check(state)} found this:",
        f"{_sentence(judged.title)} {_line(judged.detail)}{_where(judged)}",
        "\n".join(_to_do(judged, state, fixes)),
        "\n".join(_to_see(judged, commands)),
        "Thank you.",
    )
    return "\n\n".join(paragraphs) + "\n"


def _to(judged: Judged) -> str:
    """Whose support it goes to, where the server's name tells that."""
    operator = operator_of(judged.subject.host) if judged.who is Who.MAIL_SERVER and judged.subject.host else None
    return f"To: support of {operator.name}\n" if operator else ""


def _charge(judged: Judged, state: DomainState) -> str | None:
    """What the reader looks after."""
    match judged.who:
        case Who.DNS:
            return f"You look after the DNS records of {state.facts.domain}"
        case Who.POLICY_HOST if addresses_of(state.policy.published.facts):
            return f"You look after the web server {policy_host(state.facts.domain)}"
        case Who.POLICY_HOST:
            return f"You look after the web servers of {state.facts.domain}"
        case Who.MAIL_SERVER if judged.subject.host:
            return f"You look after the mail server {judged.subject.host}"
        case Who.MAIL_SERVER:
            return f"You look after the mail servers of {state.facts.domain}"
        case Who.SENDER | Who.NOBODY:
            return None
        case _:
            assert_never(judged.who)


def _check(state: DomainState) -> str:
    at = state.facts.started_at
    return f"A check on {at.day} {at:%B %Y at %H:%M} UTC"


def _where(judged: Judged) -> str:
    """The address, where the words don't tell it already."""
    address = str(judged.subject.address) if judged.subject.address else _text(judged.params.get("address", ""))
    if not address or address in judged.title + judged.detail:
        return ""
    return f" Seen at {_line(address)}."


def _to_do(judged: Judged, state: DomainState, fixes: Sequence[Fix]) -> Iterator[str]:
    if judged.remedy:
        yield f"Please do this: {_line(judged.remedy.replace('`', ''))}"
    lines = [line for fix in fixes for line in _fix_lines(fix, state.facts.domain)]
    if len(lines) > _FIX_LINES:
        yield "The exact lines to copy stand in the report that goes with this."
        return
    yield from lines
    mailbox = stand_in(state.facts.domain)
    if any(f"mailto:{mailbox}" in line for line in lines):
        yield f"Reports then come to {mailbox}: set up that mailbox, or write another address in its place."


def _fix_lines(fix: Fix, domain: DomainName) -> Iterator[str]:
    match fix:
        case DnsRecord(is_removal=True):
            yield f"- Delete the {fix.rdtype} record at {_place(fix.name, domain)}: {fix.value}"
        case DnsRecord():
            yield f"- Publish this {fix.rdtype} record at {_place(fix.name, domain)} (TTL {fix.ttl}): {fix.value}"
        case PolicyFile():
            yield f"- Serve this file at {fix.url}:"
            yield from _indented(fix.body)
        case Setting():
            yield f"- {fix.software}: {fix.where}"
            yield from _indented(fix.text)
        case _:
            assert_never(fix)


def _place(name: str, domain: DomainName) -> str:
    """A record's name; an alias may lead to somebody else's zone."""
    return name if f".{name}".endswith(f".{domain}") else f"{name} (ask whoever runs that name)"


def _indented(text: str) -> Iterator[str]:
    return (f"    {line}" for line in text.splitlines())


def _to_see(judged: Judged, commands: Sequence[Command]) -> Iterator[str]:
    """How to see it oneself, and where it is written."""
    for command in commands[:1]:
        yield f"To see it: {_line(command.text)}"
        yield _line(command.shows)
    yield f"The standard: {judged.reference}."


def _sentence(title: str) -> str:
    return _line(title if title.endswith((".", "?", "!")) else f"{title}.")


def _text(value: Param) -> str:
    return joined(value) if isinstance(value, list) and value else str(value or "")


def _line(text: str) -> str:
    """On one line; what doesn't print is left out."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
