"""What is recognised in a pasted text: every known text of senders, in the log or bounce that it stands in."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.network.bounds import PASTED_CHARACTERS, PASTED_WORDS
from checker.pasted.known import all_patterns, entries
from checker.pasted.match import match_of, parse_match
from checker.pasted.patterns import find
from checker.pasted.reading import read
from checker.pasted.recognised import recognise
from checker.sender_words import known_texts

from . import ndrs
from .known_words import ADDRESS, DOMAIN, SAID, SERVER, Said, exchange


def test_every_known_text_has_a_key_and_is_tried() -> None:
    """All 55, each once."""
    assert {entry.text for entry in entries().values()} == set(known_texts())
    assert len(entries()) == len(known_texts()) == 55
    assert {said.key for said in SAID} == set(entries())


def test_every_way_to_say_it_is_tried() -> None:
    """No pattern that none of the texts needs."""
    texts = [read(said.text).flat for said in SAID]
    assert [pattern.pattern for *_, pattern in all_patterns() if not any(find(pattern, flat) for flat in texts)] == []


@pytest.mark.parametrize("said", SAID, ids=lambda said: f"{said.key}: {said.text[-40:]!r}")
def test_a_known_text(said: Said) -> None:
    """Which text, whom the mail was for, at which server and address, and which kinds of sender say so."""
    found = recognise(said.text)
    entry = entries()[said.key]
    assert found.key == said.key
    assert (found.domain, found.server) == (DOMAIN, said.server)
    assert str(found.address) == str(said.address)
    assert (found.software, found.mechanism, found.senders) == (
        entry.text.software,
        entry.text.mechanism,
        entry.senders,
    )
    assert found.senders
    assert found.says_something
    assert not found.was_cut


@pytest.mark.parametrize(
    "wrap", [str, ndrs.quoted, lambda text: text.replace("\n", "\r\n")], ids=["", "quoted", "CRLF"]
)
@pytest.mark.parametrize(
    ("text", "key", "code", "server", "address"),
    [
        (ndrs.POSTFIX, "postfix-not-verified", "4.7.5", SERVER, None),
        (ndrs.EXCHANGE, "exchange-tlsa", "5.7.323", SERVER, ADDRESS),
        (ndrs.EXCHANGE_COPIED, "exchange-not-listed", "5.4.8", SERVER, ADDRESS),
        (ndrs.GMAIL, "gmail-handshake", "4.4.2", SERVER, ADDRESS),
        (ndrs.GMAIL_COPIED, "gmail-send-as", None, None, None),
        (ndrs.EXIM, "exim-no-tls", "5.0.0", SERVER, ADDRESS),
    ],
    ids=["Postfix", "Exchange", "Exchange, copied", "Gmail", "Gmail, copied", "Exim"],
)
def test_a_whole_bounce(
    text: str, key: str, code: str | None, server: str | None, address: str | None, wrap: Callable[[str], str]
) -> None:
    """Its source with all parts, or what was copied from a window: the recipient's domain, and no other of the many."""
    found = recognise(wrap(text))
    assert (found.key, found.domain, found.status_code) == (key, DOMAIN, code)
    assert (found.server, str(found.address)) == (server, str(address))


SENT = (
    "Nov 29 10:00:01 out postfix/smtp[1]: 4Zk1: to=<eve@other.example>, relay=mx.other.example[192.0.2.9]:25, "
    "dsn=2.0.0, status=sent (250 2.0.0 Ok)\n"
    "2026-11-29 10:00:01 1rABcd-000Xyz-1K => carol@third.example R=dnslookup T=smtp H=mx.third.example [192.0.2.8]"
)  # two logs


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("to=<bob@example.org>, from=<alice@sender.example>", "example.org"),
        ("from=<alice@sender.example>, to=<bob@example.org>, orig_to=<alias@other.example>", "example.org"),
        ("From: alice@sender.example\nTo: Bob <bob@example.org>\nSubject: x", "example.org"),
        (
            "From: Mail Delivery System <MAILER-DAEMON@x.example>\nTo: alice@sender.example\n\nbob@example.org",
            "example.org",
        ),
        ("To: alice@sender.example\nFrom: postmaster@x.example\n\nfailed: <bob@example.org>", "example.org"),
        ("alice wrote to bob@example.org and it came back", "example.org"),
        (
            "Received: from mail by x.example with local for alice@sender.example\n\nfailed: bob@example.org",
            "example.org",
        ),
        (
            "Ihre Nachricht an bob@example.org konnte nicht übermittelt werden.\nFrom: alice@sender.example",
            "example.org",
        ),
        (
            "Message-ID: <1@sender.example>\nReturn-Path: <alice@sender.example>\nask Bob, bob@example.org",
            "example.org",
        ),
        ("bob@bücher.example\nServer certificate not verified", "xn--bcher-kva.example"),
        ("example.org\nNov 29 postfix/smtp[1]: Cannot start TLS: handshake failure", "example.org"),
        ("warning: MX name 'mx1.x.example' does not match STS MX pattern for 'example.org'", "example.org"),
        ('{"recipient":["bob@example.org"],"sender":"alice@sender.example"}', "example.org"),
        ("Final-Recipient: rfc822; bob@example.org\nOriginal-Recipient: rfc822; list@other.example", "example.org"),
        ("<p>Your message to <b>bob@example.org</b> couldn&#39;t be delivered</p>", "example.org"),
        ("to=&lt;bob@example.org&gt;", "example.org"),
        ("to=<bob@EXAMPLE.ORG.>", "example.org"),
        (f"{SENT}\nto=<bob@example.org>, dsn=4.4.1, status=deferred (Connection timed out)", "example.org"),
        ("to=<eve@other.example>: host busy\nto=<bob@example.org>: Server certificate not verified", "example.org"),
        (SENT, "other.example"),
        ("Server certificate not verified", None),
        ("to=<bob@localhost>", None),
        ("connect to mx1.example.org[192.0.2.25]:25: Connection refused", None),
        ("from=<alice@sender.example> relay=mx1.example.org[192.0.2.25]:25", None),
        ("", None),
    ],
)
def test_whom_the_mail_was_for(text: str, domain: str | None) -> None:
    """A place that only a recipient takes comes first, the sender's own never."""
    assert recognise(text).domain == domain


