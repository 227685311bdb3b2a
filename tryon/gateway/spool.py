"""Atomic writes: a file that is there whole or not at all, whatever stops the process or the machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def partial(file: Path) -> Path:
    """Where the bytes of `file` rest until they are complete."""
    return file.with_name(f"{file.name}.partial")


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
