"""What each family of models takes, and how the gateway's list of models is read.

Pure rules: which models are offered is configuration, what they cost is kept in rows. Reasons are
sentences for the person at the form.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

SIZES = ("512", "1K", "2K")
RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")
CATEGORIES = (
    "auto",
    "top",
    "bottom",
    "dress",
    "outerwear",
    "shoes",
    "hat",
    "glasses",
    "jewellery",
    "bag",
)
MOST_GARMENTS = 7
MOST_PICTURES = 4

# Micro-USD a picture of Gemini 3.1 Flash by size: Google's list prices, where the catalogue names none.
LIST_PRICES = {"512": 45_000, "1K": 67_000, "2K": 101_000}


@dataclass(frozen=True)
class Family:
    """What a model takes at `/v1/images/generations`; no `sizes` or `ratios` means: send none."""

    name: str
    references: int
    sizes: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()
    most_pictures: int = MOST_PICTURES


# The first pattern that fits the whole id decides. The provider before the slash may be missing.
_FAMILIES = (
    (r"(google/)?gemini-2\.5-flash-image.*", Family("Gemini 2.5 Flash", 3, SIZES, RATIOS)),
    (r"(google/)?imagen-.*", Family("Imagen", 0)),
    (r"(google/)?gemini-.*|google/.*", Family("Gemini", 8, SIZES, RATIOS)),
    (r"(openai/)?gpt-image-.*", Family("GPT Image", 0)),
    (r"(xai/)?grok-imagine-.*", Family("Grok Imagine", 0)),
    (r"(recraft/)?recraft-.*", Family("Recraft", 0)),
)
# Of a model nobody knows only this much is sure: it takes words. Anything more could be a 400.
_UNKNOWN = Family("unknown", 0)


def family(model: str) -> Family:
    """The rules for a model id such as `google/gemini-3.1-flash-image`."""
    name = model.strip().lower()
    return next((known for pattern, known in _FAMILIES if re.fullmatch(pattern, name)), _UNKNOWN)


def nearest_ratio(width: int, height: int, ratios: Sequence[str] = RATIOS) -> str:
    """The shape out of `ratios` nearest to a picture of `width` x `height` pixels, wide and tall alike."""
    shape = math.log(width / height)

    def distance(ratio: str) -> float:
        across, down = map(int, ratio.split(":"))
        return abs(shape - math.log(across / down))

    return min(ratios, key=distance)


def refusal(model: str, *, references: int, size: str | None, aspect_ratio: str | None, n: int) -> str | None:
    """Why this model cannot serve the request, in words for the user; None when it can."""
    takes = family(model)
    if references > takes.references:
        return _too_many(references, takes.references)
    if size is not None and size not in takes.sizes:
        return f"This model cannot make the size {size}. {_choices(takes.sizes)}"
    if aspect_ratio is not None and aspect_ratio not in takes.ratios:
        return f"This model cannot make the shape {aspect_ratio}. {_choices(takes.ratios)}"
    if not 1 <= n <= takes.most_pictures:
        return f"Choose between 1 and {takes.most_pictures} pictures."
    return None


def _too_many(references: int, most: int) -> str:
    if most == 0:
        return "This model works from words only and cannot use photos. Choose another model."
    surplus = references - most
    return f"This model takes {most} photos at most, the person's included. Remove {surplus} to go on."


def _choices(offered: tuple[str, ...]) -> str:
    return f"Choose one of {', '.join(offered)}." if offered else "Leave it open."


_ONE_OF = {
    "top": "two tops",
    "bottom": "two bottoms",
    "dress": "two dresses",
    "shoes": "two pairs of shoes",
    "hat": "two hats",
    "glasses": "two pairs of glasses",
}


def outfit_refusal(slots: Sequence[str]) -> str | None:
    """Why these garments cannot be worn together, in words for the user; None when they can."""
    worn = Counter(slots)
    if len(slots) > MOST_GARMENTS:
        return f"An outfit has {MOST_GARMENTS} pieces at most. Remove {len(slots) - MOST_GARMENTS} to go on."
    for slot, words in _ONE_OF.items():
        if worn[slot] > 1:
            return f"You chose {words}, and only one can be worn at a time. Keep one of them."
    for slot in ("top", "bottom"):
        if worn["dress"] and worn[slot]:
            return f"A dress takes the place of a {slot}. Keep the dress or the {slot}, not both."
    return None


@dataclass(frozen=True)
class CatalogueModel:
    """A model as the gateway lists it; `prices` are micro-USD a picture by size, "" where none is named."""

    id: str
    operations: frozenset[str]
    prices: dict[str, int]


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
    return CatalogueModel(name, frozenset(word for word in named if isinstance(word, str)), _prices(row))


def _prices(row: dict[str, Any]) -> dict[str, int]:
    prices: dict[str, int] = {}
    for size, micros in _price_rows(row.get("primaryPricingRows")):
        # Of two prices for one size the higher is believed: an estimate must not run under the bill.
        prices[size] = max(micros, prices.get(size, 0))
    return prices


def _price_rows(rows: Any) -> Iterator[tuple[str, int]]:
    """Size and micro-USD of each row that prices a picture; rows for tokens price something else."""
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict) or row.get("operation", "IMAGES_GENERATIONS") != "IMAGES_GENERATIONS":
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
