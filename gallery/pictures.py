"""Bytes in, Picture out: the side of the web and of the workers, which never decodes anything itself.

Every picture, an upload as well as one that the gateway made, is opened by `gallery.decode` in a child
process with limits on memory, CPU, files and time. Whatever happens there, the caller gets a result or
BadPicture.
"""

import base64
import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple, Protocol

from gallery.decode import client, seats
from gallery.decode.client import Decoder, Made, Unanswered
from gallery.decode.header import pixels_of

LARGEST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 12_000
MADE_BYTES = 64 * 1024 * 1024
SHORTEST_SIDE = 256
LOGO_BOUND = 512  # pixels: the longest side of a logo, three times what a page shows
BOUND = 2048  # pixels: the longest side of what is kept of an upload
WALL_CLOCK = 20  # seconds for one child

PHOTOS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
MADE = ("JPEG", "PNG", "WEBP")  # what the gateway answers with, and what is stored
TYPES = ("image/jpeg", "image/png", "image/webp")


class Limits(NamedTuple):
    """What a file may be at most: bytes, pixels, pixels on one side."""

    largest_bytes: int
    most_pixels: int
    longest_side: int


UPLOADS = Limits(LARGEST_BYTES, MOST_PIXELS, LONGEST_SIDE)
# A paid picture is not lost to a limit against strangers. WebP, in which copies are made, ends at 16,383.
MADE_PICTURES = Limits(MADE_BYTES, 100_000_000, 16_000)


def _(words: str) -> str:
    """Marks them for translation: nothing here knows a language."""
    return words


# What people read, by what is wrong; VALUES fill in the names.
VALUES = {
    "megabytes": LARGEST_BYTES // 1024**2,
    "millions": MOST_PIXELS // 10**6,
    "side": f"{LONGEST_SIDE:,}",
    "short_side": SHORTEST_SIDE,
}
MARKED = {
    "type": _("The selected file must be a JPEG, PNG, WebP, AVIF or HEIC photo"),
    "bytes": _("The photo must be smaller than %(megabytes)s MB"),
    "pixels": _("The photo has too many pixels; %(millions)s million is the most"),
    "side": _("The photo is too long on one side; %(side)s pixels is the most"),
    "small": _("The photo must be at least %(short_side)s pixels on its short side"),
    "frames": _("The selected file is an animation; choose a photo that does not move"),
    "broken": _("We could not open this photo. It may be damaged: try another, or take a screenshot of it"),
    "empty": _("The selected file is empty"),
    "busy": _("Many photos are arriving just now. Try again in a few seconds"),
}
SENTENCES = {code: words % VALUES for code, words in MARKED.items()}

logger = logging.getLogger(__name__)
_decoder = Decoder()


class BadPicture(ValueError):
    """The picture cannot be taken: `code` is the reason for programs, `str()` a sentence for the user."""

    def __init__(self, code: str) -> None:
        super().__init__(SENTENCES[code])
        self.code = code


class Unopened(BadPicture):
    """Nothing is known of the picture: who opened it ended without an answer. It may open another time."""


class Busy(Unopened):
    """Too many are being opened at this moment."""


