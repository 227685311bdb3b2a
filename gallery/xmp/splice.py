"""Any picture that is kept, with the mark in."""

from __future__ import annotations

from io import BytesIO
from tempfile import TemporaryFile
from typing import IO

from gallery.xmp import jpeg, png, webp
from gallery.xmp.edits import Edit, Malformed, Readable, apply, read_at
from gallery.xmp.packet import Mark


def marked(file: Readable, mark: Mark) -> IO[bytes]:
    """A nameless file, at its beginning: the picture with the mark in it, and its pixels as they were.

    Raises Signed where nothing may be changed, Malformed where nothing can be put in.
    """
    changes = _edits(file, mark)
    target = TemporaryFile()  # noqa: SIM115 - the caller reads and closes it
    try:
        apply(file, changes, target)
        target.seek(0)
    except BaseException:
        target.close()
        raise
    return target


def marked_bytes(content: bytes, mark: Mark) -> bytes:
    """The same of a small picture in memory."""
    with marked(BytesIO(content), mark) as file:
        return file.read()


def _edits(file: Readable, mark: Mark) -> list[Edit]:
    head = read_at(file, 0, 12)
    if head.startswith(b"\xff\xd8"):
        return jpeg.edits(file, mark)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return png.edits(file, mark)
    if head.startswith(b"RIFF") and head[8:] == b"WEBP":
        return webp.edits(file, mark)
    raise Malformed("neither JPEG nor PNG nor WebP")
