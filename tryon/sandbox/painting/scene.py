"""A calm scene for a prompt without pictures: paper, a window's light, an empty clothes rail, the words."""

import random
import textwrap

from PIL import Image, ImageDraw, ImageFilter, ImageFont

_INK = (46, 40, 36)


def scene(prompt: str, size: tuple[int, int], chance: random.Random) -> Image.Image:
    """An RGB picture of `size` that shows the prompt's words; `chance` moves light and hangers a little."""
    picture = _room(size, chance)
    _rail(picture, chance)
    _words(picture, prompt)
    return picture


def _room(size: tuple[int, int], chance: random.Random) -> Image.Image:
    """Warm wall and floor with a soft slanting patch of light."""
    width, height = size
    warm = chance.randint(-6, 6)
    ramp = Image.linear_gradient("L").resize(size)
    wall = Image.composite(
        Image.new("RGB", size, (216, 203 + warm // 2, 188 - warm)),
        Image.new("RGB", size, (243, 236, 226 - warm)),
        ramp,
    )
    drawing = ImageDraw.Draw(wall)
    drawing.rectangle((0, round(height * 0.86), width, height), (203, 184, 163 - warm))
    light = Image.new("L", size, 0)
    start = width * chance.uniform(0.15, 0.35)
    pane = width * 0.16
    for left in (start, start + pane * 1.15):
        corners = [(left, height * 0.1), (left + pane, height * 0.06)]
        corners += [(left + pane * 1.9, height * 0.8), (left + pane * 0.9, height * 0.84)]
        ImageDraw.Draw(light).polygon(corners, fill=110)
    light = light.filter(ImageFilter.GaussianBlur(min(size) / 40))
    wall.paste((255, 249, 236), mask=light)
    return wall


def _rail(picture: Image.Image, chance: random.Random) -> None:
    """A clothes rail with a few empty hangers, drawn in place."""
    width, height = picture.size
    drawing = ImageDraw.Draw(picture)
    stroke = max(2, round(min(width, height) / 150))
    top, foot = height * 0.2, height * 0.9
    left, right = width * 0.18, width * 0.82
    drawing.line([(left, foot), (left, top), (right, top), (right, foot)], _INK, stroke, joint="curve")
    reach = min(width, height) * 0.11
    for number in range(3):
        middle = left + (right - left) * (0.22 + 0.28 * number + chance.uniform(-0.03, 0.03))
        low = top + reach * 0.75
        drawing.arc(
            (middle - reach / 7, top - reach / 12, middle + reach / 7, top + reach / 4), 180, 90, _INK, stroke
        )
        corners = [
            (middle, top + reach / 4),
            (middle + reach, low),
            (middle - reach, low),
            (middle, top + reach / 4),
        ]
        drawing.line(corners, (150, 108, 76), stroke, joint="curve")


def _words(picture: Image.Image, prompt: str) -> None:
    """The prompt's first words, centred under the rail, in place."""
    width, height = picture.size
    unit = max(12, round(min(width, height) / 26))
    font = ImageFont.load_default(size=unit)
    printable = "".join(letter if letter.isprintable() else " " for letter in prompt[:400])
    columns = max(8, int(width * 0.56 / (unit * 0.5)))
    lines = textwrap.wrap(printable, columns, max_lines=5, placeholder=" …") or ["A picture"]
    drawing = ImageDraw.Draw(picture)
    drawing.multiline_text(
        (width / 2, height * 0.58),
        "\n".join(lines),
        _INK,
        font,
        anchor="mm",
        align="center",
        spacing=unit * 0.5,
    )
