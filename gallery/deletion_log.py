"""What people took back, line by line in a file outside the database, so that no backup brings it again.

A line is JSON, as the audit entry has it: `at`, `action`, `kind`, `subject`, and of a rejection its `reason`.
It holds no name, no address and no words of anybody. A line that is there twice says the same.

The file is one machine's. Where pictures rest in a bucket, which all machines see, each line is there too: as
the name of an empty object, so that a listing reads them all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, unquote

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

SHARED = "deletions/"  # the bucket's folder
TAIL = 1024 * 1024  # bytes: far more lines than an hour brings


@dataclass(frozen=True, slots=True)
class DeletionRecord:
    """One thing taken back, as its audit entry tells it."""

    at: str
    action: str
    kind: str
    subject: str
    reason: str = ""


def append(*entries: Any) -> None:
    """Write audit entries of what was taken back down for good; OSError where they are not taken."""
    lines = [_line(entry) for entry in entries]
    try:
        _write(lines)
    finally:
        _share(lines)


def complete(entries: Iterable[Any]) -> None:
    """Append those that a crash, or another machine, kept from here. They must be of the last hours."""
    file = Path(settings.DELETIONS_LOG)
    known: set[DeletionRecord] = set()
    if file.is_file():
        with file.open("rb") as tail:
            tail.seek(max(0, file.stat().st_size - TAIL))
            known = set(_lines(tail))
    lines = [_line(entry) for entry in entries]
    try:
        _write([line for line in lines if line not in known])
    finally:
        hours = {line.at[:13] for line in lines}
        known = {line for hour in hours for line in shared(hour)}
        _share([line for line in lines if line not in known])


def _write(lines: list[DeletionRecord]) -> None:
    if not lines:
        return
    text = "".join(json.dumps(asdict(line)) + "\n" for line in lines)
    file = Path(settings.DELETIONS_LOG)
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, text.encode())  # in one piece, among other processes that do the same
        os.fsync(handle)
    finally:
        os.close(handle)


def _share(lines: Iterable[DeletionRecord]) -> None:
    if settings.MEDIA_S3_BUCKET:
        for line in lines:
            name = "~".join(quote(value, safe="") for value in asdict(line).values())
            default_storage.save(f"{SHARED}{name}", ContentFile(b""))


def shared(since: str = "") -> Iterator[DeletionRecord]:
    """Every line in the bucket whose time begins like this, the oldest first; none without a bucket."""
    if settings.MEDIA_S3_BUCKET:
        for kept in cast(Any, default_storage).listed(f"{SHARED}{quote(since, safe='')}"):
            fields = [unquote(value) for value in kept.name.removeprefix(SHARED).split("~")]
            if len(fields) == len(DeletionRecord.__slots__):
                yield DeletionRecord(*fields)


def read(file: Path) -> Iterator[DeletionRecord]:
    """Every line that is whole; half a line is what a power cut left of a write."""
    with file.open("rb") as lines:
        yield from _lines(lines)


def _line(entry: Any) -> DeletionRecord:
    reason = str(entry.detail.get("reason", ""))
    return DeletionRecord(entry.at.isoformat(), str(entry.action), entry.kind, entry.subject, reason)


def _lines(file: Iterable[bytes]) -> Iterator[DeletionRecord]:
    for text in file:
        try:
            yield DeletionRecord(**json.loads(text))
        except (ValueError, TypeError):
            continue
