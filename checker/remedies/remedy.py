"""What can be pasted, as plain values.

The one rule of this file: a value is whole as it stands, so that it can be copied without editing. What only the
owner knows stands in angle brackets: ``<your certificate file>``.
"""

from dataclasses import dataclass
from typing import Literal

type Software = Literal["Postfix", "Exim", "Exchange Online", "Google Workspace", "Cisco ASA"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """A record as DNS panels ask for it. ``name`` is a full name without the trailing dot; ``ttl`` is in seconds.

    ``value`` is as panels take it: no quotes round TXT, ``10 mx1.example.com`` for MX. ``is_removal``: the record with
    this name, type and value is to be deleted. ``marked`` is the part of the value that is new or changed.
    """

    name: str
    rdtype: Literal["TXT", "MX", "A", "AAAA", "CNAME", "TLSA", "CAA"]
    value: str
    ttl: int = 3600
    is_removal: bool = False
    marked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """The whole policy file, with CRLF line ends (RFC 8461 section 3.2), and the address it must be served at."""

    url: str
    body: str
    marked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Lines for a configuration file, or the words of an administration page. ``where`` names the file or page."""

    software: Software
    where: str
    text: str


type Fix = DnsRecord | PolicyFile | Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line that shows the finding. ``shows`` is a sentence: what to look for in what it prints."""

    text: str
    shows: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """All that goes with one finding. ``message`` is ready to send to who must act, null where nobody must."""

    fixes: tuple[Fix, ...] = ()
    commands: tuple[Command, ...] = ()
    message: str | None = None
