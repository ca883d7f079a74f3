"""What a line of the log may hold, as text for people or as JSON for programs (``MAILSEAL_LOG``).

The one rule of this file: one line an event, whatever a peer or a client sent, and never the token of a link, which is
all that it takes to read a report.
"""

import json
import logging
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from datetime import UTC, datetime
from uuid import UUID

from checker.breakdown import Frames

_LINK = re.compile(r"/(r|scans)/+[\w-]+")
# Control characters, those that turn the direction of text, and what some programs take for a line's end.
_ODD = {"Cc", "Cf", "Cs", "Zl", "Zp"}

_scan: ContextVar[str] = ContextVar("scan", default="")


@contextmanager
def about_scan(scan_id: UUID) -> Iterator[None]:
    """What is logged meanwhile, here and in what is started from here, is about this scan."""
    before = _scan.set(str(scan_id))
    try:
        yield
    finally:
        _scan.reset(before)


class Line(logging.Formatter):
    """One line an event. Only our own mistakes come with frames, set in under it, and a client's without."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with links cut, wherever in it they stand."""
        event, frames = _told(self, record)
        time = f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%d %H:%M:%S},{int(record.msecs):03d}"
        scan = f" [{_scan.get()}]" if _scan.get() and _scan.get() not in event else ""
        line = f"{time} {record.levelname} {record.name}: {event}{scan}"
        return "\n    ".join([line, *frames])


class JsonLine(logging.Formatter):
    """The same as one JSON object a line: time, level, logger, event; scan and traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The object."""
        event, frames = _told(self, record)
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event,
            "scan": _scan.get() or _named_scan(record),
            "traceback": "\n".join(frames),
        }
        return json.dumps({name: text for name, text in fields.items() if text}, ensure_ascii=False)


def _named_scan(record: logging.LogRecord) -> str:
    """The scan that an event names, where its work is about many: a sweep's, or a live page's."""
    given = record.args if isinstance(record.args, tuple) else ()
    return next((str(each) for each in given if isinstance(each, UUID)), "")


def _told(formatter: logging.Formatter, record: logging.LogRecord) -> tuple[str, list[str]]:
    """The event as one line, and the frames of a mistake of ours, a line each."""
    record = copy(record)
    given = record.args if isinstance(record.args, tuple) else ()
    frames = [line for each in given if isinstance(each, Frames) for line in each.splitlines()]
    if given:  # a type for the event; where it happened stands below
        record.args = tuple(each.partition("\n")[0] if isinstance(each, Frames) else each for each in given)
    if record.exc_info and not record.name.startswith("django.security."):
        frames += formatter.formatException(record.exc_info).splitlines()
    return _clean(record.getMessage()), [_clean(line) for line in frames if line.strip()]


def _clean(text: str) -> str:
    visible = "".join(_escaped(each) if unicodedata.category(each) in _ODD else each for each in text)
    return _LINK.sub(r"/\1/…", visible)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
