"""Many domains in one run: so many at a time, each printed as soon as it is ready, in any order.

The one rule of this file: a line of input gives one report or one error, and a mistake of ours over one domain costs
that one only.
"""

import asyncio
import json
import logging
import threading
from collections.abc import Iterable, Iterator, Set
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TextIO

from checker.breakdown import where
from checker.facts import Depth, ScanRequest
from checker.names import InvalidDomain, parse_domain
from checker.network.do_not_probe import ASKED
from checker.network.ports import Network
from checker.report.document import Report
from checker.report.text import WIDTH, render
from checker.scan import scan

_LOG = logging.getLogger(__name__)

AT_ONCE = 8  # domains; each of them has connections of its own
INPUT_BYTES = 8192  # of one line: more than any name that is accepted

_LOOKING_UP = "looking up its mail servers"
_MISTAKE = "Mailseal made a mistake here. It says nothing about the domain."
_GOOD_LEVELS = ("enforced", "testing", "ready")


class Standing(Enum):
    """What one line of input came to, as far as the exit status goes."""

    GOOD = auto()
    WORSE = auto()  # than ready
    INCONCLUSIVE = auto()
    NO_REPORT = auto()  # the line is no domain, or we made a mistake over it


def standing(report: Report) -> Standing:
    """What a finished report comes to. Taking no mail is good only where the domain says so itself."""
    level = report["verdict"]["level"] if report["verdict"] else "inconclusive"
    if level == "inconclusive":
        return Standing.INCONCLUSIVE
    takes_none = level == "no-mail" and report["mx"]["status"] == "null-mx"
    return Standing.GOOD if takes_none or level in _GOOD_LEVELS else Standing.WORSE


def exit_status(seen: Set[Standing]) -> int:
    """3: every domain inconclusive; 1: some domain worse, inconclusive or no domain at all; 0 otherwise."""
    if seen - {Standing.NO_REPORT} == {Standing.INCONCLUSIVE}:
        return 3
    return 1 if seen - {Standing.GOOD} else 0


def split_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines that aren't blank, without their ends and white space around. Of a longer one than
    ``INPUT_BYTES`` only the beginning is kept, which is still too long for a name.
    """
    begun = b""
    for chunk in chunks:
        *whole, begun = (begun + chunk).split(b"\n")
        yield from _texts(whole)
        begun = begun[:INPUT_BYTES]
    yield from _texts([begun])


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    for line in lines:
        # Some programs begin a file with U+FEFF.
        text = line[:INPUT_BYTES].decode("utf-8", "backslashreplace").removeprefix("\ufeff").strip()
        if text:
            yield text


@dataclass(kw_only=True)
class Batch:
    """One run of the command line. ``seen`` grows as domains are done."""

    network: Network
    out: TextIO
    progress: TextIO
    depth: Depth = "verdict"
    fresh: bool = False
    as_json: bool = False
    seen: set[Standing] = field(default_factory=set)

    async def check(self, inputs: Iterable[str]) -> None:
        """Check every line of ``inputs``, which may block: it is read in a thread, no faster than it is used.

        Raises what reading ``inputs`` and writing ``out`` raise, as a group.
        """
        lines = _Lines(inputs)
        # A daemon, for nothing can interrupt a thread that reads from a terminal.
        threading.Thread(target=lines.read, daemon=True).start()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._work(lines))
        finally:
            lines.stop()

    async def _work(self, lines: "_Lines") -> None:
        while (line := await lines.next()) is not None:
            await self._check_one(line)

    async def _check_one(self, line: str) -> None:
        try:
            request = ScanRequest(domain=parse_domain(line), depth=self.depth, fresh=self.fresh)
        except InvalidDomain as invalid:
            self._complain(line, invalid.message)
            return
        if self.network.do_not_probe.covers(request.domain):
            self._complain(line, f"{request.domain} was not looked at. {ASKED}")
            return
        try:
            report = await self._scan(request)
        except Exception as failure:
            _LOG.error("The scan of %s broke down: %s", request.domain, where(failure))
            self._complain(line, _MISTAKE)
            return
        self.seen.add(standing(report))
        self._print(report)

    async def _scan(self, request: ScanRequest) -> Report:
        """The finished report. What is known meanwhile goes to ``progress``."""
        told = _LOOKING_UP
        self._tell(f"{request.domain}: {told}")
        async with aclosing(scan(request, self.network, datetime.now(UTC))) as snapshots:
            async for scanned in snapshots:
                news = progress(scanned.report)
                if scanned.facts.state == "running" and news != told:
                    told = news
                    self._tell(f"{request.domain}: {told}")
        return scanned.report

    def _tell(self, text: str) -> None:
        print(text, file=self.progress, flush=True)

    def _print(self, report: Report) -> None:
        text = json.dumps(report, separators=(",", ":")) if self.as_json else f"{render(report)}{'-' * WIDTH}"
        print(text, file=self.out, flush=True)

    def _complain(self, line: str, error: str) -> None:
        self.seen.add(Standing.NO_REPORT)
        if self.as_json:
            print(json.dumps({"format": 1, "input": line, "error": error}), file=self.out, flush=True)
        else:
            self._tell(f"{line!a}: {error}")


def progress(report: Report) -> str:
    """How far a running scan is."""
    outcomes = [endpoint["outcome"] for server in report["servers"] for endpoint in server["endpoints"]]
    if not outcomes:
        return _LOOKING_UP
    return f"{sum(outcome is not None for outcome in outcomes)} of {len(outcomes)} addresses looked at"


class _Lines:
    """Lines on their way from a thread that may wait for them to the workers of an event loop."""

    def __init__(self, inputs: Iterable[str]) -> None:
        self._inputs = inputs
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[str | OSError | None] = asyncio.Queue()
        self._places = threading.Semaphore(AT_ONCE)  # in the queue
        self._lock = threading.Lock()
        self._is_stopped = False

    async def next(self) -> str | None:
        """The next line, null when there are no more. Raises the OSError that reading ended in."""
        line = await self._queue.get()
        self._places.release()
        if isinstance(line, OSError):
            raise line
        return line

    def read(self) -> None:
        """Runs in the thread: hands over line after line, then one null for each worker."""
        with suppress(_Stopped):
            try:
                for line in self._inputs:
                    self._put(line)
            except OSError as unreadable:
                self._put(unreadable)
            for _ in range(AT_ONCE):
                self._put(None)

    def stop(self) -> None:
        """Nobody takes lines any more; the loop may close after this."""
        with self._lock:
            self._is_stopped = True
        self._places.release()

    def _put(self, item: str | OSError | None) -> None:
        self._places.acquire()
        with self._lock:
            if self._is_stopped:
                raise _Stopped
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)


class _Stopped(Exception):
    """Nobody takes lines any more."""
