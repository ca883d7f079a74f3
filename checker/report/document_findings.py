"""What was found wrong and right, as entries of the report, with what mends and what shows it.

What holds for all of them stands in ``document``.
"""

from typing import Literal, TypedDict


class SubjectEntry(TypedDict):
    """What a finding speaks of."""

    host: str | None
    address: str | None


class DnsRecordFix(TypedDict):
    """A DNS record to publish, or to remove. ``marked`` is the part that changes."""

    kind: Literal["dns-record"]
    name: str
    type: str
    value: str
    ttl: int
    removal: bool
    marked: str


class PolicyFileFix(TypedDict):
    """A policy file to serve."""

    kind: Literal["policy-file"]
    url: str
    body: str
    marked: str


class SettingFix(TypedDict):
    """Lines for a server's configuration."""

    kind: Literal["setting"]
    software: str
    where: str
    text: str


type FixEntry = DnsRecordFix | PolicyFileFix | SettingFix


class CommandEntry(TypedDict):
    """A command that shows the finding, and what to look for."""

    text: str
    shows: str


class FindingEntry(TypedDict):
    """One judgement; its texts are made by the catalogue from ``code`` and ``params``.

    ``fixes`` can be pasted, ``commands`` show it, ``message`` can be sent to who must act.
    """

    code: str
    severity: Literal["critical", "serious", "advice", "note", "good", "unknown"]
    subject: SubjectEntry
    params: dict[str, str | int | list[str]]
    title: str
    detail: str
    remedy: str
    who: Literal["dns", "policy host", "mail server", "sender", "nobody"]
    reference: str
    cost: int
    fixes: list[FixEntry]
    commands: list[CommandEntry]
    message: str | None
