"""Light on a garment: the photo's folds and shade, the roundness of the body, a soft shadow beneath."""

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

from tryon.sandbox.painting.body import Body

_COARSE = 3  # soft light is worked out on a copy this many times smaller


def lay(
    canvas: Image.Image,
    photo: Image.Image,
    layer: Image.Image,
    body: Body,
    exposure: float,
    warmth: float,
    *,
    over_head: bool,
) -> Image.Image:
    """The canvas with an RGBA layer worn on it, lit as the person in `photo` is; the head stays untouched."""
    alpha = layer.getchannel("A")
    clear = None if over_head else _below(canvas.size, body.head[3])
    if clear:
        alpha = ImageChops.multiply(alpha, clear)
    box = alpha.getbbox()
    if not box:
        return canvas
    small, figure = _coarse(alpha), _coarse(body.figure)
    unit = body.head_height / _COARSE
    cloth = ImageChops.soft_light(layer.convert("RGB"), _grey(_folds(photo, figure, small, unit), alpha.size))
    cloth = ImageChops.multiply(cloth, _grey(_roundness(small), alpha.size))
    shade = _grey(_shadow(small, figure, unit), alpha.size)
    shaded = ImageChops.multiply(canvas, shade)
    if clear:
        shaded = Image.composite(shaded, canvas, clear)
    return Image.composite(tinted(cloth, exposure, warmth), shaded, alpha)


def tinted(picture: Image.Image, exposure: float, warmth: float) -> Image.Image:
    """The picture in a little more or less light, and a little warmer or cooler (levels)."""
    levels = [
        max(0, min(255, round(value * exposure + add)))
        for add in (warmth, warmth * 0.2, -warmth)
        for value in range(256)
    ]
    return picture.point(levels)


def _below(size: tuple[int, int], row: float) -> Image.Image:
    """L mask: nothing above a row, everything a little below it."""
    soft = max(2, size[1] // 150)
    column = Image.new("L", (1, size[1]), 0)
    ImageDraw.Draw(column).rectangle((0, row + soft, 1, size[1]), fill=255)
    return column.filter(ImageFilter.BoxBlur(soft / 2)).resize(size)


def _coarse(picture: Image.Image) -> Image.Image:
    return picture.reduce(_COARSE)


def _grey(level: Image.Image, size: tuple[int, int]) -> Image.Image:
    return Image.merge("RGB", (level.resize(size, Image.Resampling.BILINEAR),) * 3)


def _folds(photo: Image.Image, figure: Image.Image, alpha: Image.Image, unit: float) -> Image.Image:
    """The folds and shade of what the person wears, around 128."""
    light = _coarse(photo).convert("L")
    inside = figure.filter(ImageFilter.MinFilter(3))
    worn = ImageChops.darker(inside, alpha)
    mean = round(ImageStat.Stat(light, worn).mean[0]) if worn.getbbox() else 128
    flat = Image.new("L", light.size, 128)
    even = Image.composite(light, flat.point([mean] * 256), inside)
    near, wide = (
        even.filter(ImageFilter.GaussianBlur(unit / 45)),
        even.filter(ImageFilter.GaussianBlur(unit / 5)),
    )
    folds = ImageChops.subtract(near, wide, 1, 128).point([max(108, min(148, value)) for value in range(256)])
    return Image.composite(folds, flat, inside.filter(ImageFilter.GaussianBlur(unit / 30)))


def _roundness(alpha: Image.Image) -> Image.Image:
    """Darker towards the garment's own edges, more so on the side away from the light."""
    soft = alpha.filter(ImageFilter.GaussianBlur(alpha.height / 90))
    soft = ImageChops.offset(soft, -max(1, alpha.height // 260), -max(1, alpha.height // 400))
    return soft.point([min(255, 188 + value * 67 // 235) for value in range(256)])


def _shadow(alpha: Image.Image, figure: Image.Image, unit: float) -> Image.Image:
    """What the garment's shadow leaves of the light on the body around it (255 = all)."""
    cast = ImageChops.offset(alpha, round(unit / 60), round(unit / 22)).filter(
        ImageFilter.GaussianBlur(unit / 28)
    )
    on_body = ImageChops.darker(cast, figure)
    return on_body.point([255 - value * 105 // 255 for value in range(256)])
