"""Uploads: kept on disk for 7 days of the sandbox's clock, each for one account."""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from tryon.sandbox.errors import RefusedError, bad_value
from tryon.sandbox.kinds import FILE_LIMIT, check_kind
from tryon.sandbox.multipart import Part, read_multipart
from tryon.sandbox.store import Store

LIFE = 7 * 24 * 3600.0
PURPOSES = ("user_upload", "vision_reference")


@dataclass(frozen=True)
class Upload:
    filename: str
    mime_type: str
    purpose: str
    body: bytes


def read_upload(content_type: str, body: bytes) -> Upload:
    """The one file of a form that keeps the rules. Raises RefusedError."""
    parts = {part.name: part for part in read_multipart(content_type, body)}
    _check_words(parts)
    if "file" not in parts or not parts["file"].filename:
        raise bad_value("send the picture in the part 'file', with a file name", param="file")
    part = parts["file"]
    if len(part.body) > FILE_LIMIT:
        raise RefusedError(413, "request_too_large", "a file may have at most 20 MB")
    mime_type = check_kind(part.body, part.content_type, "file")
    return Upload(PurePath(part.filename or "").name, mime_type, _word(parts, "purpose"), part.body)


def _check_words(parts: dict[str, Part]) -> None:
    for name in parts:
        if name not in ("file", "provider", "purpose"):
            raise bad_value(f"unknown parameter {name!r}", param=name)
    if "provider" in parts and parts["provider"].text != "google":
        raise RefusedError(400, "unsupported_provider", "provider must be google", param="provider")
    if _word(parts, "purpose") not in PURPOSES:
        raise bad_value(f"purpose must be one of {', '.join(PURPOSES)}", param="purpose")


def _word(parts: dict[str, Part], name: str) -> str:
    return parts[name].text if name in parts else "user_upload"


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

    def remove_expired(self) -> None:
        gone = self._store.rows(
            "SELECT id FROM files WHERE deleted_at IS NULL AND created_at <= ?", self._store.now() - LIFE
        )
        self.remove(*(row["id"] for row in gone))
