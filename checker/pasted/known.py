"""The known texts of senders, each with a key that stays, who says it, and what of a report shows it to be true.

The texts are those of ``checker.sender_words``. The one rule of this file: each of them has one entry here, and where a
text describes more than it quotes, the entry says what is really printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from re import Pattern
from typing import Literal, get_args

from checker.assessment.judged import Sender
from checker.pasted.patterns import compiled
from checker.sender_words import KnownText, all_words, known_texts

type Sight = Literal[
    "connection",  # no connection, or no greeting
    "dns",  # the look-up of the servers, or of their addresses, fails
    "no-mail",  # there is no such domain, or it takes no mail
    "dnssec",  # an answer that DNSSEC shows to be false, or no answer about TLSA
    "starttls",
    "handshake",
    "trust",
    "dates",
    "name",
    "listing",  # the policy doesn't list the server
    "policy",  # it can't be fetched, or is none
    "tlsa",  # no record matches
    "no-dane",  # no record that DANE could use
]
"""A failure that a report can show, or show to be gone."""

type Aside = Literal["sender", "not-tested"]
"""Why no report can show it: the fault is in the sender's own settings, or in what we don't test."""

_STS: tuple[Sender, ...] = ("mta-sts", "mta-sts-cached")
_CERTIFICATE: tuple[Sight, ...] = ("trust", "dates", "name")
_START: tuple[Sight, ...] = ("starttls", "handshake")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One known text. ``senders`` are the kinds that print it, ``texts`` the ways to say it, with placeholders.

    ``by_way``: what to look for instead, where one of the ways says something else.
    """

    key: str
    text: KnownText
    senders: tuple[Sender, ...]
    sights: tuple[Sight, ...]
    aside: Aside | None
    texts: tuple[str, ...]
    by_way: Mapping[int, tuple[Sight, ...]]


type _Row = tuple[str, str, str, tuple[Sight, ...]]

