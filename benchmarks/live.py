"""``bench live``: hundreds who watch running scans, on the same cores as the whole service and the scans themselves.

The one rule of this file: a wait is counted from before the worker stored what is new (``benchmarks.announced``) to its
last byte at the viewer; who missed something, or the end, ends the bench with an error.
"""

import asyncio
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.service import HOST, Service, running
from webui.environment import ROOT

LABELS = ("slow", "slow-policy-host")
GREETING_S = 10.0  # of slow servers, twice that of slow policy hosts: all must be watching by then
ORDERED_IN_S = 3.0  # one after the other
WITHIN_S = 0.25  # 95 of 100
PATIENCE_S = 120.0
FILES = 4096
_EVENT = re.compile(rb"(?:^|\n)id: (\d+)\.(\d+)(\.end)?\n")
_END_OF_EVENT = b"\n\n\r\n"  # which is a chunk of its own

type Say = Callable[[str], object]
type Number = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """A snapshot that a viewer was sent, and when they had all of it. Moments are seconds since the epoch."""

    number: Number
    is_final: bool
    at: float


@dataclass(frozen=True, slots=True)
class News:
    """A snapshot that a worker stored, the moment before it did, and when it was announced to the service."""

    number: Number
    is_final: bool
    stored: float
    heard: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds that news took to a viewer, from before it was stored, and from its announcement on."""

    whole: float
    announced: float


@dataclass
class Viewer(asyncio.Protocol):
    """Who reads one stream, and notes when each snapshot was there."""

    scan_id: str
    request: bytes
    seen: list[Seen] = field(default_factory=list)
    failure: str = ""

    def __post_init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.is_watching, self.is_over = loop.create_future(), loop.create_future()
        self._unread = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Note the events that are whole now."""
        now, before = time.time(), len(self._unread)
        self._unread += data
        looked = max(0, before - len(_END_OF_EVENT))
        while (end := self._unread.find(_END_OF_EVENT, looked)) >= 0:
            if event := _EVENT.search(self._unread, 0, end):
                self.seen.append(Seen((int(event[1]), int(event[2])), bool(event[3]), now))
                self._settle(self.is_watching)
            del self._unread[: end + len(_END_OF_EVENT)]
            looked = 0

    def connection_lost(self, exc: Exception | None) -> None:
        """The stream is over, well or not."""
        if not (self.seen and self.seen[-1].is_final):
            self.failure = f"a stream ended before its scan ({exc or bytes(self._unread[:200])!r})"
        self._settle(self.is_watching)
        self._settle(self.is_over)

    def waits(self, stored: Sequence[News], since: float) -> Iterator[Wait]:
        """For each snapshot, or one that holds more, that was stored since then.

        Raises RuntimeError of one that never came.
        """
        for news in stored:
            if news.stored < since or news.number <= self.seen[0].number:
                continue
            came = next((seen.at for seen in self.seen if seen.number >= news.number), None)
            if came is None:
                raise RuntimeError(f"a viewer missed {news}")
            yield Wait(came - news.stored, came - news.heard)

    @staticmethod
    def _settle(future: "asyncio.Future[None]") -> None:
        if not future.done():
            future.set_result(None)


