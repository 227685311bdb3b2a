"""A process that does not outlive the one that started it (Linux; elsewhere only orderly stops are clean)."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: between fork and exec there is no safe time for it.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def request_signal(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Receive this signal when the parent ends. (Strictly, when the thread ends that forked this process.)"""
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it ended before it could be watched
        os.kill(os.getpid(), number)


def preexec() -> Callable[[], None]:
    """What a child has to run between fork and exec, so that `kill -9` of this process leaves nothing."""
    here = os.getpid()
    return lambda: request_signal(here)
