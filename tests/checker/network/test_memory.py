"""Memory in one process: asked once, a life that reading never lengthens, failures short-lived, a bounded size."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from checker.network.bounds import Bounds
from checker.network.memory import InProcessMemory
from checker.network.ports import Memorable, Worth

BEGAN = datetime(2026, 11, 24, tzinfo=UTC)
PATIENCE_S = 5.0
WORTHS: dict[str, Worth] = {"bad": "passing", "late": "ours"}
WORDS: Memorable[str] = Memorable(lambda value: WORTHS.get(value, "lasting"), str.encode, bytes.decode)


class Time:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def utc_now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.now - 1000.0)


class Question:
    """Something to ask, which counts how often it was asked."""

    def __init__(self, answer: str = "good") -> None:
        self.answer = answer
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self) -> str:
        self.asked += 1
        await self.may_answer.wait()
        answer = self.answer
        if answer == "bug":
            raise ZeroDivisionError
        return answer


@pytest.fixture
def time() -> Time:
    return Time()


def memory_of(time: Time, entries: int = 100) -> InProcessMemory:
    bounds = Bounds(memory_s=600, memory_failure_s=60, memory_entries=entries)
    return InProcessMemory(time, bounds, time.utc_now)


async def test_a_fact_is_asked_once_and_then_remembered_with_its_time(time: Time) -> None:
    memory, question = memory_of(time), Question()
    fresh = await memory.observe("key", question, WORDS)
    time.now += 599
    remembered = await memory.observe("key", question, WORDS)
    assert (fresh.value, fresh.observed_at) == ("good", None)
    assert (remembered.value, remembered.observed_at) == ("good", BEGAN)
    assert question.asked == 1


async def test_reading_does_not_lengthen_a_life(time: Time) -> None:
    memory, question = memory_of(time), Question()
    for _ in range(7):
        await memory.observe("key", question, WORDS)
        time.now += 100
    assert question.asked == 2


@pytest.mark.parametrize(("answer", "life"), [("good", 600), ("bad", 60)])
async def test_a_life_is_fixed_and_a_failures_is_short(time: Time, answer: str, life: int) -> None:
    memory, question = memory_of(time), Question(answer)
    await memory.observe("key", question, WORDS)
    time.now += life - 1
    await memory.observe("key", question, WORDS)
    assert question.asked == 1
    time.now += 1
    again = await memory.observe("key", question, WORDS)
    assert (question.asked, again.observed_at) == (2, None)


async def test_fresh_asks_anew_and_keeps_what_it_learns(time: Time) -> None:
    memory, question = memory_of(time), Question()
    await memory.observe("key", question, WORDS)
    time.now += 100
    anew = await memory.observe("key", question, WORDS, fresh=True)
    time.now += 1
    later = await memory.observe("key", question, WORDS)
    assert (question.asked, anew.observed_at) == (2, None)
    assert later.observed_at == BEGAN + timedelta(seconds=100)


@pytest.mark.parametrize("keeps_whole", [True, False])
async def test_what_knows_less_takes_the_place_of_what_is_whole_only_when_that_is_over(
    time: Time, keeps_whole: bool
) -> None:
    """Who asks anew at the cap learns a part: it is theirs, and others still have all of it. A failure is news."""
    memory, words = memory_of(time), replace(WORDS, keeps_whole=keeps_whole)
    await memory.observe("key", Question("good"), words)
    assert (await memory.observe("key", Question("bad"), words, fresh=True)).value == "bad"
    assert (await memory.observe("key", Question("other"), words)).value == ("good" if keeps_whole else "bad")
    time.now += 600
    await memory.observe("key", Question("bad"), words)
    assert (await memory.observe("key", Question("other"), words)).value == "bad"


async def test_fresh_joins_who_is_asking_now(time: Time) -> None:
    memory, question = memory_of(time), Question()
    question.may_answer.clear()
    tasks = await asking(memory, question, 2, fresh=True)
    question.may_answer.set()
    async with asyncio.timeout(PATIENCE_S):
        assert await asyncio.gather(*tasks) == [("good", False), ("good", True)]
    assert question.asked == 1


async def test_what_is_our_fault_is_never_kept_nor_takes_the_place_of_what_is(time: Time) -> None:
    memory, good, late = memory_of(time), Question(), Question("late")
    assert (await memory.observe("key", late, WORDS)).value == "late"
    assert (await memory.observe("key", good, WORDS)).value == "good"
    assert (await memory.observe("key", late, WORDS, fresh=True)).value == "late"
    assert (await memory.observe("key", good, WORDS)).value == "good"
    assert (good.asked, late.asked) == (1, 2)


async def test_who_waited_for_what_is_our_fault_asks_for_itself(time: Time) -> None:
    """One whose time is up, and three more: of these one asks, and the others share that answer."""
    memory, late, good = memory_of(time), Question("late"), Question()
    late.may_answer.clear()
    first = await asking(memory, late, 1)
    others = await asking(memory, good, 3)
    late.may_answer.set()
    async with asyncio.timeout(PATIENCE_S):
        assert await asyncio.gather(*first) == [("late", False)]
        assert sorted(await asyncio.gather(*others)) == [("good", False), ("good", True), ("good", True)]
    assert (late.asked, good.asked) == (1, 1)


async def test_keys_are_kept_apart(time: Time) -> None:
    memory = memory_of(time)
    assert (await memory.observe("one", Question("1"), WORDS)).value == "1"
    assert (await memory.observe("two", Question("2"), WORDS)).value == "2"


async def test_the_oldest_is_forgotten_beyond_the_size(time: Time) -> None:
    memory, questions = memory_of(time, entries=2), [Question() for _ in range(3)]
    for number in (0, 1, 2, 2, 1, 0):
        await memory.observe(str(number), questions[number], WORDS)
    assert [question.asked for question in questions] == [2, 1, 1]


async def test_what_raises_is_raised_to_all_and_not_kept(time: Time) -> None:
    memory, question = memory_of(time), Question("bug")
    ends = await asyncio.gather(*(memory.observe("key", question, WORDS) for _ in range(3)), return_exceptions=True)
    assert [type(end) for end in ends] == [ZeroDivisionError] * 3
    assert question.asked == 1
    question.answer = "good"
    assert (await memory.observe("key", question, WORDS)).value == "good"


type Asking = asyncio.Task[tuple[str, bool]]


async def asking(
    memory: InProcessMemory, question: Callable[[], Awaitable[str]], many: int, *, fresh: bool = False
) -> list[Asking]:
    """So many that wait for one answer, and learn whether they share it."""

    async def ask() -> tuple[str, bool]:
        remembered = await memory.observe("key", question, WORDS, fresh=fresh)
        return remembered.value, remembered.is_shared

    tasks = [asyncio.create_task(ask()) for _ in range(many)]
    for _ in range(10):
        await asyncio.sleep(0)
    return tasks


async def test_many_at_once_ask_once(time: Time) -> None:
    memory, question = memory_of(time), Question()
    question.may_answer.clear()
    tasks = await asking(memory, question, 50)
    question.may_answer.set()
    async with asyncio.timeout(PATIENCE_S):
        assert await asyncio.gather(*tasks) == [("good", False)] + [("good", True)] * 49
    assert question.asked == 1


async def test_the_first_asker_may_leave_without_taking_the_answer_along(time: Time) -> None:
    memory, question = memory_of(time), Question()
    question.may_answer.clear()
    first, *others = await asking(memory, question, 3)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    question.may_answer.set()
    async with asyncio.timeout(PATIENCE_S):
        assert await asyncio.gather(*others) == [("good", True)] * 2
    assert question.asked == 1


async def test_when_nobody_waits_any_more_the_asking_ends_and_the_next_asks_anew(time: Time) -> None:
    memory, ended = memory_of(time), asyncio.Event()

    async def endless() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return "never"

    tasks = await asking(memory, endless, 2)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(PATIENCE_S):
        await ended.wait()
        assert (await memory.observe("key", Question(), WORDS)).value == "good"
