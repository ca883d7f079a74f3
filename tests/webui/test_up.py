"""``manage.py up`` for real, in a folder and on a port of its own: from the first page to the last process."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from email.message import Message
from pathlib import Path
from urllib.parse import urlencode

import pytest
import redis

from webui.environment import ROOT

pytestmark = pytest.mark.xdist_group("up")  # what they are given to store in is one for all of them

SANDBOX = "MAILSEAL_SANDBOX"
PROCESSES = 5 if os.environ.get("REDIS_URL") else 6  # with the embedded broker where it is needed
PATIENCE_S = 90.0  # for what takes seconds on an idle machine
PARTS = {"The worker": b"interactive@", "The background worker": b"background@", "The timer": b"\0beat\0"}
needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")


class Up:
    """A running ``up``, with what it printed so far."""

    def __init__(self, var: Path, port: int) -> None:
        self.var, self.port = var, port
        self.printed: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=environment(var, port),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with suppress(ValueError):  # closed by ``close``, while a process that was left still held the other end
            self.printed.extend(self.process.stdout)

    @property
    def text(self) -> str:
        return "".join(self.printed)

    def wait_for(self, sentence: str) -> None:
        until(lambda: sentence in self.text or self.process.poll() is not None, lambda: self.text)
        assert sentence in self.text

    def get(self, path: str) -> tuple[int, Message, str]:
        return self.ask("GET", path, None, {})

    def ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, Message, str]:
        """Status, headers and body."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def processes(self) -> set[int]:
        """All that belong to it, by the folder in their environment, or in their title, which the broker rewrites."""
        mark = str(self.var).encode()
        pids = [path for path in Path("/proc").iterdir() if path.name.isdigit()]
        return {int(pid.name) for pid in pids if mark in read(pid / "environ") + read(pid / "cmdline")}

    def process_of(self, mark: bytes) -> int:
        """The one that has this in its command line."""
        [pid] = [pid for pid in self.processes() if mark in read(Path(f"/proc/{pid}/cmdline"))]
        return pid

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        self._reader.join(PATIENCE_S)
        if self.process.stdout is not None:
            self.process.stdout.close()


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def environment(var: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILSEAL_") or name == SANDBOX}
    ours = {"MAILSEAL_NO_BOOTSTRAP": "1", "MAILSEAL_VAR": str(var), "MAILSEAL_LISTEN": f"127.0.0.1:{port}"}
    return kept | ours | {"MAILSEAL_SANDBOX_GREETING_S": "1.5"}  # quick enough for four connections at once


def until(reached: Callable[[], bool], what: Callable[[], object] = lambda: "") -> None:
    ends = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > ends:
            pytest.fail(f"it never came so far: {what()}")
        time.sleep(0.05)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def var() -> Iterator[Path]:
    """A short path, so that the broker's socket lies in it."""
    with tempfile.TemporaryDirectory(prefix="ms") as folder:
        yield Path(folder)


@pytest.fixture
def up(var: Path, port: int) -> Iterator[Up]:
    """Started, and its address printed."""
    up = Up(var, port)
    try:
        up.wait_for(f"http://127.0.0.1:{port}/")
        yield up
    finally:
        up.process.kill()
        up.process.wait()
        up.close()


def refused(var: Path, port: int, **settings: str) -> str:
    """What a start says that can't be: a sentence, a failing exit status, no traceback."""
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=environment(var, port) | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr


@needs_proc
def test_from_the_address_to_the_last_process(up: Up) -> None:
    """A page, a report of a demo domain, a second start refused, dead parts replaced, and one clean Ctrl-C."""
    style = re.search(r"/static/[0-9a-f]{12}/mailseal[.]css", up.get("/")[2])
    assert style
    status, headers, _ = up.get(style.group())
    assert (status, headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert headers["ETag"]
    assert report_of(up, "all-good.demo.test")["state"] == "complete"

    assert "already runs" in refused(up.var, up.port)

    for name, mark in PARTS.items():
        os.kill(up.process_of(mark), signal.SIGKILL)
        up.wait_for(f"{name} ended (killed by signal 9). It starts again in 0.5 s.")
    assert report_of(up, "self-signed.demo.test")["state"] == "complete"

    assert up.end(signal.SIGINT) == 0, up.text
    assert up.processes() == set()
    assert "Traceback" not in up.text, up.text


@needs_proc
def test_a_kill_leaves_nothing_behind(up: Up) -> None:
    """``kill -9`` of ``up`` takes broker, web, workers and the timer of the sweeps with it."""
    if sys.platform != "linux":
        pytest.skip("only Linux tells a child that its parent died")
    until(lambda: len(up.processes()) >= PROCESSES, lambda: (up.processes(), up.text))
    assert up.end(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: not up.processes(), up.processes)


@needs_proc
def test_a_broker_that_hangs_keeps_nobody_waiting(up: Up) -> None:
    """Scans are accepted while it answers nothing, from people and programs, and run once it answers again."""
    assert report_of(up, "all-good.demo.test")["state"] == "complete"
    broker = broker_of(up)
    os.kill(broker, signal.SIGSTOP)
    try:
        link = order_by_form(up, "enforced.demo.test")
        order = json.dumps({"domain": "expired.demo.test"})
        status, _, answer = up.ask("POST", "/api/v1/scans", order, {"Content-Type": "application/json"})
        assert status == 202
        assert json.loads(up.get(f"{link}.json")[2])["state"] == "running"
    finally:
        os.kill(broker, signal.SIGCONT)
    assert report_at(up, f"{link}.json")["state"] == "complete"
    assert report_at(up, f"/api/v1/scans/{json.loads(answer)['token']}")["state"] == "complete"


def broker_of(up: Up) -> int:
    """Its own, or the Redis that it was given."""
    if url := os.environ.get("REDIS_URL"):
        with redis.Redis.from_url(url) as client:
            return int(client.info("server")["process_id"])
    return up.process_of(b"unixsocket")


def report_of(up: Up, domain: str) -> dict[str, object]:
    """What a person does: the form, its button, and then waiting."""
    assert up.get("/")[0] == 200
    return report_at(up, f"{order_by_form(up, domain)}.json")


def order_by_form(up: Up, domain: str) -> str:
    """The path of the link."""
    kind = "application/x-www-form-urlencoded"
    return up.ask("POST", "/scan", urlencode({"domain": domain}), {"Content-Type": kind})[1]["Location"]


def report_at(up: Up, path: str) -> dict[str, object]:
    """The report, once it has ended."""
    reports: list[dict[str, object]] = [{}]

    def has_ended() -> bool:
        reports.append(json.loads(up.get(path)[2]))
        return reports[-1].get("state") in ("complete", "partial")

    until(has_ended, lambda: (reports[-1].get("state"), up.text))
    return reports[-1]


def test_a_taken_port_is_said(var: Path) -> None:
    """Which port, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(var, port)
    assert f"can't listen on 127.0.0.1 port {port}" in said
    assert "MAILSEAL_LISTEN" in said


def test_an_address_of_another_machine_is_said(var: Path) -> None:
    """It can't be listened on, and that is all that is wrong."""
    said = refused(var, 1, MAILSEAL_LISTEN="192.0.2.1:8000")
    assert "can't listen on 192.0.2.1 port 8000" in said


def test_a_database_that_is_none_is_said(var: Path, port: int) -> None:
    """The file is there, but no database."""
    (var / "mailseal.sqlite3").write_bytes(b"no database at all" * 100)
    said = refused(var, port, DATABASE_URL="")
    assert "The database can't be used" in said
