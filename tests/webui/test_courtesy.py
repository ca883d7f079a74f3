"""Courtesy across workers: what one opens the others count, and what a dead one held comes back."""

import asyncio
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from checker.network.bounds import NO_CAPS, Bounds
from checker.network.clock import SystemClock
from checker.network.courtesy import HOUR, TEN_MINUTES, InProcessCourtesy
from checker.network.ports import CapReached, Purpose
from webui import coordination, courtesy
from webui.courtesy import SharedCourtesy

HERE = ip_address("192.52.193.1")
BOUNDS = Bounds()
NOBODY = Bounds(caps=NO_CAPS)  # of a worker by itself, so that what forbids something is what all share
PATIENCE_S = 20.0


class Time:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _broker(broker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis, and workers that look often whether there is a place."""
    monkeypatch.setattr(courtesy, "POLL_S", 0.01)


def worker(time: Time | None = None, allowed: str = "") -> SharedCourtesy:
    networks = [ip_network(allowed)] if allowed else []
    return SharedCourtesy(InProcessCourtesy(SystemClock(), NOBODY), BOUNDS, networks, time)


async def opened(one: SharedCourtesy, address: str = str(HERE), purpose: Purpose = "mail") -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S), one.slot(ip_address(address), purpose):
            return True
    except CapReached:
        return False


async def how_many(workers: list[SharedCourtesy], address: str = str(HERE), purpose: Purpose = "mail") -> int:
    """Of two hundred, taken in turns by all workers."""
    return sum([await opened(workers[number % len(workers)], address, purpose) for number in range(200)])


async def most_at_once(workers: list[SharedCourtesy]) -> tuple[int, int]:
    inside = most = served = 0

    async def guest(one: SharedCourtesy) -> None:
        nonlocal inside, most, served
        async with one.slot(HERE):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.005)
            inside -= 1
            served += 1

    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(guest(workers[number % len(workers)]) for number in range(18)))
    return most, served


async def test_all_workers_together_keep_to_the_places() -> None:
    most, served = await most_at_once([worker(), worker(), worker()])
    assert (most <= 4, served) == (True, 18)


async def test_what_one_worker_learns_of_a_server_holds_for_all() -> None:
    """It greets slowly: one at a time."""
    await worker().note_slow(HERE)
    assert await most_at_once([worker(), worker()]) == (1, 18)


async def test_a_busy_server_is_left_alone_by_all() -> None:
    await worker().note_busy(HERE)
    waiting = asyncio.create_task(opened(worker()))
    assert await opened(worker(), purpose="policy")
    assert not waiting.done()
    coordination.client().delete(f"mailseal:courtesy:{HERE}:busy")
    waiting.cancel()
    assert await most_at_once([worker(), worker()]) == (1, 18)  # of those who come back, one at a time


async def test_the_caps_of_an_address_hold_for_all_workers_together() -> None:
    """Forty in ten minutes, a hundred and twenty in an hour."""
    time = Time()
    workers, counts = [worker(time), worker(time)], []
    for _ in range(7):
        counts.append(await how_many(workers))
        time.now += TEN_MINUTES
    assert counts == [40, 40, 40, 0, 0, 0, 40]


async def test_the_cap_of_a_network_holds_but_in_one_that_was_allowed() -> None:
    time = Time()
    addresses = [f"192.52.193.{number}" for number in range(1, 7)]
    assert [await how_many([worker(time)], address) for address in addresses] == [40] * 5 + [0]
    time.now += HOUR
    allowed = worker(time, "192.52.193.0/24")
    assert [await how_many([allowed], address) for address in addresses] == [40] * 6


async def test_one_deep_scan_an_hour_whichever_worker_has_it() -> None:
    assert await worker().grant_deep(HERE)
    assert not await worker().grant_deep(HERE)
    assert await how_many([worker()], purpose="deep") == 160
    assert await how_many([worker()]) == 40


async def test_the_next_deep_scan_has_all_that_one_may_use() -> None:
    """An hour after the last one began, which ended less than an hour ago."""
    allowed = "192.52.193.0/24"  # no cap of the network
    for _ in range(2):
        assert await worker(allowed=allowed).grant_deep(HERE)
        assert await how_many([worker(allowed=allowed)], purpose="deep") == 160
        coordination.let_go(f"deep:{HERE}")  # the hour is over


async def test_who_was_refused_a_deep_scan_begins_no_hour_of_its_own() -> None:
    late = worker()
    assert await worker().grant_deep(HERE)
    assert not await late.grant_deep(HERE)
    coordination.let_go(f"deep:{HERE}")  # the hour is over
    assert await late.grant_deep(HERE)


async def test_the_places_of_a_worker_that_died_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """It no longer says that it lives."""
    monkeypatch.setattr(courtesy, "LEASE_S", 0.3)
    dead = worker()
    monkeypatch.setattr(dead, "_keep_alive", lambda: None)
    for _ in range(4):
        await dead.slot(HERE).__aenter__()
    assert await opened(worker())


async def test_a_place_is_kept_as_long_as_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than one lease."""
    monkeypatch.setattr(courtesy, "LEASE_S", 0.3)
    one = worker()
    await one.note_slow(HERE)
    async with one.slot(HERE):
        waiting = asyncio.create_task(opened(worker()))
        await asyncio.sleep(0.7)
        assert not waiting.done()
    assert await waiting


async def test_without_redis_each_worker_keeps_the_caps_by_itself(broker: Any) -> None:
    alone = SharedCourtesy(InProcessCourtesy(SystemClock(), BOUNDS), BOUNDS)
    broker.stop()
    try:
        assert await how_many([alone]) == 40
    finally:
        broker.start()


async def test_who_was_refused_by_all_is_not_counted_by_one() -> None:
    """Or a worker that keeps asking at the cap would refuse for longer than all of them together."""
    time, own = Time(), InProcessCourtesy(SystemClock(), BOUNDS)
    assert await how_many([worker(time)]) == 40
    late = SharedCourtesy(own, BOUNDS, (), time)
    assert await how_many([late]) == 0
    time.now += TEN_MINUTES
    assert await how_many([late]) == 40
