"""Storms are judged by the clock (an answer is kept within a second): beside them no other test runs that
starts processes, but only those that compute and give way.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(folder: Path, *, alone: bool) -> Iterator[None]:
    """With all others who are not `alone`, or with nobody else in this folder."""
    with (folder / "door").open("w") as door, (folder / "room").open("w") as room:
        # Whoever wants to be alone stands in the door, so that nobody else slips in before.
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield
