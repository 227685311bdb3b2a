"""The list of all calls received."""

import json
import time
from typing import Any

from tryon.sandbox.storage.store import Store


class Calls:
    """One row for every call to the gateway itself; the sandbox's controls are not among them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.rows("UPDATE calls SET ended = started WHERE ended IS NULL")

    def begin(self, endpoint: str, method: str, path: str) -> int:
        return self._store.insert(
            "INSERT INTO calls (endpoint, method, path, at, started) VALUES (?, ?, ?, ?, ?)",
            endpoint,
            method,
            path,
            self._store.now(),
            time.time(),
        )

    def end(self, seq: int, status: int | None, account: str, fault: str | None, file_ids: list[str]) -> None:
        """`status` is null when the connection was dropped or the client hung up."""
        self._store.rows(
            "UPDATE calls SET ended = ?, status = ?, account = ?, fault = ?, file_ids = ? WHERE seq = ?",
            time.time(),
            status,
            account,
            fault,
            json.dumps(file_ids),
            seq,
        )

    def since(self, seq: int) -> dict[str, Any]:
        """`{"rows", "open"}` of all calls after `seq`; `open` counts those still being answered."""
        rows = self._store.rows("SELECT * FROM calls WHERE seq > ? ORDER BY seq", seq)
        told = [{**row, "file_ids": json.loads(row["file_ids"])} for row in map(dict, rows)]
        return {"rows": told, "open": sum(row["ended"] is None for row in told)}
