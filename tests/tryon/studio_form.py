"""The form of the studio, filled in."""

from __future__ import annotations

import uuid

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories import jpeg


def photo(colour: str = "teal", name: str = "holiday.jpg", size: tuple[int, int] = (300, 400)):
    return SimpleUploadedFile(name, jpeg(colour, size), "image/jpeg")


def wishes(**changes):
    return {
        "person": photo("tan"),
        "garment": photo("navy"),
        "category": "top",
        "consent": "1",
        "n": "1",
        "size": "1K",
        "aspect_ratio": "auto",
        "note": "",
        "key": uuid.uuid4().hex,
    } | changes
