"""What a verdict is made of: findings with the catalogue's words, deliveries step by step, and threats.

The one rule of this file: these are the report's own terms (report-format 1), so that nothing is decided after them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from checker.finding import Param, Severity, Subject, Who
from checker.names import DomainName, IPAddress
from checker.remedies.remedy import Remedy
from checker.sender_words import Failure

type Sender = Literal[
    "opportunistic",
    "mandatory-tls",
    "forced-tls",
    "verified-tls",
    "mta-sts",
    "mta-sts-cached",
    "dane",
    "dane-mta-sts",
]
type Action = Literal["try", "skip", "fail", "deliver"]
type DeliveryOutcome = Literal["authenticated", "encrypted", "plaintext", "deferred", "refused", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A finding with its catalogue entry applied. ``cost`` is in points, before the cap of its ``group``.

    ``to_paste`` is what goes with it: records, files, settings, commands, a message.
    """

    code: str
    severity: Severity
    subject: Subject = Subject()
    params: Mapping[str, Param] = field(default_factory=dict)
    title: str
    detail: str
    remedy: str
    who: Who
    reference: str
    group: str = ""
    cost: int = 0
    to_paste: Remedy = Remedy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that a sender does. ``host`` and ``address`` are null where it is about the domain, or the server.

    ``failure`` is what senders' software has words for, where this step failed; ``said`` is the server's reply to it.
    """

    host: DomainName | None = None
    address: IPAddress | None = None
    action: Action
    why: str
    failure: Failure | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The words that a sender's software prints, and where they were read. ``code`` is its status code, or empty."""

    software: str
    text: str
    source: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one kind of sender does, and how it ends. ``via`` is the server that takes the mail, if one does.

    ``status_code`` stands in the queue, ``final_status_code`` in the bounce when the queue's life ends; for what is
    refused both are the same. ``result_type``: RFC 8460 section 4.3.
    """

    sender: Sender
    outcome: DeliveryOutcome
    steps: tuple[Step, ...]
    variant: str | None = None
    via: DomainName | None = None
    status_code: str | None = None
    final_status_code: str | None = None
    result_type: str | None = None
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat:
    """Something that an attacker on the path could do. ``exposed`` is null where that could not be told."""

    code: str
    exposed: bool | None
    why: str
