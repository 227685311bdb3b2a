"""Uploads: kept on disk for 7 days of the sandbox's clock, each for one account."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from tryon.sandbox.errors import bad_value
from tryon.sandbox.storage.store import Store

LIFE = 7 * 24 * 3600.0


@dataclass(frozen=True)
class Upload:
    filename: str
    mime_type: str
    purpose: str
    body: bytes


class Files:
    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, upload: Upload, account: str) -> dict[str, Any]:
        """Keep the bytes as `files/<id>` and return the answer's file object."""
        self.remove_expired()
        name, now = f"file_{secrets.token_hex(12)}", self._store.now()
        (self._store.pictures / name).write_bytes(upload.body)
        self._store.rows(
            "INSERT INTO files (id, account, filename, mime_type, bytes, sha256, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            name,
            account,
            upload.filename,
            upload.mime_type,
            len(upload.body),
            hashlib.sha256(upload.body).hexdigest(),
            now,
        )
        return {
            "id": name,
            "object": "file",
            "provider": "google",
            "purpose": upload.purpose,
            "filename": upload.filename,
            "bytes": len(upload.body),
            "mime_type": upload.mime_type,
            "created_at": int(now),
        }

    def read(self, name: str, account: str) -> bytes:
        """The bytes of a live file of this account. Raises RefusedError (400) that names the file."""
        found = self._store.rows(
            "SELECT id FROM files WHERE id = ? AND account = ? AND deleted_at IS NULL AND created_at > ?",
            name,
            account,
            self._store.now() - LIFE,
        )
        try:
            if found:
                return (self._store.pictures / name).read_bytes()
        except FileNotFoundError:
            pass  # removed between the two lines
        raise bad_value(f"file {name} was not found or has expired", param="file_ids", file_id=name)

    def remove(self, *names: str) -> None:
        for name in names:
            self._store.rows("UPDATE files SET deleted_at = ? WHERE id = ?", self._store.now(), name)
            (self._store.pictures / name).unlink(missing_ok=True)

    def remove_equals(self, name: str, account: str) -> None:
        """Every live file of this account with the bytes of this one. Raises as `read` does."""
        digest = hashlib.sha256(self.read(name, account)).hexdigest()
        same = self._store.rows(
            "SELECT id FROM files WHERE account = ? AND sha256 = ? AND deleted_at IS NULL", account, digest
        )
        self.remove(*(row["id"] for row in same))

    def remove_expired(self) -> None:
        gone = self._store.rows(
            "SELECT id FROM files WHERE deleted_at IS NULL AND created_at <= ?", self._store.now() - LIFE
        )
        self.remove(*(row["id"] for row in gone))
