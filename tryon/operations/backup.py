"""One folder that holds all that people entrusted to this site, as it was in one moment.

database.sqlite3 | database.dump    by the database's own tool
media/                              the files that its rows name; in a bucket they stay where they are
spool/                              paid answers whose pictures were not kept yet
secret_key                          where `up` generated it: visitors are known by cookies signed with it
SHA256SUMS                          of all of these, for `sha256sum -c`
OBJECTS                             in place of media/: the bucket's objects that rows name
manifest.json                       written last: counts, versions, what was missing
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import FileField, Model
from django.utils import timezone

from tryon.gateway import spool
from tryon.models import Attempt
from tryon.operations import database_dump

FORMAT = 1
MANIFEST, SUMS, OBJECTS = "manifest.json", "SHA256SUMS", "OBJECTS"
MOST_NAMED = 100  # missing files that the manifest names


class CannotBackUp(Exception):
    """Nothing was made; the message says why."""


@dataclass(slots=True)
class Manifest:
    """What a backup holds. Files are `missing` that rows name and that were lost, or deleted meanwhile."""

    made_at: str
    version: str
    database: str
    media: str  # "files" or "bucket"
    format: int = FORMAT
    rows: dict[str, int] = field(default_factory=dict)
    migrations: list[str] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    missing: int = 0
    missing_names: list[str] = field(default_factory=list)

    def lost(self, name: str) -> None:
        self.missing += 1
        if len(self.missing_names) < MOST_NAMED:
            self.missing_names.append(name)


def make(folder: Path) -> Manifest:
    """Back up into a new or empty folder; everything may go on working meanwhile."""
    if folder.exists() and any(folder.iterdir()):
        raise CannotBackUp(f"{folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy = folder / database_dump.file_name()
    media = "bucket" if settings.MEDIA_S3_BUCKET else "files"
    manifest = Manifest(timezone.now().isoformat(), settings.VERSION, copy.name, media)
    answers = _copy_answers(folder)  # before the moment of the database, and after: none falls between
    with database_dump.taken(copy) as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        manifest.migrations = [f"{app}.{name}" for app, name in cursor.fetchall()]
        manifest.rows = counted(cursor)
        names = list(_names(cursor))
        answers |= _copy_answers(folder)
        _drop_unknown(answers, cursor)
    with suppress(FileNotFoundError):
        shutil.copy(settings.DATA_DIR / "secret_key", folder / "secret_key")
    with (folder / SUMS).open("w") as sums:
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS):
            sums.write(f"{sha256(path)}  {path.relative_to(folder)}\n")
        if manifest.media == "files":
            _copy_media(folder, names, manifest, sums.write)
    if manifest.media == "bucket":
        _list_objects(folder, names, manifest)
    os.sync()  # all of it is on the disk before the manifest says that it is there
    with spool.atomic_write(folder / MANIFEST) as file:
        file.write(json.dumps(asdict(manifest), indent=1).encode())
    return manifest


def remove_older(folder: Path, days: int) -> list[Path]:
    """Remove the backups beside this one that were made more than `days` before it; which they were."""
    oldest = _made_at(folder) - dt.timedelta(days=days)
    beside = (path.parent for path in folder.parent.glob(f"*/{MANIFEST}"))
    past = sorted(each for each in beside if _made_at(each) < oldest)
    for each in past:
        (each / MANIFEST).unlink()  # first: half of a backup is none
        shutil.rmtree(each)
    return past


def _made_at(folder: Path) -> dt.datetime:
    """A manifest of something else says nothing of that: it counts as made just now, and stays."""
    try:
        return dt.datetime.fromisoformat(json.loads((folder / MANIFEST).read_text())["made_at"])
    except (ValueError, KeyError, TypeError):
        return timezone.now()


def sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def counted(cursor: Any) -> dict[str, int]:
    """How many rows each table has that is there: a backup of an older version has fewer."""
    there = connection.introspection.table_names(cursor)
    counts = {}
    for model in (model for model in _models() if model._meta.db_table in there):
        cursor.execute(f'SELECT COUNT(*) FROM "{model._meta.db_table}"')  # noqa: S608 - our own names
        counts[model._meta.label_lower] = int(cursor.fetchone()[0])
    return counts


def _models() -> Iterator[type[Model]]:
    return (model for model in apps.get_models() if model._meta.managed and not model._meta.proxy)


def named_now() -> set[str]:
    """The files that rows of the site's own database name at this moment."""
    with connection.cursor() as cursor:
        return set(_names(cursor))


def _names(cursor: Any) -> Iterator[str]:
    """Every file that a row names, whatever table it is in; all tables must be there."""
    for model in _models():
        for column in (f.column for f in model._meta.local_fields if isinstance(f, FileField)):
            table = model._meta.db_table
            cursor.execute(f'SELECT "{column}" FROM "{table}" WHERE "{column}" <> \'\'')  # noqa: S608
            yield from (name for (name,) in cursor.fetchall())


def _copy_media(folder: Path, names: list[str], manifest: Manifest, say: Any) -> None:
    for name in names:
        source, target = Path(default_storage.path(name)), folder / "media" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _link_or_copy(source, target)
        except FileNotFoundError:
            manifest.lost(name)
            continue
        manifest.files += 1
        manifest.bytes += target.stat().st_size
        say(f"{sha256(target)}  media/{name}\n")


def _link_or_copy(source: Path, target: Path) -> None:
    """A second name for the same bytes where that can be: a kept file is never written again."""
    try:
        target.hardlink_to(source)
    except FileNotFoundError:
        raise
    except OSError:  # another disk
        shutil.copyfile(source, target)


def _list_objects(folder: Path, names: list[str], manifest: Manifest) -> None:
    wanted = set(names)
    with (folder / OBJECTS).open("w") as listing:
        for kept in default_storage.listed():  # type: ignore[attr-defined]
            if kept.name in wanted:
                wanted.discard(kept.name)
                manifest.files += 1
                manifest.bytes += kept.size
                listing.write(f"{kept.etag} {kept.size} {kept.name}\n")
    for name in sorted(wanted):
        manifest.lost(name)


def _copy_answers(folder: Path) -> set[Path]:
    copies = set()
    for body in Path(settings.SPOOL_DIR).glob("*.json"):
        copy = folder / "spool" / body.name
        copy.parent.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):  # its pictures have just been kept
            shutil.copyfile(body, copy)
            copies.add(copy)
    return copies


def _drop_unknown(answers: set[Path], cursor: Any) -> None:
    """Answers to calls that were sent after the moment of the database: no row would ever claim them."""
    adoptable = ", ".join(f"'{status.value}'" for status in Attempt.ADOPTABLE)
    cursor.execute(f'SELECT id FROM "{Attempt._meta.db_table}" WHERE status IN ({adoptable})')  # noqa: S608
    waiting = {str(pk).replace("-", "") for (pk,) in cursor.fetchall()}
    for answer in answers:
        if answer.stem.replace("-", "") not in waiting:
            answer.unlink()
