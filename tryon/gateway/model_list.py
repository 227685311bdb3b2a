"""The gateway's list of models, read leniently: three shapes, several spellings, prices in some rows.

Its ids, operations and prices are documented. What a model takes and when it ends is not: these names are
those of other lists of models, and what cannot be read is left to built-in knowledge.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from tryon.rules.model_families import (
    MOST_PICTURES,
    MOST_REFERENCES,
    RATIOS,
    SIZES,
    UNKNOWN,
    family,
)

GENERATE, EDIT = "IMAGES_GENERATIONS", "IMAGES_EDITS"  # as the list names what a model can do
LONGEST_ID = 100  # characters


@dataclass(frozen=True)
class CatalogueModel:
    """A model as the gateway lists it; `prices` are micro-USD a picture by size, "" where none is named, and
    under `edit` of one that was changed.

    `facts` is what the list says beside of what it takes and when it ends, as a row keeps it.
    """

    id: str
    operations: frozenset[str]
    prices: dict[str, int]
    is_retired: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def makes_pictures(self) -> bool:
        """A row that names no operation was listed because it does."""
        return not self.operations or GENERATE in self.operations

    @property
    def replacement(self) -> str:
        """What the list names in its place, "" where it does not say."""
        return str(self.facts.get("successor", ""))


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
    read = {fact: [parse(row[key]) for key in _spelled(words, row)] for fact, words, parse in FACTS}
    facts = {fact: value for fact, values in read.items() for value in values if value is not None}
    if EDIT in operations and family(name) == UNKNOWN:
        facts = {"edits": True, "references": 1, **facts}
    is_retired = row.get("isRetired", row.get("is_retired")) is True
    return CatalogueModel(name, operations, _prices(row), is_retired, facts)


def _spelled(names: str, row: dict[str, Any]) -> Iterator[str]:
    """The keys of this row that mean one of these names, in camel or snake case."""
    meant = names.split()
    return (key for key in row if key.replace("_", "").lower() in meant)


def _words(known: tuple[str, ...]) -> Callable[[Any], list[str] | None]:
    def parse(value: Any) -> list[str] | None:
        named = {str(word).upper() for word in value} if isinstance(value, list) else set()
        return [word for word in known if word in named] or None

    return parse


def _whole(least: int, most: int) -> Callable[[Any], int | None]:
    def parse(value: Any) -> int | None:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return min(value, most) if is_number and value >= least else None

    return parse


def _day(value: Any) -> str | None:
    """An ISO date out of a date, a time or the seconds since 1970."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return dt.datetime.fromtimestamp(value, dt.UTC).date().isoformat()
        return dt.date.fromisoformat(str(value)[:10]).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def _model_id(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_ID else None


FACTS: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("sizes", "sizes supportedsizes imagesizes", _words(SIZES)),
    ("ratios", "ratios aspectratios supportedaspectratios", _words(RATIOS)),
    ("references", "maxreferences maxreferenceimages maxinputimages", _whole(0, MOST_REFERENCES)),
    ("most_pictures", "maxn maximages maxoutputimages", _whole(1, MOST_PICTURES)),
    ("retires_on", "deprecationdate deprecatedat retirementdate retiresat retireson sunsetat", _day),
    ("successor", "replacementmodel replacement successor", _model_id),
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
