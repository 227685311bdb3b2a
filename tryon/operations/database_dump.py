"""The database out to one file and back, by its own tool; the reader sees the moment of the copy."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, connections

FILES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
# Parameters of libpq by its own names of the environment: no password stands in a list of processes.
_NAMED_ALIKE = ("user", "password", "host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "service")
LIBPQ = {"dbname": "PGDATABASE"} | {name: f"PG{name.upper()}" for name in _NAMED_ALIKE}


class CannotDump(Exception):
    """The database's own tool is missing or gave up; the message says what to do."""


def file_name() -> str:
    """What a copy of this kind of database is called; CannotDump for a kind that is not known."""
    if connection.vendor not in FILES:
        raise CannotDump(f"{connection.display_name} is neither SQLite nor PostgreSQL")
    return FILES[connection.vendor]


def taken(file: Path) -> AbstractContextManager[Any]:
    """Write the database to `file`, and give a cursor that sees exactly what is in it."""
    return _take_sqlite(file) if connection.vendor == "sqlite" else _take_postgresql(file)


@contextmanager
def _take_sqlite(file: Path) -> Iterator[Any]:
    """VACUUM INTO copies one moment beside running writers, and no remains of rows that were wiped."""
    address = f"{Path(connection.settings_dict['NAME']).resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=60, isolation_level=None)) as source:
        source.execute("VACUUM INTO ?", [str(file)])
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy:
        yield copy.cursor()


@contextmanager
def _take_postgresql(file: Path) -> Iterator[Any]:
    with psycopg.connect(**_parameters()) as source:
        source.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = source.execute("SELECT pg_export_snapshot()").fetchone()
        _run("pg_dump", "--format=custom", f"--snapshot={row[0] if row else ''}", f"--file={file}")
        yield source.cursor()


def is_empty() -> bool:
    """Whether nothing was ever kept in the database that the settings name."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return True
    return not connection.introspection.table_names()


def put_back(file: Path) -> None:
    """Fill the empty database from a copy."""
    if connection.vendor == "sqlite":
        return _put_back_sqlite(file)
    name = str(_parameters()["dbname"])
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    return _run("pg_restore", *options, f"--dbname={name}", str(file))


def _put_back_sqlite(file: Path) -> None:
    connections.close_all()
    target = Path(connection.settings_dict["NAME"])
    target.parent.mkdir(parents=True, exist_ok=True)
    for ending in ("-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    half = target.with_name(f"{target.name}.part")
    shutil.copyfile(file, half)
    half.replace(target)


def _parameters() -> dict[str, Any]:
    known = connection.get_connection_params()
    return {name: known[name] for name in LIBPQ if known.get(name)}


def _run(tool: str, *options: str) -> None:
    found = shutil.which(tool)
    if not found:
        raise CannotDump(
            f"{tool} is not here: install the client of PostgreSQL, as new as the server or newer"
        )
    told = {LIBPQ[name]: str(value) for name, value in _parameters().items()}
    done = subprocess.run(  # noqa: S603 - a tool of PostgreSQL with options of ours
        [found, *options], env=os.environ | told, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[0]
        raise CannotDump(f"{tool} gave up: {last}")
