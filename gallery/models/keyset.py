"""Places in an order, from which it is read page by page: keyset pages, without an offset."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import Q

Mark = tuple[dt.datetime, uuid.UUID]  # created_at and id of a picture


def beyond(mark: Mark | None, *, pk: str = "id", newer: bool = False) -> Q:
    """Rows after a mark on the way down the gallery, or with `newer` on the way up; None: all of them.

    `pk` is the column of the picture's id.
    """
    return Q() if mark is None else behind(walked(pk=pk, newer=newer), mark)


def walked(*, pk: str = "id", newer: bool = False) -> tuple[str, str]:
    """The order of that way."""
    return ("created_at", pk) if newer else ("-created_at", f"-{pk}")


def behind(order: Sequence[str], place: Sequence[Any]) -> Q:
    """Rows that come after this place: a value for each column of the order ("-created_at", "id").

    The bound of the first column is said twice: by it alone both databases walk the index at any depth.
    """
    condition = Q()
    for column, value in reversed(list(zip(order, place, strict=True))):
        name, way = column.lstrip("-"), "lt" if column.startswith("-") else "gt"
        further = Q((f"{name}__{way}", value))
        condition = further | Q((name, value)) & condition if condition else further
    first, way = order[0].lstrip("-"), "lte" if order[0].startswith("-") else "gte"
    return Q((f"{first}__{way}", place[0])) & condition


def turned(order: Sequence[str]) -> list[str]:
    """The same order from its end."""
    return [column[1:] if column.startswith("-") else f"-{column}" for column in order]
