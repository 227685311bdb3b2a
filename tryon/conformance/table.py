"""The one table, in the order of sending: what is free, what must be refused, what is paid."""

from tryon.conformance.listing import LISTING
from tryon.conformance.makings import MAKINGS
from tryon.conformance.refusals import REFUSALS
from tryon.conformance.rows import Row
from tryon.conformance.uploads import UPLOADS

TABLE: tuple[Row, ...] = (*LISTING, *UPLOADS, *REFUSALS, *MAKINGS)
FAMILIES = tuple(dict.fromkeys(row.family for row in TABLE))
