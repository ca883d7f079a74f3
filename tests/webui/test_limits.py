"""How much one client may ask for: in Redis, without it, and for whom not at all."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from webui import coordination, limits
from webui.coordination import Rule, Wait

RULE = Rule("test", count=20, seconds=60, burst=10)  # one in three seconds
TOKEN = "a-token-of-twenty-characters"
type Take = Callable[[str, float, float], Wait | None]


@pytest.fixture(params=["redis", "one process"])
def take(request: pytest.FixtureRequest, broker: Any) -> Take:
    """Both ways of counting, which must count alike: key, cost, the time."""
    if request.param == "redis":
        return lambda key, cost, now: coordination.take(key, RULE, cost, now)
    local = limits.LocalLimit()
    return lambda key, cost, now: local.take(key, RULE, cost, now)


def wait_of(wait: Wait | None) -> float:
    return round(wait.seconds, 3) if wait else 0.0


def test_a_burst_and_then_an_even_rate(take: Take) -> None:
    """Ten at once, then one in three seconds; the wait is exact, and who is refused isn't counted."""
    assert [wait_of(take("a", 1, 1000.0)) for _ in range(12)] == [0.0] * 10 + [3.0, 3.0]
    assert wait_of(take("a", 1, 1002.0)) == 1.0
    assert wait_of(take("a", 1, 1003.0)) == 0.0
    assert wait_of(take("a", 1, 1003.0)) == 3.0
    assert [wait_of(take("a", 1, 1063.0)) for _ in range(11)] == [0.0] * 10 + [3.0]


def test_clients_are_apart(take: Take) -> None:
    """One who asks too much takes nothing from others."""
    for _ in range(11):
        take("a", 1, 1000.0)
    assert take("b", 1, 1000.0) is None


def test_what_costs_less_is_let_in_more_often(take: Take) -> None:
    """A hundred that cost a tenth are ten."""
    assert sum(take("a", 0.1, 1000.0) is None for _ in range(150)) == 100


def test_a_key_goes_when_nothing_is_owed(broker: Any) -> None:
    """Redis keeps nothing for longer than it matters."""
    coordination.take("a", RULE)
    client = coordination.client()
    (key,) = client.keys("*")
    assert key == b"mailseal:limit:test:a"
    assert 0 < client.pttl(key) <= 3000


def test_redis_has_a_clock(broker: Any) -> None:
    """Processes on several machines count by one."""
    assert [wait_of(coordination.take("a", RULE)) > 0 for _ in range(11)] == [False] * 10 + [True]


def test_one_process_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strangers with many addresses don't fill the memory."""
    monkeypatch.setattr(limits, "REMEMBERED", 100)
    local = limits.LocalLimit()
    for client in range(1000):
        local.take(str(client), RULE, 1, float(client))
        assert len(local._due) <= 101


@pytest.fixture
def asking(settings: Settings) -> Iterator[Callable[..., list[float]]]:
    """Asks so often, and says how long each time to wait."""
    settings.MAILSEAL_TRUSTED_TOKENS = (TOKEN,)

    def ask(times: int, address: str = "192.0.2.1", **headers: str) -> list[float]:
        return [once(address, headers) for _ in range(times)]

    def once(address: str, headers: dict[str, str]) -> float:
        try:
            limits.admit(RequestFactory().post("/scan", REMOTE_ADDR=address, headers=headers), rule=RULE)
        except limits.TooMany as many:
            return many.seconds
        return 0.0

    yield ask
    limits._local.__init__()  # type: ignore[misc]


def test_a_client_is_refused_with_the_time(broker: Any, asking: Callable[..., list[float]]) -> None:
    """Its whole v6 network with it, and nobody else; who holds a token isn't counted at all."""
    assert asking(10, "2001:db8::1") == [0.0] * 10
    assert 2.0 < asking(1, "2001:db8::2")[0] <= 3.0
    assert asking(1, "2001:db8:0:1::1") == [0.0]
    assert asking(30, "2001:db8::1", Authorization=f"Bearer {TOKEN}") == [0.0] * 30


def test_redis_never_sees_an_address(broker: Any, asking: Callable[..., list[float]]) -> None:
    """It writes to a disk."""
    asking(1)
    assert not any(b"192.0.2" in key for key in coordination.client().keys("*"))


def test_without_redis_pages_go_on(
    broker: Any, asking: Callable[..., list[float]], caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and this process still counts."""
    broker.stop()
    try:
        waits = asking(11)
    finally:
        broker.start()
    assert waits[:10] == [0.0] * 10
    assert waits[10] > 0
    assert "Redis is away" in caplog.text
    assert "192.0.2" not in caplog.text
    assert asking(1) == [0.0]


def test_whatever_redis_is_away_from_is_one_exception(broker: Any) -> None:
    """Callers know no library."""
    broker.stop()
    try:
        for call in (
            lambda: coordination.take("a", RULE),
            lambda: coordination.remember("a", "b", 1),
            lambda: coordination.recall("a"),
        ):
            with pytest.raises(coordination.CoordinationAway):
                call()
    finally:
        broker.start()


def test_a_short_memory(broker: Any) -> None:
    """Text in, text out, for so long."""
    assert coordination.recall("a") is None
    coordination.remember("a", "é", 100)
    assert coordination.recall("a") == "é"
    with suppress(coordination.CoordinationAway):
        assert 0 < coordination.client().ttl("mailseal:memory:a") <= 100
