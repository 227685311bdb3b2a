"""A plain garment laid flat, as a shop shows it: what is drawn for words about clothes."""

import random
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tryon.sandbox.painting.colours import NAMED, Colour, colour_in, mixed

_SIDE = 1400  # pixels of the sheet on which it is drawn, 100 units a side; x is counted from the middle
_UNIT = _SIDE / 100

Points = Sequence[tuple[float, float]]

# The right half of each shape, from the top of the middle line to its end; the left half mirrors it.
SHAPES: dict[str, Points] = {
    "top": (
        (0, 17),
        (6, 15.5),
        (11, 11),
        (19, 13.5),
        (22.5, 18),
        (28.5, 40),
        (20.5, 43),
        (18.8, 32),
        (19.5, 88),
        (0, 89),
    ),
    "outerwear": (
        (0, 16),
        (6, 14),
        (10, 9),
        (20, 12.5),
        (30, 36),
        (36, 72),
        (27, 75),
        (21.5, 40),
        (22.5, 92),
        (0, 93),
    ),
    "dress": (
        (0, 17),
        (6, 15),
        (10, 9.5),
        (17, 12),
        (20, 20),
        (15.5, 23.5),
        (14.5, 28),
        (12.5, 42),
        (26, 93),
        (0, 95),
    ),
    "skirt": ((0, 12), (12, 12), (13, 17), (27, 88), (0, 91)),
    "bottom": ((0, 8), (14, 8), (17, 30), (17.5, 60), (16, 94), (5.5, 94), (3, 58), (1, 39), (0, 37)),
    "shorts": ((0, 22), (16, 22), (21, 48), (22, 72), (4, 74), (1, 50), (0, 48)),
    "hat": ((0, 30), (10, 31), (17, 40), (18, 58), (38, 63), (36, 70), (18, 73), (0, 74)),
    "bag": ((0, 42), (24, 42), (27, 46), (30, 86), (27, 89), (0, 89)),
}
# Lines of the right half, each a width and its points.
SEAMS: dict[str, list[Any]] = {
    "top": [(0.35, (18.6, 14), (17.6, 24), (18.6, 32))],
    "outerwear": [
        (0.5, (9, 11), (7, 26), (0, 40), (0, 91)),
        (0.6, (7, 68), (17, 66)),
        (0.35, (20.5, 14), (21, 40)),
    ],
    "dress": [(0.6, (0, 43.5), (12, 42))],
    "skirt": [(0.45, (0, 16.5), (13, 16.5))],
    "bottom": [(0.45, (0, 12), (14.2, 12)), (0.4, (0, 12), (0, 30)), (0.4, (9, 12), (15.5, 21))],
    "shorts": [(0.45, (0, 26), (16.2, 26)), (0.4, (0, 26), (0, 46)), (0.4, (10, 26), (18, 34))],
    "hat": [(2.4, (0, 58), (17, 57))],
    "bag": [(0.5, (26, 47), (18, 62), (0, 66)), (2.2, (0, 64), (0, 68))],
}
_NECKS = {"top": (8.4, 6, 19), "outerwear": (7, 6, 16)}
_PLAIN: dict[str, Colour] = {
    "outerwear": NAMED["camel"],
    "dress": NAMED["burgundy"],
    "bottom": NAMED["denim"],
    "shorts": NAMED["khaki"],
    "bag": NAMED["brown"],
}


def flatlay(shape: str, words: str, size: tuple[int, int], chance: random.Random) -> Image.Image:
    """An RGB picture of `size` with one of `SHAPES` in the first colour named."""
    level = chance.randint(-3, 3)
    picture = Image.new("RGB", size, (238 + level, 236 + level, 232 + level))
    side = min(size)
    colour = colour_in(words) or _PLAIN.get(shape, NAMED["teal"])
    drawn = _drawn(shape, colour).resize((side, side), Image.Resampling.LANCZOS)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    veil = Image.new("L", size, 0)
    veil.paste(drawn.getchannel("A"), (left + side // 160, top + side // 90))
    veil = veil.filter(ImageFilter.GaussianBlur(side / 70)).point([value // 3 for value in range(256)])
    picture.paste((126, 120, 114), mask=veil)
    picture.paste(drawn.convert("RGB"), (left, top), drawn.getchannel("A"))
    return picture


def _drawn(shape: str, colour: Colour) -> Image.Image:
    sheet = Image.new("RGBA", (_SIDE, _SIDE), (*colour, 0))
    if shape == "bag":
        ImageDraw.Draw(sheet).arc(
            (*_at(-14, 16), *_at(14, 68)), 180, 360, (*_dark(colour), 255), _stroke(2.6)
        )
    _lay(sheet, SHAPES[shape], colour, folded=shape not in ("hat", "bag"))
    _seams(ImageDraw.Draw(sheet), shape, _dark(colour))
    return sheet


def _lay(sheet: Image.Image, half: Points, colour: Colour, *, folded: bool) -> None:
    """The cloth with softened corners, a few folds and a shade towards its edges; in place."""
    mask = Image.new("L", sheet.size, 0)
    outline = [*half, *((-x, y) for x, y in reversed(half))]
    ImageDraw.Draw(mask).polygon([_at(*point) for point in outline], fill=255)
    soft = mask.filter(ImageFilter.GaussianBlur(0.55 * _UNIT))
    smooth = soft.point([max(0, min(255, (value - 128) * 6 + 128)) for value in range(256)])
    shade = mask.filter(ImageFilter.GaussianBlur(2.2 * _UNIT))
    shade = shade.point([min(255, 176 + value * 79 // 230) for value in range(256)])
    if folded:
        shade = ImageChops.multiply(shade, _folds(sheet.size))
    cloth = ImageChops.multiply(Image.new("RGB", sheet.size, colour), Image.merge("RGB", (shade,) * 3))
    cloth.putalpha(smooth)
    sheet.alpha_composite(cloth)


def _folds(size: tuple[int, int]) -> Image.Image:
    folds = Image.new("L", size, 255)
    drawing = ImageDraw.Draw(folds)
    for x, lean in ((-13, -3), (-5, 1.5), (4, -1), (11, 3.5)):
        drawing.line([_at(x, 38), _at(x + lean, 90)], 205, _stroke(1.1))
    return folds.filter(ImageFilter.GaussianBlur(1.4 * _UNIT))


def _seams(drawing: ImageDraw.ImageDraw, shape: str, dark: Colour) -> None:
    """What is sewn: the inside of the neck, lines on both sides, buttons."""
    if shape in _NECKS:
        across, top, bottom = _NECKS[shape]
        drawing.chord((*_at(-across, top), *_at(across, bottom)), 11, 169, (*dark, 255))
    for width, *points in SEAMS[shape]:
        for sign in (-1, 1):
            line = [_at(sign * x, y) for x, y in points]
            drawing.line(line, (*dark, 255), _stroke(width), "curve")
    for y in (46, 58, 70, 82) if shape == "outerwear" else ():
        drawing.ellipse((*_at(1.2, y), *_at(3.2, y + 2)), (*dark, 255))


def _dark(colour: Colour) -> Colour:
    return mixed(colour, (20, 18, 18), 0.38)


def _stroke(units: float) -> int:
    return max(1, round(units * _UNIT))


def _at(x: float, y: float) -> tuple[float, float]:
    return (x + 50) * _UNIT, y * _UNIT