_NO_NAME = "Host or domain name not found. Name service error for name="
# key, software, how its pattern in the table begins, what to look for
_ROWS: tuple[_Row, ...] = (
    ("exchange-not-listed", "Exchange Online", "MX hosts of", ("listing",)),
    ("exchange-certificate", "Exchange Online", "Remote certificate failed MTA-STS", _CERTIFICATE),
    ("exchange-no-starttls", "Exchange Online", "starttls-not-supported:", ("starttls",)),
    ("exchange-expired", "Exchange Online", "certificate-expired:", ("dates", "tlsa")),
    ("exchange-tlsa", "Exchange Online", "tlsa-invalid:", ("tlsa",)),
    ("exchange-dnssec", "Exchange Online", "dnssec-invalid:", ("dnssec",)),
    ("exchange-name", "Exchange Online", "certificate-host-mismatch:", ("name", "tlsa")),
    ("exchange-dns", "Exchange Online", "DNS query failed", ("dns", "dnssec")),
    ("exchange-connector", "Exchange Online", "Cannot connect to remote", (*_START, *_CERTIFICATE)),
    ("exchange-connector-certificate", "Exchange Online", "Certificate validation failed", _CERTIFICATE),
    ("exchange-refused", "Exchange Online", "Connection refused", ("connection",)),
    ("gmail-handshake", "Gmail", "TLS Negotiation failed: FAILED", _START),
    ("gmail-timeout", "Gmail", "The recipient server did not accept", ("connection",)),
    ("gmail-send-as", "Gmail ('Send mail as')", "TLS Negotiation failed, the", _CERTIFICATE),
    ("google-report-not-listed", "Gmail/Google TLS report", "result-type", ("listing",)),
    ("microsoft-report-fetch", "Microsoft TLS report", "result-type", ("policy",)),
    ("microsoft-report-eof", "Microsoft TLS report", "policy-type", ()),
    ("postfix-not-verified", "Postfix", "Server certificate not verified", (*_CERTIFICATE, "listing", "tlsa")),
    ("postfix-not-trusted", "Postfix (older)", "Server certificate not", (*_CERTIFICATE, "listing", "tlsa")),
    ("postfix-no-starttls", "Postfix", "TLS is required, but was", ("starttls",)),
    ("postfix-starttls-refused", "Postfix", "TLS is required, but host", ("starttls",)),
    ("postfix-handshake", "Postfix", "Cannot start TLS:", ("handshake",)),
    ("postfix-tlsa-look-up", "Postfix", "TLSA lookup error", ("dnssec",)),
    ("postfix-refused", "Postfix", "connect to", ("connection",)),
    ("postfix-look-up", "Postfix", f"{_NO_NAME}<domain> type=MX", ("dns", "dnssec")),
    ("postfix-no-address", "Postfix", f"{_NO_NAME}<mx> type=A: Host found", ("connection",)),
    ("postfix-no-domain", "Postfix", f"{_NO_NAME}<domain> type=A", ("no-mail",)),
    ("postfix-null-mx", "Postfix", "Domain <domain>", ("no-mail",)),
    ("postfix-turned-away", "Postfix", "host <mx>[<ip>] refused", ("connection",)),
    ("postfix-dane-only", "Postfix (dane-only)", "non DNSSEC", ("no-dane",)),
    ("postfix-verification", "Postfix log", "certificate verification", (*_CERTIFICATE, "tlsa")),
    ("postfix-not-listed", "Postfix 3.11 log", "warning: MX name", ("listing",)),
    ("postfix-ssl", "Postfix log", "SSL_connect error", ("handshake",)),
    ("postfix-own-policy", "Postfix log", "client TLS configuration", ()),
    ("postfix-policy-fetch", "Postfix+plugin log", "STS policy fetch", ("policy",)),
    ("postfix-requiretls", "Postfix 3.11", "Sender requested", ()),
    ("exim-no-tls", "Exim", "a TLS session is required", _START),
    ("exim-dane", "Exim", "DANE attempt failed", ("tlsa", "handshake")),
    ("exim-dane-look-up", "Exim", "DANE error:", ("dnssec", "no-dane")),
    ("exim-name", "Exim log", "[<ip>] SSL verify", ("name",)),
    ("stalwart-not-listed", "Stalwart", "MTA-STS failed", ("listing",)),
    ("stalwart-dane", "Stalwart", "DANE failed", ("tlsa", "no-dane")),
    ("stalwart-tls", "Stalwart", "TLS error from", (*_START, *_CERTIFICATE)),
    ("mox-not-listed", "mox", "mx host", ("listing",)),
    ("mox-policy", "mox", "mtasts:", ("policy",)),
    ("mox-dane", "mox", "dane:", ("tlsa", "no-dane")),
    ("kumomta-no-tls", "KumoMTA", "tls policy is Required", ("connection", *_START)),
    ("kumomta-dane-look-up", "KumoMTA", "DANE TLSA lookup", ("dnssec",)),
    ("maddy-policy", "maddy", "TLS it not available", (*_START, *_CERTIFICATE, "listing")),
    ("forward-email-policy", "Forward Email", "TLS is required due", (*_START, *_CERTIFICATE)),
    ("sendgrid-no-tls", "SendGrid", "TLS required but", (*_START, *_CERTIFICATE)),
    ("sparkpost-name", "SparkPost/Momentum TLS report", "[internal]", ("name",)),
    ("sendmail-handshake", "sendmail log", "TLS handshake failed.", ("handshake",)),
    ("trend-micro-dane", "Trend Micro DDEI", "Defer (", ("dns", "dnssec", "tlsa", "no-dane")),
    ("go-handshake-eof", "receiver side (Go MTAs)", "Error in TLS", ()),
)
_ASIDE: dict[str, Aside] = {
    "postfix-own-policy": "sender",
    "postfix-requiretls": "sender",
    "microsoft-report-eof": "not-tested",
    "go-handshake-eof": "not-tested",
}
_BY_WAY: dict[str, Mapping[int, tuple[Sight, ...]]] = {
    "gmail-handshake": {1: _CERTIFICATE},  # a TLS library's own word for a certificate that it refuses
    "exim-no-tls": {0: ("starttls",)},
}
_SENDERS: dict[str, tuple[Sender, ...]] = {  # of texts that the simulation doesn't print
    "gmail-send-as": ("verified-tls",),
    "google-report-not-listed": _STS,
    "microsoft-report-fetch": _STS,
    "microsoft-report-eof": _STS,
    "postfix-dane-only": ("dane",),
    "postfix-own-policy": _STS,
    "postfix-requiretls": ("verified-tls",),
    "sparkpost-name": _STS,
    "trend-micro-dane": ("dane",),
    "go-handshake-eof": _STS,
}
_GMAIL_TLS = "TLS Negotiation failed: FAILED_PRECONDITION: starttls error"
_VERIFICATION = "certificate verification failed for <mx>[<ip>]:25: "
_STALWART_DANE = "DANE failed to authenticate '<mx>': "
# As the software really prints it: where the table's alternatives share their beginning, and where it describes.
_PRINTED: dict[str, tuple[str, ...]] = {
    "exchange-connector-certificate": (
        "Certificate validation failed [Message=SubjectMismatch",
        "Certificate validation failed [Message=UntrustedRoot",
    ),
    "gmail-handshake": (_GMAIL_TLS, f"{_GMAIL_TLS}...CERTIFICATE_VERIFY_FAILED"),
    "gmail-timeout": ("The recipient server did not accept our requests to connect. ...[<mx> <ip>: timed out]",),
    "google-report-not-listed": (),  # a report in JSON, which tls_report reads
    "microsoft-report-fetch": (),
    "microsoft-report-eof": (),
    "postfix-verification": (
        f"{_VERIFICATION}untrusted issuer",
        f"{_VERIFICATION}self-signed certificate",
        f"{_VERIFICATION}not trusted by local or TLSA policy",
        f"{_VERIFICATION}... has expired",
        f"{_VERIFICATION}not designated for use as a server certificate",
    ),
    "postfix-ssl": ("SSL_connect error to <mx>[<ip>]:25:", "warning: TLS library problem:"),
    "exim-no-tls": (
        "a TLS session is required, but the server did not offer TLS support",
        "a TLS session is required, but an attempt to start TLS failed",
    ),
    "exim-name": ('[<ip>] SSL verify error: certificate name mismatch: DN="..." H="<mx>"',),
    "stalwart-dane": (
        f"{_STALWART_DANE}No matching certificates found in TLSA records",
        f"{_STALWART_DANE}No valid TLSA records were found",
    ),
    "mox-policy": (
        "mtasts: cannot fetch policy",
        "mtasts: no policy served",
        "mtasts: policy syntax error",
        "mtasts: multiple mta-sts records",
    ),
    "maddy-policy": (
        "TLS it not available or unauthenticated but required",
        "TLS is not available or unauthenticated but required",
        "ignoring MX due to MTA-STS",
    ),
    "sendmail-handshake": ("reject=403 4.7.0 TLS handshake failed",),
    "trend-micro-dane": (
        "Defer (server certificate not trusted",
        "Defer (non-DNSSEC destination",
        "Defer (no TLSA record",
        "Defer (TLSA lookup error",
        "Defer (host or domain name not found",
    ),
}


