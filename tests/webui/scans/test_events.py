"""The event stream over a real web server: a snapshot for whoever comes, then what changes, and an end."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import httpx
import pytest
import uvicorn
from django.core.asgi import get_asgi_application
from django.utils import timezone

from checker.names import parse_domain
from checker.scan import Scanned
from webui.scans import events, services
from webui.scans.broadcast import FINAL, Shown
from webui.scans.events import live_events
from webui.scans.live import Hub
from webui.scans.models import Scan
from webui.scans.services import Lease, Requested

from .conftest import RealDatabase
from .test_live import until, watchers

EXAMPLE = parse_domain("example.test")
NEVER_S = 600.0  # nothing here is found by looking again: each change is announced
PATIENCE_S = 30.0
KILOBYTES = 1000


@dataclass
class Event:
    """One event of a stream, as the HTML standard has it; what ``retry`` says is left out."""

    id: str = ""
    kind: str = "message"
    data: str = ""

    @property
    def news(self) -> dict[str, Any]:
        return dict(json.loads(self.data))


@dataclass
class Site:
    """The web server, and what a worker writes beside it."""

    url: str
    hub: Hub
    database: RealDatabase
    scanned: Callable[..., Scanned]
    http: httpx.AsyncClient
    lease: Lease | None = None

    async def write[T](self, function: Callable[[], T]) -> T:
        return await asyncio.to_thread(self.database, function)

    async def request(self) -> Requested:
        """A link to the scan of example.test."""
        return await self.write(lambda: services.request_scan(EXAMPLE))

    async def claim(self, requested: Requested) -> None:
        """A worker begins. Who watches already may be shown that, before the worker knows anything."""
        self.lease = await self.write(lambda: services.claim(requested.link.scan_id, "worker 1", timezone.now()))

    async def publish(self, requested: Requested, duration_ms: int, state: str = "running") -> None:
        """What a worker knows after so long."""
        if self.lease is None:
            await self.claim(requested)

        def work() -> bool:
            scan, now = Scan.objects.get(pk=requested.link.scan_id), timezone.now()
            assert self.lease is not None
            write = services.publish_snapshot if state == "running" else services.finish
            return write(self.lease, self.scanned(scan, state, duration_ms), now)

        assert await self.write(work)

    @asynccontextmanager
    async def stream(self, token: str, last_seen: str = "") -> AsyncIterator[AsyncIterator[Event]]:
        """The events under a link, of somebody who has seen that one last."""
        headers = {"Last-Event-ID": last_seen} if last_seen else {}
        async with self.http.stream("GET", f"/r/{token}/events", headers=headers) as answer:
            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
            assert answer.headers["Cache-Control"] == "no-store"
            yield read(answer)

    async def status(self, token: str, last_seen: str = "") -> int:
        answer = await self.http.get(f"/r/{token}/events", headers={"Last-Event-ID": last_seen})
        return answer.status_code


async def read(answer: httpx.Response) -> AsyncIterator[Event]:
    event = Event()
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if not line:
            if event.data:
                yield event
            event = Event()
        elif name == "event":
            event.kind = value
        elif name in ("id", "data"):
            setattr(event, name, value)


async def snapshot(stream: AsyncIterator[Event]) -> Event:
    """The first that is shown: before it a browser is told our time."""
    clock = await anext(stream)
    assert (clock.kind, clock.data.isdigit()) == ("clock", True)
    return await anext(stream)


@asynccontextmanager
async def served(hub: Hub) -> AsyncIterator[str]:
    """Its address, for as long as the block lasts."""
    application = cast("Any", live_events(cast("Any", get_asgi_application()), hub))
    server = uvicorn.Server(uvicorn.Config(application, lifespan="off", log_config=None, timeout_graceful_shutdown=1))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)  # as a slow line has it
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await until(lambda: server.started)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving


type OnSite = Callable[[Callable[[Site], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def on_site(real_database: RealDatabase, broker: Any, scanned: Callable[..., Scanned]) -> OnSite:
    """Runs a test in the web server's event loop, beside it."""

    async def visit(test: Callable[[Site], Coroutine[Any, Any, None]]) -> None:
        hub = Hub(look_anyway_s=NEVER_S, look_without_news_s=NEVER_S)
        async with (
            asyncio.timeout(PATIENCE_S),
            served(hub) as url,
            httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_S) as http,
        ):
            await test(Site(url, hub, real_database, scanned, http))

    return lambda test: asyncio.run(visit(test))


