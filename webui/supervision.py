"""Runs the parts of Mailseal as processes: starts them again when they die, and stops them together.

The one rule of this file: no part outlives the process that started it, however that ends.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from webui.lifeline import end_with

PAUSES_S = (0.5, 1, 2, 5, 10, 30)  # before a part that died is started again, longer each time
STEADY_S = 15.0  # who lives so long has recovered
PATIENCE_S = 20.0  # for a part to end by itself
LOOK_EVERY_S = 0.1
READY_S = 60.0  # for a part to be ready, on a busy machine


@dataclass
class Part:
    """One process of Mailseal, and those that it starts. ``start_at`` is on the monotonic clock, in seconds."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = 0.0
    start_at: float = 0.0

    @property
    def is_alive(self) -> bool:
        """Is it running?"""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C is for us, and we stop the parts in order."""
        self.started_at = time.monotonic()
        tie = partial(end_with, os.getpid())
        self.process = subprocess.Popen(self.command, start_new_session=True, preexec_fn=tie)

    def stop(self) -> None:
        """Ask it to end, and after ``PATIENCE_S`` seconds make it."""
        if self.process is None:
            return
        if self.is_alive:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE_S)
        self.clear_away()

    def clear_away(self) -> None:
        """Kill what is left of it and of the processes that it started."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):  # macOS forbids to signal a group that is gone
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervision:
    """Keeps parts alive until it is told to stop. ``say`` takes sentences for the person at the terminal."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._parts: list[Part] = []
        self.is_stopping = False

    def stop_on_signals(self) -> None:
        """Ctrl-C, SIGTERM and a closed terminal stop everything, the last not under ``nohup``.

        A script's background jobs start with SIGINT ignored: that is its shell's habit, and not a wish to run for ever.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._begin_to_stop)

    def start(self, part: Part) -> Part:
        """Start a part, unless it is told to stop already."""
        if not self.is_stopping:
            self._parts.append(part)
            part.start()
        return part

    def wait(self, part: Part, is_ready: Callable[[], bool]) -> bool:
        """Wait until a part is ready. False if it isn't within ``READY_S`` seconds, if it died, or if we stop."""
        ends = time.monotonic() + READY_S
        while not self.is_stopping and part.is_alive and time.monotonic() < ends:
            if is_ready():
                return True
            time.sleep(LOOK_EVERY_S / 2)
        return False

    def run(self) -> None:
        """Start again whatever dies, until it is told to stop."""
        while not self.is_stopping:
            for part in self._parts:
                self.look_after(part)
            time.sleep(LOOK_EVERY_S)

    def stop(self) -> None:
        """Stop all parts, the last to come first."""
        for part in reversed(self._parts):
            part.stop()

    def look_after(self, part: Part) -> None:
        """Note that a part died, and start it again when its pause is over."""
        now = time.monotonic()
        if part.is_alive:
            return
        if part.process is not None:
            part.clear_away()
            part.deaths = 1 if now - part.started_at > STEADY_S else part.deaths + 1
            pause = PAUSES_S[min(part.deaths, len(PAUSES_S)) - 1]
            self._say(f"{part.name} ended ({_how(part.process.returncode)}). It starts again in {pause:g} s.")
            part.process, part.start_at = None, now + pause
        elif now >= part.start_at:
            part.start()

    def _begin_to_stop(self, *_: object) -> None:
        self.is_stopping = True


def _how(returncode: int) -> str:
    return f"killed by signal {-returncode}" if returncode < 0 else f"exit status {returncode}"
