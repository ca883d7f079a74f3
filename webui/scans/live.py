"""The hub of a web process: who watches a running scan is told of each change of it.

News comes from Redis, one subscription for all scans; what there is to show comes from the database, one read for each
scan and change, in a thread. The one rule of this file: who watches holds no thread, no connection to anything, and no
queue. They take the newest snapshot when they are ready, so whoever is slow misses some and delays nobody.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from uuid import UUID

import redis
from django.db import DatabaseError, connection

from checker.breakdown import where
from webui import coordination
from webui.scans import broadcast
from webui.scans.broadcast import Shown

READERS = 4  # threads
LOOK_ANYWAY_S = 15.0  # news may be lost
LOOK_WITHOUT_NEWS_S = 2.0  # Redis is away

type Read = Callable[[UUID], Shown | None]

logger = logging.getLogger(__name__)


class Watch:
    """One scan that somebody watches. ``newest`` is None until it was read, and when the scan ``is_gone``."""

    def __init__(self) -> None:
        self.newest: Shown | None = None
        self.is_gone = False
        self.watchers = 0
        self.has_news = asyncio.Event()  # there may be something to read
        self.changed = asyncio.Event()  # of the snapshot at hand: replaced with it
        self.made: dict[str | None, bytes] = {}

    def show(self, shown: Shown | None) -> None:
        """A snapshot was read; None: the scan was deleted. Wakes who waits, if it is another."""
        if shown is not None and self.newest is not None and shown.number == self.newest.number:
            return
        self.newest, self.is_gone = shown, shown is None
        self.made.clear()
        self.changed.set()
        self.changed = asyncio.Event()

    def event(self, before: Shown | None) -> bytes:
        """The newest snapshot for everybody who has seen this one before. It is made once."""
        assert self.newest is not None
        key = before.number if before else None
        if key not in self.made:
            self.made[key] = broadcast.event(self.newest, before)
        return self.made[key]


class Hub:
    """All that is watched in this process. It belongs to one event loop.

    ``read`` gives the newest snapshot of a scan, in a thread.
    """

    def __init__(
        self,
        read: Read = broadcast.read,
        *,
        look_anyway_s: float = LOOK_ANYWAY_S,
        look_without_news_s: float = LOOK_WITHOUT_NEWS_S,
    ) -> None:
        self._read = read
        self._look_anyway_s = look_anyway_s
        self._look_without_news_s = look_without_news_s
        self._watches: dict[UUID, Watch] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._readers = ThreadPoolExecutor(READERS, "live")
        self._listening: asyncio.Task[None] | None = None
        self.hears_news = False

    @contextmanager
    def watching(self, scan_id: UUID) -> Iterator[Watch]:
        """Watch a scan for as long as the block lasts."""
        watch = self._watches.get(scan_id)
        if watch is None:
            watch = self._watches[scan_id] = Watch()
            watch.has_news.set()
            self._start(self._keep_reading(scan_id, watch))
        if self._listening is None or self._listening.done():
            self._listening = self._start(self._listen())
        watch.watchers += 1
        try:
            yield watch
        finally:
            watch.watchers -= 1
            if not watch.watchers and self._watches.get(scan_id) is watch:
                del self._watches[scan_id]
                watch.has_news.set()  # its reader ends

    def tell(self, scan_id: UUID) -> None:
        """There is news of a scan."""
        if watch := self._watches.get(scan_id):
            watch.has_news.set()

    def _start(self, work: "asyncio._CoroutineLike[None]") -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _keep_reading(self, scan_id: UUID, watch: Watch) -> None:
        """Until nobody watches it, or nothing more will come."""
        loop = asyncio.get_running_loop()
        while True:
            patience = self._look_anyway_s if self.hears_news else self._look_without_news_s
            with suppress(TimeoutError):
                await asyncio.wait_for(watch.has_news.wait(), patience)
            if not watch.watchers:
                return
            watch.has_news.clear()
            try:
                watch.show(await loop.run_in_executor(self._readers, self._read_once, scan_id))
            except DatabaseError as away:
                logger.warning("scan %s: can't be shown for now (%s)", scan_id, type(away).__name__)
            except Exception as failure:
                logger.error("scan %s: can't be shown: %s", scan_id, where(failure))
            if watch.is_gone or (watch.newest and watch.newest.is_final):
                return

    def _read_once(self, scan_id: UUID) -> Shown | None:
        try:
            return self._read(scan_id)
        finally:
            connection.close()

    async def _listen(self) -> None:
        """Hear Redis, from the first who watches on; while it is away, try again."""
        was_told = False
        while True:
            try:
                async for scan_id in _news(self._is_subscribed):
                    was_told = False
                    self.tell(scan_id)
            except (redis.RedisError, OSError) as away:
                if not was_told:
                    logger.warning("live pages look at the database: Redis is away (%s)", type(away).__name__)
            was_told, self.hears_news = True, False
            self._look_all()
            await asyncio.sleep(self._look_without_news_s)

    def _is_subscribed(self) -> None:
        self.hears_news = True
        self._look_all()  # what was announced meanwhile is lost

    def _look_all(self) -> None:
        for watch in self._watches.values():
            watch.has_news.set()


async def _news(is_subscribed: Callable[[], None]) -> AsyncIterator[UUID]:
    """Of which scans there is news. Raises redis.RedisError when that ends."""
    async with coordination.async_client() as client, client.pubsub() as subscription:
        await subscription.psubscribe(f"{coordination.SCAN_CHANNELS}*")
        async for message in subscription.listen():
            if message["type"] == "psubscribe":
                is_subscribed()
            elif message["type"] == "pmessage":
                with suppress(ValueError):
                    yield UUID(message["channel"].decode().removeprefix(coordination.SCAN_CHANNELS))
