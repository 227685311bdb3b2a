"""What a file says made it, read by others than who wrote it: Pillow finds the packet, expat reads it."""

from __future__ import annotations

import io
from xml.etree import ElementTree

from PIL import Image as Pillow

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PROPERTY = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
COMPOSITE, TRAINED = "compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia"
DRAWN = "digitalCreation"


def xmp(content: bytes) -> str:
    """The XMP packet of a picture as text; "" without one."""
    with Pillow.open(io.BytesIO(content)) as picture:
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
    with Pillow.open(io.BytesIO(content)) as picture:
        return picture.mode, picture.size, picture.tobytes()
