"""A worker is killed in the middle of a scan: real broker, real workers, a real database, and ``kill -9``."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from checker.names import parse_domain
from webui.scans import services
from webui.scans.models import Scan

from .conftest import RealDatabase

ROOT = Path(__file__).resolve().parents[3]
SLOW_S = 1.5  # long enough to be killed in, and quick enough for four connections at once
PATIENCE_S = 60.0  # for what takes seconds on an idle machine
WORKER = ["-m", "celery", "-A", "webui.celery", "worker", "-P", "threads", "-c", "2", "-Q", "interactive"]
TIMER = ["-B", "--scheduler", "celery.beat:Scheduler"]  # with no file: two that begin at once had it locked at times


class Station:
    """A database and a queue, and the workers that were started on them."""

    def __init__(self, folder: Path, database: RealDatabase, broker_url: str) -> None:
        self.database = database
        self.folder = folder
        self.environment = os.environ | {
            "DATABASE_URL": database.url,
            "REDIS_URL": broker_url,
            "MAILSEAL_VAR": str(folder),
            "MAILSEAL_SANDBOX": "on",
            "MAILSEAL_SANDBOX_GREETING_S": str(SLOW_S),
            "MAILSEAL_LEASE_S": "2",
        }
        self.workers: dict[int, subprocess.Popen[bytes]] = {}

    def start_worker(self) -> None:
        with (self.folder / f"worker{len(self.workers)}.log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, *WORKER, *TIMER, "-n", f"worker{len(self.workers)}@%h"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.workers[worker.pid] = worker

    def kill(self, pid: int) -> None:
        """``kill -9``, of everything that belongs to the worker."""
        worker = self.workers.pop(pid)
        os.killpg(pid, signal.SIGKILL)
        worker.wait()

    def wait_for(self, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The only scan, once it is as it should be."""
        ends_at = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends_at:
            [scan] = self.database(lambda: list(Scan.objects.values()))
            if reached(scan):
                return scan
            time.sleep(0.05)
        logs = "\n".join(log.read_text() for log in self.folder.glob("*.log"))
        pytest.fail(f"The scan never came so far: {scan}\n{logs}")


@pytest.fixture
def station(tmp_path: Path, broker: Any, real_database: RealDatabase) -> Iterator[Station]:
    """Where a scan of the slow domain was asked for, and two workers start."""
    real_database(lambda: services.request_scan(parse_domain("slow.demo.test")))
    station = Station(tmp_path, real_database, f"redis+socket://{broker.socket}")
    for _ in range(2):
        station.start_worker()
    yield station
    for pid in list(station.workers):
        station.kill(pid)


def test_a_scan_whose_worker_is_killed_is_finished_by_another(station: Station) -> None:
    """Somebody sees what the first worker saw, it dies, and the second one's attempt ends in the one report."""
    scan = station.wait_for(lambda scan: scan["report"] is not None)
    assert (scan["state"], scan["attempts"]) == ("running", 1)
    assert scan["report"]["state"] == "running"
    station.kill(int(scan["worker"].rpartition(":")[2]))
    scan = station.wait_for(lambda scan: scan["state"] == "finished")
    assert (scan["report"]["state"], scan["attempts"]) == ("complete", 2)
    assert int(scan["worker"].rpartition(":")[2]) in station.workers
    assert scan["level"] == scan["report"]["verdict"]["level"]
