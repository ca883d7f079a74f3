"""PostgreSQL and Redis from Debian packages for a bench or a test: each in a folder of its own, and killed as it likes.

Debian's own clusters and services are left alone. PostgreSQL refuses to run as root, so it runs as the user that
Debian's package makes for it.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.service import HOST, free_port

START_S = 60.0
_OWNER = "postgres"
_PROGRAMS = Path("/usr/lib/postgresql")


@dataclass
class Server:
    """A program that is started again when it was killed. ``user`` None: ours."""

    command: Sequence[str]
    folder: Path
    user: str | None
    is_ready: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, again and again until it answers: what a killed one left may keep the next from starting."""
        ends = time.monotonic() + START_S
        while not (self.process and self.process.poll() is None and self.is_ready()):
            if time.monotonic() > ends:
                raise RuntimeError(f"{self.command[0]} did not come up; {self.folder / 'log'} said why")
            if self.process is None or self.process.poll() is not None:
                with (self.folder / "log").open("ab") as log:
                    self.process = subprocess.Popen(
                        self.command, cwd=self.folder, stdout=log, stderr=log, **_as_user(self.user)
                    )
            time.sleep(0.1)

    def kill(self) -> None:
        """``kill -9``, of the first process alone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


def missing() -> str:
    """What these need and this machine hasn't, as a sentence. Empty: all is here."""
    if find_spec("psycopg") is None:
        return "psycopg is missing: .venv/bin/python -m pip install --require-hashes -r requirements-postgres.txt."
    if not list(_PROGRAMS.glob("*/bin/postgres")) or shutil.which("redis-server") is None:
        return "PostgreSQL or Redis is missing. On Debian: apt-get install postgresql redis-server."
    return ""


@contextmanager
def postgresql(folder: Path, password: str = "", *settings: str) -> Iterator[tuple[str, Server]]:
    """A new cluster with an empty database: its URL without the password, and the server.

    Whoever holds ``password`` is let in; without one, everybody. ``settings`` are PostgreSQL's own: ``fsync=off``.
    """
    folder.mkdir(parents=True)
    user = _OWNER if os.getuid() == 0 else None
    port, data, secret = free_port(), folder / "cluster", folder / "password"
    secret.write_text(password)
    for path in (folder, secret):
        shutil.chown(path, user or os.getuid())
    entry = ["-A", "scram-sha-256", f"--pwfile={secret}"] if password else ["-A", "trust"]
    make = [_program("initdb"), "-D", str(data), "-U", "mailseal", *entry, "--no-sync"]
    subprocess.run(make, cwd=folder, check=True, stdout=subprocess.DEVNULL, **_as_user(user))
    own = (f"listen_addresses={HOST}", f"unix_socket_directories={folder}", *settings)
    where = ["-p", str(port), *(word for setting in own for word in ("-c", setting))]
    ready = [_program("pg_isready"), "-q", "-h", HOST, "-p", str(port)]
    command = [_program("postgres"), "-D", str(data), *where]
    server = Server(command, folder, user, lambda: subprocess.run(ready, check=False).returncode == 0)
    with _running(server):
        yield f"postgres://mailseal@{HOST}:{port}/postgres", server


@contextmanager
def redis_server(folder: Path) -> Iterator[tuple[str, Server]]:
    """A Redis as production has it, each change in a file: its URL, and the server."""
    folder.mkdir(parents=True)
    port = free_port()
    keep = ["--dir", str(folder), "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
    command = ["redis-server", "--bind", HOST, "--port", str(port), *keep]
    with _running(server := Server(command, folder, None, lambda: _connects(port))):
        yield f"redis://{HOST}:{port}/0", server


@contextmanager
def _running(server: Server) -> Iterator[None]:
    try:
        server.start()
        yield
    finally:
        if server.process:
            server.process.send_signal(signal.SIGINT)
            server.process.wait(START_S)


def _as_user(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _program(name: str) -> str:
    return str(max(_PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3])))


def _connects(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=5):
            return True
    except OSError:
        return False
