"""Trousers, skirts, and the small things that are set down where they belong."""

from PIL import Image

from tryon.sandbox.painting.body import Body, torso_edges
from tryon.sandbox.painting.garment import Garment
from tryon.sandbox.painting.mesh import STEP, Band, Span, at, held

_EASE_LEGS = 0.03  # room between leg and cloth, of the hips' width


def leg_parts(garment: Garment, body: Body) -> tuple[list[tuple[Image.Image, list[Band]]], float]:
    """Trousers or a skirt: both halves from the waist down, each leg on its own where there are two; and
    the canvas row where it ends."""
    outline, scale = garment.outline, garment.scale
    waist = body.crotch - 0.75 * body.head_height
    length = (outline.stop - outline.start) * scale
    hips = torso_edges(body, body.crotch - 0.2 * body.head_height)
    widest = max(r - left for left, r in zip(outline.left.torso, outline.right.torso, strict=True)) * scale
    natural = waist + length * (hips[1] - hips[0]) / max(1.0, widest) * 1.06
    bottom = held(natural, body.crotch + 0.5 * body.head_height, body.sole - 0.28 * body.head_height)
    bottom = body.sole - 0.3 * body.head_height if bottom > body.sole - 1.2 * body.head_height else bottom
    flare = (bottom - waist) / max(1.0, length)
    parts = []
    for sign in (-1, 1):
        bands = []
        y = float(round(waist)) - 4
        while y <= bottom + 4:
            v = outline.start * scale + (y - waist) * length / max(1.0, bottom - waist)
            source = _half_source(garment, v, sign)
            bands.append((y, v, _half(garment, body, y, sign, abs(source[1] - source[0]) * flare), source))
            y += STEP
        mask = Image.new("L", garment.picture.size, 0)
        middle = round(outline.centre * scale)
        keep = (0, 0, middle + 2, mask.height) if sign < 0 else (middle - 2, 0, *mask.size)
        mask.paste(255, keep)
        parts.append((mask, bands))
    return parts, bottom


def _half(garment: Garment, body: Body, y: float, sign: int, own: float) -> Span:
    """One half of the body at a canvas row: its outer edge and the middle, or the inside of the leg.

    A skirt hangs over both legs, and is `own` wide where that is wider.
    """
    left, right = torso_edges(body, y)
    gap = body.outline.inner[int(body.row(y))]
    middle = (left + right) / 2
    ease = _EASE_LEGS * (right - left)
    if garment.outline.split is None:
        half = max((right - left) / 2 + ease, own)
        return (middle - half, middle + 1) if sign < 0 else (middle - 1, middle + half)
    if sign < 0:
        return left - ease, min(middle + 1, body.x(gap[0]) + ease) if gap else middle + 1
    return max(middle - 1, body.x(gap[1]) - ease) if gap else middle - 1, right + ease


def _half_source(garment: Garment, v: float, sign: int) -> Span:
    outline, scale = garment.outline, garment.scale
    # The last rows are those of the rounded corners, which would pull the hem wide.
    row = held(v / scale - outline.start, 0, 0.96 * (outline.stop - outline.start - 1))
    gap = outline.inner[int(row)]
    if sign < 0:
        return at(outline.left.torso, row) * scale, (gap[0] if gap else outline.centre) * scale
    return (gap[1] if gap else outline.centre) * scale, at(outline.right.torso, row) * scale


def set_down(layer: Image.Image, garment: Garment, body: Body, slot: str, shift: float) -> None:
    """A small thing at its place, not bent: shoes, hat, glasses, jewellery, bag."""
    left, top, right, chin = body.head
    wide, tall, middle = right - left, chin - top, (left + right) / 2
    thing = garment.picture.crop(garment.box)
    places: dict[str, tuple[float, float, float, float]] = {  # centre x, y, width, height it may take
        "hat": (middle, top + 0.08 * tall, 1.35 * wide, 0.75 * tall),
        "glasses": (middle, top + 0.5 * tall, 0.78 * wide, 0.3 * tall),
        "jewellery": (middle, chin + 0.42 * tall, 0.85 * wide, 0.7 * tall),
        "shoes": (middle, body.sole - 0.16 * tall, 1.5 * wide, 0.5 * tall),
        "bag": (right + 1.05 * wide, body.crotch + 0.55 * tall, 1.2 * wide, 1.5 * tall),
    }
    x, y, room_wide, room_tall = places[slot]
    factor = min(room_wide / thing.width, room_tall / thing.height)
    size = (max(1, round(thing.width * factor)), max(1, round(thing.height * factor)))
    x += shift * wide
    sheet = Image.new("RGBA", layer.size, (0, 0, 0, 0))
    sheet.paste(thing.resize(size), (round(x - size[0] / 2), round(y - size[1] / 2)))
    layer.alpha_composite(sheet)
