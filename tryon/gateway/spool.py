"""Files that are there whole or not at all, whatever stops process or machine; and who is at one of them."""

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
    _lock(opened)
    return opened


@contextmanager
def hold(file: Path) -> Iterator[bool]:
    """Hold a file to the end of the block, or of this process; False where another does, or it is gone."""
    try:
        opened = file.open("r+b")
    except FileNotFoundError:
        yield False
        return
    with opened:
        try:
            yield _lock(opened)
        finally:
            with suppress(OSError):  # closing would not do: a fork of this process may hold it too
                fcntl.flock(opened, fcntl.LOCK_UN)


def is_held(left: Path) -> bool:
    """Whether a process, even one that was paused for hours, is still at this file."""
    try:
        with left.open("rb") as file:
            return not _lock(file)
    except OSError:
        return False


def _lock(file: BinaryIO) -> bool:
    """False where another process has it. On a disk without locks nobody is kept out."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


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
