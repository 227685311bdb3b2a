"""The copies of a stored picture that leave in its place, each with the mark of what made it (see `xmp`).

Made on their own worker, and redone when they are lost. The original stays byte for byte as it came.
"""

from __future__ import annotations

import io
from collections.abc import Collection
from contextlib import suppress

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile

from gallery import pictures, xmp
from gallery.models import Image

ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
SHOWN = {*Image.SIZES, "preview"}  # the columns of what pages and chats show


def make(image: Image) -> None:
    """Write the small and the large WebP, the preview for chats and the download, and name them on the row.

    Copies that are there are not made anew; those without the mark get it.
    """
    source_type = image.find_source_type()
    before = {str(getattr(image, column)) for column in (*SHOWN, "download")}
    names = _marked_anew(image, source_type.mark)
    names |= _rendered(image, source_type.mark, SHOWN - names.keys())
    names["download"] = _download(image, source_type.mark)
    made = set(names.values())
    is_kept = image.keep_renditions(source_type=source_type, **names)
    gone = before - made if is_kept else made
    for name in gone - {"", str(image.original)}:
        image.original.storage.delete(name)


def _rendered(image: Image, mark: xmp.Mark, columns: Collection[str]) -> dict[str, str]:
    """Storage names by column of copies made from the original."""
    if not columns:
        return {}
    widths = {size: width for size, width in Image.SIZES.items() if size in columns}
    with image.original.storage.open(str(image.original)) as file:
        made = pictures.render(file, widths) if widths else {}
        chat = pictures.preview(file) if "preview" in columns else b""
    names = {size: _stored(image, size, ".webp", mark, io.BytesIO(content)) for size, content in made.items()}
    return names | ({"preview": _stored(image, "preview", ".jpg", mark, io.BytesIO(chat))} if chat else {})


def _marked_anew(image: Image, mark: xmp.Mark) -> dict[str, str]:
    """The same of the copies that are there."""
    names = {}
    for column in SHOWN:
        with suppress(FileNotFoundError, xmp.Malformed):
            names[column] = _marked(image, column, mark)
    return names


def _marked(image: Image, column: str, mark: xmp.Mark) -> str:
    file: FieldFile = getattr(image, column)
    if not file or (mark.is_on(str(file)) and not file.storage.exists(str(file))):
        raise FileNotFoundError(column)
    if mark.is_on(str(file)):
        return str(file)
    with file.storage.open(str(file)) as content:
        return _stored(image, column, ".jpg" if column == "preview" else ".webp", mark, content)


def _download(image: Image, mark: xmp.Mark) -> str:
    """The original with the mark; itself where it is signed, and a WebP where it cannot be marked."""
    try:
        with image.original.storage.open(str(image.original)) as file:
            try:
                return _stored(image, "download", ENDINGS[image.content_type], mark, file)
            except xmp.Signed:
                return str(image.original)
            except xmp.Malformed:
                content = io.BytesIO(reencoded(image, file))
                return _stored(image, "download", ".webp", mark, content)
    except FileNotFoundError:  # lost: there is nothing to download any more
        return ""


def reencoded(image: Image, file: File[bytes], *, is_awaited: bool = False) -> bytes:
    """A WebP of its full width, for an original that no mark can be put into."""
    return pictures.render(file, {"full": image.width}, is_awaited=is_awaited)["full"]


def _stored(image: Image, column: str, ending: str, mark: xmp.Mark, content: xmp.Readable) -> str:
    return store(image.pk.hex, column, ending, mark, content)


def store(stem: str, column: str, ending: str, mark: xmp.Mark, content: xmp.Readable) -> str:
    """Keep a copy, with the mark in it; its storage name, which begins with two letters of the `stem`."""
    with xmp.marked(content, mark) as file:
        return default_storage.save(f"renditions/{stem[:2]}/{stem}-{column}-{mark.tag}{ending}", File(file))
