"""A plain standing person from head to shoe, drawn so that this picture can itself be dressed."""

import random
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tryon.sandbox.painting.colours import Colour, colour_in, mixed

_TALL = 1536  # pixels of the figure as it is drawn
_UNIT = _TALL / 100  # the figure is 100 units tall; x is counted from its middle
_WIDE = 48  # units of the sheet, with room for the arms
_SHARE = 0.88  # of the picture's height
_SKINS: tuple[Colour, ...] = ((224, 178, 148), (198, 146, 112), (150, 102, 74), (112, 74, 54))
_HAIRS: tuple[Colour, ...] = ((58, 42, 34), (36, 30, 30), (104, 72, 48), (150, 112, 70))
_SHOES: Colour = (66, 58, 54)
_TROUSERS: Colour = (64, 74, 98)
_TEE: Colour = (172, 172, 170)

Points = Sequence[tuple[float, float]]

_NECK: Points = ((-2.2, 10.5), (2.2, 10.5), (2.4, 15.0), (4.5, 17.2), (-4.5, 17.2), (-2.4, 15.0))
_TORSO: Points = (
    (0, 15.9),
    (2.9, 15.5),
    (8.4, 17.2),
    (10.4, 19.0),
    (9.4, 26.0),
    (8.0, 33.0),
    (8.0, 40.0),
    (9.0, 48.6),
    (0, 49.2),
)
_ARM: Points = (
    (8.6, 17.4),
    (10.6, 18.2),
    (11.9, 20.6),
    (14.2, 32.0),
    (16.6, 43.5),
    (17.7, 47.5),
    (17.2, 50.6),
    (15.6, 51.2),
    (14.4, 48.0),
    (14.0, 44.5),
    (10.9, 33.5),
    (9.0, 25.0),
)
_SLEEVE: Points = ((8.0, 17.0), (10.5, 18.0), (12.3, 20.4), (14.2, 28.4), (10.0, 29.8), (8.6, 25.0))
_LEG: Points = ((0, 44.0), (8.2, 44.0), (9.2, 50.0), (8.8, 60.0), (7.6, 74.0), (6.8, 95.2), (3.0, 95.2))
_LEG_INSIDE: Points = ((2.6, 74.0), (1.4, 60.0), (0.55, 53.0), (0, 52.0))
_SHOE: Points = ((3.0, 94.6), (6.7, 94.6), (7.6, 97.4), (8.6, 99.2), (8.2, 100), (3.2, 100), (2.6, 98.4))
_HAIR: Points = (
    (0, 0.0),
    (2.8, 0.5),
    (4.7, 2.6),
    (5.2, 6.0),
    (4.9, 8.6),
    (4.4, 8.4),
    (4.2, 5.6),
    (2.8, 3.6),
    (0, 3.2),
)


def figure(words: str, size: tuple[int, int], chance: random.Random) -> Image.Image:
    """An RGB picture of `size`; the first colour named is that of the top."""
    picture = _wall(size, chance)
    tall = round(_SHARE * size[1])
    wide = round(tall * _WIDE / 100)
    drawn = _drawn(colour_in(words) or _TEE, chance).resize((wide, tall), Image.Resampling.LANCZOS)
    left, top = (size[0] - wide) // 2, round(0.06 * size[1])
    _stand(picture, left + wide / 2, top + tall, tall)
    picture.paste(drawn.convert("RGB"), (left, top), drawn.getchannel("A"))
    return picture


def _wall(size: tuple[int, int], chance: random.Random) -> Image.Image:
    """A plain wall, a little lighter above."""
    level = chance.randint(-3, 3)
    above, below = (234 + level, 231 + level, 226 + level), (222 + level, 217 + level, 210 + level)
    ramp = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, below), Image.new("RGB", size, above), ramp)


