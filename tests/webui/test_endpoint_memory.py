"""Memory across workers: asked once for all, a life that reading never lengthens, and nobody waits for the dead."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from checker.network.bounds import Bounds
from checker.network.clock import SystemClock
from checker.network.memory import InProcessMemory
from checker.network.ports import Memorable, Worth
from webui import coordination, endpoint_memory
from webui.endpoint_memory import SharedMemory

WORTHS: dict[str, Worth] = {"bad": "passing", "late": "ours"}


def read(text: bytes) -> str:
    if not text:
        raise ValueError("nothing")
    return text.decode()


WORDS: Memorable[str] = Memorable(lambda word: WORTHS.get(word, "lasting"), str.encode, read)
BOUNDS = Bounds(memory_s=600, memory_failure_s=60)
PATIENCE_S = 20.0


@pytest.fixture(autouse=True)
def _broker(broker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis, and workers that look often what another found out."""
    monkeypatch.setattr(endpoint_memory, "POLL_S", 0.01)


class Question:
    """Something to ask, which counts how often it was asked."""

    def __init__(self, answer: str = "good", seconds: float = 0.0) -> None:
        self.answer, self.seconds, self.asked = answer, seconds, 0

    async def __call__(self) -> str:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.answer == "bug":
            raise ZeroDivisionError
        return self.answer


def worker(name: str = "default") -> SharedMemory:
    return SharedMemory(InProcessMemory(SystemClock(), BOUNDS), BOUNDS, name)


def life() -> int:
    """Seconds that the one fact has left."""
    [key] = coordination.client().keys("mailseal:memory:endpoint:*")
    return int(coordination.client().ttl(key))


async def test_what_one_worker_saw_another_need_not_ask() -> None:
    """And it is told when it was seen."""
    first = await worker().observe("key", Question("good"), WORDS)
    again = await worker().observe("key", Question("other"), WORDS)
    assert (first.value, first.observed_at, again.value) == ("good", None, "good")
    assert again.observed_at is not None


async def test_workers_that_ask_at_the_same_time_ask_once() -> None:
    question = Question(seconds=0.1)
    async with asyncio.timeout(PATIENCE_S):
        answers = await asyncio.gather(*(worker().observe("key", question, WORDS) for _ in range(5)))
    assert ({answer.value for answer in answers}, question.asked) == ({"good"}, 1)


async def test_workers_that_ask_anew_at_the_same_time_ask_once() -> None:
    await worker().observe("key", Question("old"), WORDS)
    question = Question("new", seconds=0.1)
    async with asyncio.timeout(PATIENCE_S):
        answers = await asyncio.gather(*(worker().observe("key", question, WORDS, fresh=True) for _ in range(5)))
    assert ({answer.value for answer in answers}, question.asked) == ({"new"}, 1)


async def test_who_looked_before_another_was_done_does_not_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other's claim is gone by the time of its own, so there is nothing to wait for."""
    claim = coordination.claim

    def late(key: str, seconds: int) -> bool:
        monkeypatch.setattr(coordination, "claim", claim)
        asyncio.run(worker().observe("key", Question("good"), WORDS))
        return claim(key, seconds)

    monkeypatch.setattr(coordination, "claim", late)
    question = Question("asked again")
    found = await worker().observe("key", question, WORDS)
    assert (found.value, question.asked) == ("good", 0)
    assert found.observed_at is not None


async def test_who_asks_anew_waits_for_no_older_answer() -> None:
    """Who had the claim may end without one, and what was remembered before won't do."""
    await worker().observe("key", Question("old"), WORDS)
    coordination.client().set("mailseal:claim:endpoint:default:key", "", px=300)
    async with asyncio.timeout(PATIENCE_S):
        found = await worker().observe("key", Question("new"), WORDS, fresh=True)
    assert (found.value, found.observed_at) == ("new", None)


async def test_two_scans_of_one_worker_ask_once() -> None:
    one, question = worker(), Question(seconds=0.1)
    answers = await asyncio.gather(*(one.observe("key", question, WORDS) for _ in range(5)))
    assert ([answer.is_shared for answer in answers].count(False), question.asked) == (1, 1)


@pytest.mark.parametrize(("word", "seconds"), [("good", 600), ("bad", 60)])
async def test_a_life_is_fixed_and_a_failure_is_short_lived(word: str, seconds: int) -> None:
    await worker().observe("key", Question(word), WORDS)
    assert seconds - 5 < life() <= seconds
    [key] = coordination.client().keys("mailseal:memory:endpoint:*")
    coordination.client().expire(key, 30)
    await worker().observe("key", Question(word), WORDS)
    assert life() <= 30


async def test_what_is_our_fault_is_not_kept() -> None:
    assert (await worker().observe("key", Question("late"), WORDS)).value == "late"
    assert (await worker().observe("key", Question("good"), WORDS)).value == "good"


async def test_a_fresh_scan_goes_round_it_and_renews_it() -> None:
    await worker().observe("key", Question("old"), WORDS)
    assert (await worker().observe("key", Question("new"), WORDS, fresh=True)).value == "new"
    assert (await worker().observe("key", Question("other"), WORDS)).value == "new"


@pytest.mark.parametrize("keeps_whole", [True, False])
async def test_what_knows_less_does_not_take_the_place_of_what_is_whole(keeps_whole: bool) -> None:
    """It is the answer to who asked anew; where a failure is news it is everybody's."""
    words = replace(WORDS, keeps_whole=keeps_whole)
    await worker().observe("key", Question("good"), words)
    assert (await worker().observe("key", Question("bad"), words, fresh=True)).value == "bad"
    assert (await worker().observe("key", Question("other"), words)).value == ("good" if keeps_whole else "bad")


async def test_another_vantage_sees_for_itself() -> None:
    await worker("here").observe("key", Question("here"), WORDS)
    assert (await worker("there").observe("key", Question("there"), WORDS)).value == "there"


async def test_what_breaks_down_leaves_the_question_to_others() -> None:
    with pytest.raises(ZeroDivisionError):
        await worker().observe("key", Question("bug"), WORDS)
    async with asyncio.timeout(PATIENCE_S):
        assert (await worker().observe("key", Question("good"), WORDS)).value == "good"


async def test_nobody_waits_for_a_worker_that_died(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its claim lapses, since it no longer renews it."""
    coordination.client().set("mailseal:claim:endpoint:default:key", "", px=300)
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE_S):
        assert (await worker().observe("key", Question("good"), WORDS)).value == "good"
    assert time.monotonic() - began >= 0.25


async def test_what_an_older_version_wrote_is_asked_anew() -> None:
    coordination.remember("endpoint:default:key", "2026-11-29T12:00:00+00:00\n", 60)
    assert (await worker().observe("key", Question("good"), WORDS)).value == "good"
    coordination.remember("endpoint:default:key", "no time\ngood", 60)
    assert (await worker().observe("key", Question("new"), WORDS)).value == "new"


async def test_without_redis_each_worker_remembers_by_itself(broker: Any) -> None:
    one, question = worker(), Question()
    broker.stop()
    try:
        answers = [(await one.observe("key", question, WORDS)).value for _ in range(3)]
    finally:
        broker.start()
    assert (answers, question.asked) == (["good"] * 3, 1)
