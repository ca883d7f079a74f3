"""From any Python to Mailseal's own: which one is taken, what is installed, and what is said when it can't be.

The interpreters and programs are real or small scripts on a PATH of the test's own; packages come from a folder.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

import bootstrap

ROOT = Path(__file__).resolve().parents[1]
BASE_PYTHON = Path(sys.base_prefix) / "bin" / "python3"
MANAGE = "import sys, bootstrap\nbootstrap.ensure(sys.argv)\nimport tiny\nprint(sys.prefix, tiny.VALUE)\n"


def _runs(python: str) -> bool:
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def _old_pythons() -> list[str]:
    """Interpreters too old for Mailseal: of pyenv, of the system, of PATH."""
    pyenv, system = Path.home() / ".pyenv" / "versions", Path("/usr/bin")
    found = [*pyenv.glob("2.7*/bin/python"), *pyenv.glob("3.[6-9].*/bin/python3"), *system.glob("python3.[6-9]")]
    found += [*pyenv.glob("3.1[01].*/bin/python3"), *system.glob("python3.1[01]")]
    return [str(python) for python in sorted(found) if _runs(str(python))]


OLD = _old_pythons()
NO_OLD = "no Python older than 3.12 in ~/.pyenv/versions or /usr/bin: pyenv install 3.11 makes this test run"
STARTER = next((python for python in OLD if "3.11" in python), "".join(OLD[-1:]))


class Tree:
    """A folder like Mailseal's: the real bootstrap, a ``manage.py`` of four lines, a lock of one tiny package."""

    def __init__(self, folder: Path) -> None:
        self.root, self.wheels, self.programs = folder / "mailseal", folder / "wheels", folder / "bin"
        for made in (self.root, self.wheels, self.programs):
            made.mkdir()
        shutil.copy(ROOT / "bootstrap.py", self.root)
        (self.root / "manage.py").write_text(MANAGE)
        (self.root / "requirements-uv.txt").write_text("uv==0\n")
        self.home = folder / "home"
        self.home.mkdir()
        self.lock(self.make_wheel("1"))

    def make_wheel(self, version: str, name: str = "tiny") -> str:
        """Put a wheel in the folder of packages, and return the line that locks it."""
        info = f"{name}-{version}.dist-info"
        files = {
            f"{name}.py": f"VALUE = 'tiny {version}'\n",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = [f"{path},sha256={_digest64(text)},{len(text)}" for path, text in files.items()]
        files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
        wheel = self.wheels / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, text in files.items():
                archive.writestr(zipfile.ZipInfo(path), text)  # undated: the same wheel each time
        return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"

    def lock(self, text: str, name: str = "requirements.txt") -> None:
        (self.root / name).write_text(text)

    def program(self, name: str, script: str) -> None:
        """Put a program on PATH."""
        (self.programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.programs / name).chmod(0o755)

    def command(self, python: str | Path, *arguments: str) -> subprocess.Popen[str]:
        environment = {
            "HOME": str(self.home),
            "PATH": str(self.programs),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_CACHE_DIR": "1",
            "UV_NO_INDEX": "1",
            "UV_FIND_LINKS": str(self.wheels),
            "UV_NO_CACHE": "1",
            "UV_NO_CONFIG": "1",
            "UV_OFFLINE": "1",
        }
        return subprocess.Popen(
            [str(python), "manage.py", *arguments],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self, python: str | Path, *arguments: str) -> tuple[int, str, str]:
        """Exit status, output, and what was said."""
        with self.command(python, *arguments) as process:
            printed, said = process.communicate()
        return process.returncode, printed, said

    @property
    def started(self) -> str:
        """What ``manage.py`` prints in an environment that is as it should be."""
        return f"{self.root / '.venv'} tiny 1\n"


def _digest64(text: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Nothing is set up, and PATH leads to one interpreter that will do."""
    tree = Tree(tmp_path)
    tree.program("python3.13", f'exec {BASE_PYTHON} "$@"')
    return tree


@pytest.fixture(scope="session")
def set_up_once(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A tree that was set up."""
    tree = Tree(tmp_path_factory.mktemp("tree"))
    tree.program("python3.13", f'exec {BASE_PYTHON} "$@"')
    assert tree.start(BASE_PYTHON)[:2] == (0, tree.started)
    return tree


@pytest.fixture
def ready(set_up_once: Tree, tree: Tree) -> Tree:
    """One of its own for each test: an environment may be moved, pip isn't in it."""
    shutil.copytree(set_up_once.root, tree.root, symlinks=True, dirs_exist_ok=True)
    return tree


def test_the_first_start_sets_up_and_the_second_does_not(tree: Tree) -> None:
    """It says so once. Later nothing is installed, nor an interpreter looked for."""
    assert tree.start(BASE_PYTHON) == (
        0,
        tree.started,
        "Setting up Mailseal in .venv. This takes some seconds, once.\n",
    )
    shutil.rmtree(tree.programs)
    shutil.rmtree(tree.wheels)
    assert tree.start(BASE_PYTHON) == (0, tree.started, "")
    assert tree.start(tree.root / ".venv" / "bin" / "python") == (0, tree.started, "")


@pytest.mark.skipif(not OLD, reason=NO_OLD)
@pytest.mark.parametrize("python", OLD)
def test_any_old_python_hands_over(ready: Tree, python: str) -> None:
    """Whatever ``python3`` is on this machine, down to 2.7: it parses both files and starts the right one."""
    assert ready.start(python) == (0, ready.started, "")


@pytest.mark.skipif(not OLD, reason=NO_OLD)
def test_an_old_python_sets_up(tree: Tree) -> None:
    """A Python 3.11 can't run Mailseal, but it can find one that does, and lend its pip."""
    assert tree.start(STARTER)[:2] == (0, tree.started)


def test_candidates_are_run_not_believed(tree: Tree) -> None:
    """A pyenv shim that stands for nothing, one that is another version than its name, one that hangs up."""
    tree.program("python3.13", "exit 127")
    tree.program("python3.14", "echo 3.11 /nowhere")
    tree.program("python3.12", "kill -9 $$")
    tree.program("python3", f'exec {BASE_PYTHON} "$@"')
    assert tree.start(BASE_PYTHON)[:2] == (0, tree.started)


def test_3_13_is_taken_before_newer_and_older_ones(tmp_path: Path) -> None:
    """The one that Mailseal is tested with most."""
    paths = []
    for version in ("3.12", "3.14", "3.13", "3.11"):
        (tmp_path / version).write_text(f"#!/bin/sh\necho {version} /python{version}\n")
        (tmp_path / version).chmod(0o755)
        paths.append(str(tmp_path / version))
    assert bootstrap.find_python(paths) == "/python3.13"
    assert bootstrap.find_python(paths[:2]) == "/python3.14"
    assert bootstrap.find_python(paths[3:]) is None
    assert bootstrap.find_python([]) is None


def test_where_interpreters_are_looked_for(tmp_path: Path) -> None:
    """PATH, pyenv and uv, in the order in which they are liked."""
    names = ["bin/python3", "bin/python3.12", ".pyenv/versions/3.13.0/bin/python3.13"]
    names.append(".local/share/uv/python/cpython-3.14.1-linux-x86_64-gnu/bin/python3.14")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch(mode=0o755)
    (tmp_path / "bin/python3.13").mkdir()  # a folder is no program
    (tmp_path / "bin/python3.14").touch(mode=0o644)  # nor is what can't be run
    found = [Path(path) for path in bootstrap.candidates({"PATH": f"{tmp_path}/bin"}, str(tmp_path))]
    here = [str(path.relative_to(tmp_path)) for path in found if path.is_relative_to(tmp_path)]
    assert here == [names[2], names[3], names[1], names[0]]


def test_a_changed_lock_installs_anew(ready: Tree) -> None:
    """After a ``git pull``, the next start has what the new lock says."""
    ready.lock(ready.make_wheel("2"))
    status, printed, said = ready.start(BASE_PYTHON)
    assert (status, printed) == (0, f"{ready.root / '.venv'} tiny 2\n")
    assert "Setting up" in said


def test_tools_are_for_the_commands_that_need_them(ready: Tree) -> None:
    """``up`` doesn't install them, ``test`` does, and ``up`` afterwards doesn't mind."""
    ready.lock(ready.make_wheel("1", "tool"), "requirements-dev.txt")
    installed = ready.root / ".venv" / "lib" / f"python3.{sys.version_info[1]}" / "site-packages" / "tool.py"
    assert ready.start(BASE_PYTHON, "up") == (0, ready.started, "")
    assert not installed.exists()
    assert "Setting up" in ready.start(BASE_PYTHON, "test")[2]
    assert installed.exists()
    assert ready.start(BASE_PYTHON, "up") == (0, ready.started, "")


@pytest.mark.parametrize(
    "break_it",
    [
        pytest.param(lambda venv: (venv / "mailseal-unfinished").touch(), id="while it installed"),
        pytest.param(lambda venv: (venv / "bin" / "python").unlink(), id="its interpreter is gone"),
        pytest.param(lambda venv: shutil.rmtree(venv / "bin"), id="half a folder"),
    ],
)
def test_what_was_interrupted_is_made_anew(ready: Tree, break_it: Callable[[Path], None]) -> None:
    """A set-up that was killed, at whatever point, is no reason to think."""
    venv = ready.root / ".venv"
    junk = venv / "junk"
    junk.touch()
    (venv / "mailseal-requirements.txt.sha256").write_text("")
    break_it(venv)
    assert ready.start(BASE_PYTHON)[:2] == (0, ready.started)
    assert not junk.exists()
    assert not (venv / "mailseal-unfinished").exists()


def test_two_starts_at_once_set_up_once(tree: Tree) -> None:
    """The second waits for the first, and both run."""
    starts = [tree.command(BASE_PYTHON) for _ in range(2)]
    ends = [(start.communicate(), start.returncode) for start in starts]
    assert [(printed, status) for (printed, _), status in ends] == [(tree.started, 0)] * 2
    assert sum("Setting up" in said for (_, said), _ in ends) == 1


def refused(tree: Tree, python: str | Path, *arguments: str) -> str:
    """What a start says that can't be: exit status 2, sentences, no traceback."""
    status, printed, said = tree.start(python, *arguments)
    assert (status, printed) == (2, "")
    assert "Traceback" not in said
    return said


def test_a_wrong_hash_is_said(tree: Tree) -> None:
    """What was fetched isn't what was locked: nothing is installed, and it isn't called a network problem."""
    tree.lock(f"tiny==1 --hash=sha256:{'0' * 64}\n")
    said = refused(tree, BASE_PYTHON)
    assert "a hash differs, so nothing was installed" in said
    assert "git checkout requirements.txt" in said


@pytest.mark.skipif(shutil.which("uv") is None, reason="no uv on PATH: pip install uv makes this test run")
@pytest.mark.parametrize("is_good", [True, False])
def test_uv_installs_where_it_is_at_hand(tree: Tree, is_good: bool) -> None:
    """It is quicker than pip, and as strict."""
    uv = subprocess.run(["uv", "--version"], capture_output=True, text=True, check=False)
    real = subprocess.run(["pyenv", "which", "uv"], capture_output=True, text=True, check=False).stdout.strip()
    assert uv.returncode == 0
    tree.program("uv", f'exec {real or shutil.which("uv")} "$@"')
    if is_good:
        assert tree.start(BASE_PYTHON)[:2] == (0, tree.started)
    else:
        tree.lock(f"tiny==1 --hash=sha256:{'0' * 64}\n")
        assert "a hash differs" in refused(tree, BASE_PYTHON)


def test_where_uv_fails_pip_is_tried(tree: Tree) -> None:
    """Pip knows the package index that this machine was told to use; uv may not."""
    tree.program("uv", 'test "$1" = --version || { echo failed to fetch; exit 1; }')
    assert tree.start(BASE_PYTHON)[:2] == (0, tree.started)


@pytest.mark.parametrize("lock", ["tiny==9 --hash=sha256:" + "0" * 64, "not a requirement ==="])
def test_what_cannot_be_installed_is_said(tree: Tree, lock: str) -> None:
    """No such package to be had, or a damaged line: both ways out are named, and what the installer said."""
    tree.lock(lock + "\n")
    said = refused(tree, BASE_PYTHON)
    assert "The packages that requirements.txt lists can't be installed" in said
    assert "network" in said
    assert lock.split()[0] in said


def test_a_missing_lock_is_said(tree: Tree) -> None:
    """Part of the folder is not enough."""
    (tree.root / "requirements.txt").unlink()
    assert "requirements.txt is missing" in refused(tree, BASE_PYTHON)


@pytest.mark.skipif(not OLD, reason=NO_OLD)
@pytest.mark.parametrize("uv", [None, "exit 1"])
def test_no_interpreter_is_said(tree: Tree, uv: str | None) -> None:
    """None that is new enough, and none to be fetched: which is needed, which this is, and where to get one."""
    (tree.programs / "python3.13").unlink()
    if uv:
        tree.program("uv", f'test "$1" = --version || {uv}')
    said = refused(tree, STARTER, "up")
    assert "Mailseal needs Python 3.12 or newer. This is 3." in said
    assert "apt install" in said


@pytest.mark.skipif(not OLD, reason=NO_OLD)
def test_an_interpreter_that_uv_fetches_is_taken(tree: Tree) -> None:
    """The last way: uv installs one, and says where."""
    (tree.programs / "python3.13").unlink()
    tree.program("uv", f'case "$1 $2" in "python find") echo {BASE_PYTHON};; "pip install") exit 1;; esac')
    assert tree.start(STARTER)[:2] == (0, tree.started)


@pytest.mark.real
@pytest.mark.skipif(not OLD, reason=NO_OLD)
def test_from_nothing_with_the_real_locks(tmp_path: Path) -> None:
    """A copy of Mailseal, a Python 3.11, and the package index: the first command works, the second is quick."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, files.split("\0")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILSEAL_")}
    command = [STARTER, "manage.py", "check"]
    for said in ("Setting up Mailseal", ""):
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), done.stderr
        assert done.stderr.startswith(said)
