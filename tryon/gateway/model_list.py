"""The gateway's list of models, read leniently: three shapes, several spellings, prices in some rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

GENERATE, EDIT = "IMAGES_GENERATIONS", "IMAGES_EDITS"  # as the list names what a model can do


@dataclass(frozen=True)
class CatalogueModel:
    """A model as the gateway lists it; `prices` are micro-USD a picture by size, "" where none is named, and
    under `edit` of one that was changed.

    `replacement` is named for a retired one, "" where the list does not say.
    """

    id: str
    operations: frozenset[str]
    prices: dict[str, int]
    is_retired: bool = False
    replacement: str = ""

    @property
    def makes_pictures(self) -> bool:
        """A row that names no operation was listed because it does."""
        return not self.operations or GENERATE in self.operations


def parse_model_list(answer: Any) -> list[CatalogueModel]:
    """The models in an answer of `/api/models`, in any of its three shapes; the unreadable ones left out."""
    data = answer.get("data") if isinstance(answer, dict) else answer
    if isinstance(data, dict):
        data = data.get("data") or data.get("models")
    rows = data if isinstance(data, list) else []
    found = (_parse_model(row) for row in rows if isinstance(row, dict))
    return [model for model in found if model is not None]


def _parse_model(row: dict[str, Any]) -> CatalogueModel | None:
    name = row.get("canonicalId") or row.get("id")
    if not isinstance(name, str):
        return None
    spellings = ("supportedOperations", "supported_operations", "operations")
    named: list[Any] = next((row[key] for key in spellings if isinstance(row.get(key), list)), [])
    operations = frozenset(word for word in named if isinstance(word, str))
    replacement = row.get("replacementModel") or row.get("replacement_model")
    return CatalogueModel(
        name,
        operations,
        _prices(row),
        is_retired=row.get("isRetired", row.get("is_retired")) is True,
        replacement=replacement if isinstance(replacement, str) else "",
    )


def _prices(row: dict[str, Any]) -> dict[str, int]:
    prices: dict[str, int] = {}
    for size, micros in _price_rows(row.get("primaryPricingRows")):
        # Of two prices for one size the higher is believed: an estimate must not run under the bill.
        prices[size] = max(micros, prices.get(size, 0))
    return prices


def _price_rows(rows: Any) -> Iterator[tuple[str, int]]:
    """Size and micro-USD of each row that prices a picture; rows for tokens price something else."""
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict) or row.get("operation", GENERATE) not in (GENERATE, EDIT):
            continue
        words = " ".join(str(value) for key, value in row.items() if key != "priceUsd")
        micros = _micros(row.get("priceUsd"))
        if micros is not None and "token" not in words.lower():
            size = re.search(r"(?<![^\W_])(512|1K|2K)(?![^\W_])", words.upper())
            yield "edit" if row.get("operation") == EDIT else size[1] if size else "", micros


def _micros(price: Any) -> int | None:
    try:
        micros = (Decimal(str(price)) * 1_000_000).to_integral_value()
    except InvalidOperation:
        return None
    return int(micros) if micros.is_finite() and micros >= 0 else None
