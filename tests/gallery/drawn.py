"""Pictures that the tests draw for themselves, with whatever a camera or an attacker would put into them."""

import io
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw

DATA = Path(__file__).with_name("data")
RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 180, 60), (40, 60, 220), (240, 220, 40)

DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))


def corners(width: int = 480, height: int = 320) -> Image.Image:
    """Four coloured quarters, clockwise from the top left: red, green, blue, yellow."""
    picture = Image.new("RGB", (width, height), RED)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width // 2, 0, width, height // 2), fill=GREEN)
    draw.rectangle((width // 2, height // 2, width, height), fill=BLUE)
    draw.rectangle((0, height // 2, width // 2 - 1, height), fill=YELLOW)
    return picture


def noise(width: int, height: int) -> Image.Image:
    return Image.merge("RGB", [Image.effect_noise((width, height), 90) for _ in range(3)])


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def profile(primaries: tuple[tuple[float, ...], ...], gamma: float = 2.2, words: str = "drawn") -> bytes:
    """A small ICC profile: RGB with the given D50 primaries (XYZ each) and one gamma."""

    def xyz(values: tuple[float, ...]) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = words.encode() + b"\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)
    tags = {b"desc": description, b"wtpt": xyz((0.9642, 1.0, 0.8249)), b"cprt": b"text\0\0\0\0" + text}
    tags |= {name: xyz(values) for name, values in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4xI", start + len(body), 0x02400000) + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def grey_profile(gamma: float) -> bytes:
    """As `profile`, for one channel."""
    rgb = profile(ADOBE_RGB, gamma)
    return rgb[:16] + b"GRAY" + rgb[20:].replace(b"rTRC", b"kTRC", 1)


def chunk(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 0) -> bytes:
    """A PNG of exactly these chunks between its header and its end."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IEND")


def zeros(count: int) -> bytes:
    """`count` zero bytes as zlib stores them, about a thousandth in size."""
    packer = zlib.compressobj(9)
    blocks = [packer.compress(bytes(1024 * 1024)) for _ in range(count // (1024 * 1024))]
    return b"".join(blocks) + packer.compress(bytes(count % (1024 * 1024))) + packer.flush()