@cache
def entries() -> dict[str, Entry]:
    """Every known text by its key."""
    return {row[0]: _entry(row) for row in _ROWS}


@cache
def all_patterns() -> tuple[tuple[str, int, Pattern[str]], ...]:
    """Every pattern, with the key of its text, and which of its ways to say it that is."""
    return tuple(
        (entry.key, way, compiled(text)) for entry in entries().values() for way, text in enumerate(entry.texts)
    )


def _entry(row: _Row) -> Entry:
    key, software, begins, sights = row
    (text,) = (t for t in known_texts() if t.software == software and t.pattern.startswith(begins))
    senders = _SENDERS.get(key) or _printed_by(text)
    texts = _PRINTED.get(key, tuple(text.pattern.split(" | ")))
    return Entry(
        key=key,
        text=text,
        senders=senders,
        sights=sights,
        aside=_ASIDE.get(key),
        texts=texts,
        by_way=_BY_WAY.get(key, {}),
    )


def _printed_by(text: KnownText) -> tuple[Sender, ...]:
    """The kinds that the simulation lets print it."""
    printing = [
        words.senders for words in all_words() if words.software == text.software and words.text in text.pattern
    ]
    return tuple(sender for sender in get_args(Sender.__value__) if any(sender in senders for senders in printing))
