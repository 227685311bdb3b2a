"""The sandbox's painter: a believable stand-in for a model that dresses people, with Pillow alone."""

import hashlib
import random
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PIL import Image

from tryon.samples.table import LABEL
from tryon.sandbox.painting.canvas import flat, nearest_ratio, pixels, read, stamp, write
from tryon.sandbox.painting.compose import composed, cut_out
from tryon.sandbox.painting.dressing import Change, Taken, dress, measured, taken
from tryon.sandbox.painting.frame import fit, place
from tryon.sandbox.painting.imagine import imagined
from tryon.sandbox.painting.light import tinted
from tryon.sandbox.painting.prompt_parser import ParsedPrompt, parse_prompt
from tryon.sandbox.painting.remix import remixed
from tryon.sandbox.painting.sample_looks import rendered_look, without_paper
from tryon.sandbox.painting.segmentation import segment

__all__ = ["fit", "paint", "pixels"]


@dataclass(frozen=True)
class Order:
    """What is left to do once all is read: to paint, and which label stands beside the mark."""

    paint: Callable[[random.Random], Image.Image]
    label: str = ""


REMEMBERED = 8  # orders whose pictures are kept as they were measured and cut
REMEMBERED_SIZES = ("512", "1K")  # larger ones would take too much memory


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

    A person in garments, where the prompt says which image is whom (samples: the look that was rendered);
    else one picture is changed, several are composed, and words alone are imagined. PNG or JPEG bytes of
    exactly `pixels(size, aspect_ratio)`; the ratio nearest to the person's photo, or the first, where none
    is given. ValueError for an undecodable reference or an unknown size or ratio.
    """
    order = _remembered(references, parse_prompt(prompt, len(references)), size, aspect_ratio)
    pictures = []
    for index in range(n):
        picture = order.paint(random.Random(zlib.crc32(prompt.encode()) + index))
        stamp(picture, order.label)
        pictures.append(write(picture, image_format))
    return pictures


_lately: OrderedDict[tuple[object, ...], Order] = OrderedDict()
_lock = threading.Lock()


def _remembered(references: list[bytes], parsed: ParsedPrompt, size: str, aspect_ratio: str | None) -> Order:
    """Cutting takes longer than painting, and the same few pictures are sent again and again."""
    if size not in REMEMBERED_SIZES:
        return _prepare(references, parsed, size, aspect_ratio)
    words = "" if parsed.pieces else parsed.words
    digests = tuple(hashlib.sha256(data).digest() for data in references)
    key = digests, parsed.person, parsed.pieces, words, size, aspect_ratio
    with _lock:
        found = _lately.pop(key, None)
    order = found or _prepare(references, parsed, size, aspect_ratio)
    with _lock:
        _lately[key] = order
        while len(_lately) > REMEMBERED:
            _lately.popitem(last=False)
    return order


def _prepare(references: list[bytes], parsed: ParsedPrompt, size: str, aspect_ratio: str | None) -> Order:
    """Read the pictures, no larger than they are needed, and measure and cut them."""
    ground = (parsed.person or 1) - 1
    bound = max(pixels(size, aspect_ratio or "1:1"))
    photos = [read(data, bound + bound // 8 if at == ground else bound) for at, data in enumerate(references)]
    ratio = aspect_ratio or (nearest_ratio(*photos[ground].size) if photos else "1:1")
    return _prepared(photos, parsed, ground, pixels(size, ratio))


def _prepared(photos: list[Image.Image], parsed: ParsedPrompt, ground: int, shape: tuple[int, int]) -> Order:
    """Measure and cut once; the answer paints one picture after another."""
    if not photos:
        return Order(partial(imagined, parsed.words, shape))
    if look := rendered_look(photos, parsed):
        return Order(partial(_varied, place(look, shape)[0]), LABEL)
    canvas, box = place(flat(photos[ground]), shape)
    if parsed.pieces:
        person, garments = measured(canvas, box), _garments(photos, parsed)
        return Order(lambda chance: dress(person, garments, Change.by(chance)))
    if len(photos) == 1:
        return Order(lambda chance: remixed(canvas, parsed.words, chance))
    things = [cut_out(photo) for photo in photos[1:]]
    return Order(lambda chance: composed(canvas, things, chance))


def _varied(look: Image.Image, chance: random.Random) -> Image.Image:
    """Several of one look differ a little, as several of a model do."""
    return tinted(look, chance.uniform(0.98, 1.02), chance.uniform(-2, 2))


def _garments(photos: list[Image.Image], parsed: ParsedPrompt) -> list[Taken]:
    """What is put on, in order; of an image that shows several, each its own part."""
    garments = []
    for piece in parsed.pieces:
        together = [other.slot for other in parsed.pieces if other.number == piece.number]
        photo = segment(without_paper(photos[piece.number - 1]), piece.slot, together)
        garments.append(taken(photo, piece.slot, piece.wear))
    return garments
