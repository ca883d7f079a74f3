"""Waiting for scans outside Django: who waits, who doesn't, what wakes them, and how little is asked meanwhile."""

import asyncio
from collections.abc import Collection
from typing import Any

import pytest
from django.db import OperationalError, connection

from webui.api import waiting
from webui.api.waiting import Finishes, waiting_for_scans
from webui.scans import queries

LONG_S = 30.0  # nobody waits so long here


class Scans:
    """Which scans run, and how often somebody asked."""

    def __init__(self, *running: str) -> None:
        self.running = set(running)
        self.looks: list[set[str]] = []
        self.looked = asyncio.Event()

    async def __call__(self, tokens: Collection[str]) -> frozenset[str]:
        self.looks.append(set(tokens))
        self.looked.set()
        return frozenset(self.running & set(tokens))

    async def next_look(self) -> None:
        self.looked.clear()
        await asyncio.wait_for(self.looked.wait(), LONG_S)


async def test_many_who_wait_share_one_look() -> None:
    """Each asks once when they come; then one look is for all, and wakes those whose scan has finished."""
    scans = Scans("a", "b")
    finishes = Finishes(scans, look_every_s=0.01)
    waits = [asyncio.create_task(finishes.wait(token, LONG_S)) for token in ("a", "a", "b")]
    while {"a", "b"} not in scans.looks:
        await scans.next_look()
    scans.running.discard("a")
    await asyncio.wait_for(asyncio.gather(*waits[:2]), LONG_S)
    assert not waits[2].done()
    scans.running.clear()
    await asyncio.wait_for(waits[2], LONG_S)
    assert [len(look) for look in scans.looks[:3]] == [1, 1, 1]


async def test_nobody_looks_when_nobody_waits() -> None:
    """The looking ends, and begins again with the next who waits."""
    scans = Scans("a")
    finishes = Finishes(scans, look_every_s=0.01)
    for _ in range(2):
        await finishes.wait("a", 0.02)
        assert finishes._looking is not None
        await asyncio.wait_for(finishes._looking, LONG_S)


@pytest.mark.parametrize("token", ["finished", "unknown"])
async def test_what_needs_no_waiting(token: str) -> None:
    """A finished scan, and one that there isn't, are answered at once."""
    await asyncio.wait_for(Finishes(Scans("a")).wait(token, LONG_S), 1)


async def test_so_many_wait_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes then is answered at once, without a look."""
    monkeypatch.setattr(waiting, "MOST", 1)
    monkeypatch.setattr(waiting, "_running", scans := Scans("a"))
    answered = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        answered.set()

    later: Any = waiting.waiting_for_scans(application)
    path = {"path": "/api/v1/scans/a", "query_string": b"wait=60", "headers": [], "client": ("192.0.2.1", 1)}
    first = asyncio.create_task(later({"type": "http", "method": "GET", **path}, None, None))
    await scans.next_look()
    await asyncio.sleep(0)
    looks = len(scans.looks)
    await asyncio.wait_for(later({"type": "http", "method": "GET", **path}, None, None), LONG_S)
    assert (answered.is_set(), len(scans.looks), first.done()) == (True, looks, False)
    first.cancel()


ASKED = [
    ("GET", "/api/v1/scans/abc", b"wait=5", ("abc", 5)),
    ("GET", "/api/v1/scans/abc", b"x=1&wait=0&wait=60", ("abc", 60)),
    ("GET", "/api/v1/scans/abc", b"", None),
    ("GET", "/api/v1/scans/abc", b"wait=0", None),
    ("GET", "/api/v1/scans/abc", b"wait=61", None),
    ("GET", "/api/v1/scans/abc", b"wait=-5", None),
    ("GET", "/api/v1/scans/abc", b"wait=\xff", None),
    ("GET", "/api/v1/scans/abc", b"wait=" + b"9" * 9999, None),
    ("GET", "/api/v1/scans/a b", b"wait=5", None),
    ("GET", "/api/v1/scans/abc/", b"wait=5", None),
    ("GET", "/r/abc.json", b"wait=5", None),
    ("DELETE", "/api/v1/scans/abc", b"wait=5", None),
]


@pytest.mark.parametrize(("method", "path", "query", "asked"), ASKED)
async def test_who_is_made_to_wait(
    monkeypatch: pytest.MonkeyPatch, method: str, path: str, query: bytes, asked: tuple[str, int] | None
) -> None:
    """Only who asks for it, for as long as may be; every request reaches the application in the end."""
    waited: list[tuple[str, float]] = []
    reached: list[Any] = []

    async def wait(self: Finishes, token: str, seconds: float) -> None:
        waited.append((token, seconds))

    async def application(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope)

    monkeypatch.setattr(Finishes, "wait", wait)
    scope: Any = {"type": "http", "method": method, "path": path, "query_string": query, "headers": []}
    await waiting_for_scans(application)(scope, None, None)  # type: ignore[arg-type]
    assert waited == ([asked] if asked else [])
    assert reached == [scope]


def test_a_database_that_is_away_ends_the_wait(db: None) -> None:
    """Then the ordinary answer says so."""

    def away(*_: object) -> None:
        raise OperationalError("connection refused")

    with connection.execute_wrapper(away), pytest.raises(OperationalError):
        queries.unfinished(["a"])
    with connection.execute_wrapper(away):
        assert waiting._look_up(["a"]) == frozenset()
