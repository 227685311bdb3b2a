"""The bound on spend, kept on the pessimistic side."""

from collections.abc import Iterable

from tryon.conformance.expectations import Answer
from tryon.conformance.row import EDITS, Row
from tryon.gateway import CatalogueModel

UNKNOWN_PRICE = 250_000  # micro-USD a picture, where the catalogue names none


class Budget:
    """`bound` and `spent` are micro-USD; `spent` is the most that the calls so far can have cost."""

    def __init__(self, bound: int, models: Iterable[CatalogueModel] = ()) -> None:
        self.bound = bound
        self.spent = 0
        self.pictures = 0
        self._prices = {model.id: model.prices for model in models}

    @property
    def left(self) -> int:
        return max(0, self.bound - self.spent)

    def price(self, row: Row) -> int:
        """The most that one picture of this call can cost, in micro-USD."""
        prices = self._prices.get(row.model, {})
        named = max(prices.get(row.size, 0), prices.get("", 0)) if row.size in prices else 0
        known = named or max(prices.values(), default=0)
        # The catalogue prices generations; what an edit costs is not said.
        return max(known, UNKNOWN_PRICE) if row.path == EDITS else known or UNKNOWN_PRICE

    def most(self, row: Row) -> int:
        return self.price(row) * row.pictures

    def allows(self, row: Row) -> bool:
        return self.most(row) <= self.left

    def lose(self, row: Row) -> int:
        """Count a call whose answer nobody saw as paid in full."""
        self.spent += self.most(row)
        return self.most(row)

    def book(self, row: Row, answer: Answer) -> int:
        """What this answer can have cost at most, in micro-USD."""
        if row.pictures == 0:
            return 0
        most = self.price(row) * _paid(row, answer)
        self.pictures += answer.pictures
        self.spent += most
        return most


def _paid(row: Row, answer: Answer) -> int:
    """The pictures that may have been charged: none in a 4xx, all of them where nobody knows."""
    if answer.trouble:
        return row.pictures
    if 400 <= answer.status < 500:
        return 0
    return answer.pictures if answer.status == 200 and answer.pictures else row.pictures
