"""What the product says in the end, by its own models: `python -m tests.chaos.gathering` prints JSON."""

from __future__ import annotations

import datetime as dt
import json
import sys
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import django
from PIL import Image as Pillow

django.setup()

from django.core.files.storage import default_storage  # noqa: E402
from django.db.models import Sum  # noqa: E402

from gallery import deletion_log  # noqa: E402
from tests.chaos.history import ID, Kept, Made, Sent  # noqa: E402
from tryon.billing import reconcile  # noqa: E402
from tryon.models import Attempt, Budget, Generation, Result, TryOn  # noqa: E402


def gathered(begun: float, machines: list[Path]) -> dict[str, Any]:
    """The rows of a history that come from the product; `begun` is the storm's zero, since the epoch.

    `machines` are their data folders.
    """
    kept = [kept.name for kept in default_storage.listed()]
    files = [name for name in kept if not name.startswith(deletion_log.SHARED)]
    files += [file.name for data in machines for file in (data / "spool").rglob("*.json")]
    site = Budget.objects.filter(scope="site month").aggregate(
        reserved=Sum("reserved"), spent=Sum("spent"), at_risk=Sum("at_risk")
    )
    readable = _readable()
    return {
        "ledger": {
            **{name: value or 0 for name, value in site.items()},
            "disagreements": reconcile.disagreements(),
        },
        "tryons": [
            Kept(
                _id(row.pk),
                row.note.rpartition(" ")[2],
                row.wanted,
                bool(row.deleted_at),
                _left(row, files),
            )
            for row in TryOn.objects.order_by("created_at")
        ],
        "generations": [_made(row, readable) for row in Generation.objects.order_by("created_at", "number")],
        "attempts": [_sent(row, begun) for row in Attempt.objects.order_by("sent_at")],
    }


def _left(row: TryOn, files: list[str]) -> int:
    """How many files are named after a deleted one, its answers, its pictures or its own photos."""
    if not row.deleted_at:
        return 0
    named = [*Attempt.objects.filter(generation__tryon=row).values_list("pk", flat=True)]
    named += Result.objects.filter(generation__tryon=row).values_list("image_id", flat=True)
    named += row.inputs.exclude(reference__deleted_at=None).values_list("reference_id", flat=True)
    return sum(any(pk.hex in file.replace("-", "") for pk in named) for file in files)


def _readable() -> Counter[uuid.UUID]:
    """How many pictures of each generation are in the gallery and open."""
    found: Counter[uuid.UUID] = Counter()
    for row in Result.objects.select_related("image"):
        found[row.generation_id] += _opens(row.image.original)
    return found


def _opens(file: Any) -> bool:
    try:
        with file.open("rb") as content, Pillow.open(content) as picture:
            picture.load()
    except (OSError, ValueError):  # ValueError: the row names none
        return False
    return True


def _made(row: Generation, readable: Counter[uuid.UUID]) -> Made:
    return Made(
        _id(row.pk),
        _id(row.tryon_id),
        row.count,
        row.status,
        row.reason,
        row.fence,
        row.sends,
        row.crashes,
        row.reserved_micros,
        readable[row.pk],
    )


def _sent(row: Attempt, begun: float) -> Sent:
    return Sent(
        _id(row.pk),
        _id(row.generation_id),
        row.fence,
        row.status,
        row.http_status,
        row.pictures,
        row.price_micros,
        _since(row.sent_at, begun),
        None if row.answered_at is None else _since(row.answered_at, begun),
    )


def _since(moment: dt.datetime, begun: float) -> float:
    return round(moment.timestamp() - begun, 2)


def _id(pk: uuid.UUID) -> str:
    return pk.hex[:ID]


if __name__ == "__main__":
    json.dump(gathered(float(sys.argv[1]), [Path(name) for name in sys.argv[2:]]), sys.stdout)
