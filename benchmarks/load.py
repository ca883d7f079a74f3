"""``bench load``: the whole service under load, server and load on the same cores, against numbered demo domains.

The one rule of this file: a figure counts only if everything it is made of was right: each report complete, each
answer a good one. What is wrong is printed, and ends the bench with an error.
"""

import os
import re
import shutil
import statistics
import subprocess
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from benchmarks.service import HOST, Service, resident_mib, running

LABELS = ("all-good", "enforced", "expired", "one-dead", "testing-would-fail")
WAIT_S = 60
READ_S = 8
IN_FLIGHT = 40  # scans at once while memory is watched
WARM = 200  # scans, before memory is looked at: what is loaded once is loaded by then
BUSY_S = 300.0

type Say = Callable[[str], object]


def bench_load(say: Say, arguments: Sequence[str] = ()) -> None:
    """The service under load: scans at once, pages by wrk, an interactive scan behind background ones, memory."""
    parser = ArgumentParser(prog="bench load")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them where none is named"
    )
    parser.add_argument("--scans", type=int, default=2000, help="for memory (default: %(default)s)")
    options = parser.parse_args(list(arguments))
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    for name in options.parts or PARTS:
        say(f"{name}: {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before it")
        with running() as service:
            PARTS[name](service, say, options.scans)


def at_once(service: Service, say: Say, _: int) -> None:
    """200 scans ordered at the same moment."""
    seconds = _scan_all(service, _names(200), at_once=200)
    say(f"200 scans at once, all complete: {_spread(seconds)}, from order to report")


def read(service: Service, say: Say, _: int) -> None:
    """Finished reports, as page and as document."""
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is missing: apt-get install wrk")
    token = service.order("1.enforced.demo.test")
    _complete(service.report(token, WAIT_S))
    for path in (f"/r/{token}", f"/api/v1/scans/{token}"):
        say(f"{path.replace(token, 'TOKEN')}: {_wrk(f'http://{HOST}:{service.port}{path}')}")


def overtake(service: Service, say: Say, _: int) -> None:
    """An interactive scan behind 500 background ones: the time until a worker begins it."""
    service.report(service.order("1.all-good.demo.test"), WAIT_S)  # the worker has loaded all it needs
    service.order_unseen("background", [f"{number}.enforced.demo.test" for number in range(100_000, 100_500)])
    waits, totals = [], []
    for number in range(2, 7):
        ordered_at = time.time()
        report = service.report(service.order(f"{number}.all-good.demo.test"), WAIT_S)
        totals.append(time.time() - ordered_at)
        _complete(report)
        waits.append(max(0.0, datetime.fromisoformat(report["started_at"]).timestamp() - ordered_at))
    say(f"behind 500 background scans: begun after {_spread(waits)}; whole: {_spread(totals)}")


def memory(service: Service, say: Say, scans: int) -> None:
    """What web and worker hold, before and after many scans."""
    names = _names(WARM + scans)
    _scan_all(service, names[:WARM], IN_FLIGHT)
    before, began = _resident(service), time.monotonic()
    say(f"after {WARM} scans: {_told(before)}")
    quarter = -(-scans // 4)
    for start in range(WARM, WARM + scans, quarter):
        _scan_all(service, names[start : start + quarter], IN_FLIGHT)
        say(f"after {min(start + quarter, WARM + scans)} scans: {_told(_resident(service))}")
    say(f"{scans} scans in {time.monotonic() - began:.0f} s, {scans / (time.monotonic() - began):.1f} a second")


PARTS: dict[str, Callable[[Service, Say, int], None]] = {
    "at-once": at_once,
    "read": read,
    "overtake": overtake,
    "memory": memory,
}


def _names(count: int) -> list[str]:
    return [f"{number}.{LABELS[number % len(LABELS)]}.demo.test" for number in range(count)]


def _scan_all(service: Service, names: Iterable[str], at_once: int) -> list[float]:
    """Seconds from order to report of each."""
    with ThreadPoolExecutor(at_once) as clients:
        return list(clients.map(lambda name: _scan(service, name), names))


def _scan(service: Service, name: str) -> float:
    began = time.monotonic()
    token = service.order(name)
    report = service.report(token, WAIT_S)
    while report["state"] == "running" and time.monotonic() - began < BUSY_S:
        report = service.report(token, WAIT_S)
    _complete(report)
    return time.monotonic() - began


def _complete(report: dict[str, object]) -> None:
    if report["state"] != "complete":
        raise RuntimeError(f"the scan of {report['domain']} ended {report['state']}: its figures say nothing")


def _wrk(url: str) -> str:
    done = subprocess.run(
        ["wrk", "-t1", "-c32", f"-d{READ_S}s", "--latency", url], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    if "Non-2xx" in done or "Socket errors" in done:
        raise RuntimeError(f"wrk counts errors:\n{done}")
    rate, late = re.search(r"Requests/sec:\s+([\d.]+)", done), re.search(r"99%\s+(\S+)", done)
    if rate is None or late is None:
        raise RuntimeError(f"wrk says something new:\n{done}")
    return f"{float(rate[1]):.0f} a second from 32 connections, 99% within {late[1]}, no errors"


def _resident(service: Service) -> dict[str, float]:
    return {name: resident_mib(pid) for name, pid in service.processes().items()}


def _told(resident: dict[str, float]) -> str:
    return ", ".join(f"{name} {size:.0f} MiB" for name, size in resident.items())


def _spread(seconds: Sequence[float]) -> str:
    late = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
    return f"median {statistics.median(seconds):.2f} s, 95% within {late:.2f} s, longest {max(seconds):.2f} s"
