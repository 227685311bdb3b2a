"""The samples known by their looks, since uploads are re-encoded: a pair of them has its rendered look."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from PIL import Image

from tryon.samples.table import FOLDER, GARMENTS, PEOPLE, SAMPLES, SIZE, find_look
from tryon.sandbox.painting.canvas import flat, read
from tryon.sandbox.painting.prompt_parser import AUTO, ParsedPrompt, Piece

_CELLS = 16
# Bits of 256, and levels of a cell: a JPEG of quality 30 and 96 pixels across turns 3, moves a cell by 24.
# The hash cannot tell bare from dressed mannequins (0 bits), the cells of any two pictures can (41 levels).
_MOST_BITS, _MOST_LEVELS = 8, 24
_KINDS = {each.slug: each.category for each in GARMENTS}


@dataclass(frozen=True)
class Fingerprint:
    """A picture's average hash of 16 x 16 bits, and the RGB levels of the cells that it was made from."""

    bits: int
    cells: bytes

    def is_same(self, other: "Fingerprint") -> bool:
        return (self.bits ^ other.bits).bit_count() <= _MOST_BITS and all(
            abs(one - two) <= _MOST_LEVELS for one, two in zip(self.cells, other.cells, strict=True)
        )


def fingerprint(picture: Image.Image) -> Fingerprint:
    small = flat(picture).resize((_CELLS, _CELLS), Image.Resampling.BOX)
    grey = small.convert("L").tobytes()
    average = sum(grey) / len(grey)
    return Fingerprint(int("".join(str(int(level > average)) for level in grey), 2), small.tobytes())


@cache
def _fingerprints() -> dict[str, Fingerprint]:
    return {each.slug: fingerprint(read(each.path.read_bytes(), 256)) for each in SAMPLES}


def sample_in(photo: Image.Image) -> str | None:
    """The slug of the sample that this is, in whatever size and encoding."""
    seen = fingerprint(photo)
    return next((slug for slug, known in _fingerprints().items() if known.is_same(seen)), None)


def without_paper(photo: Image.Image) -> Image.Image:
    """The photo; a sample garment cut out by its own mask, as white cloth and white paper are too alike."""
    slug = sample_in(photo)
    if slug not in _KINDS:
        return photo
    mask = read((FOLDER / "masks" / f"{slug}.png").read_bytes(), max(SIZE)).convert("L")
    bare = photo.convert("RGB")
    bare.putalpha(mask.resize(photo.size, Image.Resampling.BICUBIC))
    return bare


def rendered_look(photos: list[Image.Image], parsed: ParsedPrompt) -> Image.Image | None:
    """What was rendered of the sample person in these sample garments; None where anything else is asked."""
    if parsed.person is None:
        return None
    person = sample_in(photos[parsed.person - 1])
    if person not in {each.slug for each in PEOPLE}:
        return None
    worn = list(_worn(photos, parsed.pieces))
    look = find_look(person, worn) if len(worn) == len(parsed.pieces) else None
    return read(look.path.read_bytes(), max(SIZE)) if look else None


def _worn(photos: list[Image.Image], pieces: tuple[Piece, ...]) -> Iterator[tuple[str, str]]:
    """Those pieces that are sample garments, worn as what they are."""
    for piece in pieces:
        slug = sample_in(photos[piece.number - 1])
        if slug in _KINDS and piece.slot in (AUTO, _KINDS[slug]):
            yield slug, piece.wear
