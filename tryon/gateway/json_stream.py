"""A streaming (pull) parser: JSON read from a file block by block, strings of many megabytes in small memory.

The reader stands before a value; whoever asks for the members of an object or the items of a list must
read each value before the next one. Strings come as raw pieces, found by searching, not byte by byte.
"""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

BLOCK = 128 * 1024  # bytes read at once
DEEPEST = 100  # levels of objects and lists
LONGEST_TEXT = 16 * 1024  # bytes kept of a text that is wanted whole

_SPACE = re.compile(rb"[ \t\r\n]*")
_SCALAR = re.compile(rb"-?[0-9][0-9.eE+-]{0,40}|true|false|null")


class BrokenAnswer(ValueError):
    """The file is not a whole JSON answer."""


class JsonStream:
    """A JSON text in `file`; everything raises BrokenAnswer where it is cut off or no JSON."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._block = b""
        self._at = 0
        self._depth = 0

    def next(self) -> bytes:
        """The byte that the next value or sign begins with, which stays to be read."""
        while True:
            space = _SPACE.match(self._block, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._block):
                return self._block[self._at : self._at + 1]
            self._more()

    def members(self) -> Iterator[str]:
        """The keys of the object that begins here, each with the reader standing before its value."""
        for _ in self._listed(b"{", b"}"):
            key = text(self.pieces())
            self._take(b":")
            yield key

    def items(self) -> Iterator[None]:
        """One turn for each item of the list that begins here, with the reader standing before it."""
        return self._listed(b"[", b"]")

    def pieces(self) -> Iterator[bytes]:
        """The string that begins here as raw bytes; no escape is torn between two pieces."""
        self._take(b'"')
        while (end := self._closing_quote()) < 0:
            kept = _torn_escape(self._block, self._at)
            piece = self._block[self._at : len(self._block) - kept]
            self._at = len(self._block) - kept
            yield piece
            self._more()
        piece = self._block[self._at : end]
        self._at = end + 1
        yield piece

    def skip(self) -> None:
        """Read any value and forget it."""
        kind = self.next()
        if kind == b'"':
            for _ in self.pieces():
                pass
        elif kind == b"{":
            for _ in self.members():
                self.skip()
        elif kind == b"[":
            for _ in self.items():
                self.skip()
        else:
            self._skip_scalar()

    def _more(self) -> None:
        fresh = self._file.read(BLOCK)
        if not fresh:
            raise BrokenAnswer("the answer is cut off")
        self._block = self._block[self._at :] + fresh
        self._at = 0

    def _take(self, sign: bytes) -> None:
        if self.next() != sign:
            raise BrokenAnswer(f"the answer lacks a {sign.decode()}")
        self._at += 1

    def _listed(self, opening: bytes, closing: bytes) -> Iterator[None]:
        self._take(opening)
        self._depth += 1
        if self._depth > DEEPEST:
            raise BrokenAnswer("the answer is nested too deeply")
        if self.next() != closing:
            yield
            while self.next() != closing:
                self._take(b",")
                yield
        self._take(closing)
        self._depth -= 1

    def _closing_quote(self) -> int:
        """Where in the block the string ends; -1 when it goes on after the block."""
        start = self._at
        while (end := self._block.find(b'"', start)) >= 0:
            if not _escaped(self._block, self._at, end):
                return end
            start = end + 1
        return -1

    def _skip_scalar(self) -> None:
        self.next()
        if len(self._block) - self._at < 64:
            rest = self._file.read(64)
            self._block, self._at = self._block[self._at :] + rest, 0
        found = _SCALAR.match(self._block, self._at)
        if found is None:
            raise BrokenAnswer("the answer is not JSON")
        self._at = found.end()
        try:
            json.loads(found[0])
        except ValueError as exc:
            raise BrokenAnswer("the answer has a number that is none") from exc


def text(pieces: Iterable[bytes]) -> str:
    """The text of a string's raw pieces, cut at about LONGEST_TEXT bytes, fit for any database."""
    raw = b""
    for piece in pieces:
        if len(raw) < LONGEST_TEXT:
            raw += piece
    string = raw.decode(errors="replace")
    # A wrong escape in some words must not cost the pictures beside them: such words stay as they came.
    with contextlib.suppress(ValueError):
        string = json.loads(f'"{string}"', strict=False)
    # Half a surrogate pair and NUL are legal in JSON and refused by databases.
    return string[:LONGEST_TEXT].replace("\0", "").encode(errors="replace").decode()


def _escaped(block: bytes, start: int, at: int) -> bool:
    """Whether the byte at `at` follows an odd run of backslashes, counted back to `start` at most."""
    first = at
    while first > start and block[first - 1 : first] == b"\\":
        first -= 1
    return (at - first) % 2 == 1


def _torn_escape(block: bytes, start: int) -> int:
    """How many bytes at the end of the block belong to an escape that goes on after it."""
    slash = block.rfind(b"\\", max(start, len(block) - 5))
    if slash < 0 or _escaped(block, start, slash):
        return 0
    there = len(block) - slash
    whole = 6 if block[slash + 1 : slash + 2] == b"u" else 2
    return there if there < whole else 0
