"""Smaller copies of a stored picture, made on their own worker and redone when they are lost."""

from __future__ import annotations

from pathlib import Path

from django.core.files.base import ContentFile

from gallery import pictures
from gallery.models import Image


def make(image: Image) -> None:
    """Write the small and the large WebP and the preview for chats, and name them on the row."""
    path = Path(image.original.path)
    made = pictures.render(path, Image.SIZES)
    names = {size: _stored(image, f"{size}.webp", content) for size, content in made.items()}
    preview = _stored(image, "preview.jpg", pictures.preview(path))
    if not image.keep_renditions(names["small"], names["large"], preview):
        for name in (*names.values(), preview):
            image.original.storage.delete(name)


def _stored(image: Image, ending: str, content: bytes) -> str:
    name = f"renditions/{image.pk.hex[:2]}/{image.pk.hex}-{ending}"
    image.original.storage.delete(name)
    return image.original.storage.save(name, ContentFile(content))
