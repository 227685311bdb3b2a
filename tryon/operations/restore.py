"""A backup back into an empty place, without what people took back since it was made.

check ─► database ─► migrate ─► what waited is unknown ─► deletions replayed ─► files that rows still name
The files come last: those of deleted pictures are never written, not even for a moment.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from gallery import deletion_log
from gallery.deletion_log import DeletionRecord
from tryon.models import Attempt, GatewayFile, Generation
from tryon.operations import backup, database_dump
from tryon.operations.replay_deletions import Replayed, replay

BLOCK = 1024 * 1024


class CannotRestore(Exception):
    """Nothing was changed; the message says why."""


@dataclass(slots=True)
class Restored:
    """What came back. `damaged` files did not have the digest of the backup, and were left out."""

    rows: int = 0
    unknown: int = 0
    replayed: list[Replayed] = field(default_factory=list)
    files: int = 0
    left_out: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def put_back(
    folder: Path, journals: Iterable[Iterable[DeletionRecord]], *, nothing_ran_since: bool = False
) -> Restored:
    """Restore `folder` and replay `journals`. Nothing may work on this place meanwhile.

    `nothing_ran_since` says that no worker ran from the backup until now: then what waited goes on waiting.
    Else it may have been sent and paid since, and it is never sent again by itself.
    """
    manifest = _checked(folder)
    sums = _sums(folder)
    _expect(folder / manifest.database, sums[manifest.database])
    restored = Restored(rows=sum(manifest.rows.values()))
    settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    database_dump.put_back(folder / manifest.database)
    _compare(manifest)
    call_command("migrate", interactive=False, verbosity=0)
    restored.unknown = 0 if nothing_ran_since else _settle()
    for lines in journals:
        restored.replayed.append(replay(lines))
    _put_back_answers(folder, sums)
    if manifest.media == "files":
        _put_back_files(folder, sums, restored)
    else:
        _look_for_objects(restored)
    _put_back_secret(folder)
    os.sync()
    return restored


def _checked(folder: Path) -> backup.Manifest:
    try:
        manifest = backup.Manifest(**json.loads((folder / backup.MANIFEST).read_text()))
    except (OSError, ValueError, TypeError) as exc:
        raise CannotRestore(f"{folder} holds no whole backup: {exc}") from exc
    here = "bucket" if settings.MEDIA_S3_BUCKET else "files"
    reasons = {
        f"it is of format {manifest.format}, and {backup.FORMAT} is known": manifest.format != backup.FORMAT,
        f"it holds {manifest.database}; DATABASE_URL names another kind": manifest.database
        != database_dump.file_name(),
        f"its pictures rest in a {manifest.media}; MEDIA_S3_BUCKET says otherwise": manifest.media != here,
        "it is of a newer version than this one": bool(set(manifest.migrations) - _known_migrations()),
        "the database is not empty": not database_dump.is_empty(),
        f"{settings.MEDIA_ROOT} is not empty": here == "files" and _has_files(Path(settings.MEDIA_ROOT)),
    }
    for reason, is_so in reasons.items():
        if is_so:
            raise CannotRestore(f"This backup cannot be restored here: {reason}.")
    return manifest


def _has_files(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))


def _known_migrations() -> set[str]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    replaced = {old for migration in loader.disk_migrations.values() for old in migration.replaces}
    return {f"{app}.{name}" for app, name in {*loader.disk_migrations, *replaced}}


def _sums(folder: Path) -> dict[str, str]:
    lines = (line.split("  ", 1) for line in (folder / backup.SUMS).read_text().splitlines())
    return {name: digest for digest, name in lines}


def _expect(file: Path, digest: str) -> None:
    if backup.sha256(file) != digest:
        raise CannotRestore(f"{file.name} is damaged: it is not what was backed up.")


def _compare(manifest: backup.Manifest) -> None:
    """A whole copy gives as many rows as were counted in the moment that it was taken."""
    with connection.cursor() as cursor:
        now = backup.counted(cursor)
    wrong = [label for label in now.keys() | manifest.rows if now.get(label) != manifest.rows.get(label)]
    if wrong:
        raise CannotRestore(f"These tables came back with other numbers of rows: {', '.join(wrong)}.")


def _settle() -> int:
    """What waited or ran may have been sent since, and paid: only its owner may send it again."""
    GatewayFile.objects.end_leases()
    for attempt in Attempt.objects.open():
        attempt.record_outcome(Attempt.Status.UNKNOWN, error_type="restored")
    count = 0
    for row in Generation.objects.unfinished().iterator():
        still = Generation.objects.unfinished().filter(pk=row.pk)
        count += row.end(Generation.Status.UNKNOWN, of=still)
    return count


def _put_back_answers(folder: Path, sums: dict[str, str]) -> None:
    """Paid answers: upkeep keeps their pictures, or drops them where the try-on was deleted."""
    for name in (name for name in sums if name.startswith("spool/")):
        target = Path(settings.SPOOL_DIR) / Path(name).name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, target)


def _put_back_files(folder: Path, sums: dict[str, str], restored: Restored) -> None:
    kept = {name.removeprefix("media/") for name in sums if name.startswith("media/")}
    named = backup.named_now()
    restored.left_out = len(kept - named)
    for name in sorted(named):
        if name not in kept:
            restored.missing.append(name)
        elif _copied(folder / "media" / name, Path(default_storage.path(name)), sums[f"media/{name}"]):
            restored.files += 1
        else:
            restored.damaged.append(name)


def _copied(source: Path, target: Path, digest: str) -> bool:
    """A copy, never a second name: the backup must outlive what happens to the copy."""
    seen = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with source.open("rb") as content, target.open("wb") as out:
            while block := content.read(BLOCK):
                seen.update(block)
                out.write(block)
    except FileNotFoundError:
        pass
    if seen.hexdigest() == digest:
        return True
    target.unlink(missing_ok=True)
    return False


def _look_for_objects(restored: Restored) -> None:
    listed = default_storage.listed()  # type: ignore[attr-defined]
    there = {kept.name for kept in listed if not kept.name.startswith(deletion_log.SHARED)}
    named = backup.named_now()
    restored.files = len(named & there)
    restored.missing = sorted(named - there)
    restored.left_out = len(there - named)


def _put_back_secret(folder: Path) -> None:
    source, target = folder / "secret_key", settings.DATA_DIR / "secret_key"
    if source.is_file() and not target.exists():
        shutil.copy(source, target)
