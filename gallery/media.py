"""Where image bytes rest, and the one way in which they leave."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Protocol, cast

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.utils.http import content_disposition_header

from gallery import xmp

logger = logging.getLogger(__name__)

BLOCK = 64 * 1024
NEEDED_BY_BUCKET = ("storages", "boto3")


class Lost(Http404):
    """The row names bytes that are not there."""


class Unmarkable(Http404):
    """The bytes are there, and the mark cannot be put into them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as its storage lists it: name as rows have it, bytes, Unix time, a bucket's own digest."""

    name: str
    size: int
    modified: float
    etag: str = ""


class Keeper(Protocol):
    """What is asked of a storage. For bytes that are not there it raises FileNotFoundError."""

    def carry(self, name: str, *, head: bool) -> HttpResponseBase:
        """An answer with the bytes and their length, or, for HEAD, with their length alone."""

    def lend(self, name: str, content_type: str, disposition: str) -> str:
        """An address elsewhere that gives the bytes for a minute; "" where this storage lends none."""

    def listed(self, folder: str = "") -> Iterator[Kept]:
        """Every file below a folder, which ends in "/"."""


class DurableStorage(FileSystemStorage):
    """Files on disk that are there, whole and written through (fsync of file and folders), or not at all.

    As in a bucket, a name that is saved again is replaced, in one step.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File[Any]) -> str:
        final = Path(self.path(name))
        new_folders = [path for path in (final.parent, *final.parent.parents) if not path.exists()]
        beside = f"{name}.{uuid.uuid4().hex}.part"
        part = Path(self.path(beside))
        try:
            super()._save(beside, content)  # type: ignore[misc]
            _sync(part)
            part.replace(final)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        for folder in (final.parent, *(path.parent for path in new_folders)):
            _sync(folder)
        return name

    def carry(self, name: str, *, head: bool) -> HttpResponseBase:
        if not settings.MEDIA_ACCEL:
            return FileResponse(Path(self.path(name)).open("rb"))
        if not self.exists(name):
            raise FileNotFoundError(name)
        return HttpResponse(headers={"X-Accel-Redirect": f"{settings.MEDIA_ACCEL}{name}"})

    def lend(self, name: str, content_type: str, disposition: str) -> str:
        return ""

    def listed(self, folder: str = "") -> Iterator[Kept]:
        root = Path(self.location)
        for path in (root / folder).rglob("*"):
            with suppress(FileNotFoundError):  # it may be deleted meanwhile
                if path.is_file():
                    seen = path.stat()
                    yield Kept(path.relative_to(root).as_posix(), seen.st_size, seen.st_mtime)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def send(
    request: HttpRequest,
    file: FieldFile,
    content_type: str,
    *,
    mark: xmp.Mark | None = None,
    download: str = "",
) -> HttpResponse:
    """The response that carries `file`'s bytes, inert in any browser; the caller has checked who asks.

    With a `mark` they leave with it: a stored file whose name says that it has it as it is, others have it
    put in here. `download` is the file name offered to save it under; "" shows it in place. Every request is
    revalidated through the view that calls this, so what was revoked is gone at once. Raises Lost, or
    Unmarkable.
    """
    name = file.name or ""
    missing = None if mark is None or mark.is_on(name) else mark
    stem = f"{Path(name).stem}-{missing.tag}" if missing else Path(name).stem
    etag = f'"{stem}-{content_type.rpartition("/")[2]}"'
    if etag in request.headers.get("If-None-Match", ""):
        return inert(HttpResponseNotModified(), etag)
    named = content_disposition_header(bool(download), download or f"picture.{content_type[6:]}") or "inline"
    keeper = cast(Keeper, file.storage)
    try:
        response = _spliced(file, missing) if missing else None
        lendable = response is None and _is_own(request, file)
        if lendable and (address := keeper.lend(name, content_type, named)):
            return inert(HttpResponseRedirect(address))
        response = response or keeper.carry(name, head=request.method == "HEAD")
    except FileNotFoundError as exc:
        raise Lost(name) from exc
    response["Content-Type"] = content_type
    response["Content-Disposition"] = named
    return inert(cast(HttpResponse, response), etag)


def opened(file: FieldFile, mark: xmp.Mark | None = None) -> IO[bytes]:
    """`file` as it leaves, with the mark, to read and close. Raises Lost or Unmarkable."""
    missing = None if mark is None or mark.is_on(str(file)) else mark
    try:
        stored: IO[bytes] = file.storage.open(str(file))
        return _with_mark(stored, missing) if missing else stored
    except xmp.Malformed as exc:
        raise Unmarkable(str(file)) from exc
    except FileNotFoundError as exc:
        raise Lost(str(file)) from exc


def _with_mark(stored: IO[bytes], mark: xmp.Mark) -> IO[bytes]:
    """In a file of its own; a signed one leaves as it is."""
    try:
        marked = xmp.marked(stored, mark)
    except xmp.Signed:
        stored.seek(0)
        return stored
    except BaseException:
        stored.close()
        raise
    stored.close()
    return marked


def _spliced(file: FieldFile, mark: xmp.Mark) -> HttpResponseBase | None:
    """The answer with the mark put in; None for a signed picture, which leaves as it is."""
    try:
        with file.storage.open(str(file)) as content:
            return FileResponse(xmp.marked(content, mark))
    except xmp.Signed:
        return None
    except xmp.Malformed as exc:
        raise Unmarkable(str(file)) from exc
    except FileNotFoundError:
        raise
    except OSError as exc:
        logger.warning("%s cannot be read now: %r", file, exc)
        return away()


def away() -> HttpResponse:
    """The place where the bytes rest does not give them now: ask again."""
    return HttpResponse(status=503, headers={"Retry-After": "5"})


def _is_own(request: HttpRequest, file: FieldFile) -> bool:
    """Nobody can take a picture from its owner but by deleting it, which ends every address of it.

    So a lent address outlives no right of the owner's; for staff and for shared pages it would.
    """
    owner = getattr(file.instance, "owner_id", None)
    return owner is not None and owner == request.user.pk


def inert(response: HttpResponse, etag: str = "") -> HttpResponse:
    """A picture's answer with the headers that keep it from being anything else; "" is kept by no browser."""
    if etag:
        response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache" if etag else "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


