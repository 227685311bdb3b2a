"""Whether the place where pictures rest can be used, in words that say what to set."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.files.storage import default_storage

NEEDED = ("storages", "boto3")


def media_can_be_kept(**_: Any) -> list[CheckMessage]:
    """Nothing to say while pictures rest on the disk."""
    if not settings.MEDIA_S3_BUCKET:
        return []
    if not all(find_spec(name) for name in NEEDED):
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