def test_from_the_first_look_to_the_end(on_site: OnSite) -> None:
    """All sections, then those that changed, then the final report, and the stream is over."""

    async def watch(site: Site) -> None:
        requested = await site.request()
        await site.claim(requested)
        async with site.stream(requested.link.token) as stream:
            first = await snapshot(stream)
            await until(lambda: site.hub.hears_news)
            await site.publish(requested, 1200)
            second = await anext(stream)
            await site.publish(requested, 3400, "complete")
            last, *more = [event async for event in stream]
        assert not more
        everything = set(first.news["sections"])
        assert set(second.news["sections"]) < everything
        assert second.news["sections"]
        assert [event.news["is_final"] for event in (first, second, last)] == [False, False, True]
        assert [event.id.endswith(FINAL) for event in (first, second, last)] == [False, False, True]
        assert all(event.news["words"] for event in (first, second, last))

    on_site(watch)


def test_each_is_given_their_own_link(on_site: OnSite) -> None:
    """Two who watch one scan: what they are sent differs in that alone."""

    async def watch(site: Site) -> None:
        tokens = [(await site.request()).link.token for _ in range(2)]
        async with site.stream(tokens[0]) as mine, site.stream(tokens[1]) as theirs:
            sent = [(await snapshot(stream)).data for stream in (mine, theirs)]
        for token, other, data in zip(tokens, tokens[::-1], sent, strict=True):
            assert other not in data
            assert f"{site.url}/r/{token}" in data
        assert sent[0].replace(*tokens) == sent[1]

    on_site(watch)


def test_who_comes_late_or_comes_back(on_site: OnSite) -> None:
    """A snapshot of everything, whatever they missed; who has seen the newest isn't sent it again."""

    async def watch(site: Site) -> None:
        requested = await site.request()
        token = requested.link.token
        async with site.stream(token) as stream:
            early = await snapshot(stream)
        await site.publish(requested, 1000)
        async with site.stream(token) as late, site.stream(token, early.id) as back:
            shown = [await snapshot(stream) for stream in (late, back)]
        assert shown[0] == shown[1] != early
        assert set(shown[0].news["sections"]) == set(early.news["sections"])
        async with site.stream(token, shown[0].id) as stream:
            await anext(stream)  # the time
            with site.hub.watching(requested.link.scan_id) as watch:
                await until(lambda: site.hub.hears_news and watch.newest is not None)
            await site.publish(requested, 2000)
            newer = await anext(stream)
        assert newer.id != shown[0].id
        assert set(newer.news["sections"]) < set(early.news["sections"])

    on_site(watch)


def test_a_finished_report(on_site: OnSite) -> None:
    """It comes at once and is all that comes; who has it is told not to come again."""

    async def watch(site: Site) -> None:
        requested = await site.request()
        token = requested.link.token
        await site.publish(requested, 1000, "complete")
        async with site.stream(token) as stream:
            [_, final] = [event async for event in stream]
        assert final.news["is_final"]
        assert await site.status(token, final.id) == 204
        async with site.stream(token, "1.500") as stream:
            assert await snapshot(stream) == final

    on_site(watch)


