"""The scripted server says what its script says, shakes hands for real, and outlives whatever a client does."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from checker.smtp.facts import Reply
from sandbox.authority import Authority
from sandbox.dialler import HOST
from sandbox.listener import LINE_BYTES, Takes
from sandbox.smtp_server import Script, SmtpServer

NAME = "mx.mail.test"
AUTHORITY = Authority(datetime.now(UTC))
IN_CLEAR = Script(host=NAME, keywords=("SIZE 1000",))
WITH_TLS = replace(IN_CLEAR, issued=AUTHORITY.issue([NAME]))
PATIENCE_S = 5.0


class Client:
    """A client that says lines and reads replies."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def reply(self) -> list[str]:
        """The lines of one reply."""
        lines = [(await self.reader.readuntil(b"\r\n")).decode().rstrip()]
        while lines[-1][3:4] == "-":
            lines.append((await self.reader.readuntil(b"\r\n")).decode().rstrip())
        return lines

    async def ask(self, line: str) -> list[str]:
        self.writer.write(f"{line}\r\n".encode())
        return await self.reply()

    async def start_tls(self, **settings: ssl.TLSVersion) -> ssl.SSLObject:
        context = ssl.create_default_context(cadata=AUTHORITY.root_pem.decode())
        for name, value in settings.items():
            setattr(context, name, value)
        await self.writer.start_tls(context, server_hostname=NAME)
        session = self.writer.get_extra_info("ssl_object")
        assert isinstance(session, ssl.SSLObject)
        return session


@asynccontextmanager
async def client_of(server: SmtpServer) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(HOST, server.port)
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield Client(reader, writer)
    finally:
        writer.transport.abort()


async def test_in_clear_it_offers_no_tls() -> None:
    """Without a certificate the keyword is missing, and the command unknown."""
    async with SmtpServer(IN_CLEAR) as server, client_of(server) as client:
        assert await client.reply() == [f"220 {NAME} ESMTP ready"]
        assert await client.ask("EHLO probe.test") == [f"250-{NAME}", "250 SIZE 1000"]
        assert (await client.ask("STARTTLS"))[0].startswith("502 ")
        assert (await client.ask(""))[0].startswith("502 ")
        assert await client.ask("NOOP") == ["250 OK"]
        assert await client.ask("QUIT") == ["221 Bye"]
        assert await client.reader.read() == b""


async def test_tls_is_real() -> None:
    """A client that verifies chain and name is content, and hears another EHLO answer inside."""
    async with SmtpServer(WITH_TLS) as server, client_of(server) as client:
        await client.reply()
        assert await client.ask("ehlo probe.test") == [f"250-{NAME}", "250-SIZE 1000", "250 STARTTLS"]
        assert (await client.ask("STARTTLS"))[0].startswith("220 ")
        assert (await client.start_tls()).version() == "TLSv1.3"
        assert await client.ask("EHLO probe.test") == [f"250-{NAME}", "250 SIZE 1000"]
        assert await client.ask("QUIT") == ["221 Bye"]
        assert await client.reader.read() == b""
    assert server.connections == 1


async def test_versions_are_those_of_the_script() -> None:
    old = replace(WITH_TLS, takes=Takes(newest=ssl.TLSVersion.TLSv1_2))
    async with SmtpServer(old) as server, client_of(server) as client:
        await client.reply()
        await client.ask("STARTTLS")
        assert (await client.start_tls()).version() == "TLSv1.2"


async def test_replies_are_those_of_the_script() -> None:
    script = replace(
        WITH_TLS,
        greeting=Reply(code=220, lines=("one", "two")),
        starttls=Reply(code=454, lines=("Not now",)),
    )
    async with SmtpServer(script) as server, client_of(server) as client:
        assert await client.reply() == [f"220-{NAME} one", "220 two"]
        assert await client.ask("STARTTLS") == ["454 Not now"]
        assert await client.ask("NOOP") == ["250 OK"]


async def test_another_answer_inside_tls() -> None:
    script = replace(WITH_TLS, ehlo_in_tls=Reply(code=421, lines=("Later",)))
    async with SmtpServer(script) as server, client_of(server) as client:
        await client.reply()
        await client.ask("STARTTLS")
        await client.start_tls()
        assert await client.ask("EHLO probe.test") == ["421 Later"]


async def test_a_refusal_at_the_door_closes() -> None:
    script = replace(IN_CLEAR, greeting=Reply(code=421, lines=("Busy",)))
    async with SmtpServer(script) as server, client_of(server) as client:
        assert await client.reply() == [f"421 {NAME} Busy"]
        assert await client.reader.read() == b""


async def test_silence_lasts_until_the_client_goes() -> None:
    async with SmtpServer(replace(IN_CLEAR, greeting=None)) as server, client_of(server) as client:
        client.writer.write_eof()
        assert await client.reader.read() == b""


async def half_a_hello(client: Client) -> None:
    await client.reply()
    await client.ask("STARTTLS")
    client.writer.write(b"\x16\x03\x01\x02\x00\x01")


async def text_for_tls(client: Client) -> None:
    await client.reply()
    await client.ask("STARTTLS")
    client.writer.write(b"EHLO probe.test\r\n" * 20)
    await client.reader.read()


async def an_endless_line(client: Client) -> None:
    await client.reply()
    client.writer.write(b"x" * LINE_BYTES * 4)
    await client.reader.read()


async def half_a_line(client: Client) -> None:
    await client.reply()
    client.writer.write(b"EHL")


async def gone_at_once(client: Client) -> None:
    client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@pytest.mark.parametrize("misbehave", [half_a_hello, text_for_tls, an_endless_line, half_a_line, gone_at_once])
async def test_a_client_costs_only_its_own_connection(misbehave: Callable[[Client], Awaitable[None]]) -> None:
    """After any of these the next client is served, and the event loop has nothing to complain of."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with SmtpServer(WITH_TLS) as server:
        async with client_of(server) as client:
            await misbehave(client)
        async with client_of(server) as client:
            assert (await client.reply())[0].startswith("220 ")
        assert server.connections == 2
    assert complaints == []


async def test_stopping_drops_who_is_there() -> None:
    """Clients in every state are let go, and no task stays behind."""
    silent = replace(WITH_TLS, greeting=None)
    async with SmtpServer(WITH_TLS) as server, SmtpServer(silent) as mute:
        talking = await asyncio.open_connection(HOST, server.port)
        waiting = await asyncio.open_connection(HOST, mute.port)
        await Client(*talking).reply()
        while not mute.connections:  # noqa: ASYNC110 -- the condition is of the event loop itself
            await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE_S):
        for reader, writer in (talking, waiting):
            assert await reader.read() == b""
            writer.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}
