"""The words that sending software prints when a delivery fails, each with where it was read.

``sender_errors.csv`` holds every known text, as a pattern; ``sender_words.csv`` says which of them a kind of sender
prints at which failure. The one rule of this file: no text without a source.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from checker.data import read_table

type Failure = Literal[
    "refused",
    "timeout",
    "mx-look-up",
    "mx-bogus",
    "no-domain",
    "null-mx",
    "address-look-up",
    "no-address",
    "turned-away",
    "no-starttls",
    "starttls-refused",
    "handshake",
    "handshake-reset",
    "untrusted",
    "expired",
    "not-yet-valid",
    "host-mismatch",
    "not-listed",
    "policy-fetch",
    "policy-webpki",
    "policy-invalid",
    "tlsa-look-up",
    "tlsa-mismatch",
    "dane-no-starttls",
    "dane-starttls-refused",
    "dane-expired",
    "dane-not-yet-valid",
    "dane-host-mismatch",
]
"""What made a step fail, as finely as senders' words tell it apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownText:
    """One known text. ``pattern`` has ``<placeholders>``; `` | `` parts texts of one kind, ``...`` stands for anything.

    ``code`` is the enhanced status code (RFC 3463), empty where none is printed. ``check`` says what to look at, and
    ``result_type`` what a TLS report would call it (RFC 8460 section 4.3), both in words.
    """

    software: str
    code: str
    pattern: str
    mechanism: str
    meaning: str
    result_type: str
    check: str
    who_fixes: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What ``software`` prints where it is one of these kinds of senders and meets one of these failures."""

    software: str
    code: str
    text: str
    senders: frozenset[str]
    failures: frozenset[str]
    source: str

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with the placeholders that are known."""
        text = self.text
        for name, value in values.items():
            text = text.replace(f"<{name}>", value)
        return text


@cache
def known_texts() -> tuple[KnownText, ...]:
    """Every known text, in the order of the file: by software."""
    return tuple(
        KnownText(
            software=row["sender"],
            code=row["enhanced_code"],
            pattern=row["text_or_pattern"],
            mechanism=row["mechanism"],
            meaning=row["meaning"],
            result_type=row["tlsrpt_equivalent"],
            check=row["run_this_check"],
            who_fixes=row["who_fixes"],
            source=row["source"],
        )
        for row in _rows("sender_errors.csv")
    )


@cache
def all_words() -> tuple[Words, ...]:
    """What is known of which sender prints what when. Raises ValueError for words that no known text vouches for."""
    return tuple(
        Words(
            software=row["software"],
            code=row["code"],
            text=row["text"],
            senders=frozenset(row["senders"].split()),
            failures=frozenset(row["failures"].split()),
            source=_source(row["software"], row["text"]),
        )
        for row in _rows("sender_words.csv")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RealSender:
    """Software or a service that is such a kind of sender. ``date`` (ISO 8601) is the source's, or the list's."""

    kind: str
    name: str
    source: str
    date: str


@cache
def real_senders() -> tuple[RealSender, ...]:
    """Who is known to send so, in the order of the file. A sender that keeps policies is one that meets them too."""
    return tuple(RealSender(**entry) for entry in read_table("senders.json")["senders"])


def _source(software: str, text: str) -> str:
    """Where the known text was read that these words are, or are one way of."""
    for known in known_texts():
        ways = known.pattern.split(" | ")
        if known.software == software and any(way in text or text in way for way in ways):
            return known.source
    raise ValueError(f"no known text of {software} says: {text}")


def _rows(name: str) -> Sequence[dict[str, str]]:
    with (files("checker.data") / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
