"""Names in a row for reading. The one rule: a list that may be long says how many it leaves out."""

from collections.abc import Iterable


def joined(names: Iterable[object], most: int | None = None) -> str:
    """``a, b and c``, nothing for none; where there are more than ``most``, the first of them and ``and 5 more``."""
    *others, last = [*map(str, names)] or [""]
    if most is not None and len(others) >= most:
        last, others = f"{len(others) + 1 - most} more", [*others, last][:most]
    return f"{', '.join(others)} and {last}" if others else last
