"""A PNG as browsers read it: what is no pixel may be large, damaged or cut, and spoils no picture.

Pillow gives up on a wrong checksum in a text, on a profile above a megabyte, on a chunk that is too short.
So it is handed the critical chunks, bare, with the few others that say how the pixels look; colours are told
apart. Only what would unpack to far more than anybody has to say is refused whole.
"""

import re
import zlib
from contextlib import suppress
from typing import NamedTuple

from gallery.decode.colours import Encoding, of_cicp, of_png

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 66_000  # a PNG of 64 MB in chunks of 1 kB
MOST_PROFILE = 8_000_000  # bytes, unpacked; libpng's own limit
MOST_UNPACKED = 64 * 1024 * 1024  # bytes of texts and profiles in all, as in Pillow
BLOCK = 1024 * 1024
MOST_SEARCHES = 4  # for the next chunk behind one whose length is wrong; each may read the whole file
WANTED = frozenset((b"acTL", b"tRNS", b"eXIf", b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM"))
PACKED = frozenset((b"zTXt", b"iTXt", b"iCCP"))
FIXED = {b"acTL": 8, b"cICP": 4, b"sRGB": 1, b"gAMA": 4, b"cHRM": 32}  # bytes
TRANSPARENCY = {0: 2, 2: 6}  # colour type: bytes of tRNS; a palette has one for each entry
KIND = re.compile(rb"[A-Za-z]{4}")
NEXT_CRITICAL = re.compile(rb"PLTE|IDAT")
COLOUR_TYPE = 25  # where it stands in the file
PALETTE = 3


class Bomb(Exception):
    """So many chunks, or so much packed into them, that only reading them takes seconds."""


class Chunk(NamedTuple):
    kind: bytes
    start: int
    length: int

    @property
    def end(self) -> int:
        return self.start + 12 + self.length

    def data(self, content: bytes) -> memoryview:
        return memoryview(content)[self.start + 8 : self.start + 8 + self.length]

    def is_sound(self, content: bytes) -> bool:
        crc = zlib.crc32(self.data(content), zlib.crc32(self.kind))
        return content[self.end - 4 : self.end] == crc.to_bytes(4)


class Png(NamedTuple):
    """`content` is for Pillow; the profile and the named encoding are what the chunks that it lacks said."""

    content: bytes
    profile: bytes | None
    encoding: Encoding | None


def rebuilt(content: bytes) -> Png:
    """The picture without what is no pixel and says nothing of them. Raises Bomb."""
    critical, pixels, told = _sorted_out(content)
    if told.get(b"acTL", b"")[:4] in (b"", bytes(4), b"\0\0\0\1"):
        told.pop(b"acTL", None)  # one picture is no animation
    if not _fits(told.get(b"tRNS", b""), content[COLOUR_TYPE : COLOUR_TYPE + 1]):
        told.pop(b"tRNS", None)
    image: list[bytes | memoryview] = [
        sum(map(len, pixels)).to_bytes(4),
        b"IDAT",
        *pixels,
        bytes(4),
    ]  # whose checksum Pillow ignores
    parts: list[bytes | memoryview] = [SIGNATURE, critical.get(b"IHDR", b""), _kept(told, b"acTL")]
    parts += [critical.get(b"PLTE", b""), _kept(told, b"tRNS"), _kept(told, b"eXIf"), *image]
    parts.append(_chunk(b"IEND", b""))
    return Png(b"".join(parts), *_colours(told))


def _sorted_out(content: bytes) -> tuple[dict[bytes, memoryview], list[memoryview], dict[bytes, bytes]]:
    """The critical chunks whole, the data of the pixels, and the data of the others that are sound."""
    critical: dict[bytes, memoryview] = {}
    pixels: list[memoryview] = []
    told: dict[bytes, bytes] = {}
    searches, unpacked = MOST_SEARCHES, 0
    at = len(SIGNATURE)
    for _ in range(MOST_CHUNKS):
        chunk = _at(content, at)
        if chunk is None or chunk.kind == b"IEND":
            return critical, pixels, told
        at = chunk.end
        unpacked += _unpacked(chunk.kind, chunk.data(content), MOST_UNPACKED - unpacked)
        if unpacked > MOST_UNPACKED:
            break
        if chunk.kind == b"IDAT":
            pixels.append(chunk.data(content))
        elif chunk.kind[0:1].isupper():
            critical.setdefault(chunk.kind, memoryview(content)[chunk.start : chunk.end])
        elif chunk.is_sound(content):
            _tell(told, chunk, content, late=bool(pixels))
        elif searches and not pixels and not _leads_on(content, chunk):
            searches -= 1
            at = _next_critical(content, chunk)
    raise Bomb


def _at(content: bytes, start: int) -> Chunk | None:
    """The chunk that begins here, as far as the file goes; None at its end and for what is none."""
    kind = content[start + 4 : start + 8]
    return Chunk(kind, start, int.from_bytes(content[start : start + 4])) if KIND.fullmatch(kind) else None


def _tell(told: dict[bytes, bytes], chunk: Chunk, content: bytes, *, late: bool) -> None:
    """Note the first of each kind that has the length it must have; behind the pixels only EXIF counts."""
    if chunk.kind not in WANTED or (late and chunk.kind != b"eXIf"):
        return
    if chunk.length == FIXED.get(chunk.kind, chunk.length):
        told.setdefault(chunk.kind, bytes(chunk.data(content)))


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
        if candidate.is_sound(content):
            return candidate.start
    return chunk.end


def _unpacked(kind: bytes, data: memoryview, most: int) -> int:
    """How many bytes a packed text or profile becomes, counted until they are more than `most`."""
    unpacker, count = zlib.decompressobj(), 0
    packed = _packed(kind, data)
    with suppress(zlib.error):
        while packed and count <= most:
            count += len(unpacker.decompress(packed, BLOCK))
            packed = unpacker.unconsumed_tail
    return count


def _packed(kind: bytes, data: memoryview) -> bytes:
    """What stands packed in a chunk; none in most."""
    if kind not in PACKED:
        return b""
    rest = bytes(data).partition(b"\0")[2]
    if kind == b"iTXt":  # a flag and a method, the language, the keyword in it
        return rest[2:].partition(b"\0")[2].partition(b"\0")[2] if rest[:1] == b"\1" else b""
    return rest[1:]


def _fits(transparency: bytes, colour_type: bytes) -> bool:
    if colour_type == bytes((PALETTE,)):
        return 1 <= len(transparency) <= 256
    return len(transparency) == TRANSPARENCY.get(colour_type[0] if colour_type else PALETTE)


def _kept(told: dict[bytes, bytes], kind: bytes) -> bytes:
    return _chunk(kind, told[kind]) if kind in told else b""


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


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
    name, _, packed = data.partition(b"\0")
    if not (1 <= len(name) < 80 and packed.startswith(b"\0")):
        return None
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed[1:], MOST_PROFILE)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else profile
