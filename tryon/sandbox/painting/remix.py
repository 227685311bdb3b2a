"""One picture and words: the same picture in another light, tone or manner."""

import random
import re
from collections.abc import Callable

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from tryon.sandbox.painting.colours import Colour, colour_in
from tryon.sandbox.painting.light import tinted


def remixed(picture: Image.Image, words: str, chance: random.Random) -> Image.Image:
    """A new RGB picture, changed as the first known word says; else in a warm, soft light."""
    exposure, warmth = chance.uniform(0.97, 1.03), chance.uniform(-4, 4)
    known = ((found.start(), look) for pattern, look in LOOKS if (found := re.search(pattern, words, re.I)))
    first = min(known, key=lambda pair: pair[0], default=None)
    colour = colour_in(words)
    if first:
        changed = first[1](picture)
    elif colour:
        changed = _in_colour(picture, colour)
    else:
        changed = _soft(picture)
    return tinted(changed, exposure, warmth)


def _lit(picture: Image.Image, light: Colour, exposure: float, contrast: float = 1.0) -> Image.Image:
    """The picture under a coloured light."""
    sheet = Image.new("RGB", picture.size, light)
    lit = ImageChops.multiply(picture, sheet)
    return ImageEnhance.Contrast(ImageEnhance.Brightness(lit).enhance(exposure)).enhance(contrast)


def _darkened_corners(picture: Image.Image, share: float) -> Image.Image:
    fall = Image.radial_gradient("L").resize(picture.size)
    level = fall.point([round(255 * (1 - share * (max(0, value - 110) / 145) ** 2)) for value in range(256)])
    return ImageChops.multiply(picture, Image.merge("RGB", (level,) * 3))


def _soft(picture: Image.Image) -> Image.Image:
    bright = ImageEnhance.Color(_lit(picture, (255, 240, 214), 1.08, 1.1)).enhance(1.15)
    return _darkened_corners(bright, 0.14)


def _night(picture: Image.Image) -> Image.Image:
    return _darkened_corners(_lit(picture, (150, 176, 255), 0.55, 1.05), 0.45)


def _golden(picture: Image.Image) -> Image.Image:
    """Low sun from one side."""
    lit = _lit(picture, (255, 212, 150), 1.06, 1.08)
    glow = Image.linear_gradient("L").rotate(90).resize(picture.size)
    flare = Image.merge(
        "RGB", [glow.point([value * part // 255 for value in range(256)]) for part in (90, 54, 16)]
    )
    return ImageChops.screen(lit, flare)


def _cold(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Color(_lit(picture, (214, 232, 255), 1.14)).enhance(0.7)


def _bright(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Color(_lit(picture, (255, 250, 236), 1.22, 1.05)).enhance(1.25)


def _grey(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(ImageOps.grayscale(picture).convert("RGB")).enhance(1.15)


def _sepia(picture: Image.Image) -> Image.Image:
    brown = ImageOps.colorize(ImageOps.grayscale(picture), (44, 28, 18), (250, 236, 208), (172, 134, 98))
    return _darkened_corners(brown, 0.3)


def _pencil(picture: Image.Image) -> Image.Image:
    """Lines where the picture's edges are, with a little of its shade."""
    grey = ImageOps.grayscale(picture)
    blurred = ImageOps.invert(grey).filter(ImageFilter.GaussianBlur(max(3.0, max(picture.size) / 110)))
    lines = ImageChops.add(grey, blurred)
    lines = lines.point([round(255 * (value / 255) ** 3) for value in range(256)])
    return ImageOps.colorize(lines, (52, 48, 46), (250, 247, 240))


def _brushed(picture: Image.Image) -> Image.Image:
    """Flat patches of colour, as a brush leaves them."""
    small = picture.reduce(max(1, max(picture.size) // 480))
    flat = ImageOps.posterize(small.filter(ImageFilter.ModeFilter(5)), 5)
    large = flat.filter(ImageFilter.SMOOTH_MORE).resize(picture.size, Image.Resampling.BICUBIC)
    return ImageEnhance.Color(large).enhance(1.3)


def _in_colour(picture: Image.Image, colour: Colour) -> Image.Image:
    sheet = Image.new("RGB", picture.size, colour)
    return Image.blend(ImageChops.soft_light(picture, sheet), ImageChops.multiply(picture, sheet), 0.3)


LOOKS: tuple[tuple[str, Callable[[Image.Image], Image.Image]], ...] = (
    (r"black.and.white|monochrome|gr[ae]yscale", _grey),
    (r"\b(sepia|vintage|retro|antique|old photo)\b", _sepia),
    (r"\b(night|midnight|moon\w*|dark\w*|dusk)\b", _night),
    (r"\b(sunset|sunrise|golden|warm\w*|evening|autumn|candle\w*)\b", _golden),
    (r"\b(snow\w*|winter|cold|cool\w*|ic[ey]|frost\w*)\b", _cold),
    (r"\b(bright\w*|summer|sunny|sunshine|day\w*|beach)\b", _bright),
    (r"\b(sketch\w*|drawing|drawn|pencil|ink)\b", _pencil),
    (r"\b(paint\w*|watercolou?r|oil|cartoon|poster)\b", _brushed),
)
