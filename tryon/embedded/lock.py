"""One `up` for one data folder."""

import fcntl
import os
from pathlib import Path
from typing import IO


class AlreadyRunningError(Exception):
    """Another `up` works on this data folder."""


def hold(file: Path) -> IO[str]:
    """The lock, held for as long as the answer stays open. AlreadyRunningError when another holds it."""
    lock = file.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise AlreadyRunningError(f"process {holder}") from exc
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
