"""Makes ``.venv`` with what the lock files say, and runs ``manage.py`` in it. Standard library only.

The one rule of this file: it must parse and speak clearly on any Python, back to 2.7, since the first one at hand may
be too old to run Mailseal. So it is plain ASCII, without annotations. What goes wrong ends in a sentence that says what
to do, and exit status 2.
"""

from __future__ import print_function

import glob
import hashlib
import os
import shutil
import subprocess
import sys
import threading

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

ROOT = os.path.dirname(os.path.abspath(__file__))
LEAST = (3, 12)
PREFERRED = ("3.13", "3.14", "3.12")
TOOL_COMMANDS = ("test", "lint", "bench")  # these need the tools of requirements-dev.txt too
INTERPRETER_S = 20.0  # for an interpreter to say its version
PROBE = "import sys, ssl, sqlite3, venv; print('%d.%d %s' % (sys.version_info[0], sys.version_info[1], sys.executable))"


class SetUpError(Exception):
    """Set-up can't go on; the text is a sentence for the person at the terminal."""


def ensure(argv, root=ROOT):
    """Return if this is Mailseal's own up-to-date environment; else make it and start again in it, or exit with 2."""
    try:
        digests = digests_of(root, lock_files(argv))
        is_ready = is_stamped(root, digests)
        if is_ready and runs_in(root):
            return
        if not is_ready:
            with SetUpLock(root):
                if not is_stamped(root, digests):  # who waited finds it done
                    set_up(root, digests)
    except SetUpError as error:
        sys.stderr.write("{0}\n".format(error))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. The next start goes on with the set-up.\n")
        sys.exit(130)
    sys.stdout.flush()
    sys.stderr.flush()
    os.environ.pop("PYTHONHOME", None)
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        # Nothing is written beside the sources, as was asked. But each part of "up" would compile Django anew.
        os.environ["PYTHONPYCACHEPREFIX"] = os.path.join(root, ".venv", "bytecode")
    os.execv(venv_python(root), [venv_python(root)] + argv)


def lock_files(argv):
    """The names of the lock files that a command needs."""
    return ["requirements.txt"] + (["requirements-dev.txt"] if argv[1:2] and argv[1] in TOOL_COMMANDS else [])


def digests_of(root, names):
    """The SHA-256 of each lock file, by its name."""
    digests = {}
    for name in names:
        try:
            with open(os.path.join(root, name), "rb") as lock:
                digests[name] = hashlib.sha256(lock.read()).hexdigest()
        except EnvironmentError:
            raise SetUpError("{0} is missing in {1}. Get the whole of Mailseal's folder again.".format(name, root))
    return digests


def stamp_path(root, name):
    """Where the digest of an installed lock file is kept."""
    return os.path.join(root, ".venv", "mailseal-{0}.sha256".format(name))


def unfinished_path(root):
    """Is there while packages are being installed. If it is there later, that was interrupted."""
    return os.path.join(root, ".venv", "mailseal-unfinished")


def is_stamped(root, digests):
    """Is there an interpreter, and everything installed just as these lock files say?"""
    stamps = all(read(stamp_path(root, name)) == digest for name, digest in digests.items())
    return stamps and os.path.exists(venv_python(root))


def runs_in(root):
    """Is this Python the one of ``.venv``?"""
    return os.path.realpath(sys.prefix) == os.path.realpath(os.path.join(root, ".venv"))


def venv_python(root):
    """The interpreter of ``.venv``."""
    return os.path.join(root, ".venv", "bin", "python")


def set_up(root, digests):
    """Make the environment, install, and stamp it. One that was left half made is made anew."""
    print("Setting up Mailseal in .venv. This takes some seconds, once.", file=sys.stderr)
    found = version_and_path(venv_python(root))
    if os.path.exists(unfinished_path(root)) or found is None or found[0] < LEAST:
        make_venv(root, find_python(candidates(os.environ, os.path.expanduser("~"))) or fetch_python(root))
    write(unfinished_path(root), "")
    for name in digests:
        write(stamp_path(root, name), "")
    install(root, sorted(digests))
    for name, digest in digests.items():
        write(stamp_path(root, name), digest)
    os.remove(unfinished_path(root))


