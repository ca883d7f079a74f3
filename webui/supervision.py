"""Runs the parts of Mailseal as processes: starts them again when they die, and stops them together.

The one rule of this file: no part outlives the process that started it, however that ends.
"""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

PAUSES_S = (0.5, 1, 2, 5, 10, 30)  # before a part that died is started again, each time it dies
STEADY_S = 60.0  # who lives so long has recovered
PATIENCE_S = 15.0  # for a part to end by itself
_PR_SET_PDEATHSIG = 1


@dataclass
class Part:
    """One process of Mailseal."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = 0.0
    start_at: float = field(default=0.0)

    @property
    def is_alive(self) -> bool:
        """Is it running?"""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C is for us, and we stop the parts in order."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(self.command, start_new_session=True, preexec_fn=_die_with_parent)

    def stop(self) -> None:
        """Ask it to end, and after ``PATIENCE_S`` seconds make it."""
        if self.process is None or not self.is_alive:
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Supervision:
    """Keeps parts alive until it is told to stop. ``say`` takes sentences for the person at the terminal."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._parts: list[Part] = []
        self.is_stopping = False

    def stop_on_signals(self) -> None:
        """Ctrl-C and SIGTERM stop everything, once."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._begin_to_stop)

    def start(self, part: Part, is_ready: Callable[[], bool], patience_s: float = 60.0) -> bool:
        """Start a part and wait until it is ready. False if it isn't within ``patience_s`` seconds, or died."""
        self._parts.append(part)
        part.start()
        ends = time.monotonic() + patience_s
        while not self.is_stopping and part.is_alive and time.monotonic() < ends:
            if is_ready():
                return True
            time.sleep(0.05)
        return False

    def run(self) -> None:
        """Start again whatever dies, until it is told to stop."""
        while not self.is_stopping:
            for part in self._parts:
                self._look_after(part)
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop all parts, the last to come first."""
        for part in reversed(self._parts):
            part.stop()

    def _look_after(self, part: Part) -> None:
        now = time.monotonic()
        if part.is_alive:
            return
        if part.process is not None:
            part.deaths = 1 if now - part.started_at > STEADY_S else part.deaths + 1
            pause = PAUSES_S[min(part.deaths, len(PAUSES_S)) - 1]
            self._say(f"{part.name} ended ({_how(part.process.returncode)}). It starts again in {pause:g} s.")
            part.process, part.start_at = None, now + pause
        elif now >= part.start_at:
            part.start()

    def _begin_to_stop(self, *_: object) -> None:
        self.is_stopping = True


def _how(returncode: int | None) -> str:
    return f"killed by signal {-returncode}" if returncode is not None and returncode < 0 else f"exit {returncode}"


def _die_with_parent() -> None:
    """In the child: let the kernel end it when its parent dies, also of ``kill -9`` (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
