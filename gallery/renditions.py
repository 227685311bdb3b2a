"""The copies of a stored picture that leave in its place, each with the mark of what made it (see `xmp`).

Made on their own worker, and redone when they are lost. The original stays byte for byte as it came.
"""

from __future__ import annotations

import io

from django.core.files.base import File
from django.db.models.fields.files import FieldFile

from gallery import pictures, xmp
from gallery.models import Image

ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
SHOWN = (*Image.SIZES, "preview")  # the columns of what pages and chats show


def make(image: Image) -> None:
    """Write the small and the large WebP, the preview for chats and the download, and name them on the row.

    Copies that are there without the mark get it, and are not made anew.
    """
    source_type = image.find_source_type()
    before = {str(getattr(image, column)) for column in (*SHOWN, "download")}
    names = _marked_anew(image, source_type.mark) or _rendered(image, source_type.mark)
    names["download"] = _download(image, source_type.mark)
    made = set(names.values())
    is_kept = image.keep_renditions(source_type=source_type, **names)
    gone = before - made if is_kept else made
    for name in gone - {"", str(image.original)}:
        image.original.storage.delete(name)


def _rendered(image: Image, mark: xmp.Mark) -> dict[str, str]:
    """Storage names by column of copies made from the original."""
    with image.original.storage.open(str(image.original)) as file:
        made = pictures.render(file, Image.SIZES)
        chat = pictures.preview(file)
    names = {size: _stored(image, size, ".webp", mark, io.BytesIO(content)) for size, content in made.items()}
    return names | {"preview": _stored(image, "preview", ".jpg", mark, io.BytesIO(chat))}


def _marked_anew(image: Image, mark: xmp.Mark) -> dict[str, str]:
    """The same from the copies that are there; nothing where one is missing."""
    try:
        return {column: _marked(image, column, mark) for column in SHOWN}
    except (FileNotFoundError, xmp.Malformed):
        return {}


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
    name = f"renditions/{image.pk.hex[:2]}/{image.pk.hex}-{column}-{mark.tag}{ending}"
    with xmp.marked(content, mark) as file:
        return image.original.storage.save(name, File(file))
