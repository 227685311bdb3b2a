"""Where the packet goes in a JPEG: an APP1 segment behind APP0 and Exif (XMP specification part 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gallery.xmp.edits import Edit, Part, Readable, Signed, read_at, replaced
from gallery.xmp.packet import Mark

APP0, EXIF, JUMBF = b"\xe0", b"\xe1Exif\0\0", b"\xebJP"  # markers, with the beginnings of their segments
XMP = b"\xe1http://ns.adobe.com/xap/1.0/\0"
LONGEST = 0xFFFF - 1 - len(XMP)  # bytes of a packet: its segment counts two bytes of length, not the marker
LAST = (0xDA, 0xD9)  # start of scan, end of image: no metadata behind them
ALONE = (0x01, *range(0xD0, 0xD9))  # markers without a length
MARKER = re.compile(rb"\xff[\x01-\xfe]")  # past fill bytes, and what no decoder minds
MOST_SEGMENTS = 20_000
STEP = 512  # bytes that are searched for a marker at once: it is most often the first


def edits(file: Readable, mark: Mark) -> list[Edit]:
    """Raises Signed. A file whose segments cannot be followed to the end is marked at its beginning."""
    at, found = 2, []
    for segment in _segments(file):
        if segment.kind.startswith(JUMBF) and b"jumb" in segment.kind:
            raise Signed
        if segment.kind.startswith(XMP):
            found.append(segment)
        elif segment.kind.startswith((APP0, EXIF)):
            at = segment.stop
    body = XMP[1:] + mark.packet(_packet(file, found[0]) if found else b"", LONGEST)
    return replaced(found, at, b"\xff" + XMP[:1] + (len(body) + 2).to_bytes(2) + body)


def _packet(file: Readable, segment: Part) -> bytes:
    start = segment.start + 3 + len(XMP)
    return read_at(file, start, segment.stop - start)


def _segments(file: Readable) -> Iterator[Part]:
    """Those before the first scan, each with its marker and its first bytes as its kind."""
    at = 2
    for _ in range(MOST_SEGMENTS):
        at = _next_marker(file, at)
        head = read_at(file, at, 4 + 64)
        if len(head) < 4 or head[1] in LAST:
            return
        size = 0 if head[1] in ALONE else int.from_bytes(head[2:4])
        yield Part(head[1:2] + head[4 : max(4, 2 + size)], at, at + 2 + size)
        at += 2 + size


def _next_marker(file: Readable, at: int) -> int:
    while block := read_at(file, at, STEP):
        if found := MARKER.search(block):
            return at + found.start()
        at += max(1, len(block) - 1)  # the last byte may begin one
    return at