class Opened(Protocol):
    """A stored picture that is open for reading: a file of the system, wherever its bytes rest."""

    def fileno(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """An upload as it is kept: `content` is our own encoding, `sha256` (hex) is of the received bytes."""

    content: bytes
    content_type: str
    width: int
    height: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Inspected:
    """A picture that is kept as received: image/png, image/jpeg or image/webp, its size as it is shown.

    `pixels` is the same for pictures of the same pixels; `copies` are WebPs by name.
    """

    content_type: str
    width: int
    height: int
    pixels: str
    copies: Mapping[str, bytes]


class Mosaic(NamedTuple):
    """A picture that a gateway made: its size as it is shown, and mean sRGB colours, row by row."""

    width: int
    height: int
    cells: list[tuple[int, int, int]]


class Difference(NamedTuple):
    """How a picture differs from another one that is laid under it.

    `levels` of 255, where they differ most; `moved` is the share of a side by which its frame is off, 0.0
    where it is not clearly off.
    """

    levels: float
    moved: float


class Comparison(NamedTuple):
    """`detail` is the share of a picture in which there is something to be seen; differences in order."""

    detail: float
    differences: list[Difference]


def normalise(source: Path | bytes, limits: Limits = UPLOADS) -> Picture:
    """An upload turned upright, in sRGB, bounded to 2048 px and bare of metadata; BadPicture otherwise."""
    return _kept(source, limits, task="normalise", bound=BOUND, shortest_side=SHORTEST_SIDE)


def logo(source: Path | bytes) -> Picture:
    """As `normalise`, for a mark: WebP bounded to 512 px that keeps its transparency, and may be small."""
    return _kept(source, UPLOADS, task="logo", bound=LOGO_BOUND)


def shown_logo(content: bytes, longest: int) -> bytes:
    """A kept logo as WebP, with a longest side of so many pixels, for pages; raises BadPicture."""
    (made,) = _copies(content, is_awaited=True, task="logo", bound=longest, shown=True)
    return made.content


def icon(content: bytes, side: int, part: float, ground: str) -> bytes:
    """A kept logo as a square PNG: so large a part of its side, on a ground of this colour; BadPicture."""
    (made,) = _copies(content, is_awaited=True, task="icon", side=side, part=part, ground=ground)
    return made.content


def _kept(source: Path | bytes, limits: Limits, **task: Any) -> Picture:
    with _received(source, limits) as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        priority = seats.UPLOAD if limits == UPLOADS else seats.PAGE
        (made,) = _decode(file, limits, PHOTOS, priority, **task)
    return Picture(made.content, made.type, made.width, made.height, sha256)


def inspect(path: Path, widths: Mapping[str, int] | None = None) -> Inspected:
    """Decode a picture that the gateway made, to the end, to prove that it is whole; BadPicture otherwise.

    With copies as `render` makes them: to decode it costs more than these.
    """
    seen, *made = _copies(path, task="inspect", widths=dict(widths or {}))
    copies = {each.name: each.content for each in made}
    return Inspected(seen.type, seen.width, seen.height, seen.name, copies)


def mosaic(content: bytes, cells: int) -> Mosaic:
    """What it looks like in `cells` x `cells` equal parts; BadPicture where it cannot be opened."""
    (made,) = _copies(content, task="mosaic", cells=cells)
    red, green, blue = (made.content[band::3] for band in range(3))
    return Mosaic(made.width, made.height, list(zip(red, green, blue, strict=True)))


def miniature(source: Path | bytes | Opened) -> bytes:
    """What `compare` lays under another picture; BadPicture where it cannot be opened."""
    (made,) = _copies(source, task="miniature")
    return made.content


def compare(source: Path | bytes | Opened, miniatures: Sequence[bytes]) -> Comparison:
    """Measure a picture, alone and beside others; BadPicture where it cannot be opened.

    Size, encoding, brightness and a little cropping make no difference.
    """
    beside = [base64.b64encode(content).decode() for content in miniatures]
    (made,) = _copies(source, task="compare", beside=beside)
    detail, differences = json.loads(made.content)
    return Comparison(detail, [Difference(*each) for each in differences])


def render(source: Path | Opened, widths: Mapping[str, int], *, is_awaited: bool = False) -> dict[str, bytes]:
    """WebP copies of a stored picture by name, each at most as wide as asked and never enlarged.

    Where a request waits for them (`is_awaited`), it waits for seconds only, and gets Busy.
    """
    task = {"task": "render", "widths": dict(widths)}
    return {made.name: made.content for made in _copies(source, is_awaited=is_awaited, **task)}


def preview(source: Path | Opened, *, is_awaited: bool = False) -> bytes:
    """A JPEG of 1200 x 630 under 600 KB for link previews: the whole picture on a ground of its colours."""
    (made,) = _copies(source, is_awaited=is_awaited, task="preview")
    return made.content


def pixels_told(path: Path) -> int:
    """As how many pixels an upload counts before it is opened: those that its head says, else the most."""
    with path.open("rb") as file:
        told = pixels_of(file.fileno())
    return MOST_PIXELS if told is None else min(told, MOST_PIXELS)


def digest(source: Path | bytes) -> str:
    """SHA-256 (hex) of the received bytes, by which a picture is known before it is opened again."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def bound_requests(most: int) -> None:
    """How many requests of this process may open pictures, or wait to, at a time; more get Busy at once."""
    _decoder.bound_requests(most)


def _copies(source: Path | bytes | Opened, *, is_awaited: bool = False, **task: Any) -> list[Made]:
    with _received(source, MADE_PICTURES) as file:
        return _decode(file, MADE_PICTURES, MADE, seats.PAGE if is_awaited else seats.WORK, **task)


@contextmanager
def _received(source: Path | bytes | Opened, limits: Limits) -> Iterator[IO[bytes]]:
    """The source as an open file, for the child is told no name; BadPicture where its size says enough."""
    with _opened(source, limits) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limits.largest_bytes:
            raise BadPicture("bytes")
        if size == 0:
            raise BadPicture("empty")
        file.seek(0)
        yield file


def _opened(source: Path | bytes | Opened, limits: Limits) -> IO[bytes]:
    if isinstance(source, Path):
        return source.open("rb")
    if not isinstance(source, bytes):
        return os.fdopen(os.dup(source.fileno()), "rb")
    file = TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(source[: limits.largest_bytes + 1])
    file.flush()
    return file


def _decode(
    file: IO[bytes], limits: Limits, formats: tuple[str, ...], priority: seats.Priority, **task: Any
) -> list[Made]:
    """Let a child open the file. It answers into a file too, which its own limits bound."""
    job = limits._asdict() | {"shortest_side": 1, "formats": formats} | task
    file.seek(0)
    with TemporaryFile() as answer, TemporaryFile() as complaints:
        try:
            _decoder.run(job, WALL_CLOCK, file, answer, complaints, priority=priority)
            head, made = _read(answer)
        except client.Busy as exc:
            logger.warning("a picture is not opened: others are, or wait for it")
            raise Busy("busy") from exc
        except (Unanswered, LookupError, TypeError, ValueError) as exc:
            last = _last_line(complaints)
            logger.warning("a picture could not be decoded: %s %r", type(exc).__name__, last)
            raise (Unopened if isinstance(exc, Unanswered) else BadPicture)("broken") from exc
    if "refused" in head:
        raise BadPicture(head["refused"])
    return made


def _read(answer: IO[bytes]) -> tuple[dict[str, Any], list[Made]]:
    answer.seek(0)
    head = json.loads(answer.readline())
    made = [Made(*made)._replace(content=answer.read(made[-1])) for made in head.get("pictures", [])]
    if any(picture.type not in TYPES for picture in made) or head.get("refused", "broken") not in SENTENCES:
        raise ValueError("not an answer of gallery.decode")
    return head, made


def _last_line(complaints: IO[bytes]) -> bytes:
    complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - 200))
    return (complaints.read().splitlines() or [b""])[-1]
