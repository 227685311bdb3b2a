"""Cut what is shown out of its plain background: a flood on a small copy, then edges at full size."""

from collections import deque
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tryon.sandbox.painting.canvas import flat, lighter_of
from tryon.sandbox.painting.despeckle import despeckle

_SMALL = 208  # long side of the copy that is flooded
_STEP = 11  # most that neighbouring background pixels differ
_PLAIN = 34  # most that background differs from the border nearest to it
_SHADE = 70  # the same for a shadow, which darkens without changing hue
_HUE = 12
_SHARP = 12  # edges this strong stop the flood
_SHADOW = [
    min(255, round(d * 0.25 if d < 45 else 11 + (d - 45) * 1.6)) for d in range(256)
]  # darker, same hue
_UNEVEN = 42  # most that a plain border differs from its middle colour


@dataclass(frozen=True)
class Cutout:
    """A picture and the L mask (255 = the thing shown) of the same size; `plain` is False for a guess."""

    picture: Image.Image
    mask: Image.Image
    plain: bool


def cut(photo: Image.Image, *, holes: bool = False) -> Cutout:
    """Separate the thing shown from its background; `holes` also opens enclosed pieces of background.

    Without a plain background the mask is a soft ellipse, never a rectangle.
    """
    if photo.mode == "RGBA" and _is_cut_already(photo):
        return Cutout(flat(photo), photo.getchannel("A"), True)
    picture = flat(photo)
    small = picture.copy()
    small.thumbnail((_SMALL, _SMALL), Image.Resampling.BOX)
    ground = _flood(small, _fences(picture, small.size), holes) if _is_plain(small) else bytearray()
    share = ground.count(1) / max(1, len(ground))
    if not 0.1 <= share <= 0.97:
        return Cutout(picture, _ellipse(picture.size), False)
    shape = Image.frombytes("L", small.size, bytes(0 if cell == 1 else 255 for cell in ground))
    shape = despeckle(shape.filter(ImageFilter.MedianFilter(3)))
    return Cutout(picture, _refined(picture, small, shape), True)


def _is_cut_already(photo: Image.Image) -> bool:
    alpha = photo.getchannel("A").resize((16, 16), Image.Resampling.BOX)
    return 16 <= sum(1 for value in alpha.tobytes() if value < 128) <= 250


