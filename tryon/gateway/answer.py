"""Pictures out of a spooled answer: read in blocks, so that its size costs no memory.

The file is what the gateway sent to `/v1/images/generations`:
`{"created": 1739200000, "data": [{"b64_json": "...", "revised_prompt": "..."}]}`
"""

import binascii
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tryon.gateway.json_stream import BrokenAnswer, JsonStream, text

__all__ = ["Answer", "AnsweredPicture", "BrokenAnswer", "is_whole", "read"]

HEAD = 256  # bytes that are enough to know a data URL by


@dataclass
class AnsweredPicture:
    """One picture: bytes in `file`, or a `url` to fetch; neither when what came could not be decoded."""

    file: Path | None
    url: str | None
    revised_prompt: str


@dataclass
class Answer:
    """The pictures in the order they came."""

    pictures: list[AnsweredPicture]


def read(body: Path, into: Path) -> Answer:
    """Decode the answer in `body` to the files `into/0`, `into/1` …; BrokenAnswer leaves none behind."""
    into.mkdir(parents=True, exist_ok=True)
    found = Answer([])
    try:
        with body.open("rb") as file:
            _read_answer(JsonStream(file), found, into)
    except BrokenAnswer:
        for number in range(len(found.pictures) + 1):
            (into / str(number)).unlink(missing_ok=True)
        raise
    return found


def is_whole(body: Path) -> bool:
    """Whether the file holds a JSON object from its first brace to its last."""
    try:
        with body.open("rb") as file:
            whole = JsonStream(file)
            for _ in whole.members():
                whole.skip()
    except BrokenAnswer:
        return False
    return True


def _read_answer(body: JsonStream, found: Answer, into: Path) -> None:
    for key in body.members():
        if key == "data" and body.next() == b"[":
            for _ in body.items():
                picture = _read_picture(body, into / str(len(found.pictures)))
                if picture is not None:
                    found.pictures.append(picture)
        else:
            body.skip()


def _read_picture(body: JsonStream, file: Path) -> AnsweredPicture | None:
    """One entry of `data`; None where it holds no picture at all."""
    if body.next() != b"{":
        body.skip()
        return None
    picture = AnsweredPicture(None, None, "")
    has_picture = False
    for key in body.members():
        if key not in ("b64_json", "url", "revised_prompt") or body.next() != b'"':
            body.skip()
        elif key == "revised_prompt":
            picture.revised_prompt = text(body.pieces())
        else:
            has_picture = _take_picture(picture, key, body.pieces(), file) or has_picture
    return picture if has_picture else None


def _take_picture(picture: AnsweredPicture, key: str, pieces: Iterator[bytes], file: Path) -> bool:
    """Put what `b64_json` or `url` says into `picture`; False where it says nothing."""
    head = _read_at_least(HEAD, pieces)
    whole = itertools.chain([head], pieces)
    if key == "url" and not head.startswith(b"data:"):
        picture.url = text(whole) or None
    elif picture.file is None:
        picture.file = _decode_base64(whole, file)
    for _ in whole:
        pass  # what is left of a string must be read before its neighbour can be
    return bool(head)


def _read_at_least(size: int, pieces: Iterator[bytes]) -> bytes:
    """The first pieces joined until they are `size` bytes or all there is: a block may end anywhere."""
    head = b""
    while len(head) < size and (piece := next(pieces, None)) is not None:
        head += piece
    return head


_DATA_URL = re.compile(rb"data:[^,]{0,100};base64,")
_FROM_URLSAFE = bytes.maketrans(b"-_", b"+/")


def _decode_base64(pieces: Iterator[bytes], file: Path) -> Path | None:
    """Write the bytes behind base64 to `file`; None, and no file, where they are not base64.

    A data URL's prefix is in the first piece, whole.
    """
    plain = (_unescape(piece) for piece in pieces)
    try:
        with file.open("wb") as out:
            rest = b""
            for piece in itertools.chain([_DATA_URL.sub(b"", next(plain, b""), count=1)], plain):
                rest += piece.translate(_FROM_URLSAFE, b" \t\r\n")
                usable = len(rest) - len(rest) % 4
                out.write(binascii.a2b_base64(rest[:usable], strict_mode=True))
                rest = rest[usable:]
            out.write(binascii.a2b_base64(rest + b"=" * (-len(rest) % 4), strict_mode=True))
            empty = out.tell() == 0
    except binascii.Error:
        empty = True
    if empty:
        file.unlink()
    return None if empty else file


_ESCAPED = re.compile(rb"\\u00([2-7][0-9a-fA-F])")
_COMMON = (
    (rb"\/", b"/"),
    (rb"\u002B", b"+"),
    (rb"\u002b", b"+"),
    (rb"\u002F", b"/"),
    (rb"\u002f", b"/"),
    (rb"\n", b""),
    (rb"\r", b""),
)


def _unescape(piece: bytes) -> bytes:
    """Base64 without JSON's escapes; an escape that base64 has no use for stays, and fails to decode."""
    # One replace for each escape that comes thousands of times, and the slow way for the rare ones.
    for escape, plain in _COMMON:
        if b"\\" not in piece:
            return piece
        piece = piece.replace(escape, plain)
    return _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), piece)
