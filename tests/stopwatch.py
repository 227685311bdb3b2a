"""How long something took, without the time for which the machine gave its cores to others.

A bound on what the product takes is a bound on a machine that is its own. On Linux the kernel tells for how
long each thread was ready to run and did not: that is taken off, for this process and its children.
"""

from __future__ import annotations

import time
from pathlib import Path

NANO = 1e9


class Stopwatch:
    def __init__(self) -> None:
        self._held_up = held_up()
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        took = time.monotonic() - self._begun
        since = sum(held - self._held_up.get(thread, 0) for thread, held in held_up().items())
        return max(0.0, took - since)


def held_up() -> dict[Path, float]:
    """Thread -> seconds for which it could have run, since it began."""
    found = {}
    for process in ("self", *_children()):
        for thread in Path(f"/proc/{process}/task").glob("*"):
            try:
                found[thread] = int((thread / "schedstat").read_text().split()[1]) / NANO
            except (OSError, IndexError):
                continue  # it has ended, or this kernel does not count
    return found


def _children() -> list[str]:
    listed = Path("/proc/self/task").glob("*/children")
    try:
        return [pid for file in listed for pid in file.read_text().split()]
    except OSError:
        return []
