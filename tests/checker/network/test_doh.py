"""DNS over HTTPS against real HTTPS servers on loopback (RFC 8484): right, slow, broken, lying and unproven ones."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import dns.message
import h11
import pytest

from checker.names import parse_domain
from checker.network.bounds import Bounds
from checker.network.ports import LookUp, MxRecord
from checker.network.resolver import StubResolver
from checker.network.upstreams import AnyUpstream, HttpsUpstream
from checker.observation import Failed, FailureKind, Seen
from sandbox.authority import DAY, Issued
from tests.dns_peers import Handler, says, serving, validating
from tests.peers import AUTHORITY

NAME = parse_domain("d.test")
REFUSED = FailureKind.RESOLVER_REFUSED
MX = "d.test. 300 MX 10 mx.test."
QUICK = Bounds(dns_query_s=2.0, dns_total_s=6.0, tries=1)
MESSAGE = "application/dns-message"


@dataclass
class Answering:
    """How a server answers: the status, media type and body; ``pause`` in seconds before it."""

    handler: Handler
    status: int = 200
    media_type: str = MESSAGE
    change: Callable[[bytes], bytes] = bytes
    fields: list[tuple[str, str]] = field(default_factory=list)
    pause: float = 0.0


@dataclass
class HttpsServer:
    """One resolver over HTTPS. ``requests`` are the heads of its requests, ``connections`` how many there were."""

    answering: Answering
    requests: list[h11.Request] = field(default_factory=list)
    questions: list[dns.message.Message] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._talk(reader, writer, h11.Connection(h11.SERVER))
        except (OSError, h11.RemoteProtocolError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, http: h11.Connection) -> None:
        body = b""
        while True:
            event = http.next_event()
            match event:
                case h11.NEED_DATA:
                    http.receive_data(await reader.read(65536))
                case h11.Request():
                    self.requests.append(event)
                case h11.Data():
                    body += bytes(event.data)
                case h11.EndOfMessage():
                    await asyncio.sleep(self.answering.pause)
                    await self._answer(writer, http, body)
                    body = b""
                    http.start_next_cycle()
                case _:
                    return

    async def _answer(self, writer: asyncio.StreamWriter, http: h11.Connection, body: bytes) -> None:
        how = self.answering
        query = dns.message.from_wire(body)
        self.questions.append(query)
        answer = how.change(b"".join(how.handler(query, "https")))
        fields = [("Content-Type", how.media_type), ("Content-Length", str(len(answer))), *how.fields]
        head = http.send(h11.Response(status_code=how.status, headers=fields))
        writer.write((head or b"") + (http.send(h11.Data(data=answer)) or b"") + (http.send(h11.EndOfMessage()) or b""))
        await writer.drain()


type Serve = Callable[..., Awaitable[HttpsServer]]


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def start(answering: Answering, issued: Issued | None = None) -> HttpsServer:
            server = HttpsServer(answering)
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            issued = issued or AUTHORITY.issue(["localhost"])
            chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
            chain.write_bytes(issued.chain_pem)
            key.write_bytes(issued.key_pem)
            tls.load_cert_chain(chain, key)
            listening = await asyncio.start_server(server.talk, "127.0.0.1", 0, ssl=tls)
            stack.push_async_callback(listening.wait_closed)
            stack.callback(listening.close)
            server.port = listening.sockets[0].getsockname()[1]
            return server

        yield start


def resolver(*servers: HttpsServer, others: tuple[AnyUpstream, ...] = ()) -> StubResolver:
    upstreams = [HttpsUpstream(f"https://localhost:{server.port}/dns-query") for server in servers]
    return StubResolver([*upstreams, *others], QUICK, trust_ad=True, roots=AUTHORITY.root_pem)


async def mx(server: HttpsServer) -> LookUp[MxRecord]:
    return await resolver(server).look_up_mx(NAME)


def failed(found: LookUp[MxRecord]) -> Failed:
    assert isinstance(found, Failed), found
    assert found.detail.isprintable()
    return found


async def test_an_answer(serve: Serve) -> None:
    """Asked as RFC 8484 section 4.1 says: POST, the media type, and id 0."""
    server = await serve(Answering(validating(says(MX))))
    found = await mx(server)
    assert isinstance(found, Seen)
    assert (len(found.value.records), found.value.security) == (1, "insecure")
    head = server.requests[0]
    assert (head.method, head.target) == (b"POST", b"/dns-query")
    sent = dict(head.headers)
    assert (sent[b"content-type"], sent[b"accept"]) == (MESSAGE.encode(), MESSAGE.encode())
    assert {query.id for query in server.questions} == {0}


async def test_questions_at_the_same_time_share_connections_and_none_stays_open(serve: Serve) -> None:
    server = await serve(Answering(validating(says(MX)), pause=0.05))
    asking = resolver(server)
    assert await asking.validates()
    first = await asyncio.gather(*(asking.look_up_mx(NAME) for _ in range(4)))
    assert all(isinstance(found, Seen) for found in first)
    before = server.connections
    assert isinstance(await asking.look_up_mx(NAME), Seen)
    assert server.connections == before + 1


async def test_the_certificate_must_prove_the_name(serve: Serve) -> None:
    """What a network in between could answer is no answer: it would decide what is secure."""
    for issued in (
        AUTHORITY.issue(["elsewhere.test"]),
        AUTHORITY.issue(["localhost"], ends=-DAY),
        AUTHORITY.self_signed(["localhost"]),
    ):
        server = await serve(Answering(validating(says(MX))), issued)
        found = failed(await mx(server))
        assert found.failure is FailureKind.RESOLVER_REFUSED
        assert found.detail.startswith(f"The certificate of the resolver https://localhost:{server.port}/dns-query can")
        assert server.requests == []


@pytest.mark.parametrize(
    ("answering", "kind"),
    [
        pytest.param(Answering(says(MX), status=404), REFUSED, id="not found"),
        pytest.param(Answering(says(MX), status=500), REFUSED, id="error"),
        pytest.param(Answering(says(MX), media_type="text/html"), REFUSED, id="a page"),
        pytest.param(Answering(says(MX), change=lambda _: b""), REFUSED, id="nothing"),
        pytest.param(Answering(says(MX), change=lambda _: b"\xff" * 600), REFUSED, id="junk"),
        pytest.param(Answering(says(MX), change=lambda good: good + b"\0"), REFUSED, id="trailing junk"),
        pytest.param(Answering(says(MX), change=lambda good: good + bytes(70000)), REFUSED, id="too much"),
        pytest.param(
            Answering(says(MX), change=lambda good: good.replace(b"\x01d\x04test", b"\x01e\x04test")),
            REFUSED,
            id="another question's answer",
        ),
        pytest.param(
            Answering(says(MX), fields=[("Content-Encoding", "gzip")], change=lambda _: b"\x1f\x8b"),
            REFUSED,
            id="packed",
        ),
        pytest.param(Answering(says(MX), pause=30), FailureKind.RESOLVER_TIMEOUT, id="silence"),
    ],
)
async def test_what_is_no_answer(serve: Serve, answering: Answering, kind: FailureKind) -> None:
    bounds = Bounds(dns_query_s=0.5, tries=1)
    server = await serve(answering)
    upstream = HttpsUpstream(f"https://localhost:{server.port}/dns-query")
    found = await StubResolver([upstream], bounds, roots=AUTHORITY.root_pem).look_up_mx(NAME)
    assert failed(found).failure is kind
    server.answering.pause = 0


async def test_redirects_are_not_followed(serve: Serve) -> None:
    good = await serve(Answering(says(MX)))
    there = ("Location", f"https://localhost:{good.port}/dns-query")
    moved = await serve(Answering(says(MX), status=307, fields=[there]))
    assert failed(await mx(moved)).failure is FailureKind.RESOLVER_REFUSED
    assert good.requests == []


async def test_no_proxy_of_the_environment_comes_between(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert isinstance(await mx(await serve(Answering(validating(says(MX))))), Seen)


async def test_nobody_listens() -> None:
    upstream = HttpsUpstream("https://127.0.0.1:9/dns-query")
    found = await StubResolver([upstream], QUICK, roots=AUTHORITY.root_pem).look_up_mx(NAME)
    assert failed(found).failure is FailureKind.RESOLVER_REFUSED


async def test_the_next_resolver_may_be_a_plain_one(serve: Serve) -> None:
    broken = await serve(Answering(says(MX), status=503))
    async with serving() as start:
        plain = await start(validating(says(MX)))
        assert isinstance(await resolver(broken, others=(plain.upstream,)).look_up_mx(NAME), Seen)
