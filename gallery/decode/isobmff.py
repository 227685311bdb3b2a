"""The first box of AVIF and HEIC (ISO/IEC 14496-12, 23008-12), by whose brands their decoders know them."""

SPECIFIC = {
    "AVIF": (b"avif", b"avis"),
    "HEIF": (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"),
}
GENERIC = frozenset((b"mif1", b"mif2", b"msf1", b"miaf"))  # either of the two
MOST_BRANDS = 256
MAJOR, MINOR, COMPATIBLE = 8, 12, 16  # where they begin


def formats_of(content: bytes) -> list[str]:
    """Pillow's names of the decoders that any brand of the first box names; that of the major brand first."""
    major = content[MAJOR:MINOR]
    brands = {major, *_compatible(content)}
    named = [name for name, own in SPECIFIC.items() if not brands.isdisjoint(own)]
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
        content = content[:MAJOR] + own[0] + content[MINOR:]
    if compatible and set(compatible).isdisjoint(own):
        content = content[:COMPATIBLE] + own[0] + content[COMPATIBLE + 4 :]
    return content
