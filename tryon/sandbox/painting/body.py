"""Find the person: head, shoulders, arms, torso and legs, on a plain background or by proportion."""

import math
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

from tryon.sandbox.painting.canvas import Box
from tryon.sandbox.painting.cutout import cut
from tryon.sandbox.painting.face import find_face
from tryon.sandbox.painting.mesh import Span, at, held
from tryon.sandbox.painting.outline import Outline, Run, Side, core, rows_of, trace

_SMALL = 208


@dataclass(frozen=True)
class Body:
    """A person on the canvas; `outline` is in small pixels, which `x()` and `y()` turn into canvas pixels."""

    outline: Outline
    head: tuple[float, float, float, float]  # canvas left, top, right, chin
    figure: Image.Image  # L mask of the whole canvas
    whole: bool  # seen from head to foot
    scale: float
    left: int
    top: int

    def x(self, small: float) -> float:
        return self.left + small * self.scale

    def y(self, small: float) -> float:
        return self.top + small * self.scale

    def row(self, y: float) -> float:
        """The outline's entry for canvas row `y`, held within its rows."""
        at = (y - self.top) / self.scale - self.outline.start
        return min(max(at, 0), self.outline.stop - self.outline.start - 1)

    @property
    def head_height(self) -> float:
        return self.head[3] - self.head[1]

    @property
    def crotch(self) -> float:
        """Canvas row where the legs part; by proportion where that is not seen."""
        if self.outline.split is not None:
            return self.y(self.outline.split)
        return self.head[1] + 3.9 * self.head_height

    @property
    def sole(self) -> float:
        return self.y(self.outline.stop)


def find(canvas: Image.Image, box: Box) -> Body:
    """The person in the photo that takes `box` of the canvas."""
    photo = canvas.crop(box)
    small = photo.copy()
    small.thumbnail((_SMALL, _SMALL), Image.Resampling.BOX)
    seen = cut(photo, holes=True)
    shape = seen.mask.resize(small.size, Image.Resampling.BOX)
    head = _head_on_plain(rows_of(shape)) if seen.plain else None
    if head is None:
        shape, head = _by_proportion(small)
        mask = shape.resize(photo.size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2))
    else:
        mask = seen.mask
    left, top, right, chin = head
    rows = rows_of(shape)
    stop = max((y + 1 for y, runs in enumerate(rows) if runs), default=small.height)
    start = min(max(0, round(chin)), max(0, stop - 8))
    stop = max(stop, min(start + 8, len(rows)))
    outline = trace(rows, start, stop, (left + right) / 2, arms_expected=True)
    figure = Image.new("L", canvas.size, 0)
    figure.paste(mask, box[:2])
    scale = photo.width / small.width
    edges = (box[0] + left * scale, box[1] + top * scale, box[0] + right * scale, box[1] + chin * scale)
    return Body(outline, edges, figure, outline.split is not None, scale, box[0], box[1])


def _head_on_plain(rows: list[list[Run]]) -> tuple[float, float, float, float] | None:
    """Left, top, right, chin of a cut-out figure's head; None when the shape has no head on shoulders."""
    top = next((y for y, runs in enumerate(rows) if runs), None)
    if top is None or len(rows) - top < 24:
        return None
    first = max(rows[top], key=lambda run: run[1] - run[0])
    centre = (first[0] + first[1]) / 2
    widths: list[float] = []
    widest = (0.0, 0.0)
    for y in range(top, len(rows)):
        run = core(rows[y], centre)
        if run is None:
            break
        widths.append(run[1] - run[0])
        if y - top <= 1.15 * (widest[1] - widest[0]) or y - top < 6:
            widest = max(widest, run, key=lambda pair: pair[1] - pair[0])
    across = round(widest[1] - widest[0])
    shoulder = next((at for at in range(across, len(widths)) if widths[at] > 1.55 * across), None)
    if shoulder is None or shoulder > 2.6 * across:
        return None
    begin = round(0.9 * across)
    narrow = min(widths[min(begin, shoulder) : shoulder + 1])
    neck = next(at for at in range(min(begin, shoulder), shoulder + 1) if widths[at] <= 1.12 * narrow)
    return widest[0], top, widest[1], top + min(max(neck, begin), round(1.5 * across))


