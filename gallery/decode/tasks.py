"""What is done with one untrusted picture, in a child process of its own (see `__main__.py`).

A job is JSON: `task` (the name of one of TASKS), `formats` (Pillow's names of what may be read),
`most_pixels`, `longest_side`, `shortest_side`, and the task's own values.
The answer is one line of JSON, `{"refused": code}` or
`{"pictures": [{"name", "type", "width", "height", "content": number of bytes}, ...]}`, then those bytes.
"""

import hashlib
import importlib
import io
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from PIL import Image

from gallery.decode import colours, isobmff, jpeg, png
from gallery.decode.container import PLUGINS, formats_of
from gallery.decode.pixels import (
    ENCODING,
    FILLED,
    PREVIEW,
    are_equal,
    bounded,
    draft,
    finished,
    narrowed,
    on_own_ground,
    orientation,
    plain,
    upright,
)

QUICK = ["JPEG", "PNG", "WEBP"]  # to load, before any picture is there
THREADS = 2  # of the AVIF and HEIC decoders, which cost ten times a JPEG

STRIP = 64  # rows
JPEG_QUALITY = 90
WEBP_QUALITY = 82
TOLERANCE = 0.9  # a picture this close to the bound comes straight out of the JPEG decoder, unresampled
PREVIEW_BYTES = 600 * 1000
MOVING = {"PNG", "WEBP", "AVIF"}  # several pictures in one of these are an animation
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}

Job = dict[str, Any]


class Refused(Exception):
    """The picture is not taken; the one argument is the code of the reason."""


class Made(NamedTuple):
    """One picture of the answer; `content` is empty where the received bytes are kept."""

    name: str
    type: str
    width: int
    height: int
    content: bytes


def ready(formats: list[str]) -> None:
    """Load what reads these formats; AVIF and HEIC cost 30 ms, so only on demand."""
    for name in formats:
        plugin: Any = importlib.import_module(PLUGINS[name])
        if name == "JPEG":  # the plain one: phones append further pictures, which would make it an "MPO"
            Image.register_open(name, plugin.JpegImageFile)
        elif name == "AVIF":
            plugin.DEFAULT_MAX_THREADS = THREADS
        elif name == "HEIF":
            plugin.register_heif_opener(
                thumbnails=False, depth_images=False, aux_images=False, decode_threads=THREADS
            )


def opened(content: bytes, job: Job) -> Image.Image:
    """The picture with its header read and its limits checked, nothing decoded yet; else Refused."""
    if not content:
        raise Refused("empty")
    formats = [name for name in formats_of(content) if name in job["formats"]]
    if not formats:
        raise Refused("type")
    ready(formats)
    try:
        picture = _opened(content, formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as exc:
        raise Refused("pixels") from exc
    except Refused:
        raise
    except Exception as exc:  # decoders raise whatever they like about bytes from outside
        raise Refused("broken") from exc
    measure(picture, job)
    return picture


def _opened(content: bytes, formats: list[str]) -> Image.Image:
    """By the first of the decoders that reads it; the last one's error where none does."""
    for name in formats[:-1]:
        with suppress(OSError, RuntimeError, SyntaxError, ValueError):
            return OPENERS[name](content)
    return OPENERS[formats[-1]](content)


def _plainly(content: bytes, name: str) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=[name])


def _opened_jpeg(content: bytes) -> Image.Image:
    """One without its end marker too; whether that lacks pixels is seen when it is decoded."""
    found = jpeg.segments(content)
    if found.is_ended:
        return _plainly(content, "JPEG")
    if not found.has_all_scans:
        raise Refused("broken")
    picture = _plainly(jpeg.ended(content), "JPEG")
    picture.info[FILLED] = _plainly(jpeg.filled(content), "JPEG")
    return picture


def _opened_png(content: bytes) -> Image.Image:
    bare = png.rebuilt(content)
    picture = _plainly(bare.content, "PNG")
    if bare.profile:
        picture.info["icc_profile"] = bare.profile
    picture.info[ENCODING] = bare.encoding
    return picture


def _opened_boxes(content: bytes, name: str) -> Image.Image:
    picture = _plainly(isobmff.rebranded(content, name), name)
    if codes := isobmff.nclx_of(content):
        picture.info[ENCODING] = colours.of_nclx(*codes)
    return picture


OPENERS: dict[str, Callable[[bytes], Image.Image]] = {
    "JPEG": _opened_jpeg,
    "PNG": _opened_png,
    "WEBP": lambda content: _plainly(content, "WEBP"),
    "AVIF": lambda content: _opened_boxes(content, "AVIF"),
    "HEIF": lambda content: _opened_boxes(content, "HEIF"),
}


def measure(picture: Image.Image, job: Job) -> None:
    """Refuse what is too large, too long, too small or moves."""
    width, height = picture.size
    if width * height > job["most_pixels"]:
        raise Refused("pixels")
    if max(width, height) > job["longest_side"]:
        raise Refused("side")
    if min(width, height) < job["shortest_side"]:
        raise Refused("small")
    if picture.format in MOVING and getattr(picture, "n_frames", 1) > 1:
        raise Refused("frames")


