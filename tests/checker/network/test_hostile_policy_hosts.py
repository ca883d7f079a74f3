"""Whatever a policy host does, the visit ends in time and space, in our words, and never with half a file (STS-32)."""

import asyncio
import gzip
import ssl
import tracemalloc
import zlib
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.network.bounds import Bounds
from checker.network.policy_client import HttpsPolicyClient
from checker.network.ports import HttpResponse
from checker.observation import NOT_REACHED, Failed, FailureKind, Seen
from sandbox.policy_host import PolicyHost
from tests.peers import ADDRESS, AUTHORITY, Gone, Peer, Play, network_to, server_context, stage
from tests.policy_visits import (
    BODY,
    BOUNDS,
    CHUNKED,
    NAME,
    OK,
    SCRIPT,
    after_request,
    answer_of,
    answer_to,
    cut_off,
    failure,
)

HURRIED = Bounds(policy_s=0.25, let_go_s=0.0)
PATIENCE_MS = 2000


# Time


def _dripping(begin: bytes, drop: bytes) -> Play:
    async def play(peer: Peer) -> None:
        await after_request(peer, begin)
        while True:
            await peer.send_pieces(drop, pause=0.01)

    return play


async def _silent_after_the_request(peer: Peer) -> None:
    await after_request(peer)
    await peer.silence()


@pytest.mark.parametrize(
    "play",
    [
        pytest.param(_silent_after_the_request, id="silence"),
        pytest.param(_dripping(b"", b"H"), id="a status line that drips"),
        pytest.param(_dripping(OK + b"X: ", b"x"), id="a header that drips"),
        pytest.param(_dripping(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), id="still working on it, for ever"),
        pytest.param(_dripping(OK + b"Content-Length: 70\r\n\r\n", b""), id="a body that never begins"),
        pytest.param(_dripping(OK + b"Content-Length: 60000\r\n\r\n", b"x"), id="a body that drips"),
        pytest.param(_dripping(CHUNKED, b"1\r\nx\r\n"), id="chunks that drip"),
        pytest.param(_dripping(CHUNKED + b"1;", b"x"), id="a chunk's head that drips"),
    ],
)
async def test_one_address_has_its_time_and_no_more(play: Play) -> None:
    """The time is for the whole, so each byte in time helps nobody (STS-29)."""
    answer = await answer_of(play, HURRIED)
    assert isinstance(answer.session, Seen)
    assert failure(answer.response) == Failed(FailureKind.TIMEOUT, "The whole answer did not come within 0.25 s.")
    assert 250 <= answer.duration_ms < PATIENCE_MS


async def test_a_flood_ends_when_the_time_is_up() -> None:
    """What is there already is read without waiting, so no timer ever rings: the clock is looked at."""

    class Racing:
        now = 0.0

        def monotonic(self) -> float:
            self.now += 1.0
            return self.now

        async def sleep(self, seconds: float) -> None:
            raise NotImplementedError

    async with PolicyHost(replace(SCRIPT, raw=OK + b"Content-Length: 60000\r\n\r\n" + b"x" * 60000)) as host:
        dialer = network_to(host.port, BOUNDS).dialer
        answer = await HttpsPolicyClient(dialer, Racing(), replace(BOUNDS, policy_s=8.0, read_bytes=100)).fetch(
            NAME, ADDRESS
        )
    assert failure(answer.response).failure is FailureKind.TIMEOUT


async def test_who_gives_up_lets_go_of_the_connection() -> None:
    """A scan that is stopped in the middle of a visit leaves no connection behind."""
    asked, gone = asyncio.Event(), asyncio.Event()

    async def play(peer: Peer) -> None:
        await after_request(peer)
        asked.set()
        try:
            await peer.silence()
        except Gone:
            gone.set()

    async with stage(play) as opened, asyncio.timeout(PATIENCE_MS / 1000):
        visit = asyncio.create_task(network_to(opened.port, BOUNDS).policy_client.fetch(NAME, ADDRESS))
        await asked.wait()
        visit.cancel()
        await gone.wait()
        with pytest.raises(asyncio.CancelledError):
            await visit


# Space


def _bare(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


ZEROS = bytes(20_000_000)


@pytest.mark.parametrize(
    ("coding", "bomb"),
    [("gzip", gzip.compress(ZEROS)), ("deflate", zlib.compress(ZEROS)), ("deflate", _bare(ZEROS))],
    ids=["gzip", "deflate", "deflate without its frame"],
)
async def test_a_bomb_is_not_blown_up(coding: str, bomb: bytes) -> None:
    """Twenty megabytes of nothing in twenty kilobytes: the limit is what it decodes to, and no more is made of it."""
    tracemalloc.start()
    try:
        answer = await answer_to(OK + f"Content-Encoding: {coding}\r\n\r\n".encode() + bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    expected = HttpResponse(status=200, body=bytes(BOUNDS.policy_bytes), is_cut=True, content_encoding=coding)
    assert answer.response == Seen(expected)
    assert peak < 2_000_000


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(OK + b"X: x\r\n" * 100_000, id="endless header fields"),
        pytest.param(OK + b"X: " + b"x" * 1_000_000, id="one endless header field"),
        pytest.param(b"H" * 1_000_000, id="an endless status line"),
        pytest.param(b"HTTP/1.1 103 Hints\r\n\r\n" * 50_000, id="a flood of provisional answers"),
        pytest.param(b"HTTP/1.1 103 Hints\r\n" + b"X: x\r\n" * 100_000, id="one endless provisional answer"),
        pytest.param(CHUNKED + b"1\r\nx\r\n" * 200_000, id="tiny chunks"),
        pytest.param(CHUNKED + (b"1;" + b"x" * 100 + b"\r\nx\r\n") * 20_000, id="more frame than file"),
        pytest.param(CHUNKED + b"1;" + b"x" * 1_000_000, id="one endless chunk head"),
        pytest.param(CHUNKED + b"0\r\n" + b"X: x\r\n" * 100_000, id="endless trailer fields"),
    ],
)
async def test_there_is_room_for_a_file_and_no_more(raw: bytes) -> None:
    answer = await answer_to(raw)
    assert failure(answer.response).failure is FailureKind.BAD_REPLY


