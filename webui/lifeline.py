"""Ties a child process to its parent, so that ``kill -9`` of ``up`` leaves nothing behind.

Linux only. Elsewhere ``up`` finds the broker that was left when it starts again, and stops it.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with(parent: int) -> None:
    """Called in a child of the process ``parent``: the kernel kills it when its parent is gone. Lasts over ``exec``."""
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before the kernel was told
        os._exit(1)
