"""What the received bytes look like from outside, before any decoder touches them: read by `tasks.py`."""

import re

JPEG = b"\xff\xd8\xff"
PNG = b"\x89PNG\r\n\x1a\n"
PLUGINS = {  # Pillow's name of a format -> the module that reads it
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
    "AVIF": "PIL.AvifImagePlugin",
    "HEIF": "pi_heif",
}
BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), ("AVIF",)),
    **dict.fromkeys((b"mif1", b"msf1"), ("AVIF", "HEIF")),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), ("HEIF",)),
}
MOST_PARTS = 20_000  # a PNG of 20 MB in chunks of 1 kB; five million empty ones keep Pillow busy for 7 s
MOST_SCANS = 40  # a progressive JPEG has about 10; each costs a walk over the whole picture, 45 ms at most
MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # no stuffed zero, no restart
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9


def formats_of(content: bytes) -> list[str]:
    """Pillow's names of the decoders worth asking, none for what is no photo; the decoder decides."""
    if content.startswith(JPEG):
        return ["JPEG"]
    if content.startswith(PNG):
        return ["PNG"]
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return ["WEBP"]
    return list(BRANDS.get(content[8:12], ())) if content[4:8] == b"ftyp" else []


def is_crowded(content: bytes) -> bool:
    """Whether a JPEG or PNG is cut into so many parts that only parsing them would take seconds."""
    if content.startswith(JPEG):
        return _jpeg_is_crowded(content)
    return content.startswith(PNG) and _png_is_crowded(content)


def _jpeg_is_crowded(content: bytes) -> bool:
    at = scans = 0
    for _ in range(MOST_PARTS):
        at += 2
        marker = MARKER.search(content, at)
        if marker is None or content[marker.end() - 1] == END_OF_IMAGE:
            return False
        scans += content[marker.end() - 1] == START_OF_SCAN
        if scans > MOST_SCANS:
            return True
        at = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2]) - 2
    return True


def _png_is_crowded(content: bytes) -> bool:
    at = len(PNG)
    for _ in range(MOST_PARTS):
        if at >= len(content):
            return False
        at += 12 + int.from_bytes(content[at : at + 4])
    return True
