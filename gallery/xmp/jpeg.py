"""Where the packet goes in a JPEG: an APP1 segment behind APP0 and Exif (XMP specification part 3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gallery.xmp.edits import Edit, Readable, Signed, read_at
from gallery.xmp.packet import Mark

APP0, APP1, APP11 = 0xE0, 0xE1, 0xEB
LAST = (0xDA, 0xD9)  # start of scan, end of image: no metadata behind them
ALONE = (0x01, *range(0xD0, 0xD9))  # markers without a length
XMP, EXIF = b"http://ns.adobe.com/xap/1.0/\0", b"Exif\0\0"
LONGEST = 0xFFFF - 2 - len(XMP)  # bytes of a packet: its segment counts two bytes of length
MOST_SEGMENTS = 20_000
STEP = 512  # bytes that are searched for a marker at once: it is most often the first


class Segment(NamedTuple):
    """From its marker to its end in the file."""

    marker: int
    start: int
    stop: int
    head: bytes


def edits(file: Readable, mark: Mark) -> list[Edit]:
    """Raises Signed. A file whose segments cannot be followed to the end is marked at its beginning."""
    at, found = 2, []
    for segment in _segments(file):
        if segment.marker == APP11 and segment.head.startswith(b"JP") and b"jumb" in segment.head:
            raise Signed
        if segment.marker == APP1 and segment.head.startswith(XMP):
            found.append(segment)
        elif segment.marker == APP0 or (segment.marker == APP1 and segment.head.startswith(EXIF)):
            at = segment.stop
    packet = mark.packet(_body(file, found[0]) if found else b"", LONGEST)
    return [Edit(at, at, _segment(packet)), *(Edit(each.start, each.stop, b"") for each in found)]


def _segment(packet: bytes) -> bytes:
    body = XMP + packet
    return bytes((0xFF, APP1)) + (len(body) + 2).to_bytes(2) + body


def _body(file: Readable, segment: Segment) -> bytes:
    start = segment.start + 4 + len(XMP)
    return read_at(file, start, segment.stop - start)


def _segments(file: Readable) -> Iterator[Segment]:
    """Those before the first scan."""
    at = 2
    for _ in range(MOST_SEGMENTS):
        at = _next_marker(file, at)
        head = read_at(file, at, 4 + 64)
        if len(head) < 4 or head[1] in LAST:
            return
        size = 0 if head[1] in ALONE else int.from_bytes(head[2:4])
        yield Segment(head[1], at, at + 2 + size, head[4 : max(4, 2 + size)])
        at += 2 + size


def _next_marker(file: Readable, at: int) -> int:
    """Past what stands between segments: fill bytes, and what no decoder minds."""
    while block := read_at(file, at, STEP):
        found = block.find(b"\xff")
        while 0 <= found < len(block) - 1 and block[found + 1] in (0x00, 0xFF):
            found = block.find(b"\xff", found + 1)
        if found >= 0 and (found < len(block) - 1 or len(block) == 1):
            return at + found
        at += found if found > 0 else len(block)
    return at
