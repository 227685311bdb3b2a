"""The one table, in the order of sending: what is free, what must be refused, what is paid."""

from tryon.conformance.row import Row
from tryon.conformance.rows.catalogue import CATALOGUE_ROWS
from tryon.conformance.rows.grid import grid_rows
from tryon.conformance.rows.models import GEMINI
from tryon.conformance.rows.paid import PAID_ROWS
from tryon.conformance.rows.refusals import REFUSAL_ROWS
from tryon.conformance.rows.uploads import UPLOAD_ROWS


def table(model: str) -> tuple[Row, ...]:
    """The grid is that of `model`."""
    return (*CATALOGUE_ROWS, *UPLOAD_ROWS, *REFUSAL_ROWS, *PAID_ROWS, *grid_rows(model))


TABLE = table(GEMINI)
FAMILIES = tuple(dict.fromkeys(row.family for row in TABLE))
