from __future__ import annotations

from io import StringIO

from django.core.management import call_command

from tests.live import ROOT


def table() -> str:
    """What `manage.py outcomes` prints."""
    printed = StringIO()
    call_command("outcomes", stdout=printed)
    return printed.getvalue()


def test_the_documents_print_the_table_that_the_code_follows():
    told = (ROOT / "docs" / "guarantees.md").read_text()
    assert table() in told, "put in what `manage.py outcomes` prints"


def test_every_status_is_in_one_row_of_the_table():
    rows = table().splitlines()
    for known in ("| 429 |", "| 503 with the gateway's error object |", "401-402; 403 with"):
        assert sum(known in row for row in rows) == 1, known
