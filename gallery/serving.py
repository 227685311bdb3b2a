"""Which file of a picture answers for a size; the caller has checked who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from io import BytesIO
from pathlib import PurePath
from typing import IO

from django.core.files.base import File
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify

from gallery import media, pictures, renditions
from gallery.models import Image
from gallery.xmp import Mark, marked_bytes

SIZES = (*Image.SIZES, "original")
TYPES = {ending: kind for kind, ending in renditions.ENDINGS.items()}


def send_image(
    request: HttpRequest, image: Image, size: str, *, download: bool = False, called: str = ""
) -> HttpResponse:
    """The bytes of `image` in one of SIZES, marked with what made it; Http404 for any other size.

    A `download` is saved under a name that says nothing about anybody, or as it is `called`.

    While a copy is not made yet, or its file was lost, the original stands in for it, and the mark is put in
    on the way.
    """
    if size not in SIZES:
        raise Http404
    for file, mark in _files(image, "download" if size == "original" else size):
        kind = image.content_type if file == image.original else TYPES[PurePath(str(file)).suffix]
        with suppress(media.Lost):
            try:
                name = file_name(image, kind, called) if download else ""
                return media.send(request, file, kind, mark=mark, download=name)
            except media.Unmarkable:
                return made_now(image, partial(renditions.reencoded, image, is_awaited=True), "image/webp")
    raise Http404


def _files(image: Image, column: str) -> Iterator[tuple[FieldFile, Mark | None]]:
    """The files that may answer, the best first, each with the mark that it must leave with."""
    mark = image.find_source_type().mark
    copy: FieldFile = getattr(image, column)
    is_signed = bool(copy) and copy == image.original  # it is its own download
    if copy and not is_signed and not mark.is_on(str(copy)):
        note_loss(image)  # of an older version: the mark is put in on the way until it is stored with it
    if copy:
        yield copy, None if is_signed else mark
    if column != "download" or copy:
        note_loss(image)
    if image.original:
        yield image.original, mark


def open_download(image: Image) -> IO[bytes]:
    """Its download with the mark, to read and close. Raises Lost where it went; OSError: not there now."""
    for file, mark in _files(image, "download"):
        with suppress(media.Lost):
            try:
                return media.opened(file, mark)
            except media.Unmarkable:
                made = made_now(image, lambda file: renditions.reencoded(image, file), "image/webp")
                if made.status_code != HTTPStatus.OK:
                    raise OSError(f"{file} cannot be read now") from None
                return BytesIO(made.content)
    raise media.Lost(str(image.pk))


def made_now(image: Image, make: Callable[[File[bytes]], bytes], kind: str) -> HttpResponse:
    """A copy that is made for this answer: there is none, or an original that no mark can be put into."""
    try:
        with image.original.storage.open(str(image.original)) as file:
            content = marked_bytes(make(file), image.find_source_type().mark)
    except pictures.Busy:
        return media.away()
    except (pictures.BadPicture, FileNotFoundError) as exc:
        raise Http404 from exc
    except OSError:
        return media.away()
    return media.inert(HttpResponse(content, kind))


def is_there(file: FieldFile) -> bool:
    """Whether its bytes rest where the row says; where that cannot be known now, sending them will tell."""
    try:
        return bool(file) and file.storage.exists(str(file))
    except OSError:
        return True


def note_loss(image: Image) -> None:
    """Have the copies made again, where they had been made."""
    if image.rendered_at:
        Image.objects.forget_renditions(image.pk, image.rendered_at)


def name_by_day(image: Image) -> str:
    """What it is saved as, without an ending: "breton-top-29-november"; "" where it has no name."""
    day = date_format(timezone.localtime(image.created_at), "j F")
    return slugify(f"{image.name} {day}") if image.name else ""


def file_name(image: Image, kind: str, called: str = "") -> str:
    """The name to save it under."""
    return f"{called or f'picture-{str(image.pk)[:8]}'}{renditions.ENDINGS.get(kind, '')}"
