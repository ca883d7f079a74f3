"""Slips: what can be copied, in the boxes of the form that it goes into.

The one rule of this file: what a slip copies is whole and exact, to the last line end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

from checker.report.document_findings import (
    CommandEntry,
    DnsRecordFix,
    FindingEntry,
    FixEntry,
    PolicyFileFix,
    SettingFix,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box of a slip. Its text is ``before``, ``marked`` (what is new or changed) and ``after``; lines end in LF."""

    label: str
    before: str
    marked: str = ""
    after: str = ""
    is_small: bool = False
    is_copied: bool = False
    has_crlf: bool = False  # to be copied with CRLF

    @property
    def text(self) -> str:
        """What stands in it."""
        return f"{self.before}{self.marked}{self.after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """Something to copy. ``what`` says to those who only hear the button what it copies; ``heading`` what to do."""

    boxes: tuple[Box, ...]
    what: str
    heading: str = ""
    software: str = ""  # that it is for, where it is a setting

    @property
    def copied(self) -> str:
        """The exact text that the button copies."""
        box = next(box for box in self.boxes if box.is_copied)
        return box.text.replace("\n", "\r\n") if box.has_crlf else box.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A command to see it with one's own eyes; ``shows`` says what to look for."""

    slip: Slip
    shows: str


def simple_slip(label: str, text: str, what: str = "") -> Slip:
    """One box."""
    return Slip(boxes=(Box(label=label, before=text, is_copied=True),), what=what or f"the {label.lower()}")


def fix_slips(fixes: Iterable[FixEntry]) -> tuple[Slip, ...]:
    """A slip for each fix, in order, none twice."""
    return tuple(dict.fromkeys(_fix_slip(fix) for fix in fixes))


def are_alternatives(slips: Iterable[Slip]) -> bool:
    """Are they settings for different software, of which a reader has one?"""
    software = {slip.software for slip in slips}
    return len(software) > 1 and "" not in software


def checks(commands: Iterable[CommandEntry]) -> tuple[Check, ...]:
    """What shows the finding, none twice."""
    by_text = {command["text"]: command["shows"] for command in commands}
    return tuple(Check(slip=simple_slip("Command", text), shows=shows) for text, shows in by_text.items())


def message_slip(finding: FindingEntry) -> Slip | None:
    """The words for whoever must act."""
    return simple_slip("Message", finding["message"]) if finding["message"] else None


def _fix_slip(fix: FixEntry) -> Slip:
    match fix["kind"]:
        case "dns-record":
            return _record(fix)
        case "policy-file":
            return _file(fix)
        case "setting":
            return _setting(fix)
        case _:
            assert_never(fix["kind"])


def _record(fix: DnsRecordFix) -> Slip:
    boxes = (
        Box(label="Name", before=fix["name"]),
        Box(label="Type", before=fix["type"], is_small=True),
        _marked("Value", fix["value"], fix["marked"]),
        *_ttl(fix),
    )
    heading = "Delete this record" if fix["removal"] else "Publish this record"
    return Slip(boxes=boxes, what=f"the value of the {fix['type']} record", heading=heading)


def _ttl(fix: DnsRecordFix) -> Iterator[Box]:
    if not fix["removal"]:
        yield Box(label="TTL", before=str(fix["ttl"]), is_small=True)


def _file(fix: PolicyFileFix) -> Slip:
    box = _marked(f"File at {fix['url']}", fix["body"], fix["marked"])
    return Slip(boxes=(box,), what="the policy file")


def _setting(fix: SettingFix) -> Slip:
    box = Box(label=f"{fix['software']}: {fix['where']}", before=fix["text"], is_copied=True)
    return Slip(boxes=(box,), what=f"the lines for {fix['software']}", software=fix["software"])


def _marked(label: str, text: str, marked: str) -> Box:
    """The box that is copied. A mark over all of it would say nothing."""
    shown, mark = text.replace("\r\n", "\n"), marked.replace("\r\n", "\n")
    before, found, after = shown.partition(mark) if mark and mark.strip() != shown.strip() else (shown, "", "")
    return Box(label=label, before=before, marked=found, after=after, is_copied=True, has_crlf="\r\n" in text)
