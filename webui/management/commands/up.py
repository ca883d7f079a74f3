"""``python3 manage.py up``: all of Mailseal on this machine, with one Ctrl-C to stop it."""

import fcntl
import http.client
import socket
import sys
from contextlib import closing
from pathlib import Path
from typing import IO, Any

import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from webui import broker
from webui.supervision import Part, Supervision

THREADS = 200  # scans that one worker carries at once: each waits in a thread, and costs nearly nothing


class Command(BaseCommand):
    """Starts the broker, the web server and the worker, and keeps them alive."""

    help = "Start Mailseal here: broker, database, web, worker. Ctrl-C stops all of it."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def handle(self, *_: Any, **__: Any) -> None:
        """Run until Ctrl-C."""
        service = settings.SERVICE
        lock = _lock(service.var / "up.lock")
        _refuse_taken_port(*service.listen)
        supervision = Supervision(self._say)
        supervision.stop_on_signals()
        try:
            if not service.redis_url:
                part = Part("The broker", broker.command(service.var))
                self._start(supervision, part, lambda: _broker_answers(service.var))
            if not supervision.is_stopping:
                call_command("migrate", verbosity=0, interactive=False)
                self._start(supervision, _worker(service.var), lambda: True)
                self._start(supervision, _web(*service.listen), lambda: _page_answers(*service.listen))
            if not supervision.is_stopping:
                self._say(f"Mailseal is at {_address(*service.listen)} (Ctrl-C stops it; data is in {service.var}).")
            supervision.run()
        finally:
            self._say("Stopping …")
            supervision.stop()
            lock.close()

    def _start(self, supervision: Supervision, part: Part, is_ready: Any) -> None:
        if not supervision.start(part, is_ready) and not supervision.is_stopping:
            raise CommandError(f"{part.name} did not come up. What it printed above says why.")

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def _web(host: str, port: int) -> Part:
    options = ["--host", host, "--port", str(port), "--log-level", "warning", "--no-access-log"]
    patience = ["--timeout-graceful-shutdown", "3", "--lifespan", "off"]
    return Part("The web server", [sys.executable, "-m", "uvicorn", "webui.asgi:application", *options, *patience])


def _worker(var: Path) -> Part:
    queues = ["-Q", "interactive,background", "-P", "threads", "-c", str(THREADS)]
    sweep = ["-B", "-s", str(var / "beat-schedule")]
    quiet = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    return Part("The worker", [sys.executable, "-m", "celery", "-A", "webui.celery", "worker", *queues, *sweep, *quiet])


def _lock(path: Path) -> IO[str]:
    """Only one ``up`` in a folder. Raises CommandError if there is one."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
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
                f"Mailseal can't listen on {host} port {port}: {error.strerror}. "
                "Stop what uses it, or set MAILSEAL_LISTEN to another, like 127.0.0.1:8001."
            ) from None


def _broker_answers(var: Path) -> bool:
    try:
        with redis.Redis(unix_socket_path=str(broker.socket_path(var))) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _page_answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=5)
    try:
        connection.request("GET", "/robots.txt")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _address(host: str, port: int) -> str:
    name = _reachable(host)
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def _reachable(host: str) -> str:
    """An address that leads to a server that listens on ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
