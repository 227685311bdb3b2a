"""The memory of all decoding together, in seats: who wants to decode takes some, or waits.

It counts for all processes of this user that share a folder for temporary files. A seat is a file that is
locked; the kernel frees it with the process that holds it, however that ends.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

SEATS = 8
SEAT_BYTES = 250_000_000  # of address space: 2 GB for all children together
PATIENCE = 60.0  # seconds until somebody who waits is sent away
TICK = 0.01  # seconds between two looks at what is free

# Address space of a child, measured: 29 MB before it reads the file, which it may hold three times; then 16
# bytes a pixel at most for JPEG, PNG and WebP, and room for what was not measured.
OWN_BYTES = 64_000_000
COPIES = 3
BYTES_A_PIXEL = 20
BYTES_A_PIXEL_IN_BOXES = 27  # AVIF and HEIC: planes of 16 bits, and an arena for each thread


def needed(file_bytes: int, pixels: int, *, is_in_boxes: bool) -> int:
    """How many seats a picture takes; all of them at most."""
    a_pixel = BYTES_A_PIXEL_IN_BOXES if is_in_boxes else BYTES_A_PIXEL
    need = OWN_BYTES + COPIES * file_bytes + a_pixel * pixels
    return min(SEATS, -(-need // SEAT_BYTES))


@contextmanager
def taken(count: int) -> Iterator[None]:
    """Hold so many seats; TimeoutError where others hold them for longer than anybody should wait."""
    folder, end = _folder(), time.monotonic() + PATIENCE
    folder.mkdir(mode=0o700, exist_ok=True)  # somebody may clear temporary files
    with ExitStack() as held:
        # One at a time waits for seats, so that who needs many is not passed by those who need few.
        with ExitStack() as turn:
            _wait(lambda: _lock(folder / "turn", turn), end)
            for _ in range(count):
                _wait(lambda: any(_lock(folder / str(seat), held) for seat in range(SEATS)), end)
        yield


def _wait(is_done: Callable[[], bool], end: float) -> None:
    while not is_done():
        if time.monotonic() >= end:
            raise TimeoutError
        time.sleep(TICK)


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
    """That of all our processes; one of our own where somebody else took its name."""
    shared = Path(gettempdir(), f"gallery-decode-{os.getuid()}")
    with suppress(FileNotFoundError):
        if shared.is_symlink() or shared.stat().st_uid != os.getuid():
            return Path(_private().name)
    return shared