def _by_proportion(small: Image.Image) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """A figure drawn round the face that is found, else round the middle; with its head's box."""
    left, top, right, chin = find_face(small) or _usual_face(small.size)
    across = right - left
    centre = (left + right) / 2
    shape = _drawn(small.size, centre, across, chin)
    shape = _to_colours(small, shape, (left, top, right, chin))
    grow = 0.15 * across
    return shape, (left - grow, max(0.0, top - 2.5 * grow), right + grow, chin)


def _usual_face(size: tuple[int, int]) -> tuple[float, float, float, float]:
    width, height = size
    across = min(width, height) * 0.24
    top = height * 0.14
    return (width - across) / 2, top, (width + across) / 2, min(height * 0.6, top + 1.3 * across)


def _drawn(size: tuple[int, int], centre: float, across: float, chin: float) -> Image.Image:
    """Neck, shoulders and arms under a face `across` wide, as an L mask."""
    half = [
        (0.3, -0.4),
        (0.36, 0.1),
        (0.7, 0.22),
        (1.12, 0.38),
        (1.3, 0.62),
        (1.45, 1.2),
        (1.6, 2.2),
        (1.65, 9.0),
    ]
    right = [(centre + dx * across, chin + dy * across) for dx, dy in half]
    left = [(centre - dx * across, chin + dy * across) for dx, dy in reversed(half)]
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).polygon(right + left, fill=255)
    return mask


def _to_colours(
    small: Image.Image, shape: Image.Image, face: tuple[float, float, float, float]
) -> Image.Image:
    """Move the drawn outline to where the colours of clothes and of surroundings part."""
    across = face[2] - face[0]
    reach = max(2.0, across * 0.22)
    near = shape.filter(ImageFilter.GaussianBlur(reach)).tobytes()
    coarse = small.convert("RGB").point([value >> 5 for value in range(256)] * 3).tobytes()
    bins = [coarse[at] << 6 | coarse[at + 1] << 3 | coarse[at + 2] for at in range(0, len(coarse), 3)]
    inside, outside = [1.0] * 512, [1.0] * 512
    below = round(face[3]) * small.width
    for cell, bin_ in enumerate(bins):
        if near[cell] > 200 and cell > below:
            inside[bin_] += 1
        elif near[cell] < 40:
            outside[bin_] += 1
    share = sum(outside) / sum(inside)
    odds = [math.log(a * share / b) for a, b in zip(inside, outside, strict=True)]
    score = bytes(
        min(255, max(0, round(128 + 24 * odds[bin_] + 1.1 * (near[cell] - 128))))
        for cell, bin_ in enumerate(bins)
    )
    parted = Image.frombytes("L", small.size, score).filter(ImageFilter.GaussianBlur(2))
    ImageDraw.Draw(parted).rectangle((0, 0, small.width, max(0, round(face[3]) - 1)), fill=0)
    core_ = shape.filter(ImageFilter.MinFilter(2 * round(across * 0.08) + 3))
    parted.paste(255, mask=core_.filter(ImageFilter.GaussianBlur(1)))
    return _in_one_piece(parted)


def _in_one_piece(mask: Image.Image) -> Image.Image:
    """The mask with each row filled from its first to its last pixel."""
    whole = Image.new("L", mask.size, 0)
    for y, runs in enumerate(rows_of(mask)):
        if runs:
            whole.paste(255, (round(runs[0][0]), y, round(runs[-1][1]), y + 1))
    return whole


def torso_edges(body: Body, y: float) -> Span:
    row = body.row(y)
    return body.x(at(body.outline.left.torso, row)), body.x(at(body.outline.right.torso, row))


def arm_edges(body: Body, y: float, sign: int) -> Span:
    """(outer, inner) canvas edges of the arm at row `y`, or where the arm was last seen."""
    side = body.outline.left if sign < 0 else body.outline.right
    outer, inner = arm_at(side, body.row(y))
    return body.x(outer), body.x(inner)


def arm_at(side: Side, row: float) -> Span:
    """The arm's (outer, inner) edges at a row, else where it was last seen, else the torso's edge twice."""
    low = int(held(row, 0, len(side.arm) - 1))
    here = next((pair for pair in reversed(side.arm[: low + 1]) if pair), None) or (
        side.torso[low],
        side.torso[low],
    )
    after = side.arm[min(low + 1, len(side.arm) - 1)] or here
    share = held(row - low, 0, 1)
    return here[0] + (after[0] - here[0]) * share, here[1] + (after[1] - here[1]) * share
