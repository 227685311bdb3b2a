"""Read a garment photo: the garment alone, its outline, sleeves apart from torso, its neck opening."""

import math
from collections import deque
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

from tryon.sandbox.painting.canvas import lighter_of
from tryon.sandbox.painting.cutout import cut
from tryon.sandbox.painting.outline import Outline, Side, rows_of, trace

_SMALL = 208
# An opening of the neck is less wide and less deep than these shares of the shoulders.
_WIDE, _DEEP = 0.72, 0.75


@dataclass(frozen=True)
class Garment:
    """A garment of RGBA `picture`; `outline` is in small pixels, `scale` picture pixels each.

    `torso`, `left` and `right` are L masks of the picture: which of its pixels belong to that part.
    """

    picture: Image.Image
    outline: Outline
    scale: float
    torso: Image.Image
    left: Image.Image
    right: Image.Image
    box: tuple[int, int, int, int]

    @property
    def sleeved(self) -> bool:
        return any(side.armpit is not None for side in (self.outline.left, self.outline.right))


def read_garment(photo: Image.Image, *, worn_on_body: bool) -> Garment:
    """The garment shown in a photo; `worn_on_body` looks for sleeves and for the opening of the neck."""
    seen = cut(photo)
    small = seen.mask.copy()
    small.thumbnail((_SMALL, _SMALL), Image.Resampling.BOX)
    rows = rows_of(small)
    filled = [y for y, runs in enumerate(rows) if runs]
    start, stop = (filled[0], filled[-1] + 1) if len(filled) > 8 else (0, len(rows))
    begin = min((runs[0][0] for runs in rows if runs), default=0)
    end = max((runs[-1][1] for runs in rows if runs), default=small.width)
    outline = trace(rows, start, max(stop, start + 2), (begin + end) / 2, arms_expected=False)
    scale = seen.picture.width / small.width
    mask = seen.mask
    if worn_on_body and seen.plain:
        mask = ImageChops.subtract(mask, _opening(seen.picture, mask, outline, scale))
    picture = _bled(seen.picture, mask)
    picture.putalpha(mask)
    parts = _parts(picture.size, outline, scale)
    box = mask.point([255 if value >= 128 else 0 for value in range(256)]).getbbox() or (0, 0, *mask.size)
    return Garment(picture, outline, scale, *parts, box)


