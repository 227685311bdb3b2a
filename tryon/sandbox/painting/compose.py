"""Several pictures and words: the first is the ground, the others are cut out and set upon it."""

import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tryon.sandbox.painting.canvas import Box, flat
from tryon.sandbox.painting.cutout import cut
from tryon.sandbox.painting.light import tinted


def cut_out(photo: Image.Image) -> Image.Image:
    """The thing shown as RGBA, cropped to it; a photo without a plain background becomes a small print."""
    seen = cut(photo, holes=True)
    if not seen.plain:
        return _print(flat(photo))
    thing = seen.picture.copy()
    thing.putalpha(seen.mask)
    box = seen.mask.point([255 if value >= 128 else 0 for value in range(256)]).getbbox()
    return thing.crop(box) if box else _print(flat(photo))


def composed(ground: Image.Image, things: list[Image.Image], chance: random.Random) -> Image.Image:
    """The ground with every thing whole upon it, none over another; a new RGB picture."""
    canvas = tinted(ground, chance.uniform(0.96, 1.04), chance.uniform(-6, 6))
    for thing, room in zip(things, rooms(canvas.size, len(things)), strict=True):
        _set(canvas, thing, room, chance.uniform(-0.02, 0.02))
    return canvas


def rooms(size: tuple[int, int], count: int) -> list[Box]:
    """Where `count` things may stand: two at the sides of the ground's subject, more in a row before it."""
    width, height = size
    if count <= 2:
        wide, tall = 0.36 * width, 0.56 * height
        lefts = [0.61 * width, 0.03 * width][:count]
        return [
            (round(left), round(0.96 * height - tall), round(left + wide), round(0.96 * height))
            for left in lefts
        ]
    wide = 0.96 * width / count
    tall = min(0.42 * height, 1.5 * wide)
    return [
        (
            round(0.02 * width + at * wide),
            round(0.95 * height - tall),
            round(0.02 * width + (at + 0.94) * wide),
            round(0.95 * height),
        )
        for at in range(count)
    ]


def _set(canvas: Image.Image, thing: Image.Image, room: Box, shift: float) -> None:
    """Stand a thing on the lower edge of its room, with its shadow, in place."""
    wide, tall = room[2] - room[0], room[3] - room[1]
    factor = min(wide / thing.width, tall / thing.height)
    small = thing.resize((max(1, round(thing.width * factor)), max(1, round(thing.height * factor))))
    left = round(room[0] + (wide - small.width) * (0.5 + shift))
    top = room[3] - small.height
    layer = Image.new("L", canvas.size, 0)
    layer.paste(small.getchannel("A"), (left, top))
    unit = max(2, max(canvas.size) // 160)
    shadow = ImageChops.offset(layer, unit, unit).filter(ImageFilter.GaussianBlur(2 * unit))
    canvas.paste((34, 30, 28), mask=shadow.point([value * 5 // 12 for value in range(256)]))
    canvas.paste(small.convert("RGB"), (left, top), small.getchannel("A"))


def _print(photo: Image.Image) -> Image.Image:
    """The photo with a white border and soft corners, as RGBA."""
    border = max(3, max(photo.size) // 28)
    size = (photo.width + 2 * border, photo.height + 2 * border)
    paper = Image.new("RGB", size, (250, 248, 244))
    paper.paste(photo, (border, border))
    shape = Image.new("L", size, 0)
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), border, fill=255)
    paper.putalpha(shape)
    return paper
