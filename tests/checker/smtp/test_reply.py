"""The reply codec (RFC 5321 section 4.2): each case whole, byte by byte, with junk behind; then any bytes at all."""

from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.network.bounds import Bounds
from checker.smtp.facts import Reply
from checker.smtp.reply import NotAReply, Parsed, ReplyParser, ServerLine, parse_ehlo, parse_greeting

BOUNDS = Bounds(reply_line_bytes=64, reply_lines=5, reply_bytes=200, reply_line_characters=40)
JUNK = b"\x00\xff\r\n\n999 \x1b[2J" + b"A" * 500


def parse(pieces: Iterable[bytes], bounds: Bounds = BOUNDS) -> list[Parsed]:
    parser = ReplyParser(bounds)
    events: list[Parsed] = []
    for piece in pieces:
        parser.receive(piece)
        events.extend(parser.parse())
    return events


type Feed = Callable[[bytes], list[Parsed]]


@pytest.fixture(params=["whole", "byte by byte", "with junk behind"])
def feed(request: pytest.FixtureRequest) -> Feed:
    """Gives bytes to a parser, and what came of them up to the first reply or the first thing that is none."""

    def fed(data: bytes) -> list[Parsed]:
        pieces = {
            "whole": [data],
            "byte by byte": [bytes([byte]) for byte in data],
            "with junk behind": [data + JUNK],
        }
        events = parse(pieces[request.param])
        ends = (i for i, event in enumerate(events) if isinstance(event, Reply | NotAReply))
        return events[: next(ends, len(events)) + 1]

    return fed


GOOD = [
    (b"220 mx.example ESMTP\r\n", 220, ["mx.example ESMTP"], []),
    (b"250\r\n", 250, [""], []),  # a bare code is a reply (section 4.2)
    (b"250 \r\n", 250, [""], []),
    (b"250-one\r\n250-two\r\n250 three\r\n", 250, ["one", "two", "three"], []),
    (b"250-one\r\n250\r\n", 250, ["one", ""], []),
    (b"250-\r\n250 x\r\n", 250, ["", "x"], []),
    (b"554-no\r\n554 mail here\r\n", 554, ["no", "mail here"], []),
    (b"250-a 250 b\r\n250 -c\r\n", 250, ["a 250 b", "-c"], []),
    (b"220 lf only\n", 220, ["lf only"], ["bare-line-feed"]),
    (b"250-a\n250 b\r\n", 250, ["a", "b"], ["bare-line-feed"]),
    (b"299 x\r\n", 299, ["x"], ["code-out-of-range"]),  # a client goes by the first digit (section 4.3.2)
    (b"260 x\r\n", 260, ["x"], ["code-out-of-range"]),
    (b"220 a\x00b\r\n", 220, ["a\\x00b"], ["not-ascii"]),
    (b"220 \x1b[31mred\x07\r\n", 220, ["\\x1b[31mred\\x07"], ["not-ascii"]),
    (b"220 a\rb\r\n", 220, ["a\\x0db"], ["not-ascii"]),
    (b"220 x\r\r\n", 220, ["x\\x0d"], ["not-ascii"]),
    (b"220 tab\there\r\n", 220, ["tab\\x09here"], []),
    ("220 grüße\r\n".encode(), 220, ["grüße"], ["not-ascii"]),
    (b"220 \xff\xfe\xc3\r\n", 220, ["\\xff\\xfe\\xc3"], ["not-ascii"]),
    ("220 \u202egnp.exe\r\n".encode(), 220, ["\\xe2\\x80\\xaegnp.exe"], ["not-ascii"]),
    (b"220 " + b"a" * 41 + b"\r\n", 220, ["a" * 40 + "…"], []),
]

BAD = [
    (b"\r\n", "an empty line"),
    (b"hello\r\n", "no code"),
    (b"22\r\n", "two digits"),
    (b"2200 x\r\n", "four digits"),
    (b"199 x\r\n", "first digit 1"),
    (b"600 x\r\n", "first digit 6"),
    (b"999 x\r\n", "first digit 9"),
    (b"250_x\r\n", "another character behind the code"),
    (b"250\tx\r\n", "a tab behind the code"),
    (b" 250 x\r\n", "a space before the code"),
    ("２５０ x\r\n".encode(), "full-width digits"),
    (b"250-one\r\n550 two\r\n", "two codes"),
    (b"250-one\r\nnonsense\r\n", "nonsense in the middle"),
    (b"250-a\r\n" * 6, "too many lines"),
    (b"220 " + b"a" * 61, "a line that is too long, without an end"),
    (b"220 " + b"a" * 59 + b"\r\n", "a line that is too long, with an end"),
    ((b"250-" + b"a" * 54 + b"\r\n") * 4, "a reply that is too long"),
    (b"\x16\x03\x01\x00\x05hello\n", "a TLS record"),
]