# Whether it can be used, in words that say what to set ----------------------------------------------
def media_can_be_kept(**_: Any) -> list[CheckMessage]:
    """Nothing to say while pictures rest on the disk."""
    if not settings.MEDIA_S3_BUCKET:
        return []
    if not all(find_spec(name) for name in NEEDED_BY_BUCKET):
        words = "MEDIA_S3_BUCKET is set, but django-storages or boto3 is missing"
        hint = "Install the extra: `uv sync --extra s3`, or django-storages[s3]."
        return [Error(words, hint, id="gallery.E001")]
    found: list[CheckMessage] = []
    where = settings.MEDIA_S3
    if where["signed"] and not (where["endpoint_url"] or where["region_name"]):
        hint = "Set MEDIA_S3_REGION, or MEDIA_S3_ENDPOINT to an address that browsers reach."
        found.append(Error("MEDIA_S3_SIGNED does not know where the bucket is", hint, id="gallery.E002"))
    if trouble := media_trouble():
        words = f"The bucket of MEDIA_S3_BUCKET cannot be used: {trouble}"
        hint = "Check MEDIA_S3_BUCKET, _ENDPOINT and _REGION, and the keys (AWS_ACCESS_KEY_ID, …)."
        found.append(Error(words, hint, id="gallery.E003"))
    return found


def media_trouble() -> str:
    """Why pictures can be neither kept nor shown now; "" when they can. For probes too."""
    if not settings.MEDIA_S3_BUCKET:
        return ""
    return str(default_storage.trouble())  # type: ignore[attr-defined]
