"""A PNG as browsers read it: what is no pixel may be large, damaged or cut, and spoils no picture.

Pillow gives up on a wrong checksum in a text, on a profile above a megabyte, on a chunk that is too short.
So it is handed the critical chunks, bare, with the few others that say how the pixels look; colours are told
apart. Only what would unpack to far more than anybody has to say is refused whole.
"""

import re
import zlib
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from gallery.decode.colours import Encoding, of_cicp, of_png

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 66_000  # a PNG of 64 MB in chunks of 1 kB
MOST_PROFILE = 8_000_000  # bytes, unpacked; libpng's own limit
MOST_UNPACKED = 64 * 1024 * 1024  # bytes of texts and profiles in all, as in Pillow
BLOCK = 1024 * 1024
MOST_SEARCHES = 4  # for the next chunk behind one whose length is wrong; each may read the whole file
# Ancillary chunk -> how many bytes it may have.
WANTED: dict[bytes, Sequence[int]] = {b"acTL": [8], b"cICP": [4], b"sRGB": [1], b"gAMA": [4], b"cHRM": [32]}
WANTED |= dict.fromkeys((b"iCCP", b"eXIf", b"tRNS"), range(1 << 31))
TRANSPARENCY = {0: [2], 2: [6], 3: range(1, 257)}  # colour type -> how many bytes of tRNS
PACKED = {  # what stands before the packed part of a chunk; of an iTXt a flag says that it is packed
    b"zTXt": re.compile(rb"[^\0]*\0.", re.DOTALL),
    b"iCCP": re.compile(rb"[^\0]{1,79}\0\0"),
    b"iTXt": re.compile(rb"[^\0]*\0\x01.[^\0]*\0[^\0]*\0", re.DOTALL),
}
KIND = re.compile(rb"[A-Za-z]{4}")
NEXT_CRITICAL = re.compile(rb"PLTE|IDAT")
COLOUR_TYPE = 25  # where it stands in the file
END = b"\0\0\0\0IEND\xaeB`\x82"


class Chunk(NamedTuple):
    """`whole`: from its length to its checksum, as far as the file goes."""

    kind: bytes
    start: int
    end: int
    whole: memoryview

    @property
    def data(self) -> memoryview:
        return self.whole[8 : self.end - self.start - 4]

    def is_sound(self) -> bool:
        is_complete = len(self.whole) == self.end - self.start
        return is_complete and self.whole[-4:] == zlib.crc32(self.whole[4:-4]).to_bytes(4)


def rebuilt(content: bytes) -> tuple[bytes, bytes | None, Encoding | None]:
    """A picture for Pillow, bare; and the profile or the named encoding of its colours.

    ValueError for so many chunks, or so much packed into them, that only reading them takes seconds.
    """
    chunks, pixels = _sorted_out(content)
    told = {kind: bytes(chunk.data) for kind, chunk in chunks.items()}
    if told.get(b"acTL", b"")[:4] in (bytes(4), b"\0\0\0\1"):
        del chunks[b"acTL"]  # one picture is no animation
    if len(told.get(b"tRNS", b"")) not in TRANSPARENCY.get(content[COLOUR_TYPE], ()):
        chunks.pop(b"tRNS", None)
    kept = [chunks[kind].whole for kind in (b"IHDR", b"PLTE", b"acTL", b"tRNS", b"eXIf") if kind in chunks]
    size, checksum = sum(map(len, pixels)).to_bytes(4), bytes(4)  # the second of which Pillow ignores
    return b"".join([SIGNATURE, *kept, size, b"IDAT", *pixels, checksum, END]), *_colours(told)


def _sorted_out(content: bytes) -> tuple[dict[bytes, Chunk], list[memoryview]]:
    """The critical chunks, the others that are sound and wanted, and the data of the pixels."""
    chunks: dict[bytes, Chunk] = {}
    pixels: list[memoryview] = []
    searches, unpacked = MOST_SEARCHES, 0
    at = len(SIGNATURE)
    for _ in range(MOST_CHUNKS):
        chunk = _at(content, at)
        if chunk is None or chunk.kind == b"IEND":
            return chunks, pixels
        at = chunk.end
        unpacked += _unpacked(chunk, MOST_UNPACKED - unpacked)
        if unpacked > MOST_UNPACKED:
            break
        if chunk.kind == b"IDAT":
            pixels.append(chunk.data)
        elif chunk.kind[0:1].isupper():
            chunks.setdefault(chunk.kind, chunk)
        elif chunk.is_sound():
            # Behind the pixels only EXIF counts.
            if (chunk.kind == b"eXIf" or not pixels) and len(chunk.data) in WANTED.get(chunk.kind, ()):
                chunks.setdefault(chunk.kind, chunk)
        elif searches and not pixels and not _leads_on(content, chunk):
            searches -= 1
            at = _next_critical(content, chunk)
    raise ValueError("too many chunks, or too much packed into them")


def _at(content: bytes, start: int) -> Chunk | None:
    """The chunk that begins here, as far as the file goes; None at its end and for what is none."""
    kind, end = content[start + 4 : start + 8], start + 12 + int.from_bytes(content[start : start + 4])
    return Chunk(kind, start, end, memoryview(content)[start:end]) if KIND.fullmatch(kind) else None


def _leads_on(content: bytes, chunk: Chunk) -> bool:
    """Whether another chunk stands where this one says that it ends."""
    following = _at(content, chunk.end)
    return following is not None and following.end <= len(content)


def _next_critical(content: bytes, chunk: Chunk) -> int:
    """Where palette or pixels go on behind a chunk whose length is wrong, else its end."""
    for number, found in enumerate(NEXT_CRITICAL.finditer(content, chunk.start + 8)):
        candidate = _at(content, found.start() - 4)
        if number == MOST_SEARCHES or candidate is None:
            break
        if candidate.is_sound():
            return candidate.start
    return chunk.end


def _unpacked(chunk: Chunk, most: int) -> int:
    """How many bytes a packed text or profile becomes, counted until they are more than `most`."""
    pattern = PACKED.get(chunk.kind)
    head = pattern and pattern.match(chunk.data)
    unpacker, count, packed = zlib.decompressobj(), 0, bytes(chunk.data[head.end() :]) if head else b""
    with suppress(zlib.error):
        while packed and count <= most:
            count += len(unpacker.decompress(packed, BLOCK))
            packed = unpacker.unconsumed_tail
    return count


def _colours(told: dict[bytes, bytes]) -> tuple[bytes | None, Encoding | None]:
    """The first of cICP, iCCP, sRGB, and gAMA with cHRM that is there, as browsers choose."""
    if (cicp := told.get(b"cICP")) and (encoding := of_cicp(cicp[0], cicp[1])):
        return None, encoding
    if profile := _profile(told.get(b"iCCP", b"")):
        return profile, None
    if b"sRGB" in told:
        return None, None
    return None, of_png(told.get(b"gAMA"), told.get(b"cHRM"))


def _profile(data: bytes) -> bytes | None:
    unpacker = zlib.decompressobj()
    head = PACKED[b"iCCP"].match(data)
    try:
        profile = unpacker.decompress(data[head.end() :], MOST_PROFILE) if head else None
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else profile