def bench_live(say: Say, arguments: Sequence[str] = ()) -> None:
    """500 viewers at once of running scans: how long news takes from the worker to each of them."""
    parser = ArgumentParser(prog="bench live")
    parser.add_argument("--viewers", type=int, default=500, help="(default: %(default)s)")
    parser.add_argument("--scans", type=int, default=20, help="that they watch (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(default: %(default)s)")
    options = parser.parse_args(list(arguments))
    _allow_files()
    say(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before it")
    waits: list[Wait] = []
    for each in range(options.rounds):
        with running(MAILSEAL_SANDBOX_GREETING_S=str(GREETING_S)) as service:  # whose worker knows no server yet
            _warm_up(service)
            found = asyncio.run(_round(service, options.viewers, options.scans, say))
        say(f"round {each + 1}: {_spread(found)}")
        waits += found
    say(f"all rounds: {_spread(waits)}")
    if (late := _late([wait.whole for wait in waits])) > WITHIN_S:
        raise RuntimeError(f"95% came within {late * 1000:.0f} ms, not {WITHIN_S * 1000:.0f}")


def _warm_up(service: Service) -> None:
    """Let worker and web server load all that they need for a scan and its stream."""
    token = service.order("1.all-good.demo.test")
    service.report(token, 60)
    service.ask("GET", f"/r/{token}/events")


async def _round(service: Service, viewers: int, scans: int, say: Say) -> list[Wait]:
    """What the viewers waited for all that was stored while all of them watched."""
    watching: list[Viewer] = []
    with _announced(service) as lines:
        begun = time.time()
        for number in range(scans):
            name = f"{number}.{LABELS[number % len(LABELS)]}.demo.test"
            token = await asyncio.to_thread(service.order, name)
            scan_id = (await asyncio.to_thread(service.report, token))["id"]
            share = viewers // scans + (number < viewers % scans)
            for _ in range(share):
                watching.append(await _watch(service, token, scan_id, _address(len(watching))))
            await asyncio.sleep(ORDERED_IN_S / scans)
        await _all(viewer.is_watching for viewer in watching)
        since = time.time()
        _check(watching)
        if any(viewer.is_over.done() for viewer in watching):
            raise RuntimeError("a scan was over before all were watching: this machine is too busy for this bench")
        took = since - begun
        say(f"{len(watching)} viewers watch {scans} scans at once, {took:.1f} s after the first of them was ordered")
        await _all(viewer.is_over for viewer in watching)
    _check(watching)
    stored: dict[str, list[News]] = {viewer.scan_id: [] for viewer in watching}
    for scan_id, (attempt, duration), *rest in map(json.loads, lines):
        stored.get(scan_id, []).append(News((attempt, duration), *rest))
    if not all(news and news[-1].is_final for news in stored.values()):
        raise RuntimeError("the end of a scan was not announced")
    waits = [wait for viewer in watching for wait in viewer.waits(stored[viewer.scan_id], since)]
    say(f"all {len(watching)} got the end; {len(waits)} times somebody was told something new")
    return waits


def _check(watching: Sequence[Viewer]) -> None:
    if failures := [viewer.failure for viewer in watching if viewer.failure]:
        raise RuntimeError(f"{len(failures)} of {len(watching)} viewers: {failures[0]}")


def _address(number: int) -> str:
    """Each has one of their own: a client may open only so many streams."""
    return f"127.1.{number // 250}.{1 + number % 250}"


async def _watch(service: Service, token: str, scan_id: str, address: str) -> Viewer:
    request = f"GET /r/{token}/events HTTP/1.1\r\nHost: {HOST}:{service.port}\r\nConnection: close\r\n\r\n"
    loop = asyncio.get_running_loop()
    _, viewer = await loop.create_connection(
        lambda: Viewer(scan_id, request.encode()), HOST, service.port, local_addr=(address, 0)
    )
    return viewer


async def _all(futures: "Iterator[asyncio.Future[None]]") -> None:
    await asyncio.wait_for(asyncio.gather(*futures), PATIENCE_S)


@contextmanager
def _announced(service: Service) -> Iterator[list[str]]:
    """What is announced for as long as the block lasts; the list is filled when it ends."""
    lines: list[str] = []
    command = [sys.executable, "-m", "benchmarks.announced"]
    with subprocess.Popen(command, cwd=ROOT, env=service.environment, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        following.stdout.readline()
        try:
            yield lines
            time.sleep(1)  # the last of it is looked up
        finally:
            following.terminate()
            lines += following.communicate()[0].splitlines()


def _allow_files() -> None:
    """A stream is an open file, here and in the web server, which inherits this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))


def _late(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1]


def _spread(waits: Sequence[Wait]) -> str:
    whole, announced = [wait.whole for wait in waits], [wait.announced for wait in waits]
    return f"from before it was stored: {_told(whole)}; from its announcement: {_told(announced)}"


def _told(seconds: Sequence[float]) -> str:
    middle, late, longest = (1000 * some for some in (statistics.median(seconds), _late(seconds), max(seconds)))
    return f"median {middle:.0f} ms, 95% within {late:.0f} ms, longest {longest:.0f} ms"
