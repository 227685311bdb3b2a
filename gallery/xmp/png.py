"""Where the packet goes in a PNG: an iTXt chunk right behind the header (XMP specification part 3)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from gallery.xmp.edits import Edit, Malformed, Part, Readable, Signed, read_at, replaced
from gallery.xmp.packet import MOST_BYTES, Mark

BEGIN = 8  # bytes of the signature
KEYWORD = b"XML:com.adobe.xmp\0"
HEADER = b"\0\0\0\rIHDR"
FRAME = 12  # bytes of a chunk round its content: length, name, checksum
MOST_CHUNKS = 20_000
LOOKED_AT = 1024 * 1024  # bytes, for a signature behind a chunk with a wrong length


def edits(file: Readable, mark: Mark) -> list[Edit]:
    """Raises Signed, or Malformed where there is no header to put it behind."""
    if read_at(file, BEGIN, len(HEADER)) != HEADER:
        raise Malformed("no IHDR")
    found, last = [], BEGIN
    for chunk in _chunks(file):
        last = chunk.stop
        if chunk.kind == b"caBX":
            raise Signed
        if chunk.kind == b"iTXt" and read_at(file, chunk.start + 8, len(KEYWORD)) == KEYWORD:
            found.append(chunk)
    if b"caBX" in read_at(file, last, LOOKED_AT).partition(b"IDAT")[0]:
        raise Signed  # a chunk before it says a wrong length
    at = BEGIN + FRAME + 13
    packet = mark.packet(_text(file, found[0]) if found else b"")
    body = b"iTXt" + KEYWORD + b"\0\0\0\0" + packet  # not compressed, no language
    return replaced(found, at, (len(body) - 4).to_bytes(4) + body + zlib.crc32(body).to_bytes(4))


def _text(file: Readable, chunk: Part) -> bytes:
    size = chunk.stop - chunk.start - FRAME - len(KEYWORD)
    # One byte more than is read of a packet: what is longer is refused there, and logged.
    body = read_at(file, chunk.start + 8 + len(KEYWORD), min(size, MOST_BYTES + 1))
    _language, _, rest = body[2:].partition(b"\0")
    _keyword, _, text = rest.partition(b"\0")
    if not body.startswith(b"\1"):
        return text
    try:
        return zlib.decompressobj().decompress(text, MOST_BYTES + 1)
    except zlib.error:
        return b"?"  # no packet: left out there, and logged


def _chunks(file: Readable) -> Iterator[Part]:
    """As far as their lengths lead from one to the next."""
    at, end = BEGIN, file.seek(0, 2)
    for _ in range(MOST_CHUNKS):
        head = read_at(file, at, 8)
        stop = at + FRAME + int.from_bytes(head[:4])
        if not head[4:].isalpha() or len(head) < 8 or stop > end:
            return
        yield Part(head[4:], at, stop)
        at = stop
