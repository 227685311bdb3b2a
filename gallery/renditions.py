"""Smaller copies of a stored picture, made on their own worker and redone when they are lost."""

from __future__ import annotations

from django.core.files.base import ContentFile

from gallery import pictures
from gallery.models import Image


def make(image: Image) -> None:
    """Write the small and the large WebP and the preview for chats, and name them on the row."""
    with image.original.storage.open(str(image.original)) as file:
        made = pictures.render(file, Image.SIZES)
        chat = pictures.preview(file)
    names = {size: _stored(image, f"{size}.webp", content) for size, content in made.items()}
    preview = _stored(image, "preview.jpg", chat)
    if not image.keep_renditions(names["small"], names["large"], preview):
        for name in (*names.values(), preview):
            image.original.storage.delete(name)


def preview_of(image: Image) -> bytes:
    """The preview for chats, made anew; BadPicture or FileNotFoundError where the original is no help."""
    with image.original.storage.open(str(image.original)) as file:
        return pictures.preview(file)


def _stored(image: Image, ending: str, content: bytes) -> str:
    name = f"renditions/{image.pk.hex[:2]}/{image.pk.hex}-{ending}"
    return image.original.storage.save(name, ContentFile(content))
