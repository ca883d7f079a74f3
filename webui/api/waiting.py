"""Waiting for a scan to finish, before Django hears of the request: in Django each who waits would hold a thread.

The one rule of this file: who waits holds nothing. One look at the database a second is for all of a process together,
and whatever goes wrong with it ends the wait, so that the ordinary answer says what there is to say.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Collection
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope
from django.db import DatabaseError, connection

from webui.api.formats import WAIT_S
from webui.crowd import Crowd
from webui.scans import queries

LOOK_EVERY_S = 1.0
MOST = 2000  # who comes when so many wait is answered at once
_SCAN = re.compile(r"/api/v1/scans/(?P<token>[-\w]+)", re.ASCII)

type Running = Callable[[Collection[str]], Awaitable[frozenset[str]]]

logger = logging.getLogger(__name__)


def waiting_for_scans(application: ASGI3Application) -> ASGI3Application:
    """The application, which hears of a request with ``wait`` when its scan has finished, or after so many seconds."""
    finishes, crowd = Finishes(_running), Crowd(MOST)

    async def later(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "http" and (asked := _asked(scope)):
            with crowd.place(scope) as has_room:
                if has_room:
                    await finishes.wait(*asked)
        await application(scope, receive, send)

    return later


class Finishes:
    """Wakes who waits for a scan, by a token of it. All of it belongs to one event loop.

    ``running`` says which of some tokens have a scan that isn't finished.
    """

    def __init__(self, running: Running, look_every_s: float = LOOK_EVERY_S) -> None:
        self._running = running
        self._look_every_s = look_every_s
        self._waiting: dict[asyncio.Future[None], str] = {}
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, token: str, seconds: float) -> None:
        """Return when the scan has finished, when there is none under this token, or after so many seconds."""
        if token not in await self._running([token]):
            return
        awakened = asyncio.get_running_loop().create_future()
        self._waiting[awakened] = token
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            await asyncio.wait([awakened], timeout=seconds)
        finally:
            del self._waiting[awakened]

    async def _look(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._look_every_s)
            running = await self._running(set(self._waiting.values()))
            for awakened, token in self._waiting.items():
                if token not in running and not awakened.done():
                    awakened.set_result(None)


def _asked(scope: HTTPScope) -> tuple[str, int] | None:
    """Token and seconds of a request that wants to wait. None: it doesn't, or for how long is for Django to refuse."""
    scan = _SCAN.fullmatch(scope["path"])
    values = parse_qs(scope["query_string"].decode("latin-1")).get("wait", [])
    if scan is None or scope["method"] != "GET" or not values or not re.fullmatch(r"[0-9]{1,2}", values[-1]):
        return None
    seconds = int(values[-1])
    return (scan["token"], seconds) if 0 < seconds <= WAIT_S else None


async def _running(tokens: Collection[str]) -> frozenset[str]:
    """Which of these have a scan that isn't finished. None, if the database is away."""
    return await sync_to_async(_look_up, thread_sensitive=False)(tokens)


def _look_up(tokens: Collection[str]) -> frozenset[str]:
    try:
        return queries.unfinished(tokens)
    except DatabaseError as away:
        logger.warning("nobody can wait for a scan: the database is away (%s)", type(away).__name__)
        return frozenset()
    finally:
        connection.close()
