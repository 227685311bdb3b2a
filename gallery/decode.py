"""The child process that reads one untrusted picture: `python -m gallery.decode JOB < picture > answer`.

JOB is JSON: `task` (the name of one of TASKS), `formats` (Pillow's names of what may be read),
`most_pixels`, `longest_side`, `shortest_side`, and the task's own values.
The answer is one line of JSON, `{"refused": code}` or
`{"pictures": [{"name", "type", "width", "height", "content": number of bytes}, ...]}`, then those bytes.
Anything else, any exit code but 0 included, means that the picture could not be read.

It knows nothing of the rest of the project: no settings, no secrets, and a start of 50 ms.
"""

import importlib
import io
import json
import resource
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from PIL import Image, ImageCms, JpegImagePlugin

from gallery.container import PLUGINS, formats_of, is_crowded

MEMORY = 1280 * 1024 * 1024  # address space; the dearest picture within the limits needs about 0.9 GiB
SECONDS = 15  # of CPU
FILE_BYTES = 64 * 1024 * 1024  # the answer is the only file that it writes
OPEN_FILES = 32
THREADS = 2  # of the AVIF and HEIC decoders, which cost ten times a JPEG

JPEG_QUALITY = 90
WEBP_QUALITY = 82
TOLERANCE = 0.9  # a picture this close to the bound comes straight out of the JPEG decoder, unresampled
PREVIEW = (1200, 630)
PREVIEW_BYTES = 600 * 1000
MOVING = {"PNG", "WEBP", "AVIF"}  # several pictures in one of these are an animation
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
PLANES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # colour space of a profile -> Pillow's mode
UPRIGHT = {  # EXIF orientation -> what turns it upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ORIENTATION = 0x0112

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


def confine() -> None:
    """Bound memory, CPU, files and core dumps of this process for the rest of its life."""
    limits = {resource.RLIMIT_CPU: SECONDS, resource.RLIMIT_FSIZE: FILE_BYTES}
    limits |= {resource.RLIMIT_NOFILE: OPEN_FILES, resource.RLIMIT_CORE: 0}
    if sys.platform != "darwin":  # macOS refuses to set it
        limits[resource.RLIMIT_AS] = MEMORY
    for kind, wanted in limits.items():
        hard = resource.getrlimit(kind)[1]
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (limit, limit))


def ready(formats: list[str]) -> None:
    """Let Pillow know these and no others; AVIF and HEIC cost 30 ms to load, so only on demand."""
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
    if is_crowded(content):
        raise Refused("broken")
    ready(formats)
    try:
        picture = Image.open(io.BytesIO(content), formats=formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as exc:
        raise Refused("pixels") from exc
    except Exception as exc:  # decoders raise whatever they like about bytes from outside
        raise Refused("broken") from exc
    measure(picture, job)
    return picture


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
    drafted = picture.size
    try:
        picture.load()
    except Exception as exc:  # as in opened()
        raise Refused("broken") from exc
    if picture.size != drafted:
        measure(picture, job)
    return picture


def orientation(picture: Image.Image) -> int:
    """How the camera was held, 1 to 8 as in EXIF; 1 where that cannot be read."""
    try:
        value = picture.getexif().get(ORIENTATION, 1)
    except Exception:  # a damaged EXIF block spoils no good picture
        return 1
    return value if value in UPRIGHT else 1


def draft(picture: Image.Image, side: int, wanted: float) -> None:
    """Let the JPEG decoder shrink by the largest divisor that leaves `side` at `wanted` pixels or more."""
    divisor = next((number for number in (8, 4, 2) if side / number >= wanted), 1)
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        picture.draft(None, (picture.width // divisor, picture.height // divisor))


def plain(picture: Image.Image) -> Image.Image:
    """The picture in a mode that can be resampled: L, LA, RGB, RGBA or CMYK."""
    if picture.mode.startswith("I;16"):
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    if "transparency" in picture.info or picture.mode == "PA":
        return picture.convert("RGBA")
    if picture.mode == "1":
        return picture.convert("L")
    return picture if picture.mode in {"L", "LA", "RGB", "RGBA", "CMYK"} else picture.convert("RGB")


def shrunk(picture: Image.Image, width: int, height: int) -> Image.Image:
    if picture.size == (width, height):
        return picture
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)


def bounded(picture: Image.Image, longest: int) -> Image.Image:
    """The picture with its longest side at `longest` pixels at most; never enlarged."""
    scale = min(1.0, longest / max(picture.size))
    return shrunk(picture, max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))


def narrowed(picture: Image.Image, width: int) -> Image.Image:
    """The picture at most `width` pixels wide; never enlarged."""
    width = min(width, picture.width)
    return shrunk(picture, width, max(1, round(picture.height * width / picture.width)))


def upright(picture: Image.Image, source: Image.Image) -> Image.Image:
    turn = UPRIGHT.get(orientation(source))
    return picture if turn is None else picture.transpose(turn)


def bare(picture: Image.Image) -> Image.Image:
    """A new picture of the pixels alone: no metadata comes along; transparency lies on white."""
    mode = picture.mode.removesuffix("A")
    ground = Image.new(mode, picture.size, "white")
    if mode == picture.mode:
        ground.paste(picture)
    else:
        ground.paste(picture.convert(mode), mask=picture.getchannel("A"))
    return ground


def in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB in sRGB, from the colours that `profile` gives to the values; one that does not fit is ignored."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = PLANES.get(source.profile.xcolor_space.strip())
            if mode == "RGB" and picture.mode == "L":
                picture = picture.convert("RGB")
            if mode == picture.mode:
                target = ImageCms.createProfile("sRGB")
                return ImageCms.profileToProfile(picture, source, target, outputMode="RGB") or picture
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            pass
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def finished(picture: Image.Image, source: Image.Image) -> Image.Image:
    """Without transparency or metadata, in sRGB. `source` is the picture as it was opened."""
    return in_srgb(bare(picture), source.info.get("icc_profile"))


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
    decoded(picture, job)
    width, height = picture.size if orientation(picture) < 5 else picture.size[::-1]
    yield Made("", TYPES[str(picture.format)], width, height, b"")


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


def on_own_ground(picture: Image.Image) -> Image.Image:
    """The whole picture in the middle of PREVIEW, on the blur of its own colours."""
    width, height = PREVIEW
    few = picture.resize((12, 6), Image.Resampling.BOX)
    calm = Image.blend(few, few.resize((1, 1), Image.Resampling.BOX).resize(few.size), 0.5)
    ground = calm.resize(PREVIEW, Image.Resampling.BICUBIC)
    scale = min(width / picture.width, height / picture.height)
    whole = shrunk(picture, max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    ground.paste(whole, ((width - whole.width) // 2, (height - whole.height) // 2))
    return ground


TASKS: dict[str, Callable[[Image.Image, Job], Iterator[Made]]] = {
    task.__name__: task for task in (normalise, inspect, render, preview, logo)
}


def main() -> None:
    job: Job = json.loads(sys.argv[1])
    confine()
    Image.MAX_IMAGE_PIXELS = job["most_pixels"]
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    pictures: list[Made] = []
    try:
        pictures = list(TASKS[job["task"]](opened(sys.stdin.buffer.read(), job), job))
        listed = [made._asdict() | {"content": len(made.content)} for made in pictures]
        answer: dict[str, Any] = {"pictures": listed}
    except Refused as exc:
        answer = {"refused": exc.args[0]}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(made.content for made in pictures))


if __name__ == "__main__":
    main()
