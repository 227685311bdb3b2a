"""The boxes of AVIF and HEIC (ISO/IEC 14496-12, 23008-12), read for what their decoders do not tell."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

SPECIFIC = {
    "AVIF": frozenset((b"avif", b"avis")),
    "HEIF": frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")),
}
GENERIC = frozenset((b"mif1", b"mif2", b"msf1", b"miaf"))  # either of the two
FIRST_OF = {"AVIF": b"avif", "HEIF": b"heic"}
MOST_BRANDS = 256
MOST_BOXES = 4096
MOST_ITEMS = 65_536
MAJOR, MINOR, COMPATIBLE = 8, 12, 16  # where they begin
FULL = 4  # bytes of version and flags


class Box(NamedTuple):
    kind: bytes
    content: bytes


def is_one(content: bytes) -> bool:
    return content[4:8] == b"ftyp"


def formats_of(content: bytes) -> list[str]:
    """Pillow's names of the decoders that any brand of the first box names; that of the major brand first."""
    major = content[MAJOR:MINOR]
    brands = {major, *_compatible(content)}
    named = [name for name, own in SPECIFIC.items() if brands & own]
    if not named and brands & GENERIC:
        named = list(SPECIFIC)
    return sorted(named, key=lambda name: major not in SPECIFIC[name])


def _compatible(content: bytes) -> list[bytes]:
    end = min(int.from_bytes(content[:4]), len(content), COMPATIBLE + 4 * MOST_BRANDS)
    return [content[at : at + 4] for at in range(COMPATIBLE, end - 3, 4)]


def rebranded(content: bytes, name: str) -> bytes:
    """With the brands by which the decoder of this format knows its own: some are strict about the first."""
    own, major, compatible = SPECIFIC[name], content[MAJOR:MINOR], _compatible(content)
    if major not in own:
        content = content[:MAJOR] + FIRST_OF[name] + content[MINOR:]
    if compatible and own.isdisjoint(compatible):
        content = content[:COMPATIBLE] + FIRST_OF[name] + content[COMPATIBLE + 4 :]
    return content


def nclx_of(content: bytes) -> tuple[int, int] | None:
    """The colour primaries and transfer characteristics (H.273) that the primary item names."""
    try:
        meta = next(box.content[FULL:] for box in _boxes(content) if box.kind == b"meta")
        parts = {box.kind: box.content for box in _boxes(meta)}
        properties = {box.kind: box.content for box in _boxes(parts[b"iprp"])}
        every = list(_boxes(properties[b"ipco"]))
        for number in _associated(properties[b"ipma"], _primary(parts[b"pitm"])):
            kind, told = every[number - 1] if 0 < number <= len(every) else Box(b"", b"")
            if kind == b"colr" and told[:4] == b"nclx":
                primaries, transfer = struct.unpack(">HH", told[4:8])
                return primaries, transfer
    except (StopIteration, KeyError, IndexError, struct.error):
        pass
    return None


def _boxes(content: bytes) -> Iterator[Box]:
    at = 0
    for _ in range(MOST_BOXES):
        size, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        head = 8
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16]), 16
        size = size or len(content) - at
        if size < head or at + head > len(content):
            return
        yield Box(kind, content[at + head : at + size])
        at += size


def _primary(pitm: bytes) -> int:
    return int.from_bytes(pitm[FULL : FULL + (2 if pitm[0] == 0 else 4)])


def _associated(ipma: bytes, item: int) -> list[int]:
    """The numbers, from 1, of the item's properties."""
    wide_item, wide_number = ipma[0] >= 1, ipma[3] & 1
    step = 2 if wide_number else 1
    at = FULL + 4
    for _ in range(min(MOST_ITEMS, int.from_bytes(ipma[FULL : FULL + 4]))):
        end = at + (4 if wide_item else 2)
        count = ipma[end]
        found = ipma[end + 1 : end + 1 + count * step]
        if int.from_bytes(ipma[at:end]) == item:
            mask = 0x7FFF if wide_number else 0x7F  # the first bit: essential
            return [int.from_bytes(found[n : n + step]) & mask for n in range(0, len(found), step)]
        at = end + 1 + count * step
    return []
