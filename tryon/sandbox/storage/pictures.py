"""Pictures that are answered by address: served here for an hour, to whoever knows the address."""

import secrets

from tryon.sandbox.errors import RefusedError
from tryon.sandbox.picture_types import sniff
from tryon.sandbox.storage.store import Store

PREFIX = "/pictures/"
LIFE = 3600.0


class Pictures:
    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, picture: bytes) -> str:
        """The path under which the picture can be fetched."""
        self.remove_expired()
        ending = "jpg" if sniff(picture) == "image/jpeg" else "png"
        name = f"{secrets.token_urlsafe(24)}.{ending}"
        (self._store.answered / name).write_bytes(picture)
        self._store.rows("INSERT INTO pictures VALUES (?, ?)", name, self._store.now())
        return PREFIX + name

    def read(self, path: str) -> bytes:
        """Raises RefusedError (404)."""
        name = path.removeprefix(PREFIX)
        found = self._store.rows(
            "SELECT name FROM pictures WHERE name = ? AND kept_at > ?", name, self._store.now() - LIFE
        )
        try:
            if found:
                return (self._store.answered / name).read_bytes()
        except FileNotFoundError:
            pass  # removed between the two lines
        raise RefusedError(404, "not_found", "this picture was never here or is gone")

    def remove_expired(self) -> None:
        end = self._store.now() - LIFE
        for row in self._store.rows("SELECT name FROM pictures WHERE kept_at <= ?", end):
            (self._store.answered / row["name"]).unlink(missing_ok=True)
        self._store.rows("DELETE FROM pictures WHERE kept_at <= ?", end)
