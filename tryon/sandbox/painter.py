"""The sandbox's painter: a believable stand-in for a model that dresses people, with Pillow alone."""

import random
import re
import zlib
from collections.abc import Callable
from functools import partial

from PIL import Image

from tryon.sandbox.canvas import flat, nearest_ratio, pixels, read, stamp, write
from tryon.sandbox.dressing import Change, dress, measured, taken
from tryon.sandbox.frame import fit, place
from tryon.sandbox.light import tinted
from tryon.sandbox.scene import scene

__all__ = ["fit", "paint", "pixels"]

SLOTS = ("top", "bottom", "dress", "outerwear", "shoes", "hat", "glasses", "jewellery", "bag")
_SLOT = re.compile(rf"\b({'|'.join(SLOTS)})\b", re.IGNORECASE)


def paint(
    references: list[bytes],
    prompt: str,
    *,
    size: str = "1K",
    aspect_ratio: str | None = None,
    n: int = 1,
    image_format: str = "PNG",
) -> list[bytes]:
    """Paint `n` pictures of the person (the first reference) in the garments (the others, inner to outer).

    Without references a calm scene with the prompt's words. PNG or JPEG bytes of exactly
    `pixels(size, aspect_ratio)`; the ratio nearest to the person's photo where none is given.
    ValueError for an undecodable reference or an unknown size or ratio.
    """
    bound = max(pixels(size, aspect_ratio or "1:1"))
    photos = [read(data, bound + bound // 8 if at == 0 else bound) for at, data in enumerate(references)]
    ratio = aspect_ratio or (nearest_ratio(*photos[0].size) if photos else "1:1")
    shape = pixels(size, ratio)
    paint_one = _dresser(photos, prompt, shape) if photos else partial(scene, prompt, shape)
    pictures = []
    for index in range(n):
        picture = paint_one(random.Random(zlib.crc32(prompt.encode()) + index))
        stamp(picture)
        pictures.append(write(picture, image_format))
    return pictures


def slot_of(prompt: str, number: int) -> str:
    """The slot word nearest to "image <number>" in the prompt, else "top"."""
    images = [match.start() for match in re.finditer(rf"\bimage {number}\b", prompt, re.IGNORECASE)]
    words = [(match.start(), match.group(1).lower()) for match in _SLOT.finditer(prompt)]
    pairs = [(abs(at - place_), word) for at in images for place_, word in words]
    return min(pairs)[1] if pairs else "top"


def _dresser(
    photos: list[Image.Image], prompt: str, shape: tuple[int, int]
) -> Callable[[random.Random], Image.Image]:
    """Measure the person and cut the garments once; the answer paints one picture after another."""
    canvas, box = place(flat(photos[0]), shape)
    if len(photos) == 1:
        return lambda chance: tinted(canvas, *Change.by(chance).light)
    person = measured(canvas, box)
    garments = [taken(photo, slot_of(prompt, number)) for number, photo in enumerate(photos[1:], start=2)]
    return lambda chance: dress(person, garments, Change.by(chance))
