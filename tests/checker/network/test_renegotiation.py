"""Two handshakes on one connection, against OpenSSL's own server and against servers that behave badly."""

import asyncio
import re
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from checker.network.bounds import Bounds
from checker.network.ports import StreamFailure
from checker.network.streams import TcpDialer
from checker.observation import Failed, FailureKind
from sandbox.authority import rsa_key
from tests.peers import ADDRESS, AUTHORITY, HOST, Peer, Play, server_context, stage

PATIENCE_S = 10.0
BOUNDS = Bounds(let_go_s=0.1)
NO_RENEGOTIATION = Failed(FailureKind.HANDSHAKE, "TLS alert 100 (no_renegotiation)")


async def refusal(port: int, bounds: Bounds = BOUNDS, timeout: float = 5) -> Failed | None:
    dialer = TcpDialer(25, bounds=bounds, route=lambda _address, _port: ("127.0.0.1", port))
    async with asyncio.timeout(PATIENCE_S):
        stream = await dialer.dial(ADDRESS, 5)
        try:
            return await stream.renegotiate(HOST, timeout)
        finally:
            await stream.close()


async def failed(port: int, bounds: Bounds = BOUNDS) -> Failed:
    with pytest.raises(StreamFailure) as raised:
        await refusal(port, bounds)
    return raised.value.failed


# OpenSSL's own server


@contextmanager
def openssl_server(folder: Path, *options: str) -> Iterator[int]:
    """Its port. The server tells it once it listens."""
    issued, file = AUTHORITY.issue([HOST], key=rsa_key(2048)), folder / "server.pem"
    file.write_bytes(issued.key_pem + issued.chain_pem)
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", str(file), *options]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **pipes) as server:
        try:
            assert server.stdout is not None
            told = (re.match(rb"ACCEPT .*:(\d+)$", line.strip()) for line in server.stdout)
            yield next(int(port[1]) for port in told if port)
        finally:
            server.kill()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), NO_RENEGOTIATION),
        (("-client_renegotiation",), None),
        (("-client_renegotiation", "-tls1_2"), None),
        (("-client_renegotiation", "-tls1", "-cipher", "ALL:@SECLEVEL=0"), None),
    ],
    ids=["by default", "allowed, TLS 1.3 too", "allowed", "allowed, TLS 1.0"],
)
async def test_openssl_refuses_unless_told_otherwise(
    tmp_path: Path, options: tuple[str, ...], expected: Failed | None
) -> None:
    """TLS 1.3 has no renegotiation, so where the server has it beside an older version, the older one is asked."""
    with openssl_server(tmp_path, *options) as port:
        assert await refusal(port) == expected


async def test_a_server_of_tls_1_3_alone_has_no_answer(tmp_path: Path) -> None:
    with openssl_server(tmp_path, "-tls1_3") as port:
        assert await failed(port) == Failed(FailureKind.HANDSHAKE, "TLS alert 70 (protocol_version)")


# Servers that behave badly


def after_one_handshake(then: Play) -> Play:
    async def play(peer: Peer) -> None:
        context = server_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        await peer.start_tls(context)
        await then(peer)

    return play


async def resets(peer: Peer) -> None:
    await peer.client_hello()
    peer.reset()


async def talks(peer: Peer) -> None:
    await peer.send(b"220 what else\r\n")
    await peer.silence()


async def talks_for_ever(peer: Peer) -> None:
    while True:
        await peer.send(b"x" * 10_000)


async def gives_up_tls(peer: Peer) -> None:
    await peer.client_hello()
    await peer.send_in_clear(b"554 no\r\n")
    await peer.silence()


async def test_who_goes_on_in_clear_refuses_too() -> None:
    """Exim with GnuTLS does."""
    async with stage(after_one_handshake(gives_up_tls)) as opened:
        assert await refusal(opened.port) == Failed(
            FailureKind.HANDSHAKE, "The server did not speak TLS but sent: 554 no"
        )


async def test_a_reset_refuses_too() -> None:
    async with stage(after_one_handshake(resets)) as opened:
        assert await refusal(opened.port) == Failed(FailureKind.RESET, "The server reset the connection.")


@pytest.mark.parametrize("then", [talks, talks_for_ever])
async def test_data_in_place_of_a_handshake_is_no_answer(then: Play) -> None:
    async with stage(after_one_handshake(then)) as opened:
        assert (await failed(opened.port)).failure is FailureKind.HANDSHAKE


async def test_what_is_not_tls_is_no_answer() -> None:
    async def nonsense(peer: Peer) -> None:
        await peer.client_hello()
        await peer.send(b"220 nonsense\r\n")
        await peer.silence()

    async with stage(nonsense) as opened:
        assert (await failed(opened.port)).detail == "The server did not speak TLS but sent: 220 nonsense"


async def test_each_handshake_has_a_byte_limit() -> None:
    async def silence(peer: Peer) -> None:
        await peer.silence()

    async with stage(after_one_handshake(silence)) as opened:
        assert "more data" in (await failed(opened.port, Bounds(handshake_bytes=300, let_go_s=0.1))).detail
