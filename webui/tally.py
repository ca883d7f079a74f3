"""Counts of what workers do, added up in Redis: workers serve no pages, so the web server tells their numbers.

The one rule of this file: to count costs nothing and never fails. What can't be added now is added later; what Redis
loses begins at nought again, which readers of counters expect.
"""

import threading

from webui import coordination

CONNECTIONS, RECOVERIES, GIVEN_UP = "connections", "recoveries", "given-up"
SECONDS_SUM, SECONDS_COUNT = "seconds-sum", "seconds-count"
BUCKETS_S = (0.5, 1, 2, 5, 10, 20, 40, 60, 120, 180, 300)
_KEY = "mailseal:tally"

_lock = threading.Lock()
_waiting: dict[str, float] = {}


def count(name: str, amount: float = 1) -> None:
    """One more of these, for now in this process."""
    with _lock:
        _waiting[name] = _waiting.get(name, 0) + amount


def count_seconds(seconds: float) -> None:
    """One more scan, which took so long."""
    count(SECONDS_COUNT)
    count(SECONDS_SUM, seconds)
    for bound in BUCKETS_S:
        if seconds <= bound:
            count(bucket(bound))


def bucket(bound: float) -> str:
    """The name under which scans are counted that took at most so many seconds."""
    return f"seconds-{bound:g}"


def hand_over() -> None:
    """Add what was counted here to what all processes counted."""
    with _lock:
        taken = dict(_waiting)
        _waiting.clear()
    try:
        _add(taken)
    except coordination.CoordinationAway:
        for name, amount in taken.items():
            count(name, amount)


def totals() -> dict[str, float]:
    """What all processes counted. Raises CoordinationAway."""
    with coordination.reaching():
        found = coordination.client().hgetall(_KEY)
    assert isinstance(found, dict)
    return {name.decode() if isinstance(name, bytes) else name: float(amount) for name, amount in found.items()}


def _add(counts: dict[str, float]) -> None:
    if not counts:
        return
    with coordination.reaching(), coordination.client().pipeline() as pipeline:
        for name, amount in counts.items():
            pipeline.hincrbyfloat(_KEY, name, amount)
        pipeline.execute()
