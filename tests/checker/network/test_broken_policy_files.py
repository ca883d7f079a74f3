"""A file that is not whole is a failure, never a shorter file (STS-32); and what is no HTTP is said to be none."""

import gzip
import re
import zlib

import pytest

from checker.network.ports import HttpResponse
from checker.observation import Failed, FailureKind, Seen
from tests.peers import Peer
from tests.policy_visits import BODY, CHUNKED, OK, after_request, answer_of, answer_to, cut_off, failure

LENGTHY = OK + b"Content-Length: %d\r\n\r\n" % (len(BODY) + 1) + BODY
HALF_CHUNKED = CHUNKED + b"%X\r\n" % len(BODY) + BODY + b"\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(LENGTHY, id="one byte short of its length"),
        pytest.param(HALF_CHUNKED, id="no last chunk"),
        pytest.param(HALF_CHUNKED[:-2], id="no end of a chunk"),
        pytest.param(HALF_CHUNKED[:-20], id="half a chunk"),
        pytest.param(HALF_CHUNKED + b"0\r\n", id="no end of the last chunk"),
        pytest.param(HALF_CHUNKED + b"0\r\nX-Trailer: x\r\n", id="no end of the trailer"),
    ],
)
async def test_half_a_file_is_no_file(raw: bytes) -> None:
    """With a proper goodbye in TLS or without one (RFC 9112 section 8)."""
    expected = Failed(FailureKind.CLOSED, "The server closed the connection in the middle of the file.")
    assert failure((await answer_to(raw)).response) == expected
    assert failure((await answer_of(cut_off(raw))).response) == expected


async def test_a_file_that_ends_with_the_connection_needs_a_goodbye() -> None:
    """Anyone on the way can end TCP: only close_notify says that it was the server (RFC 9112 section 9.8)."""
    raw = OK + b"\r\n" + BODY
    assert (await answer_to(raw)).response == Seen(HttpResponse(status=200, body=BODY))
    unsure = failure((await answer_of(cut_off(raw))).response)
    assert unsure.failure is FailureKind.CLOSED
    assert "close_notify" in unsure.detail


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(OK + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY, id="length"),
        pytest.param(HALF_CHUNKED + b"0\r\n\r\n", id="chunks"),
    ],
)
async def test_a_file_that_says_where_it_ends_needs_none(raw: bytes) -> None:
    """Many servers just close."""
    assert (await answer_of(cut_off(raw))).response == Seen(HttpResponse(status=200, body=BODY))


async def test_a_file_in_the_middle_of_which_the_connection_is_reset() -> None:
    async def play(peer: Peer) -> None:
        await after_request(peer, LENGTHY)
        peer.reset()

    assert failure((await answer_of(play)).response).failure is FailureKind.RESET


PACKED = gzip.compress(BODY)


