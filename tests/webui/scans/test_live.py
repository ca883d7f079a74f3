"""The hub: one read for each scan and change, however many watch; the newest snapshot, no queue; also without Redis."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError

from tests.webui.conftest import Broker
from webui import coordination
from webui.celery import app
from webui.scans.broadcast import Shown
from webui.scans.live import Hub, Watch

SCAN = uuid4()
NEVER_S = 600.0
PATIENCE_S = 20.0


def snapshot(number: int, *, is_final: bool = False) -> Shown:
    return Shown(str(number), is_final, "title", "words", {"servers": f"<p>{number}</p>"})


class Database:
    """What is read, and how often."""

    def __init__(self) -> None:
        self.now: Shown | None = snapshot(1)
        self.reads = 0
        self.is_away = False

    def read(self, scan_id: UUID) -> Shown | None:
        assert scan_id == SCAN
        self.reads += 1
        if self.is_away:
            raise DatabaseError
        return self.now


def watchers(hub: Hub) -> int:
    """How many watch, of all scans."""
    return sum(watch.watchers for watch in hub._watches.values())


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not reached():  # noqa: ASYNC110 - what is waited for is another's attribute
            await asyncio.sleep(0.005)


def number(watch: Watch) -> str | None:
    return watch.newest.number if watch.newest else None


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_url", "redis+socket:///nowhere/at-all")


def test_all_who_watch_share_one_read(database: Database, broker: Broker) -> None:
    """The first look, another when the subscription stands, and one for each change: not one for each who watches."""

    async def watch_together() -> None:
        hub = Hub(database.read, look_anyway_s=NEVER_S, look_without_news_s=NEVER_S)
        with ExitStack() as stack:
            watch, *_ = [stack.enter_context(hub.watching(SCAN)) for _ in range(100)]
            assert watchers(hub) == 100
            await until(lambda: number(watch) == "1" and hub.hears_news)
            database.now = snapshot(2)
            await asyncio.to_thread(coordination.announce, SCAN)
            await until(lambda: number(watch) == "2")
            assert database.reads <= 3
            assert watch.event(None) is watch.event(None)
        assert watchers(hub) == 0

    run(watch_together())


def test_without_redis_the_database_is_asked(database: Database, no_redis: None) -> None:
    async def look() -> None:
        hub = Hub(database.read, look_anyway_s=NEVER_S, look_without_news_s=0.02)
        with hub.watching(SCAN) as watch:
            await until(lambda: number(watch) == "1")
            database.now = snapshot(2, is_final=True)
            await until(lambda: number(watch) == "2")
            reads = database.reads
            await asyncio.sleep(0.1)
            assert database.reads == reads, "what is final is not read again"

    run(look())


def test_redis_that_goes_and_comes_back_is_noticed(database: Database, broker: Broker) -> None:
    async def outlast() -> None:
        hub = Hub(database.read, look_anyway_s=NEVER_S, look_without_news_s=0.05)
        with hub.watching(SCAN) as watch:
            await until(lambda: hub.hears_news)
            await asyncio.to_thread(broker.stop)
            await until(lambda: not hub.hears_news)
            database.now = snapshot(2)
            await until(lambda: number(watch) == "2")
            await asyncio.to_thread(broker.start)
            await until(lambda: hub.hears_news)
            database.now = snapshot(3)
            await asyncio.to_thread(coordination.announce, SCAN)
            await until(lambda: number(watch) == "3")

    run(outlast())


def test_news_that_was_lost_is_found_by_looking_anyway(database: Database, broker: Broker) -> None:
    async def look() -> None:
        hub = Hub(database.read, look_anyway_s=0.05, look_without_news_s=NEVER_S)
        with hub.watching(SCAN) as watch:
            await until(lambda: hub.hears_news and number(watch) == "1")
            database.now = snapshot(2)
            await until(lambda: number(watch) == "2")

    run(look())


def test_a_database_that_is_away_is_waited_for(database: Database, no_redis: None) -> None:
    async def outlast() -> None:
        hub = Hub(database.read, look_without_news_s=0.02)
        database.is_away = True
        with hub.watching(SCAN) as watch:
            await until(lambda: database.reads > 2)
            assert watch.newest is None
            database.is_away = False
            await until(lambda: number(watch) == "1")

    run(outlast())


def test_a_deleted_scan_ends_the_watch(database: Database, no_redis: None) -> None:
    async def look() -> None:
        hub = Hub(database.read, look_without_news_s=0.02)
        with hub.watching(SCAN) as watch:
            await until(lambda: number(watch) == "1")
            database.now = None
            await until(lambda: watch.is_gone)

    run(look())


def test_who_is_slow_gets_the_newest_and_nothing_is_kept_for_them() -> None:
    async def change() -> None:
        watch = Watch()
        watch.show(snapshot(1))
        first = watch.newest
        for each in range(2, 500):
            watch.show(snapshot(each))
        assert b"<p>499</p>" in watch.event(first)
        assert len(watch.made) == 1

    run(change())


def test_the_same_snapshot_wakes_nobody() -> None:
    async def change() -> None:
        watch = Watch()
        watch.show(snapshot(1))
        changed = watch.changed
        watch.show(snapshot(1))
        assert not changed.is_set()
        watch.show(snapshot(2))
        assert changed.is_set()

    run(change())
