"""A worker is killed in the middle of a scan: real broker, real workers, a real database, and ``kill -9``."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from checker.names import parse_domain
from webui.scans import services
from webui.scans.models import Scan

ROOT = Path(__file__).resolve().parents[3]
SLOW_S = 3.0  # long enough to be killed in, short enough to be waited for
PATIENCE_S = 60.0  # for what takes seconds on an idle machine
WORKER = ["-m", "celery", "-A", "webui.celery", "worker", "-B", "-P", "threads", "-c", "2", "-Q", "interactive"]


class File:
    """An SQLite file that begins as a copy of the tests' database, which no other process sees: it is in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.url = f"sqlite:///{path}"
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as file:
            connection.connection.backup(file)

    def scans(self) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self._path)) as file:
            file.row_factory = sqlite3.Row
            rows = [dict(row) for row in file.execute("SELECT * FROM scans_scan")]
        return [row | {"report": json.loads(row["report"] or "null")} for row in rows]


class Server:
    """The tests' own database, where it is in a PostgreSQL server."""

    def __init__(self) -> None:
        given = connection.settings_dict
        self.url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(given)

    def scans(self) -> list[dict[str, Any]]:
        return list(Scan.objects.values())


class Station:
    """A database and a queue, and the workers that were started on them."""

    def __init__(self, folder: Path, broker_url: str) -> None:
        self.database = File(folder / "db.sqlite3") if connection.vendor == "sqlite" else Server()
        self.folder = folder
        self.environment = os.environ | {
            "DATABASE_URL": self.database.url,
            "REDIS_URL": broker_url,
            "MAILSEAL_VAR": str(folder),
            "MAILSEAL_SANDBOX": "on",
            "MAILSEAL_SANDBOX_GREETING_S": str(SLOW_S),
            "MAILSEAL_LEASE_S": "2",
        }
        self.workers: dict[int, subprocess.Popen[bytes]] = {}

    def start_worker(self) -> None:
        beat = ["-s", str(self.folder / f"beat{len(self.workers)}")]
        with (self.folder / f"worker{len(self.workers)}.log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, *WORKER, *beat, "-n", f"worker{len(self.workers)}@%h"],
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
            [scan] = self.database.scans()
            if reached(scan):
                return scan
            time.sleep(0.05)
        logs = "\n".join(log.read_text() for log in self.folder.glob("*.log"))
        pytest.fail(f"The scan never came so far: {scan}\n{logs}")


@pytest.fixture
def station(tmp_path: Path, broker: Any, transactional_db: None) -> Iterator[Station]:
    """Where a scan of the slow domain was asked for, and two workers start."""
    services.request_scan(parse_domain("slow.demo.test"))
    station = Station(tmp_path, f"redis+socket://{broker.socket}")
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