@pytest.mark.parametrize(
    ("coding", "coded"),
    [
        pytest.param("gzip", PACKED[:-1], id="cut"),
        pytest.param("gzip", PACKED[:20], id="half"),
        pytest.param("gzip", PACKED[:-8] + b"\0" * 8, id="wrong checksum"),
        pytest.param("gzip", PACKED + b"x", id="junk behind"),
        pytest.param("gzip", PACKED + gzip.compress(b"mx: other.example.test\r\n"), id="a second part"),
        pytest.param("gzip", BODY, id="not packed at all"),
        pytest.param("deflate", zlib.compress(BODY)[:-1], id="cut deflate"),
        pytest.param("deflate", BODY, id="no deflate"),
    ],
)
async def test_a_package_that_is_broken_is_no_file(coding: str, coded: bytes) -> None:
    """What could be unpacked of it would be another, shorter policy."""
    head = f"Content-Encoding: {coding}\r\nContent-Length: {len(coded)}\r\n\r\n".encode()
    broken = failure((await answer_to(OK + head + coded)).response)
    assert broken == Failed(FailureKind.BAD_REPLY, "The file came compressed, and what came can't be unpacked.")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK", id="half a status line"),
        pytest.param(OK + b"Content-Type: text/pl", id="half a header"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="a provisional answer alone"),
        pytest.param(b"version: STSv1", id="a file without HTTP"),
    ],
)
async def test_half_an_answer_is_no_answer(raw: bytes) -> None:
    expected = Failed(FailureKind.CLOSED, "The server closed the connection before its answer was complete.")
    assert failure((await answer_to(raw)).response) == expected
    assert failure((await answer_of(cut_off(raw))).response) == expected


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"HTTP/2 200\r\n\r\n", id="a version without a dot"),
        pytest.param(b"HTTP/1.1 20 OK\r\n\r\n", id="two digits"),
        pytest.param(b"HTTP/1.1 000 OK\r\n\r\n", id="no status at all"),
        pytest.param(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", id="a header line without a colon"),
        pytest.param(b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", id="a blank before the colon"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", id="NUL"),
        pytest.param(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", id="another protocol"),
        pytest.param(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + BODY, id="two lengths"),
        pytest.param(OK + b"Content-Length: -5\r\n\r\n" + BODY, id="less than nothing"),
        pytest.param(OK + b"Content-Length: %s\r\n\r\n" % (b"9" * 5000), id="a length of five thousand digits"),
        pytest.param(OK + b"Transfer-Encoding: gzip\r\n\r\n" + BODY, id="an unknown transfer coding"),
    ],
)
async def test_a_header_that_breaks_the_rules(raw: bytes) -> None:
    """RFC 9112 sections 4 to 6. The detail says which rule, or quotes what breaks it."""
    broken = failure((await answer_to(raw)).response)
    assert broken.failure is FailureKind.BAD_REPLY
    assert broken.detail.startswith("The header of the answer breaks the rules of HTTP: ")
    assert len(broken.detail) < 300
    assert not re.search(r"bytearray|\bb'|_[A-Z]", broken.detail)


async def test_what_breaks_the_rules_is_quoted_as_it_came() -> None:
    """In the words of HTTP, and not of Python or h11."""
    begun = "The header of the answer breaks the rules of HTTP: "
    for raw, said in [
        (b"HTTP/2 200 OK\r\n\r\n", "illegal status line: “HTTP/2 200 OK”"),
        (b"HTTP/1.1 200 OK\r\nits \0\r\n\r\n", r"illegal header line: “its \x00”"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "it changes to another protocol"),
    ]:
        assert failure((await answer_to(raw)).response).detail == begun + said


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        pytest.param(b"220 mail.example.test ESMTP\r\n\r\n", ": 220 mail.example.test ESMTP", id="SMTP"),
        pytest.param(b"\x1b[2J\x07\r\n\r\n", r": \x1b[2J\x07", id="terminal escapes"),
        pytest.param(b"\xff\xfe\x00\r\n\r\n", r": \xff\xfe\x00", id="no text"),
        pytest.param(b"\r\n", ".", id="an empty line"),
    ],
)
async def test_what_is_no_http_is_said_to_be_none(raw: bytes, shown: str) -> None:
    """And how it begins, in printable characters."""
    broken = failure((await answer_to(raw)).response)
    assert broken == Failed(FailureKind.BAD_REPLY, f"What came is no HTTP{shown}")


@pytest.mark.parametrize(
    "framed",
    [
        pytest.param(b"x\r\n" + BODY, id="no size"),
        pytest.param(b"-5\r\n" + BODY, id="less than nothing"),
        pytest.param(b"F" * 30 + b"\r\n" + BODY, id="a size beyond all sense"),
        pytest.param(b"5\r\n" + BODY, id="more than its size"),
        pytest.param(b"5\r\nhello\r\n0\r\nno colon\r\n\r\n", id="a broken trailer"),
    ],
)
async def test_broken_chunks(framed: bytes) -> None:
    broken = failure((await answer_to(CHUNKED + framed)).response)
    assert broken.failure is FailureKind.BAD_REPLY
    assert "chunked" in broken.detail
