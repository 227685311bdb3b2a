"""Small pictures to send, and what is looked for in pictures received: first bytes, size, colours."""

import base64
import struct
import zlib
from functools import cache, lru_cache
from pathlib import Path

from gallery import pictures

FOLDER = Path(__file__).resolve().parent / "pictures"
SIDE = 256  # pixels: small enough to send dozens of times, large enough for any model
RED, BLUE = 34, 88  # the numbers of two sheets
CELLS = 32  # across and down: the parts of a picture whose colours are looked at
CLEARLY = 48  # of 255: by how much one of red, green and blue leads the others
START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def sample(kind: str) -> bytes:
    """A whole picture: `png`, `jpg`, `webp` or `heic`."""
    return png(0) if kind == "png" else (FOLDER / f"small.{kind}").read_bytes()


@cache
def png(number: int) -> bytes:
    """A sheet of one colour; each `number` below 256 has its own."""
    colour = bytes((number * 67 % 256, 255 - number * 29 % 256, number * 151 % 256))
    rows = (b"\0" + colour * SIDE) * SIDE
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def data_url(number: int) -> str:
    return _inside("png", png(number))


def jpeg_and_webp() -> list[str]:
    """Both as data URLs."""
    return [_inside("jpeg", sample("jpg")), _inside("webp", sample("webp"))]


def _inside(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def kind(data: bytes) -> str | None:
    """`PNG`, `JPEG`, `WebP`, or None for what is no picture that a gateway answers with."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    return "WebP" if data.startswith(b"RIFF") and data[8:12] == b"WEBP" else None


def pixels(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or a JPEG; None where they cannot be read."""
    if kind(data) == "PNG" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    return _jpeg_pixels(data) if kind(data) == "JPEG" else None


@lru_cache(maxsize=4)
def looks(data: bytes) -> pictures.Mosaic | str:
    """Size and colours of a picture as it is decoded, or why it cannot be."""
    try:
        return pictures.mosaic(data, CELLS)
    except pictures.BadPicture as exc:
        return f"a picture that cannot be opened ({exc.code})"


def share(looks: pictures.Mosaic, band: int) -> float:
    """The part of a picture in which red (0), green (1) or blue (2) leads clearly."""
    leads = [cell[band] - max(cell[:band] + cell[band + 1 :]) >= CLEARLY for cell in looks.cells]
    return sum(leads) / len(leads)


def _jpeg_pixels(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in START_OF_FRAME:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
