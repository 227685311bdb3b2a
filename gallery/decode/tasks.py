"""What is done with one untrusted picture, in a child process of its own (see `__main__.py`).

A job is JSON: `task` (the name of one of TASKS), `formats` (Pillow's names of what may be read),
`most_pixels`, `longest_side`, `shortest_side`, and the task's own values.
The answer is one line of JSON, `{"refused": code}` or
`{"pictures": [[name, type, width, height, number of bytes], ...]}`, then those bytes.
"""

import base64
import importlib
import io
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from PIL import Image

from gallery.decode import colours, isobmff, jpeg, likeness, pixels, png
from gallery.decode.client import Made

QUICK = ["JPEG", "PNG", "WEBP"]  # to load, before any picture is there
THREADS = 2  # of the AVIF and HEIC decoders, which cost ten times a JPEG

JPEG_QUALITY = 90
WEBP_QUALITY = 82
LOGO_QUALITY = 85
WEBP_METHOD = 2  # a third of the time that the usual 4 takes, for 4 % more bytes
TOLERANCE = 0.9  # a picture this close to the bound comes straight out of the JPEG decoder, unresampled
PREVIEW_BYTES = 600 * 1000
MOVING = {"PNG", "WEBP", "AVIF"}  # several pictures in one of these are an animation

Job = dict[str, Any]


class Refused(Exception):
    """The picture is not taken; the one argument is the code of the reason."""


def ready(formats: list[str]) -> None:
    """Load what reads these formats; AVIF and HEIC cost 30 ms, so only on demand."""
    for name in formats:
        plugin: Any = importlib.import_module(FORMATS[name][0])
        if name == "JPEG":  # the plain one: phones append further pictures, which would make it an "MPO"
            Image.register_open(name, plugin.JpegImageFile)
        elif name == "AVIF":
            plugin.DEFAULT_MAX_THREADS = THREADS
        elif name == "HEIF":
            plugin.register_heif_opener(
                thumbnails=False, depth_images=False, aux_images=False, decode_threads=THREADS
            )


def formats_of(content: bytes) -> list[str]:
    """Pillow's names of the decoders worth asking, none for what is no photo; the decoder decides."""
    if content.startswith(jpeg.SIGNATURE):
        return ["JPEG"]
    if content.startswith(png.SIGNATURE):
        return ["PNG"]
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return ["WEBP"]
    return isobmff.formats_of(content) if content[4:8] == b"ftyp" else []


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
    except Exception as exc:  # decoders raise whatever they like about bytes from outside
        raise Refused("broken") from exc
    measure(picture, job)
    return picture


def _opened(content: bytes, formats: list[str]) -> Image.Image:
    """By the first of the decoders that reads it; the last one's error where none does."""
    for name in formats[:-1]:
        with suppress(OSError, RuntimeError, SyntaxError, ValueError):
            return FORMATS[name][1](content, name)
    return FORMATS[formats[-1]][1](content, formats[-1])


def _plainly(content: bytes, name: str) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=[name])


def _opened_jpeg(content: bytes, name: str) -> Image.Image:
    """One without its end marker too; whether that lacks pixels is seen when it is decoded."""
    is_ended, has_all_scans = jpeg.segments(content)
    if is_ended:
        return _plainly(content, name)
    if not has_all_scans:
        raise ValueError("it lacks scans")
    picture = _plainly(jpeg.ended(content), name)
    picture.info[pixels.FILLED] = _plainly(jpeg.ended(content, jpeg.FILLER), name)
    return picture


def _opened_png(content: bytes, name: str) -> Image.Image:
    content, profile, encoding = png.rebuilt(content)
    picture = _plainly(content, name)
    picture.info |= {"icc_profile": profile, pixels.ENCODING: encoding}
    return picture


def _opened_boxes(content: bytes, name: str) -> Image.Image:
    content = isobmff.rebranded(content, name)
    picture = _plainly(content, name)
    with suppress(Exception):  # of an AVIF too: Pillow's own decoder does not tell what its colours mean
        nclx = importlib.import_module("pi_heif").open_heif(content).info["nclx_profile"]
        codes = nclx["color_primaries"], nclx["transfer_characteristics"]
        picture.info[pixels.ENCODING] = colours.of_nclx(*codes)
    return picture


