"""Defects of a published text in sentences for people.

The one rule of this file: a list that may be long says how many it leaves out.
"""

from collections.abc import Iterable

from checker.defect import Defect

_TOLD = 4


def told(defects: Iterable[Defect], *, with_lines: bool = False, most: int = _TOLD) -> str:
    """The first defects in a row, each once; ``with_lines``: each with the line that it stands in."""
    sentences = list(dict.fromkeys(_sentence(defect, with_lines=with_lines) for defect in defects))
    more = len(sentences) - most
    others = [f"There {'is 1 more fault' if more == 1 else f'are {more} more faults'}."] if more > 0 else []
    return " ".join([*sentences[:most], *others])


def _sentence(defect: Defect, *, with_lines: bool) -> str:
    return f"Line {defect.line}: {defect.detail}" if with_lines and defect.line else defect.detail
