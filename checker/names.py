"""Domain names: what a person typed becomes an A-label name once, and is never a bare string after that.

Host names: RFC 1035 section 2.3.1, RFC 5321 sections 2.3.5 and 4.1.2. Other scripts: UTS 46 without its transitional
rules, then IDNA2008 (RFC 5891). The one rule of this file: a name in ASCII goes to DNS as it was typed, in lower
case; only labels that claim to be A-labels (``xn--``) are checked, since mistaking one means testing another domain.
"""

import re
import unicodedata
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NewType

import idna

DomainName = NewType("DomainName", str)
"""A name in A-labels, lower case, without a trailing dot; ``""`` is the root. Made only in this file."""

ROOT = DomainName("")

type IPAddress = IPv4Address | IPv6Address

LABEL_OCTETS = 63  # RFC 1035 section 2.3.4
NAME_OCTETS = 253  # as text: 255 on the wire, less the first length and the root (RFC 2181 section 11)
INPUT_CHARACTERS = 2000  # no name needs more; keeps the Unicode tables from working on a pasted book

_LABEL = re.compile(r"[a-z0-9_-]+")
_ALL_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")  # no top-level domain is (RFC 3696 section 2): an odd IPv4 spelling
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://|//", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*:)?//.*|([a-z0-9_.-]|[^\x00-\x7f])+(:[0-9]*(/.*)?|/.*)", re.IGNORECASE)
_HOST_AND_PATH = re.compile(r"[^@/]+\.[^@/]+/")  # example.org/@somebody is no address
_PLAIN_OCTETS = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")


