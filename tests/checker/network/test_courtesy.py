"""Courtesy in one process: so many at once to an address, so many over time, whoever asks, and nothing left behind."""

import asyncio
from ipaddress import ip_address, ip_network

import pytest

from checker.network.bounds import Bounds, Caps
from checker.network.courtesy import HOUR, TEN_MINUTES, InProcessCourtesy
from checker.network.ports import CapReached, Purpose

HERE, THERE = ip_address("192.52.193.1"), ip_address("192.52.193.2")
PATIENCE_S = 5.0


class Time:
    """A clock on which waiting takes no time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def courtesy_of(time: Time | None = None, allowed: str = "", **caps: int) -> InProcessCourtesy:
    networks = [ip_network(allowed)] if allowed else []
    return InProcessCourtesy(time or Time(), Bounds(caps=Caps(**caps)), networks)


async def opened(courtesy: InProcessCourtesy, address: str = str(HERE), purpose: Purpose = "mail") -> bool:
    """One connection, open and shut. False: the cap forbids it."""
    try:
        async with asyncio.timeout(PATIENCE_S), courtesy.slot(ip_address(address), purpose):
            return True
    except CapReached:
        return False


async def how_many(courtesy: InProcessCourtesy, address: str = str(HERE), purpose: Purpose = "mail") -> int:
    """How many connections an address gets, one after the other, of at most 300."""
    return sum([await opened(courtesy, address, purpose) for _ in range(300)])


async def turns(times: int = 20) -> None:
    """Let every task that can go on go on."""
    for _ in range(times):
        await asyncio.sleep(0)


async def most_at_once(courtesy: InProcessCourtesy, guests: int = 20) -> tuple[int, int]:
    """Of so many who come together: how many were in at the same time, and how many got in at all."""
    inside = most = served = 0

    async def guest() -> None:
        nonlocal inside, most, served
        async with courtesy.slot(HERE):
            inside += 1
            most = max(most, inside)
            await turns(3)
            inside -= 1
            served += 1

    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(guest() for _ in range(guests)))
    return most, served


async def test_no_more_than_allowed_are_in_at_once_and_each_gets_its_turn() -> None:
    assert await most_at_once(courtesy_of(at_once=4)) == (4, 20)


async def test_a_server_that_greets_slowly_gets_one_at_a_time_for_a_while() -> None:
    time = Time()
    courtesy = courtesy_of(time)
    await courtesy.note_slow(HERE)
    assert await most_at_once(courtesy) == (1, 20)
    time.now += Bounds().slow_s
    assert await most_at_once(courtesy) == (4, 20)


async def test_a_busy_server_is_left_alone_for_a_while() -> None:
    """By whoever comes, but for the policy host that may stand on the same address."""
    time = Time()
    courtesy = courtesy_of(time)
    await courtesy.note_busy(HERE)
    assert await opened(courtesy, purpose="policy")
    assert time.now == 1000
    assert await opened(courtesy)
    assert time.now == 1000 + Bounds().busy_pause_s


async def test_after_a_busy_server_s_pause_who_waited_goes_in_one_at_a_time() -> None:
    """Whoever waits, scans that know nothing of each other among them; four at once would bring the next 421."""
    time = Time()
    courtesy = courtesy_of(time)
    await courtesy.note_busy(HERE)
    assert await most_at_once(courtesy) == (1, 20)
    assert time.now >= 1000 + Bounds().busy_pause_s


async def test_an_address_gets_so_many_in_ten_minutes_and_so_many_in_an_hour() -> None:
    """Forty, then forty more ten minutes later, and after a hundred and twenty none before the hour is over."""
    time = Time()
    courtesy = courtesy_of(time)
    counts = []
    for _ in range(7):
        counts.append(await how_many(courtesy))
        time.now += TEN_MINUTES
    assert counts == [40, 40, 40, 0, 0, 0, 40]


async def test_time_passes_the_places_on_one_by_one() -> None:
    """It is a window that slides, so that the end of one and the start of the next never meet."""
    time = Time()
    courtesy = courtesy_of(time)
    for _ in range(40):
        assert await opened(courtesy)
        time.now += 10
    assert not await opened(courtesy)
    time.now = 1000 + TEN_MINUTES
    assert await how_many(courtesy) == 1


@pytest.mark.parametrize(
    ("first", "inside", "outside"),
    [("192.52.193.{}", "192.52.193.250", "192.52.194.1"), ("3ffe:1:2::{}", "3ffe:1:2:ffff::9", "3ffe:1:3::1")],
)
async def test_a_network_gets_so_many_in_ten_minutes(first: str, inside: str, outside: str) -> None:
    """A /24 or a /48, however many addresses of it are asked."""
    courtesy = courtesy_of()
    assert [await how_many(courtesy, first.format(number)) for number in range(1, 7)] == [40] * 5 + [0]
    assert await how_many(courtesy, inside) == 0
    assert await how_many(courtesy, outside) == 40


async def test_in_an_allowed_network_only_the_caps_of_its_addresses_hold() -> None:
    courtesy = courtesy_of(allowed="192.52.193.0/24")
    assert [await how_many(courtesy, f"192.52.193.{number}") for number in range(1, 9)] == [40] * 8


async def test_a_deep_scan_has_a_purse_of_its_own_once_an_hour() -> None:
    time = Time()
    courtesy = courtesy_of(time, allowed="192.52.193.0/24")
    assert await courtesy.grant_deep(HERE)
    assert await how_many(courtesy, purpose="deep") == 160
    assert await how_many(courtesy) == 40
    assert not await courtesy.grant_deep(HERE)
    assert await courtesy.grant_deep(THERE)
    time.now += HOUR
    assert await courtesy.grant_deep(HERE)
    assert await how_many(courtesy, purpose="deep") == 160


async def test_policy_hosts_and_control_hosts_are_counted_elsewhere() -> None:
    courtesy = courtesy_of()
    for purpose in ("policy", "control"):
        assert await how_many(courtesy, purpose=purpose) == 300
    assert await how_many(courtesy) == 40


async def test_the_sentence_says_which_cap() -> None:
    courtesy = courtesy_of(ten_minutes=1)
    await opened(courtesy)
    with pytest.raises(CapReached, match=r"^192\.52\.193\.1 has had 1 connections from us in ten minutes"):
        async with courtesy.slot(HERE):
            pass


async def test_one_address_does_not_wait_for_another() -> None:
    courtesy = courtesy_of(at_once=1)
    async with asyncio.timeout(PATIENCE_S), courtesy.slot(HERE), courtesy.slot(THERE):
        assert len(courtesy) == 2


async def test_a_place_is_given_back_when_the_visit_fails() -> None:
    courtesy = courtesy_of(at_once=1)
    with pytest.raises(ZeroDivisionError):
        async with courtesy.slot(HERE):
            raise ZeroDivisionError
    assert await opened(courtesy)
    assert len(courtesy) == 0


async def test_who_is_cancelled_while_waiting_takes_no_place() -> None:
    courtesy = courtesy_of(at_once=1)
    async with courtesy.slot(HERE):
        waiting = asyncio.create_task(opened(courtesy))
        await turns()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert len(courtesy) == 1
    assert len(courtesy) == 0
    assert await opened(courtesy)


async def test_what_no_longer_counts_is_forgotten() -> None:
    """Addresses that strangers choose must not fill the memory."""
    time = Time()
    courtesy = courtesy_of(time, allowed="192.52.193.0/24")
    for number in range(100):
        await opened(courtesy, f"192.52.193.{number}")
    assert courtesy.remembered == 100
    time.now += HOUR
    await opened(courtesy)
    assert courtesy.remembered == 1
