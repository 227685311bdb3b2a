"""`manage.py up` in a process of its own, for tests that want the whole product."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Self

from tests.live import ROOT, until


class Up:
    """`manage.py up` as a newcomer runs it: nothing set, a data folder, any free port."""

    def __init__(self, data: Path, output: Path | None = None, **env: str) -> None:
        self.data = data
        self._output = output or data.with_suffix(".out")
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=newcomer(data) | env,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        try:
            until(lambda: not self.processes(), 5, f"no process left of {self.data}")
        finally:
            for pid in self.processes():
                os.kill(pid, signal.SIGKILL)

    @property
    def output(self) -> str:
        return self._output.read_text()

    def ready(self) -> Self:
        until(lambda: "Ctrl-C stops." in self.output or self.process.poll() is not None, 60, "ready")
        assert self.process.poll() is None, self.output
        return self

    @property
    def address(self) -> str:
        return re.search(r"Ready in .*: (http://\S+)", self.output)[1]

    def answer(self, path: str = "") -> int:
        try:
            with urllib.request.urlopen(self.address + path, timeout=10) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code

    def processes(self) -> dict[int, str]:
        """Everything that runs on this data folder, wherever it hangs in the tree: id -> command line.

        Valkey overwrites its environment by its title, which names its socket.
        """
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_text().replace("\0", " ")
                settings = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"DATA_DIR={self.data}".encode() in settings or f"{self.data}/" in line:
                found[int(folder.name)] = line
        return found

    def child(self, words: str) -> int | None:
        return next((pid for pid, line in self.processes().items() if words in line), None)

    def rows(self, query: str) -> list[tuple]:
        with closing(sqlite3.connect(self.data / "tryon.sqlite3")) as database:
            return database.execute(query).fetchall()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def placed(data: Path, database: Path) -> Path:
    """A data folder with this database in it."""
    data.mkdir(mode=0o700)
    shutil.copy(database, data / "tryon.sqlite3")
    return data


def newcomer(data: Path) -> dict[str, str]:
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return keep | {"DATA_DIR": str(data), "PORT": "0", "ENV_FILE": ""}
