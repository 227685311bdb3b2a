"""What each family of models takes, and how the gateway's list of models is read.

Pure rules: which models are offered is configuration, what they cost is kept in rows.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

SIZES = ("512", "1K", "2K")
RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")
MODES = ("try_on", "remix", "compose", "imagine")
# The fewest and the most pictures that each way of asking takes.
REFERENCES = {"try_on": (2, 8), "remix": (1, 1), "compose": (2, 8), "imagine": (0, 0)}
GENERATE, EDIT = "IMAGES_GENERATIONS", "IMAGES_EDITS"  # as the gateway's list names what a model can do
MOST_PICTURES = 4

# Micro-USD a picture of Gemini 3.1 Flash by size: Google's list prices, where the catalogue names none.
LIST_PRICES = {"512": 45_000, "1K": 67_000, "2K": 101_000}


@dataclass(frozen=True)
class Family:
    """What a model takes; no `sizes` or `ratios` means: send none.

    `most_pictures` is for one call, and 1 means that `n` is not documented and not sent. `ratio_is_size`:
    the ratio goes into the field `size`. `edits`: its one reference goes to `/v1/images/edits`.
    """

    name: str
    references: int
    sizes: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()
    most_pictures: int = 1
    ratio_is_size: bool = False
    edits: bool = False

    def serves(self, mode: str) -> bool:
        """Whether this way of asking is possible with it."""
        return self.references >= REFERENCES[mode][0]


# The first pattern that fits the whole id decides. The provider before the slash may be missing.
_FAMILIES = (
    (r"(google/)?gemini-2\.5-flash-image.*", Family("Gemini 2.5 Flash", 3, SIZES, RATIOS, 4)),
    (r"(google/)?imagen-.*", Family("Imagen", 0)),
    (r"(google/)?gemini-.*|google/.*", Family("Gemini", 8, SIZES, RATIOS, 4)),
    (r"(openai/)?gpt-image-.*", Family("GPT Image", 0, most_pictures=4)),
    (r"(xai/)?grok-imagine-.*", Family("Grok Imagine", 1, edits=True)),
    (r"(recraft/)?recraft-.*", Family("Recraft", 0, ratios=RATIOS, ratio_is_size=True)),
)
# Of a model nobody knows only this much is sure: it takes words. Anything more could be a 400.
UNKNOWN = Family("unknown", 0)


def family(model: str) -> Family:
    """The rules for a model id such as `google/gemini-3.1-flash-image`."""
    name = model.strip().lower()
    return next((known for pattern, known in _FAMILIES if re.fullmatch(pattern, name)), UNKNOWN)


def nearest_ratio(width: int, height: int, ratios: Sequence[str] = RATIOS) -> str:
    """The shape out of `ratios` nearest to a picture of `width` x `height` pixels, wide and tall alike."""
    shape = math.log(width / height)

    def distance(ratio: str) -> float:
        across, down = map(int, ratio.split(":"))
        return abs(shape - math.log(across / down))

    return min(ratios, key=distance)


@dataclass(frozen=True)
class Options:
    """The fields of a call beside model, prompt and references; None is not sent."""

    size: str | None
    aspect_ratio: str | None
    n: int | None


def options(model: str, *, size: str, aspect_ratio: str, count: int, references: int) -> Options:
    """How these choices ("" is left open) are spelled for this model."""
    takes = family(model)
    if takes.edits and references:
        return Options(None, None, None)
    n = count if takes.most_pictures > 1 else None
    if takes.ratio_is_size:
        return Options(aspect_ratio or None, None, n)
    return Options(size or None, aspect_ratio or None, n)


@dataclass(frozen=True)
class CatalogueModel:
    """A model as the gateway lists it; `prices` are micro-USD a picture by size, "" where none is named.

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


def listed_models(answer: Any) -> list[CatalogueModel]:
    """The models in an answer of `/api/models`, in any of its three shapes; the unreadable ones left out."""
    data = answer.get("data") if isinstance(answer, dict) else answer
    if isinstance(data, dict):
        data = data.get("data") or data.get("models")
    rows = data if isinstance(data, list) else []
    found = (_model(row) for row in rows if isinstance(row, dict))
    return [model for model in found if model is not None]


def _model(row: dict[str, Any]) -> CatalogueModel | None:
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
            yield (size[1] if size else ""), micros


def _micros(price: Any) -> int | None:
    try:
        micros = (Decimal(str(price)) * 1_000_000).to_integral_value()
    except InvalidOperation:
        return None
    return int(micros) if micros.is_finite() and micros >= 0 else None
