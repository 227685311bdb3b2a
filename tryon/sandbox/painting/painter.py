"""The sandbox's painter: a believable stand-in for a model that dresses people, with Pillow alone."""

import random
import zlib
from collections.abc import Callable
from functools import partial

from PIL import Image

from tryon.sandbox.painting.canvas import flat, nearest_ratio, pixels, read, stamp, write
from tryon.sandbox.painting.compose import composed, cut_out
from tryon.sandbox.painting.dressing import Change, Taken, dress, measured, taken
from tryon.sandbox.painting.frame import fit, place
from tryon.sandbox.painting.imagine import imagined
from tryon.sandbox.painting.prompt_parser import ParsedPrompt, parse_prompt
from tryon.sandbox.painting.remix import remixed
from tryon.sandbox.painting.segmentation import segment

__all__ = ["fit", "paint", "pixels"]

Paint = Callable[[random.Random], Image.Image]


def paint(
    references: list[bytes],
    prompt: str,
    *,
    size: str = "1K",
    aspect_ratio: str | None = None,
    n: int = 1,
    image_format: str = "PNG",
) -> list[bytes]:
    """Paint `n` pictures of what the prompt asks for, with the references numbered from 1.

    A person in garments, where the prompt says which image is whom; else one picture is changed, several
    are composed, and words alone are imagined. PNG or JPEG bytes of exactly `pixels(size, aspect_ratio)`;
    the ratio nearest to the person's photo, or the first, where none is given. ValueError for an undecodable
    reference or an unknown size or ratio.
    """
    parsed = parse_prompt(prompt, len(references))
    ground = (parsed.person or 1) - 1
    bound = max(pixels(size, aspect_ratio or "1:1"))
    photos = [read(data, bound + bound // 8 if at == ground else bound) for at, data in enumerate(references)]
    ratio = aspect_ratio or (nearest_ratio(*photos[ground].size) if photos else "1:1")
    paint_one = _prepared(photos, parsed, ground, pixels(size, ratio))
    pictures = []
    for index in range(n):
        picture = paint_one(random.Random(zlib.crc32(prompt.encode()) + index))
        stamp(picture)
        pictures.append(write(picture, image_format))
    return pictures


def _prepared(photos: list[Image.Image], parsed: ParsedPrompt, ground: int, shape: tuple[int, int]) -> Paint:
    """Measure and cut once; the answer paints one picture after another."""
    if not photos:
        return partial(imagined, parsed.words, shape)
    canvas, box = place(flat(photos[ground]), shape)
    if parsed.pieces:
        person, garments = measured(canvas, box), _garments(photos, parsed)
        return lambda chance: dress(person, garments, Change.by(chance))
    if len(photos) == 1:
        return lambda chance: remixed(canvas, parsed.words, chance)
    things = [cut_out(photo) for photo in photos[1:]]
    return lambda chance: composed(canvas, things, chance)


def _garments(photos: list[Image.Image], parsed: ParsedPrompt) -> list[Taken]:
    """What is put on, in order; of an image that shows several, each its own part."""
    garments = []
    for piece in parsed.pieces:
        together = [other.slot for other in parsed.pieces if other.number == piece.number]
        photo = segment(photos[piece.number - 1], piece.slot, together)
        garments.append(taken(photo, piece.slot, piece.wear))
    return garments