def find_python(paths):
    """The best interpreter of these, None if none is new enough. Each is run: a pyenv shim may stand for nothing."""
    best = None
    for path in paths:
        found = version_and_path(path)
        if found is None or found[0] < LEAST:
            continue
        name = "{0}.{1}".format(*found[0])
        rank = PREFERRED.index(name) if name in PREFERRED else len(PREFERRED)
        if best is None or rank < best[0]:
            best = (rank, found[1])
        if rank == 0:
            break
    return best[1] if best else None


def candidates(environ, home):
    """Where interpreters may be, the likeliest first: PATH, pyenv, uv, Homebrew, python.org, and this one."""
    folders = [folder for folder in environ.get("PATH", "").split(os.pathsep) if folder]
    pyenv = environ.get("PYENV_ROOT") or os.path.join(home, ".pyenv")
    uv = environ.get("UV_PYTHON_INSTALL_DIR") or os.path.join(home, ".local", "share", "uv", "python")
    paths = []
    for version in PREFERRED:
        paths.extend(os.path.join(folder, "python" + version) for folder in folders)
        for pattern in (
            os.path.join(pyenv, "versions", "{0}*"),
            os.path.join(uv, "*-{0}*"),
            "/opt/homebrew/opt/python@{0}",
            "/usr/local/opt/python@{0}",
            "/Library/Frameworks/Python.framework/Versions/{0}",
        ):
            name = os.path.join(pattern.format(version), "bin", "python" + version)
            paths.extend(sorted(glob.glob(name), reverse=True))
    paths.extend(os.path.join(folder, "python3") for folder in folders)
    paths.append(sys.executable)
    return [path for path in paths if os.path.isfile(path) and os.access(path, os.X_OK)]


def version_and_path(python):
    """What an interpreter says when it is run, like ``((3, 13), "/usr/bin/python3.13")``. None if it is of no use."""
    status, printed = run([python, "-I", "-c", PROBE], INTERPRETER_S)
    version, _, path = printed.strip().partition(" ")
    numbers = version.split(".")
    if status != 0 or len(numbers) != 2 or not all(number.isdigit() for number in numbers):
        return None
    return (int(numbers[0]), int(numbers[1])), path


def fetch_python(root):
    """An interpreter that uv installs. It comes from outside, so this fails where nothing can be fetched."""
    print("No Python 3.12 or newer is here. Trying to fetch one with uv.", file=sys.stderr)
    uv = which("uv") or fetch_uv(root)
    if uv and run([uv, "python", "install", PREFERRED[0]])[0] == 0:
        found = version_and_path(run([uv, "python", "find", PREFERRED[0]])[1].strip())
        if found is not None:
            return found[1]
    raise SetUpError(
        "Mailseal needs Python 3.12 or newer. This is {0}.{1}, no newer one is on this machine, and none could be "
        "fetched.\nInstall one, then run this again. Debian 13 or Ubuntu 24.04: apt install python3 python3-pip. "
        "macOS: brew install python@3.13.\nOthers: https://www.python.org/downloads/".format(*sys.version_info[:2])
    )


def fetch_uv(root):
    """A uv of our own, which some pip gets. None if that can't be."""
    folder = os.path.join(root, "var", "uv")
    lock = os.path.join(root, "requirements-uv.txt")
    if not os.path.exists(os.path.join(folder, "bin", "uv")):
        pip = next((pip for pip in pips() if run(pip + ["--version"])[0] == 0), None)
        if pip is None or run(pip + ["install", "--target", folder, "--require-hashes", "-r", lock])[0] != 0:
            return None
    return os.path.join(folder, "bin", "uv")


def make_venv(root, python):
    """An empty environment. Pip isn't put into it: Debian's Python can't, and it takes longer than all the rest."""
    folder = os.path.join(root, ".venv")
    shutil.rmtree(folder, ignore_errors=True)
    status, printed = run([python, "-m", "venv", "--without-pip", folder])
    if status != 0:
        raise SetUpError("{0} can't make an environment in {1}. It says:\n{2}".format(python, folder, ending(printed)))


