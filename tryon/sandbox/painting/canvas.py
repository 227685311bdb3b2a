"""The sandbox painter's paper: sizes, reading and writing pictures, the mark."""

import io
import warnings

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps

RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")
_PIXELS_1K = {
    "1:1": (1024, 1024),
    "3:4": (896, 1200),
    "4:3": (1200, 896),
    "9:16": (768, 1376),
    "16:9": (1376, 768),
}
_PIXELS_512 = {
    "1:1": (512, 512),
    "3:4": (448, 600),
    "4:3": (600, 448),
    "9:16": (384, 688),
    "16:9": (688, 384),
}
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
_MOST_PIXELS = 60_000_000
_LEAST = 32  # pixels of a side
_LONGEST = 6  # times as long as wide

Box = tuple[int, int, int, int]


def pixels(size: str, aspect_ratio: str) -> tuple[int, int]:
    """Width and height in pixels of `512`, `1K` or `2K` in one of `RATIOS`; ValueError for anything else."""
    scales = {"512": (_PIXELS_512, 1), "1K": (_PIXELS_1K, 1), "2K": (_PIXELS_1K, 2)}
    if size not in scales:
        raise ValueError(f"There is no size {size!r}; choose 512, 1K or 2K.")
    if aspect_ratio not in RATIOS:
        raise ValueError(f"There is no aspect ratio {aspect_ratio!r}; choose one of {', '.join(RATIOS)}.")
    table, factor = scales[size]
    width, height = table[aspect_ratio]
    return width * factor, height * factor


def nearest_ratio(width: int, height: int) -> str:
    """The ratio in `RATIOS` whose shape is closest to width x height."""

    def distance(ratio: str) -> float:
        across, down = (int(part) for part in ratio.split(":"))
        quotient = (width / height) / (across / down)
        return max(quotient, 1 / quotient)

    return min(RATIOS, key=distance)


def read(data: bytes, bound: int) -> Image.Image:
    """Decode one reference upright, as RGB or RGBA, its long side at most `bound` pixels.

    ValueError when the bytes are no picture that can be opened.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_FORMATS) as source:
                if source.width * source.height > _MOST_PIXELS:
                    raise ValueError("A reference picture has too many pixels.")
                source.draft("RGB", (bound, bound))
                picture = ImageOps.exif_transpose(source)
                picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, Image.DecompressionBombError) as exc:
        raise ValueError("A reference could not be opened as a picture.") from exc
    picture.thumbnail((bound, bound), reducing_gap=2.0)
    return _room_for(picture)


def _room_for(picture: Image.Image) -> Image.Image:
    """A speck or a sliver made large enough to be looked at: enlarged, on paper of its own colour."""
    least = max(_LEAST, max(picture.size) // _LONGEST)
    if min(picture.size) >= least:
        return picture
    factor = max(1.0, _LEAST / max(picture.size))
    larger = picture.resize((max(1, round(picture.width * factor)), max(1, round(picture.height * factor))))
    size = (max(least, larger.width), max(least, larger.height))
    paper = larger.resize((1, 1), Image.Resampling.BOX).resize(size)
    paper.paste(larger, ((size[0] - larger.width) // 2, (size[1] - larger.height) // 2))
    return paper


def flat(picture: Image.Image) -> Image.Image:
    """RGB, with what is transparent laid on white paper."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def write(picture: Image.Image, image_format: str) -> bytes:
    """PNG or JPEG bytes of an RGB picture."""
    out = io.BytesIO()
    if image_format.upper() in ("JPEG", "JPG"):
        picture.save(out, "JPEG", quality=92)
    else:
        picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


def stamp(picture: Image.Image, label: str = "") -> None:
    """Set the small "sandbox" pill into the lower right corner, in place, and a label's own beside it."""
    width, height = picture.size
    unit = max(11, round(min(width, height) / 48))
    left = _pill(picture, "sandbox", (width - unit, height - unit), unit)
    if label:
        _pill(picture, label, (left - unit // 2, height - unit), unit)


def _pill(picture: Image.Image, words: str, corner: tuple[int, int], unit: int) -> int:
    """Draw one whose lower right corner is here, its letters of `unit` pixels; its left edge."""
    font = ImageFont.load_default(size=unit)
    size = (round(font.getlength(words)) + round(1.4 * unit), round(1.9 * unit))
    layer = Image.new("L", (size[0] * 2, size[1] * 2), 0)
    ImageDraw.Draw(layer).rounded_rectangle((0, 0, size[0] * 2 - 1, size[1] * 2 - 1), size[1], fill=150)
    left, top = corner[0] - size[0], corner[1] - size[1]
    picture.paste((35, 32, 29), (left, top, *corner), layer.resize(size, Image.Resampling.LANCZOS))
    middle = (left + size[0] / 2, top + size[1] / 2)
    ImageDraw.Draw(picture).text(middle, words, (250, 246, 239), font, anchor="mm")
    return left


def lighter_of(*bands: Image.Image) -> Image.Image:
    """The greatest of several L pictures, pixel by pixel."""
    result = bands[0]
    for band in bands[1:]:
        result = ImageChops.lighter(result, band)
    return result
