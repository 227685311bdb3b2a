"""Where the packet goes in a WebP: a chunk behind the picture, told by a flag in the first one (RFC 9649)."""

from __future__ import annotations

from collections.abc import Iterator

from gallery.xmp.edits import Edit, Malformed, Part, Readable, Signed, read_at, replaced
from gallery.xmp.packet import MOST_BYTES, Mark

BEGIN = 12  # bytes of the RIFF header
HAS_XMP, HAS_ALPHA = 0x04, 0x10  # flags of VP8X
MOST_CHUNKS = 20_000


def edits(file: Readable, mark: Mark) -> list[Edit]:
    """Raises Signed or Malformed."""
    chunks = list(_chunks(file))
    if any(chunk.kind == b"C2PA" for chunk in chunks):
        raise Signed
    found = [chunk for chunk in chunks if chunk.kind == b"XMP "]
    start = found[0].start + 8 if found else 0
    known = read_at(file, start, min(found[0].stop - start, MOST_BYTES + 1)) if found else b""
    evened = bytes((chunks[-1].stop - chunks[-1].start) % 2)  # some writers leave the last byte out
    new = evened + _chunk(b"XMP ", mark.packet(known))
    changes = [_flagged(file, chunks[0]), *replaced(found, chunks[-1].stop, new)]
    size = _size(file) + sum(len(change.new) - (change.stop - change.start) for change in changes)
    return [Edit(4, 8, size.to_bytes(4, "little")), *changes]


def _size(file: Readable) -> int:
    """What the header says of all that follows it."""
    return int.from_bytes(read_at(file, 4, 4), "little")


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def _flagged(file: Readable, first: Part) -> Edit:
    """Say that there is XMP, in a VP8X of our own where the picture has none."""
    at, head = first.start, read_at(file, first.start + 8, 10)
    if first.kind == b"VP8X" and len(head) == 10:
        return Edit(at + 8, at + 9, bytes((head[0] | HAS_XMP,)))
    if first.kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a":
        sides = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return Edit(at, at, _extended(HAS_XMP, *sides))
    if first.kind == b"VP8L" and head[:1] == b"\x2f":
        bits = int.from_bytes(head[1:5], "little")  # 14 for each side less one, 1 for the alpha channel
        flags = HAS_XMP | (HAS_ALPHA if bits >> 28 & 1 else 0)
        return Edit(at, at, _extended(flags, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
    raise Malformed(f"it begins with {first.kind!r}")


def _extended(flags: int, width: int, height: int) -> bytes:
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    return _chunk(b"VP8X", bytes((flags, 0, 0, 0)) + sides)


def _chunks(file: Readable) -> Iterator[Part]:
    """At least one; what is shorter than a chunk's head, at the end, is none. Raises Malformed."""
    at, end = BEGIN, file.seek(0, 2)
    inside = min(end, 8 + _size(file))
    for number in range(MOST_CHUNKS):
        head = read_at(file, at, 8) if at + 8 <= inside else b""
        if not head and number:
            return
        size = int.from_bytes(head[4:], "little")
        if not head or at + 8 + size > inside:
            raise Malformed("a chunk is longer than the file")
        stop = min(at + 8 + size + size % 2, inside)
        yield Part(head[:4], at, stop)
        at = stop
    raise Malformed("too many chunks")
