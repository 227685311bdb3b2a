"""Skin in place of the clothes that a new garment replaces, so that nothing of them shows at its edges."""

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

from tryon.sandbox.painting.body import Body


def fill_skin(canvas: Image.Image, body: Body, hem: float, *, top: bool, legs: bool) -> Image.Image:
    """The canvas with skin for the old clothes: the `top` down to a little above canvas row `hem`, the
    `legs` from a little above it.

    Only for a whole figure whose clothes differ from its skin; otherwise the canvas as it is.
    """
    if not body.whole:
        return canvas
    skin = _skin_colour(canvas, body)
    head = body.head_height
    zones = []
    if top:
        chest = _colour_at(canvas, body, body.head[3] + 1.0 * head)
        zones.append((chest, body.head[3] + 0.1 * head, hem - 0.25 * head))
    if legs:
        zones.append(
            (
                _colour_at(canvas, body, body.crotch + 0.9 * head, aside=0.35),
                hem - 0.5 * head,
                body.sole - 0.32 * head,
            )
        )
    for cloth, start, end in zones:
        if _differ(cloth, skin):
            canvas = _painted(canvas, body, _of_colour(canvas, body, cloth, start, end), skin)
    return canvas


def tuck(canvas: Image.Image, body: Body, waist: float) -> Image.Image:
    """The canvas with the old top's hem in the colour of what is worn below, from canvas row `waist` down."""
    if not body.whole:
        return canvas
    head = body.head_height
    above = _colour_at(canvas, body, body.head[3] + 1.0 * head)
    below = _colour_at(canvas, body, body.crotch + 0.9 * head, aside=0.35)
    if not _differ(above, below):
        return canvas
    hem = _of_colour(canvas, body, above, waist - 0.1 * head, body.crotch + 0.3 * head)
    return _painted(canvas, body, hem, below)


def _skin_colour(canvas: Image.Image, body: Body) -> tuple[int, int, int]:
    """The middle colour of the cheeks."""
    left, top, right, chin = body.head
    box = (
        left + 0.32 * (right - left),
        top + 0.55 * (chin - top),
        left + 0.68 * (right - left),
        top + 0.85 * (chin - top),
    )
    return _median(canvas, box)


def _colour_at(canvas: Image.Image, body: Body, y: float, aside: float = 0.0) -> tuple[int, int, int]:
    unit = 0.16 * body.head_height
    x = (body.head[0] + body.head[2]) / 2 + aside * body.head_height
    return _median(canvas, (x - unit, y - unit, x + unit, y + unit))


def _median(canvas: Image.Image, box: tuple[float, float, float, float]) -> tuple[int, int, int]:
    left, top = max(0, int(box[0])), max(0, int(box[1]))
    patch = canvas.crop((left, top, max(left + 1, int(box[2])), max(top + 1, int(box[3]))))
    red, green, blue = ImageStat.Stat(patch).median
    return int(red), int(green), int(blue)


def _differ(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """Whether two colours can be told apart by hue."""
    return (
        max(abs(a - b) for a, b in zip(_light_and_hue(one)[1:], _light_and_hue(other)[1:], strict=True)) > 14
    )


def _of_colour(
    canvas: Image.Image, body: Body, cloth: tuple[int, int, int], top: float, bottom: float
) -> Image.Image:
    """L mask of the figure between two canvas rows where it is of the colour of `cloth`, a little widened."""
    small = canvas.reduce(2)
    alike = Image.new("L", small.size, 255)
    for channel, own, reach in zip(
        small.convert("YCbCr").split(), _light_and_hue(cloth), (95, 8, 8), strict=True
    ):
        excess = [(abs(value - own) - reach) / (0.5 * reach) for value in range(256)]
        alike = ImageChops.darker(
            alike, channel.point([max(0, min(255, round(255 - 255 * e))) for e in excess])
        )
    band = Image.new("L", small.size, 0)
    ImageDraw.Draw(band).rectangle((0, top / 2, small.width, max(top, bottom) / 2), fill=255)
    figure = body.figure.reduce(2)
    mask = ImageChops.darker(ImageChops.darker(alike, figure.filter(ImageFilter.MinFilter(3))), band)
    mask = mask.filter(ImageFilter.MedianFilter(3)).filter(
        ImageFilter.MaxFilter(7 if small.height > 400 else 5)
    )
    mask = ImageChops.darker(mask, figure.filter(ImageFilter.MaxFilter(3))).filter(
        ImageFilter.GaussianBlur(1)
    )
    return mask.resize(canvas.size, Image.Resampling.BILINEAR)


def _light_and_hue(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    pixel = Image.new("RGB", (1, 1), colour).convert("YCbCr").tobytes()
    return pixel[0], pixel[1], pixel[2]


def _painted(canvas: Image.Image, body: Body, mask: Image.Image, skin: tuple[int, int, int]) -> Image.Image:
    """Skin under the mask, with a soft version of the light that fell on the cloth."""
    light = canvas.convert("L").reduce(4).filter(ImageFilter.GaussianBlur(max(0.5, canvas.height / 900)))
    solid = mask.reduce(4).point([255 if value > 128 else 0 for value in range(256)])
    mean = ImageStat.Stat(light, solid).mean[0] if solid.getbbox() else 128.0
    shade = light.point(
        [max(175, min(255, round(238 + 60 * (v - mean) / max(40.0, mean)))) for v in range(256)]
    )
    edge = body.figure.reduce(4).filter(ImageFilter.GaussianBlur(canvas.height / 600))
    edge = edge.point([max(165, min(255, 110 + value * 145 // 235)) for value in range(256)])
    tone = ImageChops.multiply(shade, edge).resize(canvas.size, Image.Resampling.BILINEAR)
    plain = Image.new("RGB", canvas.size, tuple(min(255, round(level * 1.06)) for level in skin))
    return Image.composite(ImageChops.multiply(plain, Image.merge("RGB", (tone,) * 3)), canvas, mask)
