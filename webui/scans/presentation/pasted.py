"""What was pasted, and whether the report says that it is still so.

The one rule of this file: what is shown of the pasted text are our own words for it, and names and numbers that were
checked, since anybody may write the address that they come from.
"""

import re
from dataclasses import dataclass

from checker.pasted.conclusion import Conclusion, State, conclude
from checker.pasted.known import Entry, Sight, entries
from checker.pasted.match import Match
from checker.report.document import DeliveryEntry, Report
from webui.scans.presentation.marks import Mark
from webui.scans.presentation.sender_kinds import key, who
from webui.scans.presentation.senders import SenderRow, sender_rows

_STATES: dict[State, Mark] = {
    "reproduced": Mark("bad", "Reproduced"),
    "no-longer": Mark("ok", "No longer so"),
    "not-here": Mark("na", "Not on this side"),
    "unknown": Mark("unk", "Can’t tell"),
}
_RUNNING = Mark("run", "Checking")
_SAYS: dict[Sight, str] = {
    "connection": "got no connection to the server",
    "dns": "got no answer from DNS",
    "no-mail": "finds no such domain, or one that takes no mail",
    "dnssec": "got an answer from DNS that is not what was signed, or none",
    "starttls": "was not offered TLS, or was refused it",
    "handshake": "could not agree on TLS with the server",
    "trust": "does not trust the server’s certificate",
    "dates": "finds that the certificate has expired or isn’t valid yet",
    "name": "finds that the certificate is for another name",
    "listing": "does not find the server in the domain’s MTA-STS policy",
    "policy": "could not get the domain’s MTA-STS policy",
    "tlsa": "finds no TLSA record that matches the certificate",
    "no-dane": "finds no TLSA record that is signed and usable",
}
_SAYS_ASIDE = {
    "postfix-own-policy": "stumbled over its own table of TLS settings",
    "postfix-requiretls": "was told to send this message only to servers that promise REQUIRETLS (RFC 8689)",
    "microsoft-report-eof": "saw sessions end right after TLS was agreed on",
    "go-handshake-eof": "ended the session while TLS was being agreed on",
}
_PLACEHOLDER = re.compile(r"<([a-zA-Z]{1,20})>|\.\.\.")


@dataclass(frozen=True, slots=True)
class Speaker:
    """A row among the senders that say such a thing: its number on the page, and how mail ends there."""

    number: int
    name: str
    outcome: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """What a report's page prints about the text that its reader pasted."""

    state: Mark
    why: str
    says: str  # in plain words; empty where nothing is known
    words: str  # as the software prints them, with what is known filled in
    software: str
    code: str
    server: str
    number: int  # of the server in the report; 0 if it has none
    senders: tuple[Speaker, ...]


def pasted(match: Match, report: Report) -> Pasted:
    """The match, put into words, and what the report says about it."""
    entry = entries()[match.key] if match.key else None
    software = entry.text.software if entry else ""
    conclusion = conclude(match, report)
    hosts = [server["host"] for server in report["servers"]]
    host = conclusion.host or match.server or ""
    return Pasted(
        state=_RUNNING if _still_runs(conclusion, report) else _STATES[conclusion.state],
        why=conclusion.why,
        says=_says(match, conclusion, entry),
        words=_words(match, report, entry),
        software=software,
        code=match.status_code or "",
        server=host,
        number=hosts.index(host) + 1 if host in hosts else 0,
        senders=_speakers(conclusion, report, software),
    )


def _speakers(conclusion: Conclusion, report: Report, software: str) -> tuple[Speaker, ...]:
    """Of a row that several kinds share, only those that say such a thing are named; and none twice to one end."""
    speaking = {key(d): d for d in report["deliveries"] if _says_such(d, conclusion, software)}
    rows = [
        (n, row, [speaking[k] for k in row.senders if k in speaking]) for n, row in enumerate(sender_rows(report), 1)
    ]
    speakers = [Speaker(number, _named(row, them), row.outcome) for number, row, them in rows if them]
    first = {(speaker.name, speaker.outcome): speaker for speaker in reversed(speakers)}
    return tuple(speaker for speaker in speakers if speaker in first.values())


def _says_such(delivery: DeliveryEntry, conclusion: Conclusion, software: str) -> bool:
    """A row of one software's own counts where it is that one's text."""
    variant = delivery["variant"]
    return delivery["sender"] in conclusion.senders and (variant is None or software.startswith(variant))


def _named(row: SenderRow, them: list[DeliveryEntry]) -> str:
    return row.name if len(them) == len(row.senders) else who(them, f"{len(them)} kinds of sender").name


def _still_runs(conclusion: Conclusion, report: Report) -> bool:
    return report["state"] == "running" and conclusion.state == "unknown"


def _says(match: Match, conclusion: Conclusion, entry: Entry | None) -> str:
    if entry and entry.key in _SAYS_ASIDE:
        return f"The sender {_SAYS_ASIDE[entry.key]}."
    if not conclusion.sights:
        return ""
    return f"The sender {_either([_SAYS[sight] for sight in conclusion.sights])}."


def _either(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{'; '.join(parts[:-1])}; or {parts[-1]}"


def _words(match: Match, report: Report, entry: Entry | None) -> str:
    if entry is None or not entry.texts:
        return ""
    known = {
        "mx": match.server,
        "host": match.server,
        "addr": match.server,
        "ip": match.address,
        "domain": report["domain"],
        "d": report["domain"],
    }
    return _PLACEHOLDER.sub(lambda found: str(known.get(found[1] or "") or "…"), entry.texts[match.way])
