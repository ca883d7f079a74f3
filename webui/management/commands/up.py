"""``python3 manage.py up``: all of Mailseal on this machine, with one Ctrl-C to stop it."""

import fcntl
import http.client
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import IO, Any

import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from webui.broker import broker_command, socket_path
from webui.environment import is_everywhere
from webui.supervision import Part, Supervision

THREADS = 200  # scans that one worker carries at once: each waits in a thread, and costs nearly nothing
FEW_THREADS = 20  # for the background, where nobody waits
GRACE_S = 3  # for open pages, when the web server stops
PAGE_S = 10.0  # for the home page, the first time
CLOSING_S = 10.0  # for a broker that an earlier start left behind


class Command(BaseCommand):
    """Starts the broker, the web server, the workers and their timer, and keeps them alive."""

    help = "Start Mailseal here: broker, database, web, workers. Ctrl-C stops all of it."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own declaration

    def handle(self, *_: Any, **__: Any) -> None:
        """Run until Ctrl-C."""
        service = settings.SERVICE
        with _lock(service.var / "up.lock"):
            _refuse_taken_port(*service.listen)
            supervision = Supervision(self._say)
            supervision.stop_on_signals()
            try:
                self._start_all(supervision)
                supervision.run()
                self._say("Stopping …")
            finally:
                supervision.stop()

    def _start_all(self, supervision: Supervision) -> None:
        service = settings.SERVICE
        if service.is_embedded:
            _stop_orphan(service.var)
            broker = supervision.start(Part("The broker", broker_command(service.var)))
            self._wait(supervision, broker, lambda: _broker_answers(service.var))
        _migrate()
        web = supervision.start(_web(*service.listen))
        for part in (*_workers(), _timer()):
            supervision.start(part)
        self._wait(supervision, web, lambda: _page_answers(*service.listen))
        if not supervision.is_stopping:
            self._say(f"Mailseal is at {_address(*service.listen)} (Ctrl-C stops it; its data is in {service.var}).")
            if is_everywhere(service.listen[0]):
                self._say(f"It answers to {', '.join(service.hosts)}. MAILSEAL_HOSTS names others.")

    def _wait(self, supervision: Supervision, part: Part, is_ready: Callable[[], bool]) -> None:
        if not supervision.wait(part, is_ready) and not supervision.is_stopping:
            raise CommandError(f"{part.name} did not come up. What it printed above says why.")

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def _web(host: str, port: int) -> Part:
    where = ["--host", host, "--port", str(port)]
    quiet = ["--log-level", "warning", "--no-access-log", "--no-server-header", "--lifespan", "off"]
    believe = ["--no-proxy-headers"]  # webui.clients does, of whom MAILSEAL_PROXIES names
    # An open event stream would otherwise keep the server from stopping.
    patience = ["--timeout-graceful-shutdown", str(GRACE_S)]
    command = [sys.executable, "-m", "uvicorn", "webui.asgi:application", *where, *quiet, *believe, *patience]
    return Part("The web server", command)


def _workers() -> tuple[Part, Part]:
    """One for those who wait, and one that gives way to it: also when it comes to CPU."""
    yielding = ["nice", "-n", "10"]
    return (
        Part("The worker", _worker("interactive", THREADS)),
        Part("The background worker", [*yielding, *_worker("background", FEW_THREADS)]),
    )


def _worker(queue: str, threads: int) -> list[str]:
    queues = ["-n", f"{queue}@%h", "-Q", queue, "-P", "threads", "-c", str(threads)]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [*_celery("worker"), *queues, *quiet]


def _timer() -> Part:
    """What says when to sweep. A part of its own: a worker doesn't notice when a timer inside it dies."""
    forgetful = ["--scheduler", "celery.beat:Scheduler", "--pidfile", ""]  # no file: the old one would keep it out
    return Part("The timer", [*_celery("beat"), *forgetful])


def _celery(what: str) -> list[str]:
    # Celery warns of root because of pickle, which we accept from nobody.
    python = [sys.executable, "-W", "ignore:You're running the worker with superuser privileges"]
    return [*python, "-m", "celery", "--quiet", "-A", "webui.celery", what]


def _migrate() -> None:
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise CommandError(f"The database can't be used: {error}. See DATABASE_URL in .env.example.") from None
    finally:
        connection.close()


def _lock(path: Path) -> IO[str]:
    """Only one ``up`` in a folder. Raises CommandError if there is one."""
    try:
        file = path.open("w")
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}. Mailseal keeps its data there.") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise CommandError(
            f"Mailseal already runs on the data in {path.parent}. Stop it first, or set MAILSEAL_VAR to another folder."
        ) from None
    return file


def _refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Mailseal can't listen on {host} port {port}: {error.strerror or error}. "
                "Stop what uses it, or set MAILSEAL_LISTEN to another, like 127.0.0.1:8001."
            ) from None


def _stop_orphan(var: Path) -> None:
    """Two brokers on one file would ruin it: stop one that a killed ``up`` left (not on Linux, see ``lifeline``)."""
    if not _broker_answers(var):
        return
    with redis.Redis(unix_socket_path=str(socket_path(var))) as client:
        client.shutdown(nosave=True)
    ends = time.monotonic() + CLOSING_S
    while _broker_answers(var):
        if time.monotonic() > ends:
            raise CommandError(f"A broker that was left behind in {var} doesn't stop. Stop it, and start again.")
        time.sleep(0.05)


def _broker_answers(var: Path) -> bool:
    try:
        with redis.Redis(unix_socket_path=str(socket_path(var))) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _page_answers(host: str, port: int) -> bool:
    """Does the home page come? Raises CommandError if an error comes instead: asking again would not mend it."""
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=PAGE_S)
    try:
        connection.request("GET", "/")
        status = connection.getresponse().status
    except OSError:
        return False
    finally:
        connection.close()
    if status != http.HTTPStatus.OK:
        raise CommandError(f"The home page answers with status {status}. What was printed above says why.")
    return True


def _address(host: str, port: int) -> str:
    name = _reachable(host)
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def _reachable(host: str) -> str:
    """An address that leads to a server that listens on ``host``."""
    if not is_everywhere(host):
        return host
    return "::1" if ":" in host else "127.0.0.1"
