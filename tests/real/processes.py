"""Programs that the lab starts, each until its context ends, and the key files that they read."""

import socket
import subprocess
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.authority import Issued


class LabError(Exception):
    """A server of the lab did not come up; the text holds what it printed."""


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """A server's certificate chain and key, as files that it reads."""

    chain: Path
    key: Path


def key_files(folder: Path, name: str, issued: Issued) -> KeyFiles:
    """Write what was issued into ``folder``."""
    chain, key = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(issued.chain_pem)
    key.write_bytes(issued.key_pem)
    return KeyFiles(chain, key)


@contextmanager
def process(command: list[str], log: Path, is_ready: Callable[[], bool]) -> Iterator[None]:
    """Run a program in the foreground. Raises LabError when it is not ready within a minute."""
    with log.open("wb") as output:
        running = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_until(is_ready, running, log)
        yield
    finally:
        running.terminate()
        running.wait(30)


def connects(address: str, port: int) -> bool:
    """Does something listen there?"""
    try:
        with socket.create_connection((address, port), timeout=5):
            return True
    except OSError:
        return False


def _wait_until(is_ready: Callable[[], bool], running: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while not is_ready():
        if running.poll() is not None or time.monotonic() > deadline:
            raise LabError(f"{running.args!r} did not come up:\n{textwrap.indent(log.read_text(), '  ')}")
        time.sleep(0.05)
