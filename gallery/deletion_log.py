"""What people took back, line by line in a file outside the database, so that no backup brings it again.

A line is JSON, as the audit entry has it: `at`, `action`, `kind`, `subject`, and of a rejection its `reason`.
It holds no name, no address and no words of anybody. A line that is there twice says the same.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

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
    """Write audit entries of what was taken back down for good; OSError where the disk does not take them."""
    text = "".join(json.dumps(asdict(_line(entry))) + "\n" for entry in entries)
    file = Path(settings.DELETIONS_LOG)
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, text.encode())  # in one piece, among other processes that do the same
        os.fsync(handle)
    finally:
        os.close(handle)


def complete(entries: Iterable[Any]) -> int:
    """Append those that a crash kept from the file; how many. They must be of the last hours."""
    file = Path(settings.DELETIONS_LOG)
    known: set[DeletionRecord] = set()
    if file.is_file():
        with file.open("rb") as tail:
            tail.seek(max(0, file.stat().st_size - TAIL))
            known = set(_lines(tail))
    missing = [entry for entry in entries if _line(entry) not in known]
    if missing:
        append(*missing)
    return len(missing)


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