def _bled(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """The garment's own colours, carried a little over its edge in place of the background's."""
    size = (max(1, picture.width // 6), max(1, picture.height // 6))
    solid = mask.filter(ImageFilter.BoxBlur(2)).point([255 if value > 246 else 0 for value in range(256)])
    small, inside = picture.resize(size, Image.Resampling.BOX), solid.resize(size, Image.Resampling.BOX)
    inside = inside.point([255 if value > 200 else 0 for value in range(256)])
    mean = (
        tuple(round(value) for value in ImageStat.Stat(small, inside).mean)
        if inside.getbbox()
        else (128, 128, 128)
    )
    plate = Image.new("RGB", size, mean)
    for radius in (12, 5, 2):
        plate.paste(small, mask=inside)
        plate = plate.filter(ImageFilter.GaussianBlur(radius))
    plate.paste(small, mask=inside)
    result = plate.resize(picture.size, Image.Resampling.BICUBIC)
    result.paste(picture, mask=solid)
    return result


def _parts(
    size: tuple[int, int], outline: Outline, scale: float
) -> tuple[Image.Image, Image.Image, Image.Image]:
    """Masks of torso, left sleeve, right sleeve; they overlap by a hair so that no seam shows."""
    torso = Image.new("L", size, 255)
    sleeves = []
    for side, sign in ((outline.left, -1), (outline.right, 1)):
        torso.paste(0, mask=_outside(size, outline, side, scale, sign, 0.15 * scale))
        sleeves.append(_outside(size, outline, side, scale, sign, -1.8 * scale))
    return torso, sleeves[0], sleeves[1]


def _outside(
    size: tuple[int, int], outline: Outline, side: Side, scale: float, sign: int, beyond: float
) -> Image.Image:
    """All that lies `beyond` the torso's edge on one side, from the top to the end of the sleeve."""
    mask = Image.new("L", size, 0)
    if side.armpit is None:
        return mask
    edge: list[tuple[float, float]] = []
    for row, (torso, arm) in enumerate(zip(side.torso, side.arm, strict=True)):
        y = row + outline.start
        if y > side.arm_end + 1:
            break
        x = (
            torso * scale + sign * beyond
            if y < side.armpit[1] or arm is None
            else (torso + 0.3 * (arm[1] - torso)) * scale
        )
        edge.append((x, y * scale))
    far = size[0] if sign > 0 else 0
    last = (side.arm_end + 1.5) * scale
    ImageDraw.Draw(mask).polygon(
        [(far, 0), (edge[0][0], 0), *edge, (edge[-1][0], last), (far, last)], fill=255
    )
    return mask


def _opening(picture: Image.Image, mask: Image.Image, outline: Outline, scale: float) -> Image.Image:
    """L mask of the neck's opening: the garment's inside, seen below the back of its collar."""
    size = (round(picture.width / scale), round(picture.height / scale))
    small = picture.resize(size, Image.Resampling.BOX)
    shape = mask.resize(size, Image.Resampling.BOX).tobytes()
    centre, height = round(outline.centre), outline.stop - outline.start
    best: set[int] = set()
    for share in (0.02, 0.04, 0.06, 0.09, 0.12):
        for aside in (0, -6, 6):
            seed = (outline.start + round(share * height)) * size[0] + centre + aside
            patch = _alike(small, shape, seed, outline)
            if len(best) < len(patch) and _is_inside(patch, outline, size[0]):
                best = patch
    if not best:
        return Image.new("L", picture.size, 0)
    return _sharpened(picture, small, _to_the_top(best, size))


def _to_the_top(patch: set[int], size: tuple[int, int]) -> Image.Image:
    """L mask of a patch with all that is above it, column by column."""
    hole = bytearray(size[0] * size[1])
    for column in {cell % size[0] for cell in patch}:
        lowest = max(cell // size[0] for cell in patch if cell % size[0] == column)
        for y in range(lowest + 1):
            hole[y * size[0] + column] = 255
    return Image.frombytes("L", size, bytes(hole)).filter(ImageFilter.MedianFilter(5))


def _sharpened(picture: Image.Image, small: Image.Image, hole: Image.Image) -> Image.Image:
    """The hole at the picture's size; its edge runs where the colour of the inside ends."""
    core = hole.filter(ImageFilter.MinFilter(5))
    level = tuple(round(value) for value in ImageStat.Stat(small, core if core.getbbox() else hole).median)
    unlike = lighter_of(*ImageChops.difference(picture, Image.new("RGB", picture.size, level)).split())
    inside = unlike.point([max(0, min(255, (30 - value) * 16)) for value in range(256)])
    smooth = hole.filter(ImageFilter.GaussianBlur(1.6)).resize(picture.size, Image.Resampling.BICUBIC)
    opened = Image.blend(smooth, inside.filter(ImageFilter.GaussianBlur(2.2)), 0.25)
    return opened.point([max(0, min(255, round((value - 96) * 6))) for value in range(256)])


def _alike(small: Image.Image, shape: bytes, seed: int, outline: Outline) -> set[int]:
    """Cells of the garment joined to `seed` in small steps of colour; none if they go on beyond a neck."""
    data, width = small.tobytes(), small.width
    if not 0 <= seed < len(shape) or shape[seed] < 200:
        return set()
    home = data[seed * 3 : seed * 3 + 3]
    patch, queue = {seed}, deque([seed])
    left = right = seed % width
    end = (outline.start + math.ceil(_DEEP * outline.shoulder_width)) * width
    while queue:
        cell = queue.popleft()
        left, right = min(left, cell % width), max(right, cell % width)
        if right - left >= _WIDE * outline.shoulder_width or cell >= end:
            return set()
        at = cell * 3
        for other in (cell - 1, cell + 1, cell - width, cell + width):
            if other in patch or not 0 <= other < len(shape) or shape[other] < 200:
                continue
            to = other * 3
            if (
                abs(data[to] - home[0]) <= 24
                and abs(data[to + 1] - home[1]) <= 24
                and abs(data[to + 2] - home[2]) <= 24
                and abs(data[at] - data[to]) <= 9
                and abs(data[at + 1] - data[to + 1]) <= 9
                and abs(data[at + 2] - data[to + 2]) <= 9
            ):
                patch.add(other)
                queue.append(other)
    return patch


def _is_inside(patch: set[int], outline: Outline, width: int) -> bool:
    """Whether a patch is small, near the top and narrower than the shoulders, as a neck's opening is."""
    if len(patch) < 12:
        return False
    columns = [cell % width for cell in patch]
    across = max(columns) - min(columns)
    deep = max(patch) // width - outline.start
    middle = abs((max(columns) + min(columns)) / 2 - outline.centre)
    shoulders = outline.shoulder_width
    return (
        0.12 * shoulders < across < _WIDE * shoulders
        and deep < _DEEP * shoulders
        and middle < 0.12 * shoulders
    )