@pytest.mark.parametrize("pieces", [[b"x" * 1000] * 1000, [BODY * 1000] * 20])
async def test_a_file_without_end_is_cut(pieces: Sequence[bytes]) -> None:
    """We hang up at the limit: the rest isn't waited for."""

    async def play(peer: Peer) -> None:
        await after_request(peer, OK + b"\r\n", *pieces)
        await peer.silence()

    answer = await answer_of(play)
    assert isinstance(answer.response, Seen)
    assert answer.response.value.body == b"".join(pieces)[: BOUNDS.policy_bytes]
    assert answer.response.value.is_cut


# TLS


async def _alert(peer: Peer) -> None:
    await peer.client_hello()
    await peer.send(b"\x15\x03\x03\x00\x02\x02\x28")


async def _hello_then_close(peer: Peer) -> None:
    await peer.client_hello()


async def _plain(peer: Peer) -> None:
    await peer.client_hello()
    await peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def _only_an_unknown_name(peer: Peer) -> None:
    await peer.client_hello()
    await peer.send(b"\x15\x03\x03\x00\x02\x02\x70")


async def _reset(peer: Peer) -> None:
    await peer.client_hello()
    peer.reset()


async def _mute(peer: Peer) -> None:
    await peer.silence()


@pytest.mark.parametrize(
    ("play", "kind", "words"),
    [
        pytest.param(_alert, FailureKind.ALERT, "TLS alert 40 (handshake_failure)", id="a refusal"),
        pytest.param(_only_an_unknown_name, FailureKind.HANDSHAKE, "(unrecognized_name)", id="an unknown name"),
        pytest.param(_plain, FailureKind.HANDSHAKE, "did not speak TLS but sent: HTTP/1.1 400", id="clear text"),
        pytest.param(_hello_then_close, FailureKind.CLOSED, "closed the connection during TLS", id="close"),
        pytest.param(_reset, FailureKind.RESET, "reset", id="reset"),
        pytest.param(_mute, FailureKind.TIMEOUT, "within 0.2 s", id="silence"),
    ],
)
async def test_no_handshake_no_answer(play: Play, kind: FailureKind, words: str) -> None:
    answer = await answer_of(play, Bounds(handshake_s=0.2, let_go_s=0.1))
    assert isinstance(answer.connect, Seen)
    failed = failure(answer.session)
    assert failed.failure is kind
    assert words in failed.detail
    assert answer.response is NOT_REACHED


async def test_a_host_that_wants_a_certificate_of_ours() -> None:
    """In TLS 1.3 that shows only behind the handshake, which is seen."""
    demanding = server_context()
    demanding.verify_mode = ssl.CERT_REQUIRED
    demanding.load_verify_locations(cadata=AUTHORITY.root_pem.decode())

    async def play(peer: Peer) -> None:
        await peer.start_tls(demanding)

    answer = await answer_of(play)
    assert isinstance(answer.session, Seen)
    assert "certificate_required" in failure(answer.response).detail


# Anything at all

WHOLE = OK + b"Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"


@settings(max_examples=60)
@given(
    raw=st.one_of(
        st.binary(max_size=300),
        st.tuples(st.integers(0, len(WHOLE)), st.binary(max_size=3), st.integers(0, 3)).map(
            lambda cut: WHOLE[: cut[0]] + cut[1] + WHOLE[cut[0] + cut[2] :]
        ),
    ),
    goodbye=st.booleans(),
)
async def test_no_bytes_are_a_mistake_of_ours(raw: bytes, goodbye: bool) -> None:
    """Whatever comes, changed a little or wholly made up, is a response or the server's fault."""
    answer = await (answer_to(raw) if goodbye else answer_of(cut_off(raw)))
    assert isinstance(answer.session, Seen)
    if isinstance(answer.response, Failed):
        assert answer.response.failure in (FailureKind.CLOSED, FailureKind.RESET, FailureKind.BAD_REPLY)
    else:
        assert isinstance(answer.response, Seen)


@pytest.mark.parametrize("at", range(len(WHOLE)))
async def test_a_file_cut_anywhere_is_never_a_shorter_one(at: int) -> None:
    answer = await answer_to(WHOLE[:at])
    assert failure(answer.response).failure is FailureKind.CLOSED
