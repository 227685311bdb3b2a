"""What a waiting page brings along so that it can be told: a signed ticket with the state that it shows.

A ticket opens nothing. Whoever holds one learns that something changed; what, only the page's own request
tells, after the same question as ever: may this user see it?
"""

from __future__ import annotations

import uuid
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, NamedTuple

from django.core import signing
from django.db import connection
from django.db.models import QuerySet

from tryon.models import Generation

# What changes the words that a page says of a generation.
MARKED_FIELDS = ("status", "waiting_for", "not_before", "sent_at", "dropped_at")
LAST_COMMIT = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT pg_current_snapshot()::text"}
SALT = "waiting"
LIFE = 3600  # seconds; each fragment of the page brings a new one
STATE_FIELDS = ("number", *MARKED_FIELDS)


class Ticket(NamedTuple):
    """`state` is that of the rows when the page was made; at `ask_at` (Unix time) it asks in any case."""

    tryon_id: uuid.UUID
    state: str
    ask_at: int | None

    def signed(self) -> str:
        return signing.dumps([self.tryon_id.hex, self.state, self.ask_at], salt=SALT)


def read_ticket(text: str) -> Ticket | None:
    """None for one that is forged or too old."""
    try:
        tryon_id, state, ask_at = signing.loads(text, salt=SALT, max_age=LIFE)
    except signing.BadSignature:
        return None
    return Ticket(uuid.UUID(tryon_id), state, ask_at)


def state_of(generations: Iterable[Generation]) -> str:
    """The same for rows in hand as `states` finds in the database."""
    return _digest([tuple(getattr(g, name) for name in STATE_FIELDS) for g in generations])


def states(tryon_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Of many at once, by one query; of one that was deleted there is none."""
    found = defaultdict(list)
    for tryon_id, *facts in _rows_of(tryon_ids):
        found[tryon_id].append(tuple(facts))
    return {tryon_id: _digest(some) for tryon_id, some in found.items()}


def last_commit() -> object:
    """Another value whenever anything was committed since: the cheapest question that there is.

    SQLite counts for one connection what others committed; PostgreSQL's snapshot names all transactions.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAST_COMMIT[connection.vendor])
        return cursor.fetchone()


def stored_rows(tryon_ids: Collection[uuid.UUID]) -> dict[object, list[tuple[object, ...]]]:
    """The same rows as the driver gives them, by try-on: a tenth of the cost where nothing changed."""
    found = defaultdict(list)
    key, place = Generation._meta.get_field("tryon"), "%s"
    # Built once and not by the ORM each time, which took longer than the question itself.
    asked = _sql_for_one().replace(f"IN ({place})", f"IN ({', '.join([place] * len(tryon_ids))})")
    with connection.cursor() as cursor:
        cursor.execute(asked, [key.get_db_prep_value(pk, connection) for pk in tryon_ids])
        for row in cursor.fetchall():
            found[row[0]].append(row)
    return found


@cache
def _sql_for_one() -> str:
    return str(_rows_of([uuid.UUID(int=0)]).query.sql_with_params()[0])


def id_of(stored: object) -> uuid.UUID:
    return stored if isinstance(stored, uuid.UUID) else uuid.UUID(str(stored))


def _rows_of(tryon_ids: Collection[uuid.UUID]) -> QuerySet[Generation, tuple[Any, ...]]:
    rows = Generation.objects.filter(tryon__in=tryon_ids, tryon__deleted_at=None)
    return rows.values_list("tryon_id", *STATE_FIELDS).order_by("number")


def _digest(rows: list[tuple[Any, ...]]) -> str:
    return f"{zlib.crc32(repr(sorted(rows)).encode()):x}"