def _is_plain(small: Image.Image) -> bool:
    """Whether the top and both sides are mostly of one colour; what is shown may stand on the lower edge."""
    width, height = small.size
    top = small.crop((0, 0, width, max(1, height // 50))).resize((32, 1), Image.Resampling.BOX).tobytes()
    left = small.crop((0, 0, max(1, width // 50), height)).resize((1, 32), Image.Resampling.BOX).tobytes()
    edge = max(1, width // 50)
    right = small.crop((width - edge, 0, width, height)).resize((1, 32), Image.Resampling.BOX).tobytes()
    colours = [whole[at : at + 3] for whole in (top, left, right) for at in range(0, 96, 3)]
    middle = [sorted(colour[band] for colour in colours)[48] for band in range(3)]
    close = sum(all(abs(colour[band] - middle[band]) <= _UNEVEN for band in range(3)) for colour in colours)
    return close >= 0.8 * len(colours)


def _fences(picture: Image.Image, size: tuple[int, int]) -> bytes:
    """One byte a pixel of the small copy: how sharp the picture's edges are there, which stop the flood."""
    double = picture.resize((size[0] * 2, size[1] * 2), Image.Resampling.BOX)
    edges = lighter_of(*double.filter(ImageFilter.FIND_EDGES).split())
    ImageDraw.Draw(edges).rectangle((0, 0, edges.width - 1, edges.height - 1), outline=0, width=3)
    return edges.reduce(2).tobytes()


def _flood(small: Image.Image, fences: bytes, holes: bool) -> bytearray:
    """One byte a pixel, row by row: 1 where background reaches in from the border in small steps."""
    width, height = small.size
    data = small.filter(ImageFilter.GaussianBlur(0.6)).tobytes()
    home = _border_colours(small).tobytes()
    ground = bytearray(2 if fence > _SHARP else 0 for fence in fences)  # 2: never background
    edge = [
        y * width + x for y in range(height) for x in ((0, width - 1) if 0 < y < height - 1 else range(width))
    ]
    for seed in edge:
        if not ground[seed] and _near(data, home, seed, _PLAIN):
            _spread(data, home, ground, seed, width)
    if holes:
        _open_holes(data, home, ground, width)
    return _up_to_fences(data, home, ground, width)


def _up_to_fences(data: bytes, home: bytes, ground: bytearray, width: int) -> bytearray:
    """The background's own side of each fence is background too."""
    for _ in range(2):
        wider = bytearray(ground)
        for cell in range(width, len(ground) - width):
            if ground[cell] == 2 and _is_ground(data, home, cell):
                around = (ground[cell - 1], ground[cell + 1], ground[cell - width], ground[cell + width])
                if 1 in around:
                    wider[cell] = 1
        ground = wider
    return ground


def _border_colours(small: Image.Image) -> Image.Image:
    """The background each pixel would have: the border's colours, carried smoothly across."""
    width, height = small.size
    deep = max(1, min(width, height) // 40)
    sides = Image.composite(
        small.crop((width - deep, 0, width, height))
        .resize((1, height), Image.Resampling.BOX)
        .resize(small.size),
        small.crop((0, 0, deep, height)).resize((1, height), Image.Resampling.BOX).resize(small.size),
        Image.linear_gradient("L").rotate(90).resize(small.size),
    )
    return sides.filter(ImageFilter.GaussianBlur(3))


def _near(data: bytes, home: bytes, cell: int, reach: int) -> bool:
    at = cell * 3
    red, green, blue = data[at] - home[at], data[at + 1] - home[at + 1], data[at + 2] - home[at + 2]
    return -reach <= red <= reach and -reach <= green <= reach and -reach <= blue <= reach


def _is_ground(data: bytes, home: bytes, cell: int) -> bool:
    """Background or a soft shadow on it: near the border's colour, or darker in the same hue."""
    if _near(data, home, cell, _PLAIN):
        return True
    at = cell * 3
    red, green, blue = data[at] - home[at], data[at + 1] - home[at + 1], data[at + 2] - home[at + 2]
    return -_SHADE <= green <= 0 and abs(red - green) <= _HUE and abs(blue - green) <= _HUE


def _spread(data: bytes, home: bytes, ground: bytearray, seed: int, width: int) -> int:
    """Mark all background joined to `seed`; how many pixels were marked."""
    ground[seed] = 1
    queue, marked = deque([seed]), 1
    last = len(ground)
    while queue:
        cell = queue.popleft()
        at, column = cell * 3, cell % width
        for other in (
            cell - width,
            cell + width,
            cell - 1 if column else -1,
            cell + 1 if column < width - 1 else -1,
        ):
            if other < 0 or other >= last or ground[other]:
                continue
            to = other * 3
            if (
                abs(data[at] - data[to]) <= _STEP
                and abs(data[at + 1] - data[to + 1]) <= _STEP
                and abs(data[at + 2] - data[to + 2]) <= _STEP
                and _is_ground(data, home, other)
            ):
                ground[other] = 1
                marked += 1
                queue.append(other)
    return marked


def _open_holes(data: bytes, home: bytes, ground: bytearray, width: int) -> None:
    """Also mark enclosed background, such as between an arm and the body."""
    for cell in range(len(ground)):
        if not ground[cell] and _near(data, home, cell, _STEP):
            before = bytearray(ground)
            if _spread(data, home, ground, cell, width) < len(ground) // 700:
                ground[:] = before


def _ellipse(size: tuple[int, int]) -> Image.Image:
    width, height = size
    mask = Image.new("L", (128, 128), 0)
    ImageDraw.Draw(mask).ellipse((18, 10, 110, 118), fill=255)
    return mask.filter(ImageFilter.GaussianBlur(9)).resize((width, height), Image.Resampling.BICUBIC)


def _refined(picture: Image.Image, small: Image.Image, shape: Image.Image) -> Image.Image:
    """The small mask at the picture's size, its edge where the picture leaves its background's colour."""
    plate = _plate(small, shape).resize(picture.size, Image.Resampling.BICUBIC)
    unlike = _unlike(picture, plate)
    if _is_faint(unlike.resize(shape.size, Image.Resampling.BOX), shape):
        smooth = shape.filter(ImageFilter.GaussianBlur(2)).resize(picture.size, Image.Resampling.BICUBIC)
        return smooth.point([max(0, min(255, (value - 140) * 5)) for value in range(256)])
    edge = unlike.point([max(0, min(255, (value - 12) * 12)) for value in range(256)])
    alike = unlike.point([max(0, min(255, (value - 3) * 40)) for value in range(256)])
    deep, inner, outer = (
        shape.filter(kind).resize(picture.size, Image.Resampling.BILINEAR)
        for kind in (ImageFilter.MinFilter(13), ImageFilter.MinFilter(5), ImageFilter.MaxFilter(3))
    )
    mask = ImageChops.lighter(inner, ImageChops.darker(outer, edge))
    kept = ImageChops.lighter(deep, alike)
    soft = ImageChops.darker(mask, kept).filter(ImageFilter.GaussianBlur(1.6))
    mask = soft.point([max(0, min(255, 3 * value - 290)) for value in range(256)])
    return ImageChops.darker(mask, kept)


def _is_faint(unlike: Image.Image, shape: Image.Image) -> bool:
    """Whether the rim is too often of the background's colour for colour to find the edge."""
    rim = ImageChops.subtract(shape.filter(ImageFilter.MinFilter(3)), shape.filter(ImageFilter.MinFilter(7)))
    cells = rim.histogram()[255]
    faint = ImageChops.darker(
        rim, unlike.point([255 if value < 18 else 0 for value in range(256)])
    ).histogram()[255]
    return faint > 0.035 * cells


def _unlike(picture: Image.Image, plate: Image.Image) -> Image.Image:
    """How much each pixel differs from its background (L); a soft shadow counts little."""
    here, there = picture.convert("YCbCr").split(), plate.convert("YCbCr").split()
    brighter = ImageChops.subtract(here[0], there[0])
    darker = ImageChops.subtract(there[0], here[0]).point(_SHADOW)
    hue = ImageChops.lighter(
        ImageChops.difference(here[1], there[1]), ImageChops.difference(here[2], there[2])
    )
    return lighter_of(brighter, darker, hue.point([min(255, round(value * 2.2)) for value in range(256)]))


def _plate(small: Image.Image, shape: Image.Image) -> Image.Image:
    """The background without the thing in front: known colours bleed into the gap."""
    known = shape.filter(ImageFilter.MaxFilter(5)).point([255 if value < 128 else 0 for value in range(256)])
    plate = _border_colours(small)
    for radius in (16, 8, 4, 2):
        plate.paste(small, mask=known)
        plate = plate.filter(ImageFilter.GaussianBlur(radius))
    plate.paste(small, mask=known)
    return plate
