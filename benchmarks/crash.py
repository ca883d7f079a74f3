"""``bench crash``: parts of the service are killed at random moments while it scans, and nothing may be lost.

The one rule of this file: the database is asked at the end (``benchmarks.ledger``), and whatever isn't exactly one
finished report for each scan ends the bench with an error.
"""

import http.client
import itertools
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.service import Service, running
from webui.environment import ROOT

SCANS = 100
WINDOW_S = 10.0  # scans are ordered and parts are killed in it
STUCK_S = 90.0  # after the window: what isn't finished by then never will be
RESTART_S = 0.5  # before what the bench started is started again, as ``up`` has it
RETRY_S = 0.2
WAIT_S = 20
LABELS = ("all-good", "slow-policy-host", "enforced", "slow-policy-host", "one-dead")
UNSEEN = 40  # of the scans are for the background worker, and all there at the beginning
SLOW = "slow-policy-host"  # no worker remembers what it said, so each of these takes its seconds, and dies in them
GREETING_S = "1"  # a policy host takes twice as long, and is asked by four at once
NOWHERE = "redis://127.0.0.1:1/0"
MARKS = {
    "worker": b"interactive@",
    "background worker": b"background@",
    "timer": b"\0beat\0",
    "web": b"uvicorn",
    "broker": b"unixsocket",
}

type Say = Callable[[str], object]
type Kill = Callable[[], None]
type Order = Callable[[Service, str], str]
"""Orders a scan of a domain, and returns its token."""


@dataclass(frozen=True, slots=True)
class Death:
    """Seconds: when in the round, and from then until a scan that needs the part, ordered after it, was complete."""

    part: str
    at: float
    recovery: float


