"""A ZIP that is made while it is sent: nothing of it rests on disk, and one file at a time is open."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import IO

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from zipstream import ZIP_STORED, ZipStream

from gallery.media import BLOCK, Lost
from gallery.models import Image
from gallery.serving import file_name, name_by_day, open_download

Opener = Callable[[], IO[bytes]]


def streamed_zip(files: Iterable[tuple[str, Opener]]) -> Iterator[bytes]:
    """The archive in blocks, of files by name; a name that comes again is numbered: `top.png`, `top-2.png`.

    Each is opened when its turn comes. One whose opener raises FileNotFoundError or Lost, as it was deleted
    meanwhile, is left out; any other error breaks the download off, so that nobody takes a part for all.
    """
    archive = ZipStream(compress_type=ZIP_STORED)  # pictures are packed already
    taken: set[str] = set()
    for name, open_file in files:
        try:
            content = open_file()
        except (FileNotFoundError, Lost):
            continue
        with content:
            archive.add(_blocks(content), _unique(name, taken))
            yield from archive.all_files()
    yield from archive.finalize()


def pictures(images: Iterable[Image]) -> Iterator[tuple[str, Opener]]:
    """The downloads of these, named by what they show and their day, for `streamed_zip`."""
    for image in images:
        yield file_name(image, image.content_type, name_by_day(image)), partial(_open_present, image.pk)


def _open_present(pk: uuid.UUID) -> IO[bytes]:
    """Looked at anew when its turn comes: from a picture that was deleted a moment ago nothing leaves."""
    image = Image.objects.present().filter(pk=pk).first()
    if image is None:
        raise Lost(str(pk))
    return open_download(image)


def zip_response(files: Iterable[tuple[str, Opener]], name: str) -> StreamingHttpResponse:
    """The same as a download, saved as `name`."""
    response = StreamingHttpResponse(streamed_zip(files), content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cache-Control"] = "private, no-store"
    response["X-Accel-Buffering"] = "no"  # a proxy need not keep in a file what nothing here does
    return response


def _blocks(content: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: content.read(BLOCK), b"")


def _unique(name: str, taken: set[str]) -> str:
    path, number, found = PurePosixPath(name), 1, name
    while found in taken:
        number += 1
        found = str(path.with_name(f"{path.stem}-{number}{path.suffix}"))
    taken.add(found)
    return found
