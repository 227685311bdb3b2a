from __future__ import annotations

from tests.live import ROOT
from tryon.pipeline import outcome_table


def test_the_documents_print_the_table_that_the_code_follows():
    told = (ROOT / "docs" / "guarantees.md").read_text()
    assert outcome_table.markdown() in told, "put in what `manage.py outcomes` prints"


def test_every_status_is_in_one_row_of_the_table():
    rows = outcome_table.markdown().splitlines()
    for known in ("| 429 |", "| 503 with the gateway's error object |", "401-402; 403 with"):
        assert sum(known in row for row in rows) == 1, known
