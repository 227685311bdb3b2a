"""How two pictures differ, whatever their size, encoding, brightness and a little cropping.

Small copies are enough. A frame says what one picture shows of the other: left, top, right and bottom in
shares of its sides, WHOLE for all of it, less than 0 or more than 1 for what lies beyond.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

from PIL import Image, ImageChops, ImageFilter

Frame = tuple[float, float, float, float]
WHOLE: Frame = (0.0, 0.0, 1.0, 1.0)

SHARP = 256  # pixels of the longer side of what is compared: glasses on a whole figure are ten of them
# Pixels of the longer side on which the frame is sought, and by how much its edges move there.
COARSE, COARSE_STEPS = 48, (0.08, 0.04, 0.02, 0.01)
FINE, FINE_STEPS = 96, (0.008, 0.004, 0.002)
MOVES = (
    *((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),  # one edge
    *((1, 0, 1, 0), (0, 1, 0, 1), (1, 0, -1, 0), (0, 1, 0, -1), (1, 1, -1, -1)),  # a shift, a zoom
)
STARTS = tuple(
    (across + zoom, down + zoom, 1 + across - zoom, 1 + down - zoom)
    for zoom, across, down in product((-0.2, -0.1, 0.0, 0.1, 0.2, 0.3), (-0.1, 0.0, 0.1), (-0.1, 0.0, 0.1))
)
MOST_STARTS = 4  # of these that are followed
FARTHEST = 0.4  # share of a side
# Levels of 255: another garment costs no more than this, so that what is not replaced tells the frame.
MOST_MISFIT = 24
CLEARLY = 0.93  # of the misfit of the whole is left where a frame has moved; the largest by chance was 0.96
FEW = 0.0004  # share of the pixels that may differ in whatever way
CORNER = (0.82, 0.92)  # from there to the lower right is the mark of what made it
CELLS = 32  # on a side, by which tones are likened and detail is looked for
DETAIL = 18  # levels that neighbours differ by where there is something to be seen; a smooth run has 16


class Difference(NamedTuple):
    """`levels` (of 255) by which they differ where they differ most; `moved` is a share of a side, or 0."""

    levels: float
    moved: float


def detail(picture: Image.Image) -> float:
    """The share of a picture in which there is something to be seen: 0 for one colour, or a smooth run."""
    small = picture.resize((CELLS, CELLS), Image.Resampling.BOX)
    steps = _strongest(
        ImageChops.subtract(band.filter(ImageFilter.MaxFilter(3)), band.filter(ImageFilter.MinFilter(3)))
        for band in small.split()
    )
    return sum(_without_corner(steps).histogram()[DETAIL:]) / CELLS**2


def difference(seen: Image.Image, before: Image.Image) -> Difference:
    """What of `seen` is not in `before`, once it is laid over it in its tones."""
    coarse, fine = (_grey(seen, before, side) for side in (COARSE, FINE))
    starts = sorted(STARTS, key=lambda start: _misfit(*coarse, start))[:MOST_STARTS]
    _, frame = min(_settled(*coarse, start, COARSE_STEPS) for start in (WHOLE, *starts))
    misfit, frame = _settled(*fine, frame, FINE_STEPS)
    moved = _off(frame) if misfit < CLEARLY * _misfit(*fine, WHOLE) else 0.0
    return Difference(_levels(seen, before, frame), moved)


# The frame ------------------------------------------------------------------------------------------
def _size(picture: Image.Image, longest: int) -> tuple[int, int]:
    scale = longest / max(picture.size)
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def _grey(seen: Image.Image, before: Image.Image, longest: int) -> tuple[Image.Image, Image.Image]:
    """Both in one size and in the tones of `before`."""
    size = _size(before, longest)
    one, two = (each.convert("L").resize(size, Image.Resampling.BOX) for each in (seen, before))
    return _likened(one, two), two


def _settled(
    seen: Image.Image, before: Image.Image, frame: Frame, steps: Sequence[float]
) -> tuple[float, Frame]:
    """The frame near this one that fits best, by ever smaller moves; its misfit first."""
    best = _misfit(seen, before, frame), frame
    for step in steps:
        last = None
        while last != best:
            last = best
            for move, way in product(MOVES, (step, -step)):
                tried = _moved(best[1], move, way)
                if _off(tried) <= FARTHEST:
                    best = min(best, (_misfit(seen, before, tried), tried))
    return best


def _moved(frame: Frame, move: Sequence[int], way: float) -> Frame:
    left, top, right, bottom = (edge + way * part for edge, part in zip(frame, move, strict=True))
    return left, top, right, bottom


def _off(frame: Frame) -> float:
    return max(abs(edge - own) for edge, own in zip(frame, WHOLE, strict=True))


def _misfit(seen: Image.Image, before: Image.Image, frame: Frame) -> float:
    """Mean levels by which they differ; of two frames that fit alike, the one that moved less is meant."""
    counts = ImageChops.difference(*_laid_over(seen, before, frame)).histogram()
    levels = sum(min(level, MOST_MISFIT) * count for level, count in enumerate(counts) if count)
    return levels / max(1, sum(counts)) + _off(frame)


def _laid_over(seen: Image.Image, before: Image.Image, frame: Frame) -> tuple[Image.Image, Image.Image]:
    """The part of `seen` that `before` shows too, and that of `before`, pixel upon pixel."""
    left, top, right, bottom = frame
    width, height = right - left, bottom - top
    across, down = width * before.width / seen.width, height * before.height / seen.height
    matrix = (across, 0, left * before.width, 0, down, top * before.height)
    under = before.transform(seen.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    shared = (
        math.ceil(max(0.0, -left / width) * seen.width),
        math.ceil(max(0.0, -top / height) * seen.height),
        math.floor(min(1.0, (1 - left) / width) * seen.width),
        math.floor(min(1.0, (1 - top) / height) * seen.height),
    )
    return seen.crop(shared), under.crop(shared)


# The tones ------------------------------------------------------------------------------------------
def _likened(one: Image.Image, two: Image.Image) -> Image.Image:
    """A band in the tones of another: brighter or darker, with more contrast or less."""
    cells = [each.resize((CELLS, CELLS), Image.Resampling.BOX).tobytes() for each in (one, two)]
    gain, offset = _line(list(zip(*cells, strict=True)))
    return one.point(lambda level: gain * level + offset)


def _line(pairs: list[tuple[int, int]]) -> tuple[float, float]:
    """Gain and offset that turn most first levels into the second; what a garment changed is left out."""
    unclipped = [(x, y) for x, y in pairs if 4 < x < 251 and 4 < y < 251]
    pairs = unclipped if len(unclipped) * 4 >= len(pairs) else pairs
    kept, gain, offset = pairs, 1.0, 0.0
    for _ in range(6):
        mean_x, mean_y = (sum(column) / len(kept) for column in zip(*kept, strict=True))
        spread = sum((x - mean_x) ** 2 for x, _ in kept)
        both = sum((x - mean_x) * (y - mean_y) for x, y in kept)
        gain = min(1.6, max(0.6, both / spread)) if spread > 4 * len(kept) else 1.0
        offset = min(60.0, max(-60.0, mean_y - gain * mean_x))
        pairs = sorted(pairs, key=lambda pair: abs(gain * pair[0] + offset - pair[1]))
        kept = pairs[: max(8, len(pairs) * 7 // 10)]
    return gain, offset


# What differs ---------------------------------------------------------------------------------------
def _levels(seen: Image.Image, before: Image.Image, frame: Frame) -> float:
    size = _size(before, SHARP)
    sharp = [each.resize(size, Image.Resampling.BOX) for each in (seen, before)]
    one, two = _laid_over(sharp[0], sharp[1], frame)
    bands = zip(one.split(), two.split(), strict=True)
    off = _strongest(_beyond(over, _likened(under, over)) for over, under in bands)
    counts = _without_corner(off).filter(ImageFilter.BoxBlur(1)).histogram()
    allowed = FEW * sum(counts)
    return float(next((level for level in range(255, 0, -1) if sum(counts[level:]) > allowed), 0))


def _beyond(one: Image.Image, two: Image.Image) -> Image.Image:
    """How far a band is from all that the other one has within a pixel: no edge lies on another exactly."""
    over = ImageChops.subtract(one, two.filter(ImageFilter.MaxFilter(3)))
    under = ImageChops.subtract(two.filter(ImageFilter.MinFilter(3)), one)
    return ImageChops.lighter(over, under)


def _without_corner(off: Image.Image) -> Image.Image:
    off.paste(0, (round(CORNER[0] * off.width), round(CORNER[1] * off.height), *off.size))
    return off


def _strongest(bands: Iterable[Image.Image]) -> Image.Image:
    first, *others = bands
    for band in others:
        first = ImageChops.lighter(first, band)
    return first
