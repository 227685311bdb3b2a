"""What all decoding of a machine may take together, in seats: who wants to decode takes some, or waits.

A seat is a lock on a file in one folder, which all processes and containers of a site share; the kernel frees
it with the process that holds it, however that ends. There are seats of memory and seats of cores.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

SEATS = 8
SEAT_BYTES = 250_000_000  # of address space: 2 GB for all children together
TICK = 0.01  # seconds between two looks at what is free

# Address space of a child, measured: 29 MB before it reads the file, which it may hold three times; then 16
# bytes a pixel at most for JPEG, PNG and WebP, and room for what was not measured.
OWN_BYTES = 64_000_000
COPIES = 3
BYTES_A_PIXEL = 20
BYTES_A_PIXEL_IN_BOXES = 27  # AVIF and HEIC: planes of 16 bits, and an arena for each thread


class Priority(NamedTuple):
    """How long somebody waits (seconds), which seats they leave to others, and how nice their child is."""

    patience: float
    left_memory: int = 0
    left_cores: int = 0
    niceness: int = 0

    @property
    def gives_way(self) -> bool:
        return self.left_memory > 0


# What strangers send leaves room for a made picture of 16 megapixels, and is small enough for the rest.
UPLOAD = Priority(5.0, left_memory=2, left_cores=1, niceness=10)
PAGE = Priority(5.0)  # a page waits for a copy of a made picture
WORK = Priority(60.0)

_shared: Path | None = None


def use(folder: Path) -> None:
    """Where the seats of this machine lie; each process that is not told has seats of its own."""
    global _shared
    _shared = folder


def needed(file_bytes: int, pixels: int, *, is_in_boxes: bool) -> int:
    """How many seats of memory a picture takes; all of them at most."""
    a_pixel = BYTES_A_PIXEL_IN_BOXES if is_in_boxes else BYTES_A_PIXEL
    need = OWN_BYTES + COPIES * file_bytes + a_pixel * pixels
    return min(SEATS, -(-need // SEAT_BYTES))


@contextmanager
def taken(count: int, priority: Priority, queue: threading.Lock) -> Iterator[None]:
    """Hold so many seats of memory, and a core; TimeoutError where others hold them for too long.

    `queue` is that of this process for the priority: one of its threads at a time looks for seats.
    """
    folder, end = _folder(), time.monotonic() + priority.patience
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    memory = [folder / str(seat) for seat in range(SEATS - priority.left_memory)]
    cores = [folder / f"core-{core}" for core in range((os.cpu_count() or 1) + 1 - priority.left_cores)]
    wanted = [memory] * count + [cores]
    with ExitStack() as held:
        if not queue.acquire(timeout=priority.patience):
            raise TimeoutError
        try:
            (_take_at_once if priority.gives_way else _gather)(folder, wanted, held, end)
        finally:
            queue.release()
        yield


def _gather(folder: Path, wanted: Sequence[Sequence[Path]], held: ExitStack, end: float) -> None:
    """One by one as they come free; one process at a time, so that who needs many is not passed by others.

    From the end, where those are that uploads leave.
    """
    with ExitStack() as turn:
        _wait(lambda: _lock(folder / "turn", turn), end)
        for seats in wanted:
            _wait(partial(_lock_one, seats[::-1], held), end)


def _take_at_once(folder: Path, wanted: Sequence[Sequence[Path]], held: ExitStack, end: float) -> None:
    """All or none, in a turn of their own, and none while others gather: no two ever wait in a circle."""

    def are_taken() -> bool:
        with ExitStack() as turn, ExitStack() as tried:
            if _lock(folder / "turn", turn) and all(_lock_one(seats, tried) for seats in wanted):
                held.push(tried.pop_all())
                return True
        return False

    with ExitStack() as turn:
        _wait(lambda: _lock(folder / "turn-of-uploads", turn), end)
        _wait(are_taken, end)


def _wait(is_done: Callable[[], bool], end: float) -> None:
    while not is_done():
        if time.monotonic() >= end:
            raise TimeoutError
        time.sleep(TICK)


def _lock_one(paths: Sequence[Path], held: ExitStack) -> bool:
    """Whether one of them was free."""
    return any(_lock(path, held) for path in paths)


def _lock(path: Path, held: ExitStack) -> bool:
    """Whether the file was free; then it is locked until `held` ends."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return False
    held.callback(_unlock, file)
    return True


def _unlock(file: int) -> None:
    fcntl.flock(file, fcntl.LOCK_UN)  # closing would not do: a fork of this process may hold it too
    os.close(file)


@cache
def _private() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="gallery-decode-")


def _folder() -> Path:
    return _shared or Path(_private().name)
