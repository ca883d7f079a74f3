"""``GET /r/<token>/events``: a report as server-sent events (HTML standard, section 9.2), before Django hears of it.

In Django every open stream would keep a thread. The one rule of this file: the first event has all sections of the
page, so that who comes late or comes back needs nothing else; a stream ends by itself with the final report.
"""

import asyncio
import logging
import re
import time
from collections.abc import Sequence
from io import BytesIO
from typing import cast

from asgiref.sync import sync_to_async
from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPResponseStartEvent,
    HTTPScope,
    Scope,
)
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, connection

from webui.crowd import Crowd
from webui.metrics import STREAMS
from webui.scans import broadcast, queries
from webui.scans.live import Hub, Watch
from webui.scans.queries import Entry

HEARTBEAT_S = 15.0  # proxies cut what is silent for a minute
RETRY_MS = 2000  # when a browser comes back after its stream broke
MOST = 5000  # streams of one process
TRY_AGAIN_S = 5
_EVENTS = re.compile(r"/r/(?P<token>[-\w]+)/events", re.ASCII)
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would keep it until it is a page's worth
    (b"x-robots-tag", b"noindex"),
    (b"x-content-type-options", b"nosniff"),
]

logger = logging.getLogger(__name__)


def live_events(application: ASGI3Application, hub: Hub | None = None) -> ASGI3Application:
    """The application, which hears of all requests but those for events of a report that there is."""
    watched, crowd = hub or Hub(), Crowd(MOST)

    async def answer(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and (asked := _EVENTS.fullmatch(scope["path"])):
            try:
                origin, entry = _origin(scope), await _entry(asked["token"])
            except DisallowedHost:
                entry = None
            except DatabaseError as away:
                logger.warning("no events for now: the database is away (%s)", type(away).__name__)
                await _refuse(send, 503)
                return
            if entry:
                with crowd.place(scope) as has_room, STREAMS.track_inprogress():
                    if has_room:
                        await _Stream(watched, entry, origin, _last_seen(scope), send).run(receive)
                    else:
                        await _refuse(send, 503, [(b"retry-after", str(TRY_AGAIN_S).encode())])
                return
        await application(scope, receive, send)

    return answer


class _Stream:
    """One open stream."""

    def __init__(self, hub: Hub, entry: Entry, origin: str, last_seen: str, send: ASGISendCallable) -> None:
        self._hub = hub
        self._entry = entry
        self._origin = origin
        self._last_seen = last_seen
        self._send = send

    async def run(self, receive: ASGIReceiveCallable) -> None:
        """Until the report is final, or the reader has gone."""
        if self._last_seen.endswith(broadcast.FINAL) and self._entry.finished_at:
            await _refuse(self._send, 204)  # which tells a browser not to come again
            return
        telling = asyncio.create_task(self._tell())
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait((telling, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            telling.cancel()
            await asyncio.wait((telling, gone))
        if not telling.cancelled():
            telling.result()

    async def _tell(self) -> None:
        await self._send(_start(200, _HEADERS))
        now_ms = round(time.time() * 1000)
        await self._write(f"retry: {RETRY_MS}\nevent: clock\ndata: {now_ms}\n\n".encode())
        with self._hub.watching(self._entry.scan_id) as watch:
            await self._tell_all(watch)
        await self._write(b"", is_last=True)

    async def _tell_all(self, watch: Watch) -> None:
        before = None
        while not watch.is_gone and not (before and before.is_final):
            changed, newest = watch.changed, watch.newest
            if newest is None or newest is before:
                await self._wait(changed)
                continue
            if before or newest.number != self._last_seen:
                await self._write(broadcast.told(watch.event(before), self._origin, self._entry.token))
            before = newest

    async def _wait(self, changed: asyncio.Event) -> None:
        try:
            await asyncio.wait_for(changed.wait(), HEARTBEAT_S)
        except TimeoutError:
            await self._write(b": still here\n\n")

    async def _write(self, body: bytes, *, is_last: bool = False) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": not is_last})


def _start(status: int, headers: list[tuple[bytes, bytes]]) -> HTTPResponseStartEvent:
    return {"type": "http.response.start", "status": status, "headers": headers, "trailers": False}


async def _refuse(send: ASGISendCallable, status: int, more: Sequence[tuple[bytes, bytes]] = ()) -> None:
    await send(_start(status, [(b"cache-control", b"no-store"), *more]))
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: ASGIReceiveCallable) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _last_seen(scope: HTTPScope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"last-event-id"), "")


def _origin(scope: HTTPScope) -> str:
    """As Django has it. Raises DisallowedHost."""
    return ASGIRequest(cast("dict[str, object]", scope), BytesIO()).build_absolute_uri("/").removesuffix("/")


async def _entry(token: str) -> Entry | None:
    return await sync_to_async(_look_up, thread_sensitive=False)(token)


def _look_up(token: str) -> Entry | None:
    try:
        return queries.entry_by_token(token)
    finally:
        connection.close()
