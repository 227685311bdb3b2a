"""Places in the gallery, which is read page by page from each on: keyset pages, without an offset."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Q

Mark = tuple[dt.datetime, uuid.UUID]  # created_at and id of a picture


def beyond(mark: Mark | None, *, pk: str = "id", newer: bool = False) -> Q:
    """Rows after a mark on the way down the gallery, or with `newer` on the way up; None: all of them.

    `pk` is the column of the picture's id. The redundant `created_at <=` lets both databases walk the index
    at any depth.
    """
    if mark is None:
        return Q()
    (at, last), way = mark, "gt" if newer else "lt"
    return Q((f"created_at__{way}e", at)) & (Q((f"created_at__{way}", at)) | Q((f"{pk}__{way}", last)))


def walked(*, pk: str = "id", newer: bool = False) -> tuple[str, str]:
    """The order of that way."""
    return ("created_at", pk) if newer else ("-created_at", f"-{pk}")
