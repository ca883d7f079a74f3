"""Ties a child process to its parent, so that ``kill -9`` of ``up`` leaves nothing behind.

Linux only. Elsewhere ``up`` finds the broker that was left when it starts again, and stops it.
"""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with_parent() -> None:
    """Called in a child: the kernel kills it when the thread that started it is gone. Lasts over ``exec``."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
