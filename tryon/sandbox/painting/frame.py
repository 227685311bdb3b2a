"""Fit a photo into a shape without distortion: a plain background runs on, a busy one is cropped a little."""

from PIL import Image, ImageFilter, ImageOps, ImageStat

from tryon.sandbox.painting.canvas import Box, flat, pixels
from tryon.sandbox.painting.face import find_face

_TRIM = 0.04  # share of a side that may always be cut off
_CROP = 0.35  # the same where the background is busy


def fit(picture: Image.Image, size: str, ratio: str) -> Image.Image:
    """The picture in exactly `pixels(size, ratio)`, undistorted: what a person's photo is dressed on."""
    return place(flat(picture), pixels(size, ratio))[0]


def place(photo: Image.Image, size: tuple[int, int]) -> tuple[Image.Image, Box]:
    """`fit`, and the box (left, top, right, bottom) on the canvas that the photo itself takes."""
    photo = _cropped(photo, size)
    width, height = size
    contain = min(width / photo.width, height / photo.height)
    if contain >= max(width / photo.width, height / photo.height) * (1 - _TRIM):
        return ImageOps.fit(photo, size, Image.Resampling.LANCZOS), (0, 0, width, height)
    inner = (
        min(width, max(1, round(photo.width * contain))),
        min(height, max(1, round(photo.height * contain))),
    )
    small = photo.resize(inner, Image.Resampling.LANCZOS)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    if top and not _plain(_edge(_turned(small), after=True)):
        top = height - inner[1]  # who stands on the lower edge keeps standing there
    box = (left, top, left + inner[0], top + inner[1])
    return _surrounded(small, size, box), box


def _cropped(photo: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The photo without a part of its longer side, where its background is too busy to run on."""
    shape = size[0] / size[1]
    wide = photo.width / photo.height > shape
    excess = 1 - (shape * photo.height / photo.width if wide else photo.width / photo.height / shape)
    sides = _turned(photo) if wide else photo
    if excess <= _TRIM or (_plain(_edge(sides, after=False)) and _plain(_edge(sides, after=True))):
        return photo
    cut = min(excess, _CROP)
    if not wide:
        top = round(0.1 * cut * photo.height)
        return photo.crop((0, top, photo.width, max(top + 1, top + round(photo.height * (1 - cut)))))
    keep = max(1, round(photo.width * (1 - cut)))
    left = min(max(0, round(_middle(photo) - keep / 2)), photo.width - keep)
    return photo.crop((left, 0, left + keep, photo.height))


def _middle(photo: Image.Image) -> float:
    """The column of the face, else of the photo's middle."""
    small = photo.copy()
    small.thumbnail((128, 128), Image.Resampling.BOX)
    face = find_face(small)
    return (face[0] + face[2]) / 2 * photo.width / small.width if face else photo.width / 2


def _turned(photo: Image.Image) -> Image.Image:
    """Rows for columns, so that top and bottom can be handled as left and right."""
    return photo.transpose(Image.Transpose.TRANSPOSE)


def _edge(photo: Image.Image, *, after: bool) -> Image.Image:
    deep = min(photo.width, max(4, photo.width // 60))
    return photo.crop((photo.width - deep, 0, *photo.size) if after else (0, 0, deep, photo.height))


def _plain(edge: Image.Image) -> bool:
    """Whether a strip along an edge shows nothing but background."""
    line = edge.resize((1, min(48, edge.height)), Image.Resampling.BOX).tobytes()
    steps = [abs(line[at] - line[at + 3]) for at in range(len(line) - 3)]
    rough = sum(ImageStat.Stat(edge.filter(ImageFilter.FIND_EDGES)).mean) / 3
    return rough < 14 and max(steps, default=0) < 26


def _surrounded(photo: Image.Image, size: tuple[int, int], box: Box) -> Image.Image:
    """The photo in its box, with paper all round: each edge runs on outwards, ever softer."""
    canvas = Image.new("RGB", size)
    canvas.paste(photo, box[:2])
    across = box[2] - box[0] < size[0]
    source = photo if across else _turned(photo)
    gaps = ((0, box[0]), (box[2], size[0])) if across else ((0, box[1]), (box[3], size[1]))
    for after, (start, end) in zip((False, True), gaps, strict=True):
        if end > start:
            strip = _run_on(source, end - start, after=after)
            canvas.paste(strip if across else _turned(strip), (start, 0) if across else (0, start))
    return canvas


def _run_on(photo: Image.Image, width: int, *, after: bool) -> Image.Image:
    """A strip `width` wide that continues the photo's left edge, or its right edge when `after`."""
    edge = _edge(photo, after=after)
    if _plain(edge):
        column = edge.resize((1, photo.height), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(2))
        return column.resize((width, photo.height))
    mirrored = ImageOps.mirror(photo).resize((max(width, photo.width), photo.height))
    mirrored = mirrored.crop(
        (0, 0, width, photo.height) if after else (mirrored.width - width, 0, *mirrored.size)
    )
    soft = mirrored.filter(ImageFilter.GaussianBlur(max(3.0, photo.height / 40)))
    near = mirrored.filter(ImageFilter.GaussianBlur(photo.height / 250))
    ramp = Image.linear_gradient("L").rotate(90 if after else 270).resize((width, photo.height))
    return Image.composite(soft, near, ramp.point([min(255, 3 * value) for value in range(256)]))
