from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tryon.embedded import folders


class Command(BaseCommand):
    help = "Make a server's secrets as files for NAME_FILE, once: what is there stays as it is."
    requires_system_checks = []  # they ask for the secrets

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--database",
            required=True,
            help="postgres://user@host/name; the password is made and written into it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        where = urlsplit(options["database"])
        if not where.username or not where.hostname or where.password:
            raise CommandError("--database needs a user and a host, and takes no password")
        for name in ("secret_key", "postgres_password"):
            folders.make_secret(folder / name)
        # The database server runs as another user, and may look only when it is that user already.
        (folder / "postgres_password").chmod(0o644)
        password = quote((folder / "postgres_password").read_text().strip(), safe="")
        _, _, host = where.netloc.rpartition("@")
        address = where._replace(netloc=f"{where.username}:{password}@{host}").geturl()
        file = folder / "database_url"
        file.touch(mode=0o600)
        if file.read_text() != address:
            file.write_text(address)
