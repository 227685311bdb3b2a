"""The one table, in the order of sending: what is free, what must be refused, what is paid."""

from tryon.conformance.catalogue_rows import CATALOGUE_ROWS
from tryon.conformance.paid_rows import PAID_ROWS
from tryon.conformance.refusal_rows import REFUSAL_ROWS
from tryon.conformance.row import Row
from tryon.conformance.upload_rows import UPLOAD_ROWS

TABLE: tuple[Row, ...] = (*CATALOGUE_ROWS, *UPLOAD_ROWS, *REFUSAL_ROWS, *PAID_ROWS)
FAMILIES = tuple(dict.fromkeys(row.family for row in TABLE))
