"""What may stand behind ``mx:`` in a policy (RFC 8461 section 3.2), and what is wrong with what may not.

    pattern = ["*."] Domain        Domain = sub-domain *("." sub-domain)        (RFC 5321 section 4.1.2)
    sub-domain = Let-dig [*(ALPHA / DIGIT / "-") Let-dig]

The one rule of this file: A-labels only, without a dot at either end, and ``*`` for the whole first label or nowhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checker.names import InvalidDomain, parse_domain

DOMAIN_OCTETS = 255  # RFC 5321 section 4.5.3.1.2
WILDCARD = "*."

_SUB_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PATTERN = re.compile(rf"(?:\*\.)?{_SUB_DOMAIN}(?:\.{_SUB_DOMAIN})*")
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_ADDRESS = re.compile(rf"\[.*|{_IPV4.pattern}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a pattern. ``at`` counts from 0; ``meant`` is how lenient senders read it."""

    code: str
    detail: str
    at: int = 0
    meant: str | None = None


def is_pattern(text: str) -> bool:
    """May this stand in a policy?"""
    return not _is_too_long(text) and bool(_PATTERN.fullmatch(text)) and not _IPV4.fullmatch(text)


def faults(text: str) -> tuple[Fault, ...]:
    """All that is wrong with a pattern, none if it is one. ``text`` has one character per octet and isn't empty."""
    if is_pattern(text):
        return ()
    if _is_too_long(text):
        return (Fault("mx-too-long", f"A name has at most {DOMAIN_OCTETS} characters.", DOMAIN_OCTETS),)
    whole = next((fault for matcher, fault in _WHOLE if matcher.fullmatch(text)), None)
    if whole:
        return (whole,)
    return tuple(_parts(text)) or (_NOT_A_LABEL,) if text.isascii() else (_u_label(text),)


_NOT_A_LABEL = Fault("mx-not-a-label", "Between dots stand letters, digits and hyphens, with no hyphen at either end.")

# What is something else altogether: one fault says it all.
_WHOLE = (
    (
        re.compile(r"[^#]*#.*"),
        Fault("mx-comment", "A policy has no comments. Write the name alone."),
    ),
    (
        re.compile(r"[^\s,;]+[\s,;]+.*", re.ASCII),  # an octet of UTF-8 is no blank, whatever character it would be
        Fault("mx-list", "Write a line that begins with “mx:” for each server."),
    ),
    (
        re.compile(r".*/.*"),
        Fault("mx-is-url", "Write the name of the mail server alone, without “https://” and without a path."),
    ),
    (
        _ADDRESS,
        Fault("mx-is-address", "Write the name of the mail server, not its IP address: certificates prove names."),
    ),
    (re.compile(r".*:[0-9]*"), Fault("mx-port", "Write the name of the mail server without a port.")),
    (re.compile(r"[^@]+@[^@]+"), Fault("mx-is-mail-address", "Write the name of a mail server, not a mail address.")),
)


def _is_too_long(text: str) -> bool:
    return len(text) > DOMAIN_OCTETS and len(text.removeprefix(WILDCARD)) > DOMAIN_OCTETS


def _parts(text: str) -> Iterator[Fault]:
    """What is wrong with something that was meant to be a name or a wildcard."""
    name = text.removeprefix(WILDCARD)
    start = len(text) - len(name)
    if "*" in name or not name:
        said = "“*” stands for the whole first part of a name, once: “*.example.com”."
        yield Fault("mx-wildcard", said, start + max(name.find("*"), 0) if name else 0)
    if name.startswith("."):
        meant = f"*{name}" if is_pattern(f"*{name}") else "*.example.com"
        said = f"No name begins with a dot. For all names one step below write “{meant}”."
        yield Fault("mx-leading-dot", said, start)
    if name.endswith(".") and name.strip("."):
        meant = text.removesuffix(".")
        said = f"Write “{meant}” without the dot at the end."
        yield Fault("mx-trailing-dot", said, len(text) - 1, meant if is_pattern(meant) else None)
    if ".." in name.strip("."):
        yield Fault(
            "mx-empty-label", "Remove one of the two dots.", start + name.index("..", 1 if name[0] == "." else 0)
        )
    if "_" in name:
        said = "“_” is not allowed in the name of a mail server. Use a name without it."
        yield Fault("mx-underscore", said, start + name.index("_"))
    odd = re.search(r"[^A-Za-z0-9.*_-]|(?<![^.])-|-(?![^.])", name)
    if odd:
        yield Fault(_NOT_A_LABEL.code, _NOT_A_LABEL.detail, start + odd.start())


def _u_label(text: str) -> Fault:
    """A name in another script. Some senders turn it into A-labels themselves."""
    name = text.removeprefix(WILDCARD)
    try:
        domain = parse_domain(name.encode("latin-1").decode())
    except (InvalidDomain, UnicodeError):
        return Fault("mx-u-label", "Write the name in ASCII, in the form that begins with “xn--”.")
    meant = text[: len(text) - len(name)] + domain
    return Fault("mx-u-label", f"Write the name in ASCII: “{meant}”.", meant=meant if is_pattern(meant) else None)
