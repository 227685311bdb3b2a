"""Atomic writes: a file that is there whole or not at all, whatever stops the process or the machine."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def partial(file: Path) -> Path:
    """Where the bytes of `file` rest until they are complete."""
    return file.with_name(f"{file.name}.partial")


def open_partial(file: Path) -> BinaryIO:
    """The partial file of `file`, held for as long as it is open (see `is_held`)."""
    opened = partial(file).open("wb")
    with suppress(OSError):  # a disk without locks: then its age alone says whether anybody is at it
        fcntl.flock(opened, fcntl.LOCK_EX)
    return opened


def is_held(left: Path) -> bool:
    """Whether a process, even one that was paused for hours, still writes this partial file."""
    try:
        with left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def sync(file: BinaryIO) -> None:
    """Wait until what was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def keep(file: Path) -> None:
    """Give the complete partial file its name, so that it outlives a crash of the machine."""
    partial(file).rename(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def atomic_write(file: Path) -> Iterator[BinaryIO]:
    """Write `file` inside the block; an exception in it leaves no byte behind."""
    try:
        with partial(file).open("wb") as out:
            yield out
            sync(out)
        keep(file)
    finally:
        partial(file).unlink(missing_ok=True)
