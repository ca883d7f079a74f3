"""PostgreSQL and Redis from Debian packages, each in a folder of its own and on a port of its own.

Debian's clusters and services are left alone. PostgreSQL refuses to run as root, so it runs as the user that Debian's
package makes for it.
"""

import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.processes import LabError, connects, process

ADDRESS = "127.0.0.1"
POSTGRES_PORT, REDIS_PORT = 25432, 26379
USER, PASSWORD = "mailseal", "a-password-of-the-lab"
_OWNER = "postgres"
_VERSIONS = Path("/usr/lib/postgresql")


@contextmanager
def postgresql(folder: Path, port: int = POSTGRES_PORT) -> Iterator[str]:
    """A new cluster with an empty database; its URL without the password. Raises LabError if it does not come up."""
    data = folder / "cluster"
    data.mkdir(parents=True)
    owner = pwd.getpwnam(_OWNER)
    (folder / "password").write_text(PASSWORD)
    for path in (folder, data, folder / "password"):
        shutil.chown(path, owner.pw_uid, owner.pw_gid)
    _run("initdb", "-D", str(data), "-U", USER, "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "--no-sync")
    where = ["-p", str(port), "-c", f"listen_addresses={ADDRESS}", "-c", f"unix_socket_directories={folder}"]
    command = _as_owner("postgres", "-D", str(data), *where)
    with process(command, folder / "log", lambda: _is_ready(port)):
        yield f"postgres://{USER}@{ADDRESS}:{port}/postgres"


@contextmanager
def redis_server(folder: Path, port: int = REDIS_PORT) -> Iterator[str]:
    """A Redis as production has it: each change written to a file, nothing thrown away. Its URL."""
    folder.mkdir(parents=True)
    keep = ["--dir", str(folder), "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
    command = ["redis-server", "--bind", ADDRESS, "--port", str(port), *keep]
    with process(command, folder / "log", lambda: connects(ADDRESS, port)):
        yield f"redis://{ADDRESS}:{port}/0"


def _is_ready(port: int) -> bool:
    command = [str(_program("pg_isready")), "-q", "-h", ADDRESS, "-p", str(port)]
    return subprocess.run(command, check=False).returncode == 0


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(_as_owner(program, *arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{program} failed:\n{done.stderr}")


def _as_owner(program: str, *arguments: str) -> list[str]:
    return ["runuser", "-u", _OWNER, "--", str(_program(program)), *arguments]


def _program(name: str) -> Path:
    """The newest that Debian has installed; its folder is in nobody's PATH."""
    found = sorted(_VERSIONS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise LabError(f"There is no {name} here. On Debian: apt-get install postgresql.")
    return found[-1]
