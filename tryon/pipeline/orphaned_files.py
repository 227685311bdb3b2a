"""Files that no row names: a crash came between the bytes and their row. Nobody could ever delete them."""

from __future__ import annotations

import logging
import math
import time
from typing import cast

from django.conf import settings
from django.core.files.storage import default_storage

from gallery.media import Keeper
from gallery.models import Image
from tryon.models import Attempt, Reference

log = logging.getLogger(__name__)

PARTS = 256  # the folders below each of these, by two digits of an id
# The folder of a column; all others hold renditions.
KEPT = {"original": "originals", "file": "references", "raw_answer": "answers"}
TOPS = (*KEPT.values(), "renditions")
YOUNG_SECONDS = 3600  # its row may still come: far longer than any transaction


def part_due_now() -> int:
    """The part whose turn it is; each purge takes the next one, and all have had theirs within a day."""
    return int(time.time() // settings.CELERY_BEAT_SCHEDULE["purge"]["schedule"]) % PARTS


def remove(part: int) -> int:
    """Delete the strays of one part; how many there were."""
    if not (Image.objects.exists() or Reference.objects.exclude(owner=None).exists()):
        return 0  # a database that nobody has used, beside a full folder, is more likely the wrong one
    until = time.time() - YOUNG_SECONDS
    strays = [name for top in TOPS for name in _strays(top, f"{top}/{part:02x}/", until=until)]
    for name in strays:
        default_storage.delete(name)
    if strays:
        log.warning("%d files that no row names were deleted, such as %s", len(strays), strays[0])
    return len(strays)


def remove_of(attempt: Attempt) -> None:
    """What was stored of an answer that is settled: whoever did that may have died before it tidied up."""
    for top in ("originals", "renditions", "answers"):
        for name in _strays(top, f"{top}/{attempt.pk.hex[:2]}/", attempt.pk.hex):
            default_storage.delete(name)


def _columns(top: str) -> list[tuple[type[Image] | type[Reference] | type[Attempt], str]]:
    """Every column whose files rest in a folder."""
    columns = [(model, column) for model in (Image, Reference, Attempt) for column in model.FILES]
    return [(model, column) for model, column in columns if KEPT.get(column, "renditions") == top]


def _strays(top: str, folder: str, stem: str = "", until: float = math.inf) -> set[str]:
    listed = cast(Keeper, default_storage).listed(folder)
    found = {kept.name for kept in listed if kept.modified < until and kept.name.startswith(folder + stem)}
    if found:
        for model, column in _columns(top):
            rows = model._default_manager.filter(**{f"{column}__startswith": folder})
            found.difference_update(rows.values_list(column, flat=True).iterator())
    return found