def install(root, names):
    """Install what the lock files say, and nothing that they don't."""
    locks = [argument for name in names for argument in ("-r", os.path.join(root, name))]
    status, printed = 1, ""
    for installer in installers(venv_python(root)):
        status, printed = run(installer + ["--quiet", "--require-hashes"] + locks)
        # Where uv can't fetch, pip may: it knows the package index that this machine was told to use.
        if status == 0 or is_about_hashes(printed):
            break
    if status == 0:
        return
    files = " and ".join(names)
    if not printed:
        raise SetUpError("There is no pip to install with. Install it, then run this again: apt install python3-venv.")
    if is_about_hashes(printed):
        raise SetUpError(
            "What was fetched is not what {0} lists: a hash differs, so nothing was installed.\nGet that file again "
            "(git checkout {1}). If it stays like this, a package was changed: don't install it, and tell us.\n"
            "{2}".format(files, " ".join(names), ending(printed))
        )
    raise SetUpError(
        "The packages that {0} lists can't be installed. If nothing could be fetched, look to this machine's network "
        "and pip settings, then run this again.\nIf a line of the file is wrong, get it again (git checkout {1}). The "
        "installer said:\n{2}".format(files, " ".join(names), ending(printed))
    )


def installers(python):
    """The commands that can install into this environment, the quickest first."""
    uv = which("uv")
    if uv:
        yield [uv, "pip", "install", "--python", python]
    if run([python, "-m", "pip", "--version"])[0] == 0:
        yield [python, "-m", "pip", "install", "--no-compile"]
        return
    for pip in pips():
        if run(pip + ["--python", python, "--version"])[0] == 0:
            yield pip + ["--python", python, "install", "--no-compile"]
            return
    if run([python, "-m", "ensurepip"])[0] == 0:
        yield [python, "-m", "pip", "install", "--no-compile"]


def pips():
    """Commands that may be a pip."""
    return [[sys.executable, "-m", "pip"], ["python3", "-m", "pip"], ["pip3"], ["pip"]]


def is_about_hashes(printed):
    """Does an installer refuse a package, rather than fail to get it?"""
    said = printed.lower()
    return "do not match the hashes" in said or "hash mismatch" in said


class SetUpLock(object):
    """One set-up at a time in a folder; who comes second waits."""

    def __init__(self, root):
        self._path = os.path.join(root, ".venv.lock")

    def __enter__(self):
        """Wait for the lock."""
        if fcntl is None:
            raise SetUpError("Mailseal runs on Linux and macOS. On Windows, start it in WSL.")
        try:
            self._file = open(self._path, "w")
        except EnvironmentError as error:
            raise SetUpError("{0} can't be written: {1}.".format(self._path, error.strerror))
        if hasattr(os, "set_inheritable"):  # an installer that outlives us keeps the lock until it ends
            os.set_inheritable(self._file.fileno(), True)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except EnvironmentError:
            print("Another start is setting up. Waiting for it.", file=sys.stderr)
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        """Let the next one in."""
        self._file.close()


def run(command, limit=None):
    """Exit status and output of a command, which is killed after ``limit`` seconds. 127 if there is none."""
    environment = dict(os.environ, PIP_ROOT_USER_ACTION="ignore", PIP_DISABLE_PIP_VERSION_CHECK="1")
    environment.pop("PYTHONHOME", None)
    try:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, close_fds=False
        )
    except EnvironmentError as error:
        return 127, str(error)
    timer = threading.Timer(limit or 0, process.kill)
    if limit:
        timer.start()
    try:
        printed = process.communicate()[0].decode("utf-8", "replace")
    finally:
        timer.cancel()
    return process.returncode, printed


def ending(printed):
    """The last lines that an installer printed, without its warnings."""
    lines = [line for line in printed.strip().splitlines() if line.strip() and not line.startswith("WARNING")]
    text = "\n".join("    " + line for line in lines[-8:])
    return text if sys.version_info[0] > 2 else text.encode("ascii", "replace")


def which(name):
    """A program on PATH that really runs."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK) and run([path, "--version"], INTERPRETER_S)[0] == 0:
            return path
    return None


def read(path):
    """The text of a small file, None if it isn't there."""
    try:
        with open(path) as file:
            return file.read()
    except EnvironmentError:
        return None


def write(path, text):
    """Write a small file."""
    try:
        with open(path, "w") as file:
            file.write(text)
    except EnvironmentError as error:
        raise SetUpError("{0} can't be written: {1}.".format(path, error.strerror))
