"""Parts that die, parts that won't, and what they leave: with processes of a few lines."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from webui import supervision
from webui.supervision import Part, Supervision

ENDS_AT_ONCE = "raise SystemExit(3)"
RUNS = "import time; time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('deaf', 'w').close(); time.sleep(600)"
HAS_A_CHILD = (
    "import pathlib, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "pathlib.Path('child.new').write_text(str(child.pid)); pathlib.Path('child.new').rename('child')\n"
    "time.sleep(600)"
)


@pytest.fixture
def said() -> list[str]:
    """The sentences for the person at the terminal."""
    return []


@pytest.fixture
def parts(said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervision]:
    """A supervision whose parts run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    parts = Supervision(said.append)
    yield parts
    parts.stop()


def part(code: str) -> Part:
    return Part("The part", [sys.executable, "-S", "-c", code])


def until(reached: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < ends
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text())


def test_who_dies_is_started_again_later_each_time(
    parts: Supervision, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each death is said, with how it ended, and the pause grows up to a limit."""
    monkeypatch.setattr(supervision, "PAUSES_S", (0.01, 0.02, 0.03))
    dying = parts.start(part(ENDS_AT_ONCE))

    def has_died(times: int) -> bool:
        parts.look_after(dying)
        return dying.deaths == times

    until(lambda: has_died(4))
    assert said == [
        f"The part ended (exit status 3). It starts again in {pause} s." for pause in (0.01, 0.02, 0.03, 0.03)
    ]


def test_it_is_not_started_before_its_pause_is_over(parts: Supervision, monkeypatch: pytest.MonkeyPatch) -> None:
    """What dies at once must not keep the machine busy."""
    monkeypatch.setattr(supervision, "PAUSES_S", (600,))
    dying = parts.start(part(ENDS_AT_ONCE))
    assert dying.process is not None
    dying.process.wait()
    parts.look_after(dying)
    parts.look_after(dying)
    assert (dying.deaths, dying.process) == (1, None)


def test_who_lived_long_starts_soon(parts: Supervision, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that was steady has its deaths forgotten."""
    monkeypatch.setattr(supervision, "STEADY_S", 0.0)
    steady = parts.start(part(RUNS))
    steady.deaths = 5
    assert steady.process is not None
    steady.process.kill()
    steady.process.wait()
    parts.look_after(steady)
    assert said == ["The part ended (killed by signal 9). It starts again in 0.5 s."]


def test_what_a_dead_part_started_goes_with_it(parts: Supervision, tmp_path: Path) -> None:
    """A second timer of sweeps beside the new worker's would be one too many."""
    parent = parts.start(part(HAS_A_CHILD))
    until((tmp_path / "child").exists)
    child = int((tmp_path / "child").read_text())
    assert is_running(child)
    assert parent.process is not None
    parent.process.kill()
    parent.process.wait()
    parts.look_after(parent)
    until(lambda: not is_running(child))


def test_who_does_not_listen_is_killed(parts: Supervision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping ends, whatever a part is busy with."""
    monkeypatch.setattr(supervision, "PATIENCE_S", 0.1)
    deaf = parts.start(part(DEAF))
    until((tmp_path / "deaf").exists)
    parts.stop()
    assert deaf.process is not None
    assert deaf.process.returncode == -signal.SIGKILL


def test_the_last_to_come_is_stopped_first(parts: Supervision, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker goes when nobody needs it any more."""
    order: list[str] = []
    for name in ("broker", "web", "worker"):
        started = parts.start(Part(name, [sys.executable, "-S", "-c", RUNS]))
        monkeypatch.setattr(started, "stop", lambda name=name, stop=started.stop: (order.append(name), stop()))
    parts.stop()
    assert order == ["worker", "web", "broker"]


def test_waiting_ends_when_the_part_does(parts: Supervision) -> None:
    """A part that can't start isn't waited for until the patience is over."""
    began = time.monotonic()
    assert parts.wait(parts.start(part(ENDS_AT_ONCE)), lambda: False) is False
    assert time.monotonic() - began < supervision.READY_S / 2


def test_waiting_ends_when_it_is_ready(parts: Supervision, tmp_path: Path) -> None:
    """Ready is what the caller says it is."""
    assert parts.wait(parts.start(part("open('ready', 'w').close();" + RUNS)), (tmp_path / "ready").exists) is True


@pytest.mark.parametrize(
    ("number", "is_stopped"),
    [
        pytest.param(signal.SIGINT, True, id="a script's background job is stopped as by Ctrl-C"),
        pytest.param(signal.SIGTERM, True, id="terminated"),
        pytest.param(signal.SIGHUP, False, id="nohup"),
    ],
)
def test_which_ignored_signals_stop_it(said: list[str], number: signal.Signals, is_stopped: bool) -> None:
    """What was ignored when it started still stops it, but for the closed terminal that nohup is for."""
    before = signal.signal(number, signal.SIG_IGN)
    others = {other: signal.getsignal(other) for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        watch = Supervision(said.append)
        watch.stop_on_signals()
        os.kill(os.getpid(), number)
        assert watch.is_stopping is is_stopped
    finally:
        for other, handler in {**others, number: before}.items():
            signal.signal(other, handler)