# Pillow's name of a format -> the module that reads it, and how.
FORMATS: dict[str, tuple[str, Callable[[bytes, str], Image.Image]]] = {
    "JPEG": ("PIL.JpegImagePlugin", _opened_jpeg),
    "PNG": ("PIL.PngImagePlugin", _opened_png),
    "WEBP": ("PIL.WebPImagePlugin", _plainly),
    "AVIF": ("PIL.AvifImagePlugin", _opened_boxes),
    "HEIF": ("pi_heif", _opened_boxes),
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


def decoded(picture: Image.Image, job: Job, spare: float = 1.0) -> None:
    """Read its pixels; a JPEG may be `spare` times smaller. The size is measured again, for headers lie."""
    pixels.draft(picture, spare)
    drafted, filled = picture.size, picture.info.pop(pixels.FILLED, None)
    try:
        picture.load()
        if filled and pixels.digest(picture) != pixels.digest(filled):
            raise ValueError("it lacks pixels")
    except Exception as exc:  # as in opened()
        raise Refused("broken") from exc
    if picture.size != drafted:
        measure(picture, job)


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    ready([kind])
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def normalise(picture: Image.Image, job: Job) -> Iterator[Made]:
    decoded(picture, job, max(picture.size) / (TOLERANCE * job["bound"]))
    result = pixels.finished(pixels.bounded(picture, job["bound"]), picture)
    # 4:4:4: coloured stripes on fabric come out 18 dB better than with 4:2:0, for 2 ms a megapixel.
    content = encoded(result, "JPEG", quality=JPEG_QUALITY, subsampling="4:4:4")
    yield Made("", "image/jpeg", *result.size, content)


def inspect(picture: Image.Image, job: Job) -> Iterator[Made]:
    size, widths = picture.size, job["widths"]
    # All that is coded is read all the same; fewer pixels are made of it.
    spare = min(size) / max(widths.values(), default=1)
    decoded(picture, job, 1.0 if pixels.FILLED in picture.info else spare)
    yield Made(pixels.digest(picture), Image.MIME[str(picture.format)], *shown(picture, *size), b"")
    with suppress(Exception):  # a paid picture is not lost to a copy that can be made later
        yield from _copies(picture, widths)


def shown(picture: Image.Image, width: int, height: int) -> tuple[int, int]:
    """Width and height once it is turned upright."""
    return (height, width) if pixels.orientation(picture) >= 5 else (width, height)


def mosaic(picture: Image.Image, job: Job) -> Iterator[Made]:
    """The mean colours of equal cells, with the size of the whole."""
    decoded(picture, job)
    small = pixels.plain(picture).resize((job["cells"], job["cells"]), Image.Resampling.BOX)
    cells = pixels.finished(pixels.upright(small, picture), picture)
    yield Made("", Image.MIME[str(picture.format)], *shown(picture, *picture.size), cells.tobytes())


def miniature(picture: Image.Image, job: Job) -> Iterator[Made]:
    """What `compare` takes of another picture."""
    small = _miniature(picture, job)
    yield Made("", "image/png", *small.size, encoded(small, "PNG"))


def compare(picture: Image.Image, job: Job) -> Iterator[Made]:
    """As JSON what is to be seen in it, and its difference from each of some miniatures."""
    small = _miniature(picture, job)
    others = [_plainly(base64.b64decode(content), "PNG") for content in job["beside"]]
    found = likeness.detail(small), [likeness.difference(small, other) for other in others]
    yield Made("", Image.MIME[str(picture.format)], *small.size, json.dumps(found).encode())


def _miniature(picture: Image.Image, job: Job) -> Image.Image:
    decoded(picture, job, max(picture.size) / likeness.SHARP)
    return pixels.finished(pixels.bounded(picture, likeness.SHARP), picture)


def render(picture: Image.Image, job: Job) -> Iterator[Made]:
    widths: dict[str, int] = job["widths"]
    decoded(picture, job, min(picture.size) / max(widths.values()))
    yield from _copies(picture, widths)


def _copies(picture: Image.Image, widths: dict[str, int]) -> Iterator[Made]:
    if not widths:
        return
    widest = max(widths.values())
    result = pixels.finished(pixels.narrowed(pixels.upright(pixels.plain(picture), picture), widest), picture)
    for name, width in sorted(widths.items(), key=lambda item: -item[1]):
        result = pixels.narrowed(result, width)
        yield Made(
            name,
            "image/webp",
            *result.size,
            encoded(result, "WEBP", quality=WEBP_QUALITY, method=WEBP_METHOD),
        )


def preview(picture: Image.Image, job: Job) -> Iterator[Made]:
    longest = max(pixels.PREVIEW)
    decoded(picture, job, min(picture.size) / longest)
    result = pixels.on_own_ground(pixels.finished(pixels.bounded(picture, 2 * longest), picture))
    tries = (encoded(result, "JPEG", quality=quality) for quality in (88, 75, 60, 40, 20))
    content = next(data for data in tries if len(data) < PREVIEW_BYTES)
    yield Made("", "image/jpeg", *result.size, content)


def logo(picture: Image.Image, job: Job) -> Iterator[Made]:
    """Finished like a photo, but what is transparent stays so: it lies on grounds of any colour.

    A `shown` one is for pages, which fetch it: of what many colours make large, a copy that is not exact.
    """
    decoded(picture, job)
    result = _mark(picture, job["bound"])
    exact = encoded(result, "WEBP", lossless=True)
    small = encoded(result, "WEBP", quality=LOGO_QUALITY) if job.get("shown") else exact
    yield Made("", "image/webp", *result.size, min(exact, small, key=len))


def icon(picture: Image.Image, job: Job) -> Iterator[Made]:
    """A square with the mark in its middle, `part` of it wide or high, on a ground of one colour."""
    decoded(picture, job)
    side: int = job["side"]
    mark = _mark(picture, round(side * job["part"]))
    square = Image.new("RGB", (side, side), job["ground"])
    at = ((side - mark.width) // 2, (side - mark.height) // 2)
    square.paste(mark, at, mark if mark.mode.endswith("A") else None)
    yield Made("", "image/png", side, side, encoded(square, "PNG"))


def _mark(picture: Image.Image, bound: int) -> Image.Image:
    small = pixels.bounded(picture, bound)
    result = pixels.finished(small.convert(small.mode.removesuffix("A")), picture)
    if small.mode.endswith("A"):
        result.putalpha(small.getchannel("A"))
    return result


TASKS: dict[str, Callable[[Image.Image, Job], Iterator[Made]]] = {
    task.__name__: task
    for task in (normalise, inspect, mosaic, miniature, compare, render, preview, logo, icon)
}


def answered(job: Job, content: bytes) -> Iterator[bytes]:
    """The answer, in blocks."""
    Image.MAX_IMAGE_PIXELS = job["most_pixels"]
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    pictures: list[Made] = []
    try:
        pictures = list(TASKS[job["task"]](opened(content, job), job))
        answer: dict[str, Any] = {"pictures": [(*made[:-1], len(made.content)) for made in pictures]}
    except Refused as exc:
        answer = {"refused": exc.args[0]}
    yield json.dumps(answer).encode() + b"\n"
    yield from (made.content for made in pictures)
