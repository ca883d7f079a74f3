"""Mailseal for a bench: the whole of ``up`` as a process of its own, in a folder and on a port of its own.

The one rule of this file: whatever becomes of the bench, the service is stopped and its folder removed.
"""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webui.environment import ROOT

HOST = "127.0.0.1"
UP_S = 120.0  # for the service to come up, on a busy machine
STOP_S = 30.0
ANSWER_S = 120.0
ORDER_S = 300.0  # for hundreds of scans, in a process of its own


@dataclass(frozen=True, slots=True)
class Service:
    """A running one. ``environment`` is what its processes were given."""

    process: subprocess.Popen[bytes]
    var: Path
    port: int
    environment: dict[str, str] = field(repr=False)

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Status and body, as a trusted client of the API."""
        headers = {
            "Authorization": f"Bearer {self.environment['MAILSEAL_TRUSTED_TOKENS']}",
            "Content-Type": "application/json",
        }
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=ANSWER_S)) as connection:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def order(self, domain: str) -> str:
        """The token of a scan of the domain. Raises RuntimeError if it was refused."""
        status, body = self.ask("POST", "/api/v1/scans", {"domain": domain})
        if status != http.HTTPStatus.ACCEPTED:
            raise RuntimeError(f"{domain} was refused with status {status}: {body[:200]!r}")
        return str(json.loads(body)["token"])

    def order_unseen(self, queue: str, domains: Sequence[str], **settings: str) -> list[str]:
        """Tokens of scans that are ordered past the web server, by a process that has these settings besides.

        Raises RuntimeError if it fails; what it printed says why.
        """
        command = [sys.executable, "-m", "benchmarks.order", queue, *domains]
        environment = self.environment | settings
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False, timeout=ORDER_S
        )
        if done.returncode:
            raise RuntimeError(f"{len(domains)} scans could not be ordered past the web server")
        return done.stdout.split()

    def report(self, token: str, wait_s: int = 0) -> dict[str, Any]:
        """The report document; a scan that runs is waited for so long. Raises RuntimeError if there is none."""
        status, body = self.ask("GET", f"/api/v1/scans/{token}?wait={wait_s}")
        if status != http.HTTPStatus.OK:
            raise RuntimeError(f"the report came with status {status}: {body[:200]!r}")
        return dict(json.loads(body))

    def process_of(self, mark: bytes) -> int | None:
        """The process of it whose command line holds the mark. None while there is none."""
        return next((pid for pid in _children(self.process.pid) if mark in _line(pid)), None)

    def processes(self) -> dict[str, int]:
        """The process ids of web, worker and background worker, by what they are."""
        marks = {"web": b"uvicorn", "worker": b"interactive@", "background worker": b"background@"}
        found = {
            name: [pid for pid in _children(self.process.pid) if mark in _line(pid)] for name, mark in marks.items()
        }
        return {name: pids[0] for name, pids in found.items() if pids}


@contextmanager
def running(**settings: str) -> Iterator[Service]:
    """Start the service, wait for its first page, and stop it on leaving. Raises RuntimeError if it doesn't come."""
    with tempfile.TemporaryDirectory(prefix="ms") as folder:
        port = free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILSEAL_")}
        elsewhere = ("DATABASE_URL", "REDIS_URL")
        environment = {name: value for name, value in kept.items() if name not in elsewhere} | {
            "MAILSEAL_NO_BOOTSTRAP": "1",
            "MAILSEAL_VAR": folder,
            "MAILSEAL_LISTEN": f"{HOST}:{port}",
            "MAILSEAL_SANDBOX": "on",
            "MAILSEAL_TRUSTED_TOKENS": secrets.token_urlsafe(24),
            **settings,
        }
        process = subprocess.Popen([sys.executable, "manage.py", "up"], cwd=ROOT, env=environment, stdout=sys.stderr)
        service = Service(process, Path(folder), port, environment)
        try:
            _wait(service)
            yield service
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def resident_mib(pid: int) -> float:
    """What a process holds in memory, in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _wait(service: Service) -> None:
    ends = time.monotonic() + UP_S
    while time.monotonic() < ends and service.process.poll() is None:
        try:
            if service.ask("GET", "/")[0] == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the service did not come up; what it printed says why")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def _line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it ended just now
        return b""


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])
