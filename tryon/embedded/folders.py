"""The data folder of the embedded product, and a short place for sockets."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDERS = ("media", "spool", "run", "log", "broker", "sandbox")
LONGEST_SOCKET_PATH = 100  # the system's limit is 108 bytes, 104 on macOS


def make_folders(data: Path) -> None:
    """The data folder and those inside; what is new is readable by its owner only."""
    for folder in (data, *(data / name for name in FOLDERS)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_private_file(file: Path) -> None:
    """A database, before SQLite would make it readable by all: its journals take the mode from it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    for part in (file, *(file.with_name(file.name + ending) for ending in ("-wal", "-shm"))):
        if part.exists():
            part.chmod(0o600)


def make_secret(file: Path) -> None:
    """A secret key that stays the same from run to run."""
    if not file.exists():
        new = file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(50))
        new.replace(file)


@contextmanager
def socket_folder(run: Path) -> Iterator[Path]:
    """`run` itself, or a folder with a short path where sockets inside `run` could not be reached."""
    if len(os.fsencode(run / "broker.sock")) <= LONGEST_SOCKET_PATH:
        yield run
        return
    with tempfile.TemporaryDirectory(prefix="tryon-") as folder:
        yield Path(folder)