class InvalidDomain(ValueError):
    """What was typed is no domain name. ``code`` is kebab-case; ``message`` says what to do, for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def parse_domain(text: str) -> DomainName:
    """The mail domain in a domain name or mail address that a person typed.

    Takes what follows the last ``@``, within ``<…>`` or behind ``mailto:`` too. Raises InvalidDomain and nothing
    else; a name that it returned parses to itself.
    """
    if len(text) > INPUT_CHARACTERS:
        raise InvalidDomain("name-too-long", "That is far too long for a domain name. Type only the domain.")
    domain = _strip_address(text)
    _refuse_what_is_no_name(domain)
    name = _map(domain).removesuffix(".")
    if not name:
        raise InvalidDomain("empty", "Type a domain, such as example.org, or a mail address.")
    labels = [_a_label(label) for label in name.split(".")]
    return _bounded(labels)


def host_name(labels: Sequence[bytes]) -> DomainName:
    r"""A name from DNS wire labels (without the root's), whatever bytes they hold: RFC 1035 section 5.1 escapes.

    Lower-cased in ASCII only (RFC 4343 section 3). Letters, digits, ``-`` and ``_`` stand for themselves, every
    other octet is ``\DDD``. Never raises.
    """
    return DomainName(".".join("".join(map(_octet, label.lower())) for label in labels))


def wire_labels(name: str) -> tuple[bytes, ...]:
    """The DNS wire labels of a name: what ``host_name`` takes."""
    return tuple(_unescape(label) for label in name.split(".")) if name else ()


def to_unicode(name: DomainName) -> str:
    """The name as its owner writes it. A label that isn't proper IDNA2008 stays as it is in DNS."""
    return ".".join(map(_u_label, name.split(".")))


def _strip_address(text: str) -> str:
    """What stands for the domain in an address, a header field's ``Name <address>`` or a mailto link."""
    text = text.strip()
    if text.endswith(">") and "<" in text:
        text = text[text.rindex("<") + 1 : -1].strip()
    if text.lower().startswith("mailto:"):
        text = text[len("mailto:") :].partition("?")[0]
    if _SCHEME.match(text) or _HOST_AND_PATH.match(text):
        return text
    # U+FF20 is the @ that an East Asian keyboard gives.
    return text.replace("＠", "@").rpartition("@")[2].strip()


def _refuse_what_is_no_name(domain: str) -> None:
    """Name the common mistakes before any label is looked at."""
    if any(character.isspace() or unicodedata.category(character) == "Cc" for character in domain):
        raise InvalidDomain(
            "white-space", "A domain has no spaces, line ends or hidden characters in it. Type one domain at a time."
        )
    if domain.startswith("["):
        raise InvalidDomain(
            "address-literal",
            "Mail to an address in brackets skips DNS, so there are no servers to look up and no policy. "
            "Type the domain instead.",
        )
    if _is_address(domain):
        raise _bare_address()
    if _WEB_ADDRESS.fullmatch(domain):
        raise InvalidDomain("url", f"That is a web address or has a port. {_advice(domain)}")


def _is_address(text: str) -> bool:
    try:
        ip_address(text.lower().removeprefix("ipv6:"))
    except ValueError:
        return False
    return True


def _bare_address() -> InvalidDomain:
    return InvalidDomain(
        "ip-address", "That is an IP address. Mail is sent to a domain: type the part of an address after the @."
    )


def _advice(url: str) -> str:
    """What to type in place of a URL. Its host is named only if it would be accepted."""
    host = re.split(r"[/?#]", _SCHEME.sub("", url, count=1), maxsplit=1)[0]
    host = host.rpartition("@")[2].partition(":")[0]
    try:
        return f"Type only the domain: {parse_domain(host)}"
    except InvalidDomain:
        return "Type only the domain, such as example.org."


def _map(domain: str) -> str:
    """UTS 46: case, full-width forms and dots, compatibility characters. ASCII is only lower-cased."""
    if domain.isascii():
        return domain.lower()
    try:
        # STD3 rules off: the underscore is judged with every other ASCII character, in _a_label.
        return idna.uts46_remap(domain, std3_rules=False)
    except idna.IDNAError:
        raise _no_symbols() from None


def _no_symbols() -> InvalidDomain:
    return InvalidDomain(
        "not-idna",
        "A character in it, such as a symbol or an emoji, isn't allowed in international domain names (IDNA2008). "
        "Check the spelling.",
    )


def _a_label(label: str) -> str:
    """One label as it goes to DNS."""
    if not label:
        raise InvalidDomain("empty-label", "There is a dot too many. Remove the dot at the start, or one of two.")
    if label.isascii():
        return _checked(label)
    try:
        return idna.alabel(label).decode("ascii")
    except idna.IDNAError as error:
        raise (_label_too_long() if error.code == "label_too_long" else _no_symbols()) from None


def _checked(label: str) -> str:
    """A label of ASCII: host name characters and ``_`` (RFC 5321 section 2.3.5 leaves none at a hyphen's outside)."""
    if not _LABEL.fullmatch(label):
        raise InvalidDomain(
            "bad-character", "A domain holds only letters, digits, hyphens and dots. Remove every other character."
        )
    if label.startswith("-") or label.endswith("-"):
        raise InvalidDomain("bad-hyphen", "No part of a domain begins or ends with a hyphen. Check the spelling.")
    if label.startswith("xn--") and len(label) <= LABEL_OCTETS:
        _refuse_false_a_label(label)
    return label


def _refuse_false_a_label(label: str) -> None:
    """RFC 5891 section 5.4: decode and encode again, and it must be the same."""
    try:
        idna.ulabel(label)
    except idna.IDNAError:
        raise InvalidDomain(
            "bad-a-label",
            f"“{label}” begins with xn-- but doesn't stand for a proper international name. "
            "Type the name in its own script, or check the spelling.",
        ) from None


def _bounded(labels: list[str]) -> DomainName:
    """The lengths of RFC 1035 section 2.3.4, and no address in disguise (``127.1``, ``0x7f.0.0.1``)."""
    if any(len(label) > LABEL_OCTETS for label in labels):
        raise _label_too_long()
    name = ".".join(labels)
    if len(name) > NAME_OCTETS:
        raise InvalidDomain("name-too-long", "A domain has at most 253 characters. Check what was pasted.")
    if _ALL_NUMERIC.fullmatch(labels[-1]):
        raise _bare_address()
    return DomainName(name)


def _label_too_long() -> InvalidDomain:
    return InvalidDomain(
        "label-too-long", "Each part of a domain between dots has at most 63 characters. Check what was pasted."
    )


def _octet(octet: int) -> str:
    return chr(octet) if octet in _PLAIN_OCTETS else f"\\{octet:03d}"


def _unescape(label: str) -> bytes:
    text = re.sub(r"\\(\d{3})", lambda escape: chr(int(escape[1])), label)
    return text.encode("latin-1")


def _u_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return idna.ulabel(label)
    except idna.IDNAError:
        return label
