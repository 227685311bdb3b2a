"""Copies of the code, as it lies here, in which tests are run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.live import ROOT
from tests.rings import RINGS

LONGEST = 600  # seconds of one run
OPTIONS = ("-q", "-rfE", "--color=no", "-p", "no:randomly", "-p", "no:cacheprovider", "-m", RINGS["test"])
NOT_CODE = ("ImportError", "ModuleNotFoundError", "NameError", "SyntaxError")  # a fault that cannot even run


@dataclass(frozen=True, slots=True)
class Run:
    """How pytest ended (None: not in time), and what it said."""

    status: int | None
    words: str

    @property
    def failed(self) -> list[str]:
        """The tests that ran and failed, by their whole names."""
        lines = [
            line.removeprefix("FAILED ") for line in self.words.splitlines() if line.startswith("FAILED ")
        ]
        told = [line.partition(" - ") for line in lines]
        return [name for name, _, why in told if not why.startswith(NOT_CODE)] if self.status == 1 else []


@contextmanager
def copied() -> Iterator[Path]:
    """The files that git knows and new ones beside them, as they are on the disk, and no more."""
    with TemporaryDirectory(prefix="tryon-mutants-") as folder:
        tree = Path(folder) / "tree"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for name in filter(None, os.fsdecode(listed).split("\0")):
            if (ROOT / name).is_file():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, tree / name)
        yield tree


@contextmanager
def twin(tree: Path) -> Iterator[Path]:
    """A copy of a copy, with what Python has compiled there."""
    with TemporaryDirectory(dir=tree.parent, ignore_cleanup_errors=True) as folder:
        yield Path(shutil.copytree(tree, Path(folder) / "tree"))


def tested(tree: Path, tests: Sequence[str]) -> Run:
    """These tests of this tree; each run makes a data folder and a database of its own."""
    ours = ("TRYON_", "PYTEST_", "DATABASE_URL")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env["COLUMNS"] = "300"  # room for why each failed, behind its name
    command = [sys.executable, "-m", "pytest", *OPTIONS, "--basetemp", str(tree.parent / "tmp"), *tests]
    try:
        ran = subprocess.run(
            command,
            cwd=tree,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LONGEST,
        )
    except subprocess.TimeoutExpired:
        return Run(None, f"not within {LONGEST} seconds")
    return Run(ran.returncode, ran.stdout)
