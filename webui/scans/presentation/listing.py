"""A text as published, line by line: what is to be said of a line stands under it, and long texts are cut.

The one rule of this file: words of ours never look like published text.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from checker.report.document_policies import DefectEntry
from webui.scans.presentation.certificates import RecordLine
from webui.scans.presentation.marks import Mark
from webui.scans.presentation.times import counted

LINES_SHOWN = 60
CHARACTERS_SHOWN = 400  # of one line
TOP, BOTTOM = 0, -1  # where a note stands that is about no line
_ALWAYS_SHOWN = 10

type Notes = Mapping[int, Sequence[Mark]]


def listed(lines: Sequence[str], notes: Notes, gutter: Callable[[int], str] = str) -> Iterator[RecordLine]:
    """The lines, counted from 1, with the notes of each behind it. The first note of a line tints it."""
    yield from _notes(notes.get(TOP, ()))
    shown_last = 0
    for number in _chosen(len(lines), notes):
        yield from _gap(number - shown_last - 1)
        yield from _line(gutter(number), lines[number - 1], notes.get(number, ()))
        shown_last = number
    yield from _gap(len(lines) - shown_last)
    yield from _notes(notes.get(BOTTOM, ()))


def defect_notes(defects: Iterable[DefectEntry] | None) -> dict[int, list[Mark]]:
    """Each defect by its line, what voids the text first. What is missing stands where it would have to."""
    notes: dict[int, list[Mark]] = {}
    for defect in sorted(defects or (), key=lambda defect: not defect["fatal"]):
        notes.setdefault(_place(defect), []).append(Mark("bad" if defect["fatal"] else "warn", _told(defect)))
    return notes


def _place(defect: DefectEntry) -> int:
    is_behind = defect["code"].startswith("missing-") and defect["code"] != "missing-version"
    return defect["line"] or (BOTTOM if is_behind or defect["code"] == "more-defects" else TOP)


def _told(defect: DefectEntry) -> str:
    return f"{defect['detail']} (Column {defect['column']}.)" if defect["column"] > 1 else defect["detail"]


def _chosen(count: int, notes: Notes) -> list[int]:
    """All lines, or of too many the first ones, those with faults, and as many others as there is room for."""

    def rank(number: int) -> int:
        tones = {mark.tone for mark in notes.get(number, ())}
        return 0 if number <= _ALWAYS_SHOWN or "bad" in tones else 1 if "warn" in tones else 2

    return sorted(sorted(range(1, count + 1), key=rank)[:LINES_SHOWN])


def _line(gutter: str, text: str, notes: Sequence[Mark]) -> Iterator[RecordLine]:
    yield RecordLine(gutter=gutter, lines=(text[:CHARACTERS_SHOWN],), note=notes[0] if notes else None)
    left_out = len(text) - CHARACTERS_SHOWN
    if left_out > 0:
        yield RecordLine(gutter="…", lines=(f"{counted(left_out, 'character')} more",), soft=True)
    yield from _notes(notes[1:])


def _notes(notes: Iterable[Mark]) -> Iterator[RecordLine]:
    return (RecordLine(gutter="", lines=(), note=mark) for mark in notes)


def _gap(count: int) -> Iterator[RecordLine]:
    if count > 0:
        yield RecordLine(gutter="…", lines=(f"{counted(count, 'line')} more",), soft=True)
