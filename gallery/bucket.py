"""The same bytes in an S3 bucket: private objects that nobody reaches but through this site."""

from __future__ import annotations

import base64
import errno
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from tempfile import TemporaryFile
from typing import IO, Any

from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
from django.core.files.base import File
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from storages.backends.s3 import S3Storage  # type: ignore[import-untyped]

from gallery.media import Kept, away
from gallery.pictures import MADE_BYTES

LENT_SECONDS = 60
MISSING = ("404", "NoSuchKey", "NotFound")
BLOCK = 256 * 1024


class BucketAway(OSError):
    """The bucket did not answer, or refused us; nothing is known about the object."""


class Bucket(S3Storage):  # type: ignore[misc]
    """One bucket, or the part of it below `location`; an object is there, whole, when `save` returns.

    django-storages reads the settings and joins names. Talking is done by one client for all threads,
    since its own way keeps a connection of 11 MB for each thread. A name that is saved again is replaced.
    `signed` lends addresses of 60 s in place of carrying the bytes.
    """

    def __init__(self, **options: Any) -> None:
        own_host = bool(options.get("endpoint_url"))
        options["client_config"] = Config(
            s3={"addressing_style": "path" if own_host else "virtual"},
            signature_version="s3v4",
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=64,
            # Servers other than Amazon's do not all know the newer checksums; see `_save` for ours.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(**options)

    def get_default_settings(self) -> dict[str, Any]:
        usual: dict[str, Any] = super().get_default_settings()
        return usual | {"signed": False, "file_overwrite": True}

    @cached_property
    def client(self) -> Any:
        region = self.region_name or None
        # Without its region in the host, an address that is lent would lead to a redirect.
        endpoint = self.endpoint_url or (f"https://s3.{region}.amazonaws.com" if region else None)
        session = self._create_session()
        return session.client("s3", region_name=region, endpoint_url=endpoint, config=self.client_config)

    def _save(self, name: str, content: File[Any]) -> str:
        """One PUT, never in parts: parts that a crash leaves behind are seen by no listing of objects."""
        content.seek(0)
        data = content.read()
        digest = hashlib.md5(data, usedforsecurity=False).digest()  # the bucket refuses what arrives damaged
        params = self._get_write_parameters(name, content)
        with _told(name):
            self.client.put_object(
                **self._object(name), Body=data, ContentMD5=base64.b64encode(digest).decode(), **params
            )
        return name

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        """A copy in a nameless file, which a crash does not leave behind."""
        with _told(name):
            answer = self.client.get_object(**self._object(name))
            return File(_copied(answer["Body"], answer["ContentLength"]), name)

    def exists(self, name: str) -> bool:
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        with _told(name):
            return int(self.client.head_object(**self._object(name))["ContentLength"])

    def delete(self, name: str) -> None:
        with _told(name):
            self.client.delete_object(**self._object(name))

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        raise ValueError("pictures have no public address")

    def carry(self, name: str, *, head: bool) -> HttpResponseBase:
        try:
            if head:
                return HttpResponse(headers={"Content-Length": str(self.size(name))})
            with _told(name):
                answer = self.client.get_object(**self._object(name))
        except BucketAway:
            return away()
        return FileResponse(answer["Body"], headers={"Content-Length": str(answer["ContentLength"])})

    def lend(self, name: str, content_type: str, disposition: str) -> str:
        if not self.signed:
            return ""
        try:
            self.size(name)
        except BucketAway:
            return ""  # `carry` says it
        said = {
            "ResponseContentType": content_type,
            "ResponseContentDisposition": disposition,
            "ResponseCacheControl": f"private, max-age={LENT_SECONDS}",
        }
        params = self._object(name) | said
        return str(self.client.generate_presigned_url("get_object", Params=params, ExpiresIn=LENT_SECONDS))

    def listed(self, folder: str = "") -> Iterator[Kept]:
        """Every object below a folder, in the order of their names."""
        root = f"{self.location.strip('/')}/" if self.location else ""
        with _told(folder):
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket_name, Prefix=root + folder):
                for row in page.get("Contents", ()):
                    name, etag = row["Key"].removeprefix(root), row["ETag"].strip('"')
                    yield Kept(name, row["Size"], row["LastModified"].timestamp(), etag)

    def trouble(self) -> str:
        """Why the bucket cannot be used now, in a few words; "" when it can."""
        try:
            with _told(self.bucket_name):
                self.client.head_bucket(Bucket=self.bucket_name)
        except FileNotFoundError:
            return "there is no such bucket"
        except BucketAway as exc:
            return str(exc)
        return ""

    def _object(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket_name, "Key": self._normalize_name(name).lstrip("/")}


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What the client raises, as the errors of files: FileNotFoundError, else BucketAway."""
    try:
        yield
    except ClientError as exc:
        code = exc.response.get("Error", {}).get("Code", "")
        if code in MISSING:
            raise FileNotFoundError(errno.ENOENT, "not in the bucket", name) from exc
        raise BucketAway(f"the bucket refused: {code}") from exc
    except BotoCoreError as exc:
        raise BucketAway(f"the bucket did not answer: {type(exc).__name__}") from exc


def _copied(body: Any, size: int) -> IO[bytes]:
    """OSError for more than is ever kept here: somebody else wrote that."""
    if size > MADE_BYTES:
        body.close()
        raise OSError(errno.EFBIG, "an object larger than any picture")
    file = TemporaryFile()  # noqa: SIM115 - the caller reads and closes it
    try:
        shutil.copyfileobj(body, file, BLOCK)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file
