"""Makes ``.venv`` with what the lock files say, and runs ``manage.py`` in it. Standard library only.

The one rule of this file: it must parse and speak clearly on any Python, back to 2.7, since the first one at hand may
be too old to run Mailseal. What goes wrong ends in a sentence that says what to do, and exit status 2.
"""

from __future__ import print_function

import glob
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
LEAST = (3, 12)
PREFERRED = ("3.13", "3.14", "3.12")
TOOL_COMMANDS = ("test", "lint", "bench")  # these need the tools of requirements-dev.txt too


class SetUpError(Exception):
    """Set-up can't go on; the text is a sentence for the person at the terminal."""


def ensure(argv, root=ROOT):
    # type: (list[str], str) -> None
    """Return if this is Mailseal's own up-to-date environment; else make it and start again in it, or exit with 2."""
    locks = lock_files(root, argv)
    try:
        digest = digest_of(locks)
        if runs_in(root) and is_stamped(root, digest):
            return
        with exclusive(root):
            if not is_stamped(root, digest):
                set_up(root, locks, digest)
    except SetUpError as error:
        sys.stderr.write("{0}\n".format(error))
        sys.exit(2)
    python = venv_python(root)
    sys.stdout.flush()
    os.execv(python, [python] + argv)


def lock_files(root, argv):
    # type: (str, list[str]) -> list[str]
    """The lock files that a command needs."""
    names = ["requirements.txt"]
    if len(argv) > 1 and argv[1] in TOOL_COMMANDS or os.path.exists(stamp_path(root, "requirements-dev.txt")):
        names.append("requirements-dev.txt")
    return [os.path.join(root, name) for name in names]


def digest_of(locks):
    # type: (list[str]) -> dict[str, str]
    """The SHA-256 of each lock file, by its name."""
    digests = {}
    for path in locks:
        try:
            with open(path, "rb") as lock:
                digests[os.path.basename(path)] = hashlib.sha256(lock.read()).hexdigest()
        except (IOError, OSError):
            raise SetUpError("{0} is missing. Get the whole of Mailseal's folder again.".format(path))
    return digests


def stamp_path(root, name):
    # type: (str, str) -> str
    """Where the digest of an installed lock file is kept."""
    return os.path.join(root, ".venv", "mailseal-{0}.sha256".format(name))


def is_stamped(root, digest):
    # type: (str, dict[str, str]) -> bool
    """Is everything installed just as these lock files say?"""
    return all(read(stamp_path(root, name)) == value for name, value in digest.items())


def runs_in(root):
    # type: (str) -> bool
    """Is this Python the one of ``.venv``?"""
    return os.path.realpath(sys.prefix) == os.path.realpath(os.path.join(root, ".venv"))


def venv_python(root):
    # type: (str) -> str
    """The interpreter of ``.venv``."""
    return os.path.join(root, ".venv", "bin", "python")


def set_up(root, locks, digest):
    # type: (str, list[str], dict[str, str]) -> None
    """Make the environment, install, and stamp it. An environment that was left half made is made anew."""
    sys.stderr.write("Setting up Mailseal in .venv (once; this takes some seconds) …\n" if sys.version_info > (3,)
                     else "Setting up Mailseal in .venv (once; this takes some seconds) ...\n")
    if version_of(venv_python(root)) is None or version_of(venv_python(root)) < LEAST:
        make_venv(root, find_python(root) or fetch_python(root))
    install(root, locks)
    for name, value in digest.items():
        with open(stamp_path(root, name), "w") as stamp:
            stamp.write(value)


def find_python(root):
    # type: (str) -> str | None
    """The best interpreter on this machine. Each is run, since a pyenv shim may stand for nothing."""
    found = []
    for path in candidates(os.environ, os.path.expanduser("~")):
        version = version_of(path)
        if version is not None and version >= LEAST:
            name = "{0}.{1}".format(*version)
            found.append((PREFERRED.index(name) if name in PREFERRED else len(PREFERRED), len(found), path))
    return min(found)[2] if found else None


def candidates(environ, home):
    # type: (dict[str, str], str) -> list[str]
    """Where interpreters live: PATH, pyenv, uv, Homebrew, python.org."""
    names = ["python" + version for version in PREFERRED] + ["python3"]
    folders = environ.get("PATH", "").split(os.pathsep)
    paths = [os.path.join(folder, name) for name in names for folder in folders]
    for pattern in (
        os.path.join(environ.get("PYENV_ROOT", os.path.join(home, ".pyenv")), "versions", "3.*", "bin", "python3"),
        os.path.join(home, ".local", "share", "uv", "python", "*", "bin", "python3"),
        "/opt/homebrew/bin/python3.*",
        "/usr/local/bin/python3.*",
        "/Library/Frameworks/Python.framework/Versions/3.*/bin/python3",
    ):
        paths.extend(sorted(glob.glob(pattern), reverse=True))
    seen = []
    for path in paths:
        if path not in seen and os.path.isfile(path) and os.access(path, os.X_OK):
            seen.append(path)
    return seen


