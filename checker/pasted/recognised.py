"""What a pasted text says: whom the mail was for, at which server, whose words these are, and what they mean.

The one rule of this file: it never raises, and says nothing that doesn't stand in the text.
"""

import re
from dataclasses import dataclass

from checker.assessment.judged import Sender
from checker.names import DomainName, IPAddress
from checker.network.bounds import PASTED_WORDS
from checker.pasted.codes import key_of_code, result_type, senders_of, sights_of_code, status_code
from checker.pasted.known import all_patterns, entries
from checker.pasted.patterns import Found, find
from checker.pasted.places import (
    address_of,
    any_domain,
    bare_domain,
    parse_address,
    parse_name,
    recipient_domain,
    server_of,
)
from checker.pasted.reading import Reading, read
from checker.pasted.tls_report import report_says

# What tells whose bounce or log it is, for words that several print and for those that we don't know.
_SOFTWARE = tuple(
    (software, re.compile(pattern, re.IGNORECASE))
    for software, pattern in (
        ("Trend Micro", r"trend ?micro|\bddei\b"),
        ("Stalwart", r"\bstalwart\b"),
        ("KumoMTA", r"\bkumomta\b|\bkumod\b"),
        ("maddy", r"\bmaddy\b"),
        ("mox", r"\bmox\b"),
        ("SparkPost", r"sparkpost|\bmomentum\b"),
        ("SendGrid", r"\bsendgrid\b|\bsg_event_id\b"),
        ("Forward Email", r"forward ?email"),
        ("Postfix", r"\bpostfix\b|x-postfix|this is the mail system at host"),
        ("Exim", r"\bexim\b|this message was created automatically by mail delivery software"),
        ("sendmail", r"\bsendmail\b|sm-mta|ruleset=tls_server"),
        ("Exchange Online", r"protection\.outlook\.com|prod\.outlook\.com|exchangelabs|office ?365|microsoft"),
        ("Gmail", r"googlemail\.com|\bgmail\b|google\.com"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What was found; null and empty where it wasn't. ``key`` is that of a known text, ``way`` how it is said.

    ``senders``: the kinds of sender in our simulation that print such a thing. ``words``: those that matched, as they
    stood, cut. ``was_cut``: the text was longer than what we read.
    """

    domain: DomainName | None = None
    server: DomainName | None = None
    address: IPAddress | None = None
    software: str = ""
    key: str | None = None
    way: int = 0
    mechanism: str = ""
    senders: tuple[Sender, ...] = ()
    status_code: str | None = None
    result_type: str | None = None
    words: str = ""
    was_cut: bool = False

    @property
    def says_something(self) -> bool:
        """Is there a failure in it that we know?"""
        return bool(self.key or self.result_type or (self.status_code and sights_of_code(self.status_code)))


def recognise(text: str) -> Recognised:
    """What this text says. Any text will do, however long."""
    reading = read(text)
    software, code = _software(reading.flat), status_code(reading.flat)
    key, way, found = _known(reading.flat, software)
    reported = report_says(reading.flat)
    if key is None:
        key = reported.key or (key_of_code(code) if code else None)
    entry = entries()[key] if key else None
    kind = reported.result_type or (
        result_type(f"{found.words}{found.behind}", entry.text.result_type) if entry else None
    )
    sights = sights_of_code(code) if code else ()
    return Recognised(
        domain=_domain(reading, found),
        server=parse_name(found.server) or server_of(reading.flat),
        address=parse_address(found.address) or parse_address(found.server) or address_of(reading.flat),
        software=entry.text.software if entry else software,
        key=key,
        way=way,
        mechanism=entry.text.mechanism if entry else "",
        senders=entry.senders if entry else senders_of(sights) if sights else (),
        status_code=code,
        result_type=kind,
        words=found.words[:PASTED_WORDS],
        was_cut=reading.was_cut,
    )


def _known(flat: str, software: str) -> tuple[str | None, int, Found]:
    """The known text that is there. Of several: one of the software that writes, then the longest."""
    there = [(key, way, found) for key, way, pattern in all_patterns() if (found := find(pattern, flat))]
    if not there:
        return None, 0, Found()

    def rank(candidate: tuple[str, int, Found]) -> tuple[bool, int]:
        key, _, found = candidate
        return bool(software) and entries()[key].text.software.startswith(software), len(found.words)

    return max(there, key=rank)


def _software(flat: str) -> str:
    return next((software for software, pattern in _SOFTWARE if pattern.search(flat)), "")


def _domain(reading: Reading, found: Found) -> DomainName | None:
    """Of the line with the words first, since a log is about many mails."""
    own = [line for line in reading.lines if found.words and found.words in " ".join(line.split())]
    return (
        recipient_domain(own)
        or recipient_domain(reading.lines)
        or parse_name(found.domain)
        or bare_domain(reading.lines)
        or any_domain(reading.lines)
    )