def decoded(picture: Image.Image, job: Job) -> Image.Image:
    """The same picture with its pixels; its size is measured again, for headers lie."""
    drafted, filled = picture.size, picture.info.pop(FILLED, None)
    try:
        picture.load()
        is_cut = filled is not None and not are_equal(picture, filled)
    except Exception as exc:  # as in opened()
        raise Refused("broken") from exc
    if is_cut:
        raise Refused("broken")
    if picture.size != drafted:
        measure(picture, job)
    return picture


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    ready([kind])
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def normalise(picture: Image.Image, job: Job) -> Iterator[Made]:
    draft(picture, max(picture.size), TOLERANCE * job["bound"])
    decoded(picture, job)
    result = finished(upright(bounded(plain(picture), job["bound"]), picture), picture)
    # 4:4:4: coloured stripes on fabric come out 18 dB better than with 4:2:0, for 2 ms a megapixel.
    content = encoded(result, "JPEG", quality=JPEG_QUALITY, subsampling="4:4:4")
    yield Made("", "image/jpeg", *result.size, content)


def inspect(picture: Image.Image, job: Job) -> Iterator[Made]:
    size = picture.size
    if FILLED not in picture.info:
        draft(picture, max(size), 1)  # all that is coded is read all the same; fewer pixels are made of it
    drafted = picture.size
    decoded(picture, job)
    shape = size if picture.size == drafted else picture.size
    yield Made(digest(picture), TYPES[str(picture.format)], *shown(picture, *shape), b"")


def shown(picture: Image.Image, width: int, height: int) -> tuple[int, int]:
    """Width and height once it is turned upright."""
    return (height, width) if orientation(picture) >= 5 else (width, height)


def mosaic(picture: Image.Image, job: Job) -> Iterator[Made]:
    """The mean colours of equal cells, as hex, with the size of the whole."""
    decoded(picture, job)
    small = plain(picture).resize((job["cells"], job["cells"]), Image.Resampling.BOX)
    cells = finished(upright(small, picture), picture)
    shape = shown(picture, *picture.size)
    yield Made(cells.tobytes().hex(), TYPES[str(picture.format)], *shape, b"")


def digest(picture: Image.Image) -> str:
    """The same (hex) for the same pixels, however they were packed; in strips, for they may be many."""
    seen = hashlib.sha256(f"{picture.mode} {picture.size}".encode())
    for top in range(0, picture.height, STRIP):
        strip = (0, top, picture.width, min(top + STRIP, picture.height))
        seen.update(picture.crop(strip).tobytes())
    return seen.hexdigest()


def render(picture: Image.Image, job: Job) -> Iterator[Made]:
    widths: dict[str, int] = job["widths"]
    widest = max(widths.values())
    draft(picture, min(picture.size), widest)
    decoded(picture, job)
    result = finished(narrowed(upright(plain(picture), picture), widest), picture)
    for name, width in sorted(widths.items(), key=lambda item: -item[1]):
        result = narrowed(result, width)
        yield Made(name, "image/webp", *result.size, encoded(result, "WEBP", quality=WEBP_QUALITY))


def preview(picture: Image.Image, job: Job) -> Iterator[Made]:
    draft(picture, min(picture.size), max(PREVIEW))
    decoded(picture, job)
    small = bounded(plain(picture), 2 * max(PREVIEW))
    result = on_own_ground(finished(upright(small, picture), picture))
    tries = (encoded(result, "JPEG", quality=quality) for quality in (88, 75, 60, 40, 20))
    content = next(data for data in tries if len(data) < PREVIEW_BYTES)
    yield Made("", "image/jpeg", *result.size, content)


def logo(picture: Image.Image, job: Job) -> Iterator[Made]:
    """Finished like a photo, but what is transparent stays so: it lies on grounds of any colour."""
    decoded(picture, job)
    small = upright(bounded(plain(picture), job["bound"]), picture)
    result = finished(small.convert(small.mode.removesuffix("A")), picture)
    if small.mode.endswith("A"):
        result.putalpha(small.getchannel("A"))
    yield Made("", "image/webp", *result.size, encoded(result, "WEBP", lossless=True))


TASKS: dict[str, Callable[[Image.Image, Job], Iterator[Made]]] = {
    task.__name__: task for task in (normalise, inspect, mosaic, render, preview, logo)
}


def answered(job: Job, content: bytes) -> Iterator[bytes]:
    """The answer, in blocks."""
    Image.MAX_IMAGE_PIXELS = job["most_pixels"]
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    pictures: list[Made] = []
    try:
        pictures = list(TASKS[job["task"]](opened(content, job), job))
        listed = [made._asdict() | {"content": len(made.content)} for made in pictures]
        answer: dict[str, Any] = {"pictures": listed}
    except Refused as exc:
        answer = {"refused": exc.args[0]}
    yield json.dumps(answer).encode() + b"\n"
    yield from (made.content for made in pictures)