def bench_crash(say: Say, arguments: Sequence[str] = ()) -> None:
    """kill -9 of every part at random moments during 100 scans: each ends in exactly one report."""
    parser = ArgumentParser(prog="bench crash")
    parser.add_argument("settings", nargs="*", metavar="SETTING", help=f"of {', '.join(SETTINGS)}; both without it")
    parser.add_argument("--rounds", type=int, default=5, help="in each setting (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="repeats an earlier run's kills")
    options = parser.parse_args(list(arguments))
    if unknown := set(options.settings) - set(SETTINGS):
        parser.error(f"there is no setting {', '.join(sorted(unknown))}")
    say(f"seed {options.seed}, {options.rounds} rounds of {SCANS} scans")
    for name in options.settings or SETTINGS:
        if name == "servers" and (sentence := servers.missing()):
            raise RuntimeError(sentence)
        with SETTINGS[name]() as (service, kills):
            _ledger(service, "watch")
            chance = random.Random(f"{options.seed} {name}")
            deaths = [death for each in range(options.rounds) for death in _round(service, kills, chance, each, say)]
            longest = max(deaths, key=lambda death: death.recovery)
            say(f"{name}: {len(deaths)} kills, longest recovery {longest.recovery:.1f} s ({longest.part})")


@contextmanager
def _embedded() -> Iterator[tuple[Service, dict[str, Kill]]]:
    """SQLite and the embedded broker, all of it run by ``up``."""
    with running(MAILSEAL_SANDBOX_GREETING_S=GREETING_S) as service:
        yield service, {part: _killer(service, mark) for part, mark in MARKS.items()}


@contextmanager
def _servers() -> Iterator[tuple[Service, dict[str, Kill]]]:
    """PostgreSQL and Redis, which the bench runs; ``up`` runs web and workers."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ms")))
        folder.chmod(0o755)  # PostgreSQL's user passes through
        database_url, database = stack.enter_context(servers.postgresql(folder / "postgresql"))
        redis_url, redis = stack.enter_context(servers.redis_server(folder / "redis"))
        service = stack.enter_context(
            running(MAILSEAL_SANDBOX_GREETING_S=GREETING_S, DATABASE_URL=database_url, REDIS_URL=redis_url)
        )
        own = {part: _killer(service, mark) for part, mark in MARKS.items() if part != "broker"}
        yield service, own | {"Redis": _restarter(redis), "PostgreSQL": _restarter(database)}


SETTINGS = {"embedded": _embedded, "servers": _servers}


def _order_for_later(service: Service, domain: str) -> str:
    return service.order_unseen("background", [domain])[0]


def _order_without_message(service: Service, domain: str) -> str:
    """Only a sweep finds it."""
    return service.order_unseen("interactive", [domain], REDIS_URL=NOWHERE)[0]


PROBES: dict[str, Order] = {"background worker": _order_for_later, "timer": _order_without_message}


def _round(service: Service, kills: Mapping[str, Kill], chance: random.Random, each: int, say: Say) -> list[Death]:
    number = itertools.count(each * 1000)
    unseen = [f"{next(number)}.{SLOW}.demo.test" for _ in range(UNSEEN)]
    names = [f"{next(number)}.{label}.demo.test" for label in islice(itertools.cycle(LABELS), SCANS - UNSEEN)]
    probes = [f"{next(number)}.all-good.demo.test" for _ in kills]
    tokens = service.order_unseen("background", unseen)
    began = time.monotonic()
    with ThreadPoolExecutor(SCANS + len(kills)) as pool:
        scans = [pool.submit(_scan_at, service, began + chance.uniform(0, WINDOW_S), name) for name in names]
        scans += [pool.submit(_see_end, service, token, began) for token in tokens]
        dying = [
            pool.submit(_die_at, service, began, chance.uniform(1, WINDOW_S), part, kill, probe)
            for (part, kill), probe in zip(kills.items(), probes, strict=True)
        ]
        longest = max(scan.result() for scan in scans)
        deaths = sorted((death.result() for death in dying), key=lambda death: death.at)
    told = ", ".join(f"{death.part} at {death.at:.1f} s (back after {death.recovery:.1f} s)" for death in deaths)
    again = _judge(_ledger(service, "read"), {*unseen, *names, *probes})
    say(f"round {each + 1}: killed {told}; {_told(again)}; longest scan {longest:.1f} s; all ended once")
    return deaths


def _scan_at(service: Service, moment: float, domain: str, order: Order = Service.order) -> float:
    """Order a scan then, as somebody who doesn't give up, and return its seconds from order to report."""
    time.sleep(max(0.0, moment - time.monotonic()))
    token = _persist(lambda: order(service, domain), moment + WINDOW_S + STUCK_S)
    return _see_end(service, token, moment)


def _see_end(service: Service, token: str, since: float) -> float:
    """Wait for a report, as somebody who doesn't give up, and return the seconds until it is there."""
    ends = since + WINDOW_S + STUCK_S
    while _persist(lambda: service.report(token, WAIT_S), ends)["state"] == "running":
        if time.monotonic() > ends:
            raise RuntimeError(f"the scan behind {token} is stuck")
    return time.monotonic() - since


def _die_at(service: Service, began: float, at: float, part: str, kill: Kill, probe: str) -> Death:
    time.sleep(max(0.0, began + at - time.monotonic()))
    killed_at = time.monotonic()
    kill()
    recovery = _scan_at(service, killed_at, probe, PROBES.get(part, Service.order))
    return Death(part, killed_at - began, recovery)


def _persist[T](ask: Callable[[], T], ends: float) -> T:
    while True:
        try:
            return ask()
        except (OSError, http.client.HTTPException, RuntimeError):
            if time.monotonic() > ends:
                raise
            time.sleep(RETRY_S)


def _killer(service: Service, mark: bytes) -> Kill:
    def kill() -> None:
        ends = time.monotonic() + STUCK_S
        while (pid := service.process_of(mark)) is None:
            if time.monotonic() > ends:
                raise RuntimeError(f"there is no process with {mark!r} in its command")
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)

    return kill


def _restarter(server: servers.Server) -> Kill:
    def kill() -> None:
        server.kill()
        time.sleep(RESTART_S)
        server.start()

    return kill


def _ledger(service: Service, verb: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.ledger", verb]
    done = subprocess.run(command, cwd=ROOT, env=service.environment, stdout=subprocess.PIPE, check=True, timeout=60)
    return list(json.loads(done.stdout or "[]"))


def _judge(rows: Sequence[Mapping[str, Any]], names: set[str]) -> list[float]:
    """The seconds that those scans took that needed more than one attempt. Raises RuntimeError of what went wrong."""
    ours = [row for row in rows if row["domain"] in names]
    if sorted(row["domain"] for row in ours) != sorted(names):
        raise RuntimeError(f"{len(names)} domains were ordered, and there are {len(ours)} scans of them")
    for row in ours:
        is_right = row["state"] == "finished" and row["report_state"] == "complete" and row["endings"] == 1
        if not is_right or row["report_id"] != row["id"]:
            raise RuntimeError(f"not exactly one whole report: {dict(row)}")
    return [row["seconds"] for row in ours if row["attempts"] > 1]


def _told(again: Sequence[float]) -> str:
    """How many scans were taken up again, and when the last of them was over."""
    return f"{len(again)} scans taken up again, the longest {max(again):.1f} s" if again else "no scan taken up again"
