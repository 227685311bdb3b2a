"""Changes to a file's bytes, by place, and the two reasons why there can be none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, NamedTuple, Protocol

BLOCK = 256 * 1024


class Malformed(ValueError):
    """The file is not built as its format says, so that nothing can be put into it."""


class Signed(ValueError):
    """The file carries a signature (C2PA), which any change would break."""


class Readable(Protocol):
    """A picture that is open for reading, wherever its bytes rest."""

    def read(self, size: int = ..., /) -> bytes: ...

    def seek(self, offset: int, whence: int = ..., /) -> int: ...


class Part(NamedTuple):
    """A segment or chunk of a file: what tells its kind, its first byte, and the one behind its last."""

    kind: bytes
    start: int
    stop: int


class Edit(NamedTuple):
    """`new` takes the place of the bytes from `start` to `stop`; equal ones: it goes in there."""

    start: int
    stop: int
    new: bytes


def replaced(parts: Iterable[Part], at: int, new: bytes) -> list[Edit]:
    """`new` goes in at a place, wherever the parts stood that it is there for."""
    return [Edit(at, at, new), *(Edit(part.start, part.stop, b"") for part in parts)]


def apply(file: Readable, edits: Iterable[Edit], target: IO[bytes]) -> None:
    """Write the file with the edits to `target`, in blocks."""
    at = 0
    for edit in sorted(edits):
        _copy(file, at, edit.start, target)
        target.write(edit.new)
        at = edit.stop
    _copy(file, at, None, target)


def _copy(file: Readable, start: int, stop: int | None, target: IO[bytes]) -> None:
    file.seek(start)
    while block := file.read(BLOCK if stop is None else min(BLOCK, stop - start)):
        target.write(block)
        start += len(block)


def read_at(file: Readable, start: int, size: int) -> bytes:
    """Fewer bytes where the file ends."""
    file.seek(start)
    return file.read(size)
