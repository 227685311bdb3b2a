"""What a file says made it, read by others than who wrote it: Pillow finds the packet, expat reads it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree import ElementTree

from PIL import Image as Pillow
from PIL import ImageFile

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PROPERTY = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
COMPOSITE, TRAINED = "compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia"
DRAWN = "digitalCreation"


@contextmanager
def opened(content: bytes) -> Iterator[Pillow.Image]:
    """As browsers open it: what is wrong beside the pixels is passed over."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        with Pillow.open(io.BytesIO(content)) as picture:
            yield picture
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def xmp(content: bytes) -> str:
    """The XMP packet of a picture as text; "" without one."""
    with opened(content) as picture:
        packet = picture.info.get("xmp", b"")
    return packet.decode() if isinstance(packet, bytes) else packet


def source_type(content: bytes) -> str:
    """The code that a picture names as its digital source type; "" where it names none."""
    packet = xmp(content)
    if not packet:
        return ""
    (said,) = ElementTree.fromstring(packet).iter(PROPERTY)
    assert said.text.startswith(VOCABULARY)
    return said.text.removeprefix(VOCABULARY)


def pixels(content: bytes) -> tuple[str, tuple[int, int], bytes]:
    """Mode, size and every pixel."""
    with opened(content) as picture:
        return picture.mode, picture.size, picture.tobytes()
