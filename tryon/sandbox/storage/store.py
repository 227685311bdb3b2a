"""What survives a restart: one SQLite file, and a clock that can be moved."""

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

LATEST = 253_402_300_799.0  # the end of the year 9999, the latest that the clock can show
SCHEMA = """
CREATE TABLE IF NOT EXISTS clock (one INTEGER PRIMARY KEY CHECK (one = 1), ahead REAL NOT NULL);
INSERT OR IGNORE INTO clock VALUES (1, 0);

CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, filename TEXT NOT NULL, mime_type TEXT NOT NULL,
    bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, created_at REAL NOT NULL, deleted_at REAL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS bill (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, wall REAL NOT NULL, account TEXT NOT NULL,
    model TEXT NOT NULL, size TEXT NOT NULL, n INTEGER NOT NULL, pictures INTEGER NOT NULL,
    price_micros_usd INTEGER NOT NULL, prompt TEXT NOT NULL, prompt_sha256 TEXT NOT NULL,
    file_ids TEXT NOT NULL, endpoint TEXT NOT NULL DEFAULT 'generations'
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, bill INTEGER NOT NULL REFERENCES bill, delivered TEXT NOT NULL
        CHECK (delivered IN ('ok', 'cut', 'error'))
);
CREATE INDEX IF NOT EXISTS deliveries_of_a_bill_row ON deliveries (bill);
CREATE TRIGGER IF NOT EXISTS bill_is_never_changed BEFORE UPDATE ON bill
    BEGIN SELECT RAISE(ABORT, 'the bill is append-only'); END;
CREATE TRIGGER IF NOT EXISTS bill_is_never_shortened BEFORE DELETE ON bill
    BEGIN SELECT RAISE(ABORT, 'the bill is append-only'); END;

CREATE TABLE IF NOT EXISTS calls (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, endpoint TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    account TEXT NOT NULL DEFAULT '', at REAL NOT NULL, started REAL NOT NULL, ended REAL, status INTEGER,
    fault TEXT, file_ids TEXT NOT NULL DEFAULT '[]'
);

CREATE TABLE IF NOT EXISTS pictures (name TEXT PRIMARY KEY, kept_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS retired (model TEXT PRIMARY KEY, replacement TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lifetimes (
    model TEXT PRIMARY KEY, offered_from REAL, retires_at REAL, replacement TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS prices (
    model TEXT NOT NULL, size TEXT NOT NULL, micros INTEGER NOT NULL, PRIMARY KEY (model, size)
);
"""


class Store:
    """The folder of one sandbox: `sandbox.sqlite3`, the uploads in `files/`, and in `pictures/` those that
    were answered by address. Safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self.pictures = folder / "files"
        self.answered = folder / "pictures"
        for kept in (self.pictures, self.answered):
            kept.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(
            folder / "sandbox.sqlite3", isolation_level=None, check_same_thread=False
        )
        self._database.row_factory = sqlite3.Row
        self._database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + SCHEMA)
        self._add_what_older_folders_lack()
        self._ahead = float(self.rows("SELECT ahead FROM clock")[0]["ahead"])

    def _add_what_older_folders_lack(self) -> None:
        if "endpoint" not in {row["name"] for row in self.rows("PRAGMA table_info(bill)")}:
            self.rows("ALTER TABLE bill ADD COLUMN endpoint TEXT NOT NULL DEFAULT 'generations'")

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(sql, values).fetchall()

    def insert(self, sql: str, *values: Any) -> int:
        """The number of the new row."""
        with self._lock:
            return self._database.execute(sql, values).lastrowid or 0

    def now(self) -> float:
        """Seconds since the epoch on the sandbox's own clock."""
        return time.time() + self._ahead

    def set_clock(self, epoch: float) -> None:
        ahead = epoch - time.time()
        self.rows("UPDATE clock SET ahead = ?", ahead)
        self._ahead = ahead

    def close(self) -> None:
        with self._lock:
            self._database.close()
