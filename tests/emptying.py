"""How the database is emptied after a test that committed.

Django's own way deletes from every table and then makes the permissions and content types anew, which takes
longer than most tests.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection

# Filled by `migrate`, and changed by no test.
KEPT = {"django_content_type", "auth_permission", "django_migrations"}


def teardown(_case: Any) -> None:
    """In place of `TransactionTestCase._fixture_teardown`."""
    if full := _full():
        statements = connection.ops.sql_flush(no_style(), full, allow_cascade=True)
        connection.ops.execute_sql_flush(statements)


def _full() -> list[str]:
    """The tables with rows in them."""
    asked = (f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in _tables())
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return [name for (name,) in cursor.fetchall()]


@lru_cache(maxsize=1)
def _tables() -> list[str]:
    models = apps.get_models(include_auto_created=True)
    return sorted({model._meta.db_table for model in models if model._meta.managed} - KEPT)
