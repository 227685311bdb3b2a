"""What is left of somebody in a folder: by the bytes of their files, by their words, and by looks."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image as Pillow

PARTS = 12  # of each file that are looked for
LETTERS = 33  # of each part: eleven whole groups of base64
BASE64 = re.compile(rb"[A-Za-z0-9+/]{400,}={0,2}")
ALIKE = 4  # mean difference of grey, of 255


def files_in(*folders: Path) -> set[Path]:
    return {path for folder in folders for path in folder.rglob("*") if path.is_file()}


class Remains:
    """Of these files of somebody's, which are read now, and of these words."""

    def __init__(self, files: Iterable[Path], words: Iterable[str]) -> None:
        contents = [path.read_bytes() for path in files]
        self._parts = {part for content in contents for part in _parts(content)}
        self._looks = [look for content in contents for look in _looks(content)]
        self._words = [word.encode() for word in words]
        assert self._parts
        assert self._looks

    def found(self, *folders: Path) -> set[tuple[str, str]]:
        """(how it was found, in which file)"""
        return {(how, path.name) for path in files_in(*folders) for how in self._of(path)}

    def _of(self, path: Path) -> Iterator[str]:
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # it is being deleted just now
            return
        if any(part in content for part in self._parts):
            yield "bytes"
        if any(word in content for word in self._words):
            yield "words"
        if any(_difference(look, mine) < ALIKE for look in _looks(content) for mine in self._looks):
            yield "looks"


def _parts(content: bytes) -> Iterator[bytes]:
    """Pieces from all over a file, as they are and as base64 would have them, wherever its groups begin."""
    for number in range(1, PARTS + 1):
        begin = len(content) * number // (PARTS + 1)
        part = content[begin : begin + LETTERS]
        if len(set(part)) > LETTERS // 2:  # not of what all files of a kind have in common
            yield part
            yield from (base64.b64encode(part[shift : shift + LETTERS - 3]) for shift in range(3))


def _looks(content: bytes) -> Iterator[list[int]]:
    """Of the file, and of pictures that lie in it as base64."""
    for each in (content, *(base64.b64decode(found[0] + b"==") for found in BASE64.finditer(content))):
        try:
            small = Pillow.open(io.BytesIO(each)).convert("L").resize((16, 16))
        except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
            continue
        yield list(small.tobytes())


def _difference(one: list[int], other: list[int]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)
