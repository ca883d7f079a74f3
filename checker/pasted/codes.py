"""Enhanced status codes (RFC 3463) and result types of TLS reports (RFC 8460 section 4.3), and what shows them true.

Senders print codes where they print nothing else that is known. The one rule of this file: a code that may mean two
things means both.
"""

import re
from typing import get_args

from checker.assessment.judged import Sender
from checker.pasted.known import Sight, entries

STATUS_CODE = re.compile(r"(?<![\w.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![\w.]?[0-9])")
RESULT_TYPES: dict[str, tuple[Sight, ...]] = {
    "starttls-not-supported": ("starttls",),
    "certificate-host-mismatch": ("name",),
    "certificate-expired": ("dates",),
    "certificate-not-trusted": ("trust",),
    "validation-failure": ("handshake", "trust", "dates", "name", "listing", "tlsa"),
    "tlsa-invalid": ("tlsa",),
    "dnssec-invalid": ("dnssec",),
    "dane-required": ("no-dane",),
    "sts-policy-fetch-error": ("policy",),
    "sts-policy-invalid": ("policy",),
    "sts-webpki-invalid": ("policy",),
}
_BY_DETAIL: dict[str, tuple[Sight, ...]] = {
    "1.2": ("dns",),
    "4.1": ("connection",),
    "4.2": ("connection",),
    "4.3": ("dns", "dnssec"),
    "4.4": ("dns",),
    "4.7": ("connection",),
    "7.4": ("starttls",),
    "7.5": ("starttls", "handshake", "trust", "dates", "name", "listing", "tlsa", "dnssec"),
}
_UNREGISTERED = ("4.8",)  # of two digits, and yet one sender's own: no standard has it
_TELLING = ("7.5", "7.4")  # of several codes in one text, these say most
_WORDS: tuple[tuple[str, str], ...] = (  # what narrows a text that covers several failures
    ("expired", "certificate-expired"),
    ("mismatch", "certificate-host-mismatch"),
    ("doesn't match", "certificate-host-mismatch"),
    ("untrusted", "certificate-not-trusted"),
    ("self-signed", "certificate-not-trusted"),
)


def status_code(flat: str) -> str | None:
    """The code that says most, of those in the text: one that only one sender prints, one of TLS, or the first."""
    codes = [match[1] for match in STATUS_CODE.finditer(flat) if match[1][0] != "2"]
    by_worth = sorted(dict.fromkeys(codes), key=lambda code: (code[2:] not in _own_codes(), code[2:] not in _TELLING))
    return by_worth[0] if by_worth else None


def key_of_code(code: str) -> str | None:
    """The known text whose code this is, where no other software has it."""
    return _own_codes().get(code[2:])


def sights_of_code(code: str) -> tuple[Sight, ...]:
    """What to look for. Empty: it isn't about what we look at."""
    return _BY_DETAIL.get(code[2:], ())


def result_type(words: str, told: str) -> str | None:
    """The one result type that the words come to; ``told`` is what the table says of the text."""
    lower = words.lower()
    narrowed = next((kind for word, kind in _WORDS if word in lower), None)
    named = [kind for kind in RESULT_TYPES if kind in told]
    if narrowed and (narrowed in named or len(named) != 1):
        return narrowed
    return named[0] if len(named) == 1 else None


def is_about_the_way(code: str) -> bool:
    """May it be about how the mail travels? Not where its second part says address, mailbox or content, nor for 7."""
    return code[2:] in _BY_DETAIL or code.split(".")[1] not in ("1", "2", "6", "7")


def senders_of(sights: tuple[Sight, ...]) -> tuple[Sender, ...]:
    """Which kinds of sender may have met one of these: all, where anybody would."""
    if not sights or set(sights) & {"connection", "dns"}:
        return get_args(Sender.__value__)
    if set(sights) <= {"tlsa", "dnssec", "no-dane"}:
        return ("dane", "dane-mta-sts")
    if set(sights) <= {"listing", "policy"}:
        return ("mta-sts", "mta-sts-cached")
    return tuple(sender for sender in get_args(Sender.__value__) if sender != "opportunistic")


def _own_codes() -> dict[str, str]:
    """The details beyond two digits, and those in no register: Exchange Online's own, and each of one text."""
    own = {}
    for key, entry in entries().items():
        for match in STATUS_CODE.finditer(entry.text.code):
            detail = match[1][2:]
            if len(detail.rpartition(".")[2]) == 3 or detail in _UNREGISTERED:
                own[detail] = key
    return own
