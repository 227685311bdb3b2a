"""Models that come and go by the sandbox's clock."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from tryon.sandbox.errors import bad_value, model_not_found, model_retired
from tryon.sandbox.storage.store import LATEST, Store

FIELDS = ("model", "offered_from", "retires_at", "replacement")


@dataclass(frozen=True)
class Lifetime:
    """Epoch seconds, None for always; before the first and from the second on it is in no list.

    `replacement` is the model named in its place, "" for none.
    """

    offered_from: float | None = None
    retires_at: float | None = None
    replacement: str = ""

    def has_come(self, now: float) -> bool:
        return self.offered_from is None or self.offered_from <= now

    def has_gone(self, now: float) -> bool:
        return self.retires_at is not None and self.retires_at <= now

    def is_offered(self, now: float) -> bool:
        return self.has_come(now) and not self.has_gone(now)


ALWAYS = Lifetime()


class Lifetimes:
    """By model; kept over restarts. A model without one is offered always."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> dict[str, Lifetime]:
        rows = self._store.rows("SELECT * FROM lifetimes ORDER BY rowid")
        return {
            row["model"]: Lifetime(row["offered_from"], row["retires_at"], row["replacement"]) for row in rows
        }

    def set(self, model: str, lifetime: Lifetime) -> None:
        """In place of the one that it had."""
        self._store.rows(
            "INSERT OR REPLACE INTO lifetimes VALUES (?, ?, ?, ?)", model, *asdict(lifetime).values()
        )

    def clear(self) -> None:
        self._store.rows("DELETE FROM lifetimes")

    def offered(self, models: Iterable[str]) -> dict[str, Lifetime]:
        """Those of `models` whose time it is, each with its lifetime."""
        lifetimes, now = self.all(), self._store.now()
        each = ((name, lifetimes.get(name, ALWAYS)) for name in models)
        return {name: lifetime for name, lifetime in each if lifetime.is_offered(now)}

    def check(self, model: str) -> None:
        """Raises RefusedError: 404 before its time, 410 after it."""
        lifetime, now = self.all().get(model, ALWAYS), self._store.now()
        if not lifetime.has_come(now):
            raise model_not_found(model)
        if lifetime.has_gone(now):
            raise model_retired(model, lifetime.replacement)


def read_lifetime(fields: Mapping[str, Any]) -> tuple[str, Lifetime]:
    """The model and its lifetime, as a control or an option says it. Raises RefusedError (400)."""
    model, replacement = fields.get("model"), fields.get("replacement", "")
    if fields.keys() - set(FIELDS) or not isinstance(model, str) or not isinstance(replacement, str):
        raise bad_value(f"send an object with {', '.join(FIELDS)}; all but the model may be left out")
    start, end = (_instant(fields.get(name), name) for name in ("offered_from", "retires_at"))
    return model, Lifetime(start, end, replacement)


def _instant(value: object, name: str) -> float | None:
    """Epoch seconds of a number, or of a date or time in ISO 8601, in UTC where it names no zone."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as exc:
        raise bad_value(f"{value!r} is no date in ISO 8601", param=name) from exc
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LATEST:
        raise bad_value(f"{name} is a date in ISO 8601 or seconds since 1970", param=name)
    return float(value)
