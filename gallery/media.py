"""Where image bytes rest, and the one way in which they leave."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import content_disposition_header


class DurableStorage(FileSystemStorage):
    """Files on disk that have reached the disk (fsync of file and folder) before `save` returns."""

    def _save(self, name: str, content: File[Any]) -> str:
        name = super()._save(name, content)  # type: ignore[misc]
        path = Path(self.path(name))
        for target in (path, path.parent):
            handle = os.open(target, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return name


def send(request: HttpRequest, file: FieldFile, content_type: str, *, download: str = "") -> HttpResponse:
    """The response that carries `file`'s bytes, inert in any browser; the caller has checked who asks.

    `download` is the file name offered to save it under; "" shows it in place. Every request is
    revalidated through the view that calls this, so what was revoked is gone at once.
    """
    etag = f'"{Path(file.name or "").stem}-{content_type.rpartition("/")[2]}"'
    if etag in request.headers.get("If-None-Match", ""):
        return _inert(HttpResponseNotModified(), etag)
    if settings.MEDIA_ACCEL:
        response: HttpResponse = HttpResponse()
        response["X-Accel-Redirect"] = f"{settings.MEDIA_ACCEL}{file.name}"
    else:
        response = FileResponse(file.open("rb"))  # type: ignore[assignment]
    response["Content-Type"] = content_type
    disposition = content_disposition_header(bool(download), download or f"picture.{content_type[6:]}")
    response["Content-Disposition"] = disposition or "inline"
    return _inert(response, etag)


def _inert(response: HttpResponse, etag: str) -> HttpResponse:
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
