from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tryon.operations import backup
from tryon.operations.database_dump import CannotDump


class Command(BaseCommand):
    help = "Back up database, pictures and paid answers into a new folder, while everything goes on working."
    requires_system_checks = []  # what is saved must not depend on what is set

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a new or empty folder; people's photos will be in it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = backup.make(options["folder"])
        except (backup.CannotBackUp, CannotDump) as exc:
            raise CommandError(str(exc)) from exc
        where = "in the bucket, where they stay" if made.media == "bucket" else "copied"
        self.stdout.write(f"{sum(made.rows.values()):,} rows in {made.database}")
        self.stdout.write(f"{made.files:,} pictures, {made.bytes / 1e6:,.1f} MB, {where}")
        if made.missing:
            self.stdout.write(f"{made.missing:,} files were not there; manifest.json names the first of them")
        if settings.BACKUP_DAYS is not None:
            for past in backup.remove_older(options["folder"].resolve(), settings.BACKUP_DAYS):
                self.stdout.write(f"removed {past}, older than {settings.BACKUP_DAYS} days")
