"""A real broker on a socket of its own."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from webui.broker import broker_command, socket_path
from webui.celery import app
from webui.coordination import SILENCE

START_S = 20.0


@dataclass
class Broker:
    """A broker that can be stopped, started and frozen, and says which scans wait in its queues.

    It is the embedded Valkey, or Debian's Redis where ``REDIS_URL`` says that the tests run with that.
    """

    folder: Path

    @property
    def socket(self) -> Path:
        return socket_path(self.folder)

    def start(self) -> None:
        program, *arguments = broker_command(self.folder)
        if "REDIS_URL" in os.environ:
            program = shutil.which("redis-server") or "redis-server"
        self._process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
        ends = time.monotonic() + START_S
        while not self._answers():
            assert time.monotonic() < ends, f"{program} did not come up"
            time.sleep(0.01)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Frozen for the length of a block: it takes connections and never answers."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def waiting(self, queue: str = "interactive") -> list[str]:
        """The ids in a queue, the next to be taken first."""
        with self._client() as client:
            messages = [json.loads(raw) for raw in client.lrange(queue, 0, -1)]
        return [json.loads(b64decode(message["body"]))[0][0] for message in reversed(messages)]

    def clear(self) -> None:
        with self._client() as client:
            client.flushall()

    def _answers(self) -> bool:
        with suppress(redis.RedisError), self._client() as client:
            return bool(client.ping())
        return False

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket))


@pytest.fixture(scope="session")
def _running_broker() -> Iterator[Broker]:
    # A socket's path has 107 characters at most, and the test run's own folders are longer.
    with tempfile.TemporaryDirectory(prefix="mailseal") as folder:
        broker = Broker(Path(folder))
        broker.start()
        app.conf.broker_url = f"redis+socket://{broker.socket}"
        yield broker
        app.close()
        broker.stop()


@pytest.fixture
def broker(_running_broker: Broker) -> Broker:
    """The broker, with empty queues."""
    _running_broker.clear()
    SILENCE.end()
    return _running_broker
