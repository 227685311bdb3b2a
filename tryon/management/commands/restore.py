from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from gallery import deletion_log
from gallery.deletion_log import DeletionRecord
from tryon.operations import restore
from tryon.operations.database_dump import CannotDump


class Command(BaseCommand):
    help = "Put a backup into an empty place, without what people deleted since. Stop everything else first."
    requires_system_checks = []  # the place is empty: its secrets are in the backup

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="what `backup` made")
        parser.add_argument(
            "--deletions",
            type=Path,
            action="append",
            help=f"a journal of deletions; again for others (default: {settings.DELETIONS_LOG}); "
            "the one in the bucket is read by itself",
        )
        parser.add_argument(
            "--without-deletions",
            action="store_true",
            help="there is no journal: what people deleted since the backup comes back",
        )
        parser.add_argument(
            "--nothing-ran-since",
            action="store_true",
            help="no worker ran from the backup until now: what waited then goes on",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        journals = self._journals(options["deletions"], options["without_deletions"])
        try:
            restored = restore.put_back(
                options["folder"], journals, nothing_ran_since=options["nothing_ran_since"]
            )
        except (restore.CannotRestore, CannotDump, OperationalError) as exc:
            raise CommandError(str(exc)) from exc
        self._tell(restored)
        if restored.damaged or restored.missing:
            raise CommandError(
                "Some files did not come back: "
                f"{len(restored.missing)} missing, {len(restored.damaged)} damaged, named above."
            )

    def _journals(self, given: list[Path] | None, without: bool) -> list[Iterator[DeletionRecord]]:
        """That of the bucket, where there is one, and files beside it."""
        if without:
            return []
        own = Path(settings.DELETIONS_LOG)
        is_shared = any(True for _ in deletion_log.shared())
        files = given or ([] if is_shared and not own.is_file() else [own])
        for file in files:
            if not file.is_file():
                raise CommandError(
                    f"There is no journal of deletions at {file}. Name it with --deletions; only where it is "
                    "lost, or nothing was ever deleted: --without-deletions."
                )
        return [*map(deletion_log.read, files), *([deletion_log.shared()] if is_shared else [])]

    def _tell(self, restored: restore.Restored) -> None:
        self.stdout.write(f"{restored.rows:,} rows, {restored.files:,} pictures")
        for replayed in restored.replayed:
            self.stdout.write(f"replayed: {replayed}")
        if restored.unknown:
            self.stdout.write(
                f"{restored.unknown} that waited or ran may have been paid since: shown as unknown"
            )
        if restored.left_out:
            self.stdout.write(f"{restored.left_out} files that no row names any more stay where they are")
        for name in restored.missing:
            self.stdout.write(f"missing: {name}")
        for name in restored.damaged:
            self.stdout.write(f"damaged: {name}")
