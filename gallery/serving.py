"""Which file of a picture answers for a size; the caller has checked who asks."""

from __future__ import annotations

import mimetypes
from contextlib import suppress

from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse

from gallery import media
from gallery.models import Image

SIZES = (*Image.SIZES, "original")


def send_image(request: HttpRequest, image: Image, size: str, *, download: bool = False) -> HttpResponse:
    """The bytes of `image` in one of SIZES; Http404 for any other size.

    While a rendition is not made yet, or its file was lost, the original stands in for it.
    """
    if size not in SIZES:
        raise Http404
    name = file_name(image) if download else ""
    if size != "original":
        file: FieldFile = getattr(image, size)
        with suppress(media.Lost):
            if file:
                return media.send(request, file, "image/webp", download=name)
        note_loss(image)
    if not image.original:
        raise Http404
    return media.send(request, image.original, image.content_type, download=name)


def is_there(file: FieldFile) -> bool:
    """Whether its bytes rest where the row says; where that cannot be known now, sending them will tell."""
    try:
        return bool(file) and file.storage.exists(str(file))
    except OSError:
        return True


def note_loss(image: Image) -> None:
    """Have the renditions made again, where they had been made."""
    if image.rendered_at:
        Image.objects.forget_renditions(image.pk)


def file_name(image: Image) -> str:
    """The name to save the original under: it says nothing about anybody."""
    return f"picture-{str(image.pk)[:8]}{mimetypes.guess_extension(image.content_type) or ''}"