def test_a_report_that_is_deleted_while_it_is_watched(on_site: OnSite) -> None:
    """The stream ends without a report, and there is no other; where others have a link, theirs goes on."""

    async def watch(site: Site) -> None:
        mine, theirs = await site.request(), await site.request()

        async def delete(requested: Requested) -> None:
            token, secret = requested.link.token, requested.deletion_secret
            assert await site.write(lambda: services.delete_by_secret(token, secret))

        async with site.stream(theirs.link.token) as stream:
            await snapshot(stream)
            await until(lambda: site.hub.hears_news)
            await delete(mine)
            await site.publish(theirs, 1000)
            assert not (await anext(stream)).news["is_final"]
            await delete(theirs)
            assert [event async for event in stream] == []
        for requested in (mine, theirs):
            assert await site.status(requested.link.token) == 404

    on_site(watch)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/r/nothing-here/events", {}, 404),
        ("/r/nothing-here/events", {"Last-Event-ID": f"1.1{FINAL}"}, 404),
        ("/r/{token}/events/", {}, 404),
        ("/r/{token}/events", {"Host": "stranger.test"}, 400),
    ],
)
def test_what_is_no_stream(on_site: OnSite, path: str, headers: dict[str, str], status: int) -> None:
    """It is answered as any other page."""

    async def ask(site: Site) -> None:
        token = (await site.request()).link.token
        answer = await site.http.get(path.format(token=token), headers=headers)
        assert (answer.status_code, watchers(site.hub)) == (status, 0)
        assert answer.headers["Content-Type"].startswith("text/html")

    on_site(ask)


def test_who_leaves_is_forgotten(on_site: OnSite) -> None:
    async def watch(site: Site) -> None:
        token = (await site.request()).link.token
        async with site.stream(token) as one, site.stream(token) as other:
            await snapshot(one)
            await snapshot(other)
            assert watchers(site.hub) == 2
        await until(lambda: not watchers(site.hub))

    on_site(watch)


def test_one_more_than_there_is_room_for(on_site: OnSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are refused, and welcome once somebody left."""
    monkeypatch.setattr(events, "MOST", 1)

    async def watch(site: Site) -> None:
        token = (await site.request()).link.token
        async with site.stream(token) as stream:
            await snapshot(stream)
            assert await site.status(token) == 503
        await until(lambda: not watchers(site.hub))
        async with site.stream(token) as stream:
            await snapshot(stream)

    on_site(watch)


class Changing:
    """A scan that is another each time it is read, and large."""

    LAST = 400

    def __init__(self) -> None:
        self.reads = 0

    def read(self, _: object) -> Shown:
        self.reads = min(self.reads + 1, self.LAST)
        section = f"{self.reads} " + "x" * 100 * KILOBYTES
        return Shown(str(self.reads), self.reads == self.LAST, "title", "words", {"servers": section})


def test_who_reads_slowly_misses_some_and_gets_the_end(real_database: RealDatabase, broker: Any) -> None:
    """Of forty megabytes hardly any are kept for somebody who reads nothing for a while."""

    async def watch() -> None:
        changing = Changing()
        hub = Hub(changing.read, look_anyway_s=NEVER_S, look_without_news_s=NEVER_S)
        requested = await asyncio.to_thread(real_database, lambda: services.request_scan(EXAMPLE))
        async with asyncio.timeout(PATIENCE_S), served(hub) as url:
            slow = socket.socket()
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
            slow.connect(("127.0.0.1", int(url.rpartition(":")[2])))
            reader, writer = await asyncio.open_connection(sock=slow, limit=1024)
            ask = f"GET /r/{requested.link.token}/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            writer.write(ask.encode())
            await until(lambda: watchers(hub) == 1)
            while changing.reads < Changing.LAST:
                before = changing.reads
                hub.tell(requested.link.scan_id)
                await until(lambda before=before: changing.reads > before)
            sent = await reader.read()
            writer.close()
            await writer.wait_closed()
        assert sent.count(b"\nid: ") < 10
        assert b'"is_final": true' in sent

    asyncio.run(watch())
