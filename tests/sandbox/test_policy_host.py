"""The scripted policy host speaks real HTTPS, answers as its script says, and outlives whatever a client does."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.authority import Authority
from sandbox.dialler import HOST
from sandbox.listener import LINE_BYTES
from sandbox.policy_host import Heard, PolicyHost, PolicyScript

NAME = "mta-sts.mail.test"
AUTHORITY = Authority(datetime.now(UTC))
BODY = b"version: STSv1\r\nmode: testing\r\nmx: mx.mail.test\r\nmax_age: 86400\r\n"
SCRIPT = PolicyScript(host=NAME, issued=AUTHORITY.issue([NAME]), body=BODY)
REQUEST = f"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {NAME}\r\nAccept: text/plain\r\n\r\n".encode()
PATIENCE_S = 5.0

type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def dialled(host: PolicyHost) -> Streams:
    """A connection whose client verifies chain and name."""
    trust = ssl.create_default_context(cadata=AUTHORITY.root_pem.decode())
    return await asyncio.open_connection(HOST, host.port, ssl=trust, server_hostname=NAME)


async def answer(host: PolicyHost) -> tuple[bytes, bytes]:
    """Head and body of the answer to one request."""
    reader, writer = await dialled(host)
    async with asyncio.timeout(PATIENCE_S):
        writer.write(REQUEST)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()
    return head, body


async def test_a_file_and_what_was_asked_for_it() -> None:
    """Head and body fit each other, and the request is there to be looked at, the name in TLS included."""
    async with PolicyHost(SCRIPT) as host:
        head, body = await answer(host)
        first, *fields = head.decode().split("\r\n")
        assert first == "HTTP/1.1 200 OK"
        assert fields == ["Content-Type: text/plain", f"Content-Length: {len(BODY)}", "Connection: close"]
        assert body == BODY
        (heard,) = host.requests
        assert heard == Heard(
            method="GET",
            target="/.well-known/mta-sts.txt",
            version="HTTP/1.1",
            headers=(("host", NAME), ("accept", "text/plain")),
            sni=NAME,
        )
        assert (heard.header("host"), heard.header("cookie")) == (NAME, None)
        await answer(host)
        assert (len(host.requests), host.connections) == (2, 2)


async def test_status_and_header_fields_are_those_of_the_script() -> None:
    elsewhere = {"Location": "https://www.mail.test/"}
    async with PolicyHost(replace(SCRIPT, status=301, headers=elsewhere, body=b"")) as host:
        head, body = await answer(host)
        assert head.decode().split("\r\n")[:2] == [
            "HTTP/1.1 301 Moved Permanently",
            "Location: https://www.mail.test/",
        ]
        assert body == b""


async def test_an_answer_can_be_anything() -> None:
    async with PolicyHost(replace(SCRIPT, raw=b"no HTTP at all")) as host:
        assert await answer(host) == (b"no HTTP at all", b"")


async def test_an_answer_can_dribble() -> None:
    """In pieces it is the same answer, and it takes its time."""
    begun = asyncio.get_running_loop().time()
    async with PolicyHost(replace(SCRIPT, delay_s=0.05, piece_bytes=50, pause_s=0.02)) as host:
        _, body = await answer(host)
        assert body == BODY
    pieces = -(-len(SCRIPT.answer) // 50)
    assert asyncio.get_running_loop().time() - begun >= 0.05 + 0.02 * (pieces - 1)


async def test_without_a_certificate_it_refuses_in_clear() -> None:
    async with PolicyHost(replace(SCRIPT, issued=None)) as host:
        with pytest.raises(ssl.SSLError):
            await dialled(host)
        reader, writer = await asyncio.open_connection(HOST, host.port)
        writer.write(REQUEST)
        assert (await reader.read()).startswith(b"HTTP/1.1 400 Bad Request\r\n")
        writer.close()
        await writer.wait_closed()
        assert not host.requests


async def half_a_hello(port: int) -> None:
    _, writer = await asyncio.open_connection(HOST, port)
    writer.write(b"\x16\x03\x01\x02\x00\x01")
    writer.transport.abort()


async def text_for_tls(port: int) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(REQUEST)
    await reader.read()
    writer.transport.abort()


async def gone_at_once(port: int) -> None:
    _, writer = await asyncio.open_connection(HOST, port)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


async def an_endless_head(port: int) -> None:
    trust = ssl.create_default_context(cadata=AUTHORITY.root_pem.decode())
    reader, writer = await asyncio.open_connection(HOST, port, ssl=trust, server_hostname=NAME)
    writer.write(b"x" * LINE_BYTES * 4)
    await reader.read()
    writer.transport.abort()


@pytest.mark.parametrize("misbehave", [half_a_hello, text_for_tls, gone_at_once, an_endless_head])
async def test_a_client_costs_only_its_own_connection(misbehave: Callable[[int], Awaitable[None]]) -> None:
    """After any of these the next client is served, and the event loop has nothing to complain of."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with PolicyHost(SCRIPT) as host, asyncio.timeout(PATIENCE_S):
        await misbehave(host.port)
        assert (await answer(host))[1] == BODY
        assert len(host.requests) == 1
    assert complaints == []