@pytest.mark.parametrize(
    ("text", "key", "code", "kind"),
    [
        ("550 5.7.323 for bob@example.org", "exchange-tlsa", "5.7.323", "tlsa-invalid"),
        ("4.7.321 bob@example.org", "exchange-no-starttls", "4.7.321", "starttls-not-supported"),
        ("550 5.4.8 bob@example.org", "exchange-not-listed", "5.4.8", "validation-failure"),
        ("451 4.7.5 bob@example.org", None, "4.7.5", None),
        ("250 2.0.0 Ok, then 450 4.1.1 and 4.7.4 bob@example.org", None, "4.7.4", None),
        ("bob@example.org at 192.4.1.2 said no", None, None, None),
        ("mx 4.7.5.1 and 14.7.5 and v4.7.5 bob@example.org", None, None, None),
        ('"result-type": "certificate-expired" bob@example.org', None, None, "certificate-expired"),
        (
            exchange("Remote certificate failed MTA-STS validation. Reason: Expired", "4.7.5"),
            "exchange-certificate",
            "5.7.5",
            "certificate-expired",
        ),
    ],
)
def test_codes_by_themselves(text: str, key: str | None, code: str | None, kind: str | None) -> None:
    """A code that one sender alone has is its text; the others are kept for what they mean. No address is a code."""
    found = recognise(text)
    assert (found.key, found.status_code, found.result_type) == (key, code, kind)


def test_what_is_beyond_the_bound_is_not_read() -> None:
    """Said so, and neither kept nor searched."""
    found = recognise("to=<bob@example.org> " + "x" * PASTED_CHARACTERS + " Server certificate not verified")
    assert (found.domain, found.key, found.was_cut) == (DOMAIN, None, True)


def test_the_words_are_cut() -> None:
    """However long the text, so much of it is handed on."""
    found = recognise(f"STS policy fetch for domain '{'a' * 60}.{'b' * 60}.{'c' * 60}.org' failed with error: x")
    assert len(found.words) == PASTED_WORDS


words = st.sampled_from(
    [
        *(said.text for said in SAID[::7]),
        *("to=<", "bob@example.org", ">", "\n", " ", "=", "--b\n", "<a ", "</p>", "&lt;", "\0", "ﬀ", "@", "..."),
        *("Content-Transfer-Encoding: base64\n\n", "Content-Transfer-Encoding: quoted-printable\n\n", "=E2=82", "QUJD"),
        *("Final-Recipient: rfc822; ", "4.7.5", "[192.0.2.1]:25", "From: MAILER-DAEMON", "\ud800", "xn--", "ＥＸ．org"),
    ]
)


@given(st.lists(words | st.text(max_size=20), max_size=30).map("".join))
def test_any_text_will_do(text: str) -> None:
    """It never raises, what it gives is bounded, and what goes on from it comes back from an address as it was."""
    found = recognise(text)
    assert len(found.words) <= PASTED_WORDS
    match = match_of(found)
    assert parse_match(match.parameters()) == match
    assert all(len(value) <= 253 for value in match.parameters().values())


HOSTILE = [
    *("<a ", "=", "to=<", "bob@", "to=<a@b", ">", "> ", "[", "4.7.5", "mail to ", "message delivery ", "&lt;", "--\n"),
    *("MX hosts of ", "TLS handshake with a", "TLS handshake with a:1 ", "warning: MX name 'a", "a.", "a@b.c "),
    *("To:a@b\n", "To: a@b.c\n", "From: postmaster@x\nTo: a@b\n", "\n", " ", "(", "\t", "ä@ö.ü ", "xn--a@xn--b.c "),
    *("Content-Transfer-Encoding: base64\n\n", "Remote-MTA: dns;", "result-type ", "\u3002@", "Server at a ", "H=a.b "),
    *("certificate verification failed for a[1]:1: ", "DANE failed to authenticate 'a': ", '] SSL verify error: DN="'),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_takes_long(piece: str) -> None:
    """Made for patterns to run over it again and again: four times the text takes some four times the work, not 16."""
    whole = (piece * (PASTED_CHARACTERS // len(piece) + 1))[:PASTED_CHARACTERS]
    assert _seconds(whole) < 10 * _seconds(whole[: PASTED_CHARACTERS // 4]) + 0.2


def _seconds(text: str) -> float:
    """Of this process, whatever else the machine does."""
    began = time.process_time()
    recognise(text)
    return time.process_time() - began