def version_of(python):
    # type: (str) -> tuple[int, int] | None
    """The version that an interpreter says it has when it is run, null if it doesn't run."""
    code = "import sys, ssl, sqlite3; print('%d.%d' % sys.version_info[:2])"
    try:
        process = subprocess.Popen([python, "-I", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        printed = process.communicate()[0].decode("ascii", "replace").strip()
    except OSError:
        return None
    parts = printed.split(".")
    if process.returncode != 0 or len(parts) != 2 or not all(part.isdigit() for part in parts):
        return None
    return int(parts[0]), int(parts[1])


def fetch_python(root):
    # type: (str) -> str
    """An interpreter that uv installs. It comes from outside, so this may fail where nothing can be fetched."""
    uv = which("uv")
    if uv is None:
        folder = os.path.join(root, "var", "uv")
        if run([sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, "uv"])[0] == 0:
            uv = os.path.join(folder, "bin", "uv")
    if uv is not None and run([uv, "python", "install", "3.13"])[0] == 0:
        status, printed = run([uv, "python", "find", "3.13"])
        if status == 0 and version_of(printed.strip()) is not None:
            return printed.strip()
    raise SetUpError(
        "Mailseal needs Python 3.12 or newer. This is {0}.{1}, there is no newer one on this machine, and none could "
        "be fetched. Install one (Debian 13: apt install python3-venv; others: https://www.python.org/downloads/), "
        "then run this again.".format(*sys.version_info[:2])
    )


def make_venv(root, python):
    # type: (str, str) -> None
    """An environment with pip, also where the system's Python comes without ensurepip."""
    folder = os.path.join(root, ".venv")
    shutil.rmtree(folder, ignore_errors=True)
    if run([python, "-m", "venv", folder])[0] == 0:
        return
    shutil.rmtree(folder, ignore_errors=True)
    status, printed = run([python, "-m", "venv", "--without-pip", folder])
    if status != 0:
        raise SetUpError("{0} could not make an environment in {1}:\n{2}".format(python, folder, printed))


def install(root, locks):
    # type: (str, list[str]) -> None
    """Install what the lock files say, and nothing that they don't."""
    python = venv_python(root)
    files = [argument for lock in locks for argument in ("-r", lock)]
    uv = which("uv")
    if uv is not None:
        command = [uv, "pip", "install", "--quiet", "--python", python, "--require-hashes"] + files
    else:
        command = pip_for(python) + ["install", "--quiet", "--disable-pip-version-check", "--require-hashes"] + files
    status, printed = run(command)
    if status != 0:
        raise SetUpError(
            "The packages that {0} lists could not be installed. If a hash doesn't match, the file is damaged: get it "
            "again. If nothing could be fetched, look to this machine's network. The installer said:\n{1}".format(
                " and ".join(os.path.basename(lock) for lock in locks), printed.strip()[-2000:]
            )
        )


def pip_for(python):
    # type: (str) -> list[str]
    """A pip that installs into the environment: its own, or else this Python's, told to."""
    if run([python, "-m", "pip", "--version"])[0] == 0:
        return [python, "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", python]


class exclusive(object):  # noqa: N801
    """One set-up at a time in a folder; who comes second waits."""

    def __init__(self, root):
        # type: (str) -> None
        self._path = os.path.join(root, ".venv.lock")

    def __enter__(self):
        # type: () -> None
        import fcntl

        try:
            self._file = open(self._path, "w")
        except (IOError, OSError):
            raise SetUpError("Mailseal can't write into its own folder ({0}). Make it writable.".format(ROOT))
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        # type: (object) -> None
        self._file.close()


def run(command):
    # type: (list[str]) -> tuple[int, str]
    """Exit status and output of a command; 127 if there is none."""
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        return 127, str(error)
    printed = process.communicate()[0].decode("utf-8", "replace")
    return process.returncode, printed


def which(name):
    # type: (str) -> str | None
    """A program on PATH that really runs."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK) and run([path, "--version"])[0] == 0:
            return path
    return None


def read(path):
    # type: (str) -> str | None
    """The text of a small file, null if it isn't there."""
    try:
        with open(path) as file:
            return file.read()
    except (IOError, OSError):
        return None
