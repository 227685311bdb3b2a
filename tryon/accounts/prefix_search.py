"""Rows of which a text begins with some words, in whatever case, found by an index on both databases."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, F, Func, Q, Value
from django.db.models.lookups import GreaterThanOrEqual, LessThan

LAST = "\U0010ffff"  # stands behind every letter


class Folded(Func):
    """A text in small letters, in the order of its bytes: what an index of prefixes holds."""

    function = "LOWER"
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Another collation may put what begins alike in different places.
        return self.as_sql(
            compiler, connection, template='(%(function)s(%(expressions)s) COLLATE "C")', **context
        )


def begins_with(column: str, words: str) -> Q:
    """Each bound is folded by the database, so that it takes the same letters for one."""
    folded = Folded(F(column))
    return Q(GreaterThanOrEqual(folded, Folded(Value(words)))) & Q(
        LessThan(folded, Folded(Value(words + LAST)))
    )