@pytest.mark.parametrize(("data", "code", "lines", "defects"), GOOD, ids=lambda value: repr(value)[:40])
def test_a_reply_is_read(feed: Feed, data: bytes, code: int, lines: list[str], defects: list[str]) -> None:
    *before, reply = feed(data)
    assert isinstance(reply, Reply)
    assert (reply.code, list(reply.lines)) == (code, lines)
    assert [defect.code for defect in reply.defects] == defects
    assert len(before) == len(lines)
    assert all(isinstance(line, ServerLine) for line in before)


@pytest.mark.parametrize(("data", "why"), BAD, ids=[why for _, why in BAD])
def test_what_is_no_reply_ends_the_parsing(feed: Feed, data: bytes, why: str) -> None:
    assert isinstance(feed(data)[-1], NotAReply), why


def test_nothing_is_read_after_what_is_no_reply() -> None:
    events = parse([b"hello\r\n", b"220 x\r\n", b"220 y\r\n"])
    assert [type(event) for event in events] == [ServerLine, NotAReply]


def test_a_line_over_512_octets_is_read_and_noted() -> None:
    (_, reply) = parse([b"220 " + b"a" * 507 + b"\r\n"], Bounds())
    assert isinstance(reply, Reply)
    assert [(d.code, d.line, d.column) for d in reply.defects] == [("line-too-long", 1, 512)]


def test_every_defect_of_every_line_is_told_with_its_place() -> None:
    events = parse([b"250-a\n250 \x01\n"])
    reply = events[-1]
    assert isinstance(reply, Reply)
    places = [(defect.code, defect.line, defect.column) for defect in reply.defects]
    assert places == [("bare-line-feed", 1, 6), ("not-ascii", 2, 5), ("bare-line-feed", 2, 6)]


@pytest.mark.parametrize(
    ("text", "is_tidy"),
    [
        ("mx.example.com ESMTP Postfix", True),
        ("mx.example.com", True),
        ("localhost ready", True),
        ("[192.0.2.1] ESMTP", True),
        ("[IPv6:2001:db8::1]", True),
        ("", False),
        ("*************", False),
        (" mx.example.com", False),
        ("ESMTP_ready", False),
        ("-bad.example", False),
    ],
)
def test_the_greeting_begins_with_a_name_or_an_address_literal(text: str, is_tidy: bool) -> None:
    greeting = parse_greeting(Reply(code=220, lines=(text, "second line")))
    assert [defect.code for defect in greeting.defects] == ([] if is_tidy else ["greeting-without-name"])


@pytest.mark.parametrize(
    ("lines", "offers"),
    [
        (("mx.example", "SIZE 10", "STARTTLS"), True),
        (("mx.example", "starttls"), True),
        (("mx.example", "STARTTLS now"), True),
        (("STARTTLS.example",), False),  # a host of that name, in line 1
        (("STARTTLS", "SIZE 10"), False),
        (("mx.example", "no STARTTLS"), False),
        (("mx.example", "STARTTLSX"), False),
        (("mx.example", "XSTARTTLS"), False),
        (("mx.example", "SIZE STARTTLS"), False),
        (("mx.example", "", "STARTTLS"), True),
    ],
)
def test_a_keyword_is_the_first_word_of_a_later_line(lines: tuple[str, ...], offers: bool) -> None:
    assert parse_ehlo("EHLO", Reply(code=250, lines=lines)).advertises("STARTTLS") is offers


def test_neither_helo_nor_a_refusal_has_keywords() -> None:
    lines = ("mx.example", "STARTTLS")
    assert not parse_ehlo("HELO", Reply(code=250, lines=lines)).keywords
    assert not parse_ehlo("EHLO", Reply(code=550, lines=lines)).keywords


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


WORDS = [b"220", b"250", b"199", b"-", b" ", b"\r\n", b"\n", b"\r", b"\x00", b"\xff", b"STARTTLS", b"a" * 30]
SMTP_LIKE = st.lists(st.sampled_from(WORDS)).map(b"".join)


def texts(event: Parsed) -> tuple[str, ...]:
    match event:
        case Reply():
            return event.lines
        case ServerLine():
            return (event.text,)
        case NotAReply():
            return (event.detail,)


@given(st.one_of(st.binary(max_size=600), SMTP_LIKE), st.lists(st.integers(0, 600), max_size=12))
def test_any_bytes_in_any_pieces_give_the_same_within_bounds(data: bytes, places: list[int]) -> None:
    whole, pieces, bytewise = parse([data]), parse(cut(data, places)), parse(bytes([byte]) for byte in data)
    assert whole == pieces == bytewise
    for event in whole:
        assert all(text.isprintable() and len(text) <= 160 for text in texts(event))
        assert len(texts(event)) <= BOUNDS.reply_lines


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=60))
def test_the_parser_holds_no_more_than_one_line_and_one_piece(pieces: list[bytes]) -> None:
    parser = ReplyParser(BOUNDS)
    for piece in pieces:
        parser.receive(piece)
        for _ in parser.parse():
            pass
    assert parser.drop() <= BOUNDS.reply_line_bytes + len(pieces[-1] if pieces else b"")
