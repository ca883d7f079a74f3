"""What workers find out about our own network: asked once for all of them, and told on every page while it lasts."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from checker.network.bounds import Bounds
from checker.network.clock import SystemClock
from checker.network.ports import Standing
from checker.network.standing import InProcessStanding
from webui import vantage
from webui.vantage import NOTICES, SharedStanding

BOUNDS = Bounds()
EVERY_PAGE = ("/", "/about", "/probe", "/privacy", "/scoring", "/r/nothing-here")


@pytest.fixture(autouse=True)
def unread() -> Iterator[None]:
    """No page remembers what an earlier test wrote."""
    NOTICES.forget()
    yield
    NOTICES.forget()


class Asked:
    """Counts how often strangers are asked."""

    def __init__(self, says: Standing) -> None:
        self.says, self.times = says, 0

    async def __call__(self) -> Standing:
        self.times += 1
        await asyncio.sleep(0)
        return self.says


def worker(name: str = "default") -> SharedStanding:
    return SharedStanding(InProcessStanding(SystemClock(), BOUNDS), name, BOUNDS)


def notice(client: Client, page: str = "/") -> bool:
    NOTICES.forget()
    return 'class="notice"' in client.get(page).content.decode()


async def test_many_workers_ask_once(broker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who come while one asks wait for its answer, and those who come later find it."""
    monkeypatch.setattr(vantage, "POLL_S", 0.01)
    ask = Asked("away")
    answers = await asyncio.gather(*(worker().of("port-25", ask) for _ in range(5)))
    assert (set(answers), await worker().of("port-25", Asked("works")), ask.times) == ({"away"}, "away", 1)


async def test_another_vantage_is_another_matter(broker: Any) -> None:
    assert await worker("here").of("port-25", Asked("away")) == "away"
    assert await worker("there").of("port-25", Asked("works")) == "works"


async def test_whoever_fails_to_ask_leaves_it_to_others(broker: Any) -> None:
    """A scan that runs out of time doesn't keep the next one waiting."""

    async def broken() -> Standing:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await worker().of("port-25", broken)
    assert await worker().of("port-25", Asked("works")) == "works"


async def test_without_redis_each_worker_asks_for_itself(broker: Any) -> None:
    broker.stop()
    try:
        ask, alone = Asked("away"), worker()
        answers = [await alone.of("port-25", ask) for _ in range(3)]
        await alone.was_seen_working("port-25")
    finally:
        broker.start()
    assert (answers, ask.times) == (["away"] * 3, 1)


@pytest.mark.parametrize(("part", "says"), [("port-25", "port 25 is blocked"), ("resolver", "The DNS resolver")])
def test_every_page_says_so_while_it_lasts(broker: Any, db: None, client: Client, part: Any, says: str) -> None:
    """With what still works; a scan that goes through ends it, and what control hosts said is still known."""
    assert not any(notice(client, page) for page in EVERY_PAGE)
    asyncio.run(worker().of(part, Asked("away")))
    assert all(notice(client, page) for page in EVERY_PAGE)
    text = client.get("/").content.decode()
    assert says in text
    assert "finished reports still work" in text
    asyncio.run(worker().was_seen_working(part))
    assert not notice(client)
    assert asyncio.run(worker().of(part, Asked("works"))) == "away"


def test_demo_domains_are_named_only_where_there_are_any(
    broker: Any, db: None, client: Client, settings: Settings
) -> None:
    asyncio.run(worker().of("port-25", Asked("away")))
    for is_on in (True, False):
        settings.MAILSEAL_SANDBOX = is_on
        assert ("Demo domains and" in client.get("/probe").content.decode()) is is_on


def test_pages_stand_without_redis(broker: Any, db: None, client: Client) -> None:
    broker.stop()
    try:
        assert client.get("/").status_code == 200
        assert not notice(client)
    finally:
        broker.start()