def _stand(picture: Image.Image, middle: float, sole: float, tall: float) -> None:
    """A soft shadow on the floor, in place."""
    veil = Image.new("L", picture.size, 0)
    box = (middle - 0.15 * tall, sole - 0.012 * tall, middle + 0.15 * tall, sole + 0.014 * tall)
    ImageDraw.Draw(veil).ellipse(box, fill=70)
    picture.paste((120, 112, 104), mask=veil.filter(ImageFilter.GaussianBlur(tall / 90)))


def _drawn(top: Colour, chance: random.Random) -> Image.Image:
    """The figure alone as RGBA, `_TALL` pixels high."""
    skin, hair = chance.choice(_SKINS), chance.choice(_HAIRS)
    sheet = Image.new("RGBA", (round(_WIDE * _UNIT), _TALL), (*skin, 0))
    _lay(sheet, _both(_ARM), skin)
    _lay(sheet, _both((*_LEG, *_LEG_INSIDE)), _TROUSERS)
    _lay(sheet, _both(_SHOE), _SHOES)
    _lay(sheet, [_NECK], mixed(skin, (60, 30, 20), 0.12))
    _lay(sheet, [*_both(_TORSO), *_both(_SLEEVE)], top)
    _lay(sheet, [_oval(0, 6.9, 4.6, 6.5)], skin)
    _face(sheet, skin)
    _lay(sheet, _both(_HAIR), hair)
    return sheet


def _both(points: Points) -> list[Points]:
    return [points, [(-x, y) for x, y in points]]


def _oval(x: float, y: float, half_wide: float, half_tall: float) -> Points:
    """An egg: narrower below."""
    quarter = ((0, -1), (0.7, -0.75), (1, -0.15), (0.93, 0.3), (0.68, 0.75), (0.3, 0.98))
    right = [(x + dx * half_wide, y + dy * half_tall) for dx, dy in quarter]
    return [*right, *((2 * x - px, py) for px, py in reversed(right))]


def _lay(sheet: Image.Image, shapes: list[Points], colour: Colour) -> None:
    """One material, smooth at its edges and rounded by its shade, in place."""
    mask = Image.new("L", sheet.size, 0)
    for points in shapes:
        ImageDraw.Draw(mask).polygon([_at(*point) for point in points], fill=255)
    soft = mask.filter(ImageFilter.GaussianBlur(0.42 * _UNIT))
    smooth = soft.point([max(0, min(255, (value - 128) * 6 + 128)) for value in range(256)])
    deep = ImageChops.offset(mask.filter(ImageFilter.GaussianBlur(1.5 * _UNIT)), round(-0.5 * _UNIT), 0)
    shade = deep.point([min(255, 168 + value * 87 // 215) for value in range(256)])
    cloth = ImageChops.multiply(Image.new("RGB", sheet.size, colour), Image.merge("RGB", (shade,) * 3))
    cloth.putalpha(smooth)
    sheet.alpha_composite(cloth)


def _face(sheet: Image.Image, skin: Colour) -> None:
    """Eyes, brows, nose and mouth, no more than hinted at; in place."""
    drawing = ImageDraw.Draw(sheet)
    dark, lip = mixed(skin, (40, 26, 22), 0.8), mixed(skin, (160, 60, 60), 0.45)
    stroke = round(0.28 * _UNIT)
    for sign in (-1, 1):
        x = sign * 1.75
        drawing.ellipse((*_at(x - 0.42, 6.65), *_at(x + 0.42, 7.2)), (*dark, 255))
        drawing.arc((*_at(x - 0.9, 5.5), *_at(x + 0.9, 7.1)), 200, 340, (*dark, 255), stroke)
    drawing.arc((*_at(-0.6, 7.9), *_at(0.6, 9.1)), 30, 150, (*mixed(skin, dark, 0.35), 255), stroke)
    drawing.arc((*_at(-1.4, 9.2), *_at(1.4, 10.8)), 25, 155, (*lip, 255), round(0.36 * _UNIT))


def _at(x: float, y: float) -> tuple[float, float]:
    return (x + _WIDE / 2) * _UNIT, y * _UNIT
