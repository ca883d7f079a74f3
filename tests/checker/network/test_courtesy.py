"""Courtesy in one process: so many at once to an address, whoever asks, and nothing left behind."""

import asyncio
from ipaddress import ip_address

import pytest

from checker.network.courtesy import InProcessCourtesy

HERE, THERE = ip_address("192.52.193.1"), ip_address("192.52.193.2")
PATIENCE_S = 5.0


async def turns(times: int = 20) -> None:
    """Let every task that can go on go on."""
    for _ in range(times):
        await asyncio.sleep(0)


async def test_no_more_than_allowed_are_in_at_once_and_each_gets_its_turn() -> None:
    courtesy, inside, most, served = InProcessCourtesy(4), 0, 0, 0

    async def guest() -> None:
        nonlocal inside, most, served
        async with courtesy.slot(HERE):
            inside += 1
            most = max(most, inside)
            await turns(3)
            inside -= 1
            served += 1

    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(guest() for _ in range(20)))
    assert (most, served) == (4, 20)


async def test_one_address_does_not_wait_for_another() -> None:
    courtesy = InProcessCourtesy(1)
    async with asyncio.timeout(PATIENCE_S), courtesy.slot(HERE), courtesy.slot(THERE):
        assert len(courtesy) == 2


async def test_an_address_that_nobody_uses_is_forgotten() -> None:
    courtesy = InProcessCourtesy(1)
    async with courtesy.slot(HERE):
        assert len(courtesy) == 1
    assert len(courtesy) == 0


async def test_a_place_is_given_back_when_the_visit_fails() -> None:
    courtesy = InProcessCourtesy(1)
    with pytest.raises(ZeroDivisionError):
        async with courtesy.slot(HERE):
            raise ZeroDivisionError
    async with asyncio.timeout(PATIENCE_S), courtesy.slot(HERE):
        assert len(courtesy) == 1


async def test_who_is_cancelled_while_waiting_takes_no_place() -> None:
    courtesy = InProcessCourtesy(1)

    async def guest() -> None:
        async with courtesy.slot(HERE):
            pass

    async with courtesy.slot(HERE):
        waiting = asyncio.create_task(guest())
        await turns()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert len(courtesy) == 1
    assert len(courtesy) == 0
    async with asyncio.timeout(PATIENCE_S):
        await guest()
