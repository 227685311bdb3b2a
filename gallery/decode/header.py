"""How many pixels a file says that it has: read by the asking side, to know what memory its child may need.

Nobody is held to it: a child that needs more than its file said fails at the limit of its own memory.
"""

import os
import re

HEAD = 256 * 1024  # bytes in which AVIF and HEIC tell their sizes
MOST_SEGMENTS = 400  # of a JPEG before its frame
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers; those left out are tables, or kept free
EXTENT = re.compile(rb"ispe....(....)(....)", re.DOTALL)
# First chunk of a WebP -> where the width stands, bits to the height, bits of each, by how much it says less.
SIDES = {b"VP8X": (24, 24, 24, 1), b"VP8L": (21, 14, 14, 1), b"VP8 ": (26, 16, 14, 0)}


def pixels_of(file: int) -> int | None:
    """Of a JPEG, PNG, WebP, AVIF or HEIC, by its descriptor; None where that is not found."""
    start = os.pread(file, 32, 0)
    if start.startswith(b"\xff\xd8\xff"):
        return _of_jpeg(file)
    if start.startswith(b"\x89PNG"):
        return int.from_bytes(start[16:20]) * int.from_bytes(start[20:24])
    if start[8:12] == b"WEBP" and start[12:16] in SIDES:
        at, step, size, less = SIDES[start[12:16]]
        bits, mask = int.from_bytes(start[at:], "little"), (1 << size) - 1
        return ((bits & mask) + less) * ((bits >> step & mask) + less)
    if start[4:8] == b"ftyp":
        found = EXTENT.findall(os.pread(file, HEAD, 0))
        return max((int.from_bytes(width) * int.from_bytes(height) for width, height in found), default=None)
    return None


def _of_jpeg(file: int) -> int | None:
    at = 2
    for _ in range(MOST_SEGMENTS):
        head = os.pread(file, 9, at)
        if len(head) < 9 or head[0] != 0xFF:
            return None
        if head[1] in FRAMES:
            return int.from_bytes(head[5:7]) * int.from_bytes(head[7:9])
        at += 1 if head[1] == 0xFF else 2 + int.from_bytes(head[2:4])
    return None
