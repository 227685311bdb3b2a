"""Rows about the lists of models; public, so they are asked without the key."""

from typing import Any

from tryon.conformance.claims import Claim, Seen, assumed
from tryon.conformance.models import ALL
from tryon.conformance.rows import Row
from tryon.gateway.model_list import CatalogueModel, parse_model_list

OPERATION = "IMAGES_GENERATIONS"
PRICES = f"/api/models?operation={OPERATION}"


def _listed() -> Claim:
    def check(seen: Seen) -> str:
        named = bool(seen.entries) and all(isinstance(row.get("id"), str) for row in seen.entries)
        return "" if seen.status == 200 and named else seen.briefly()

    return Claim("200 and data, a list of models with an id", check)


def _shape(told: Any) -> str:
    """Which of the three shapes this is; "" for none of them."""
    data = told.get("data") if isinstance(told, dict) else None
    if isinstance(data, dict):
        return next((f"data.{name}" for name in ("data", "models") if isinstance(data.get(name), list)), "")
    return "data" if isinstance(data, list) else ""


def _one_of_three() -> Claim:
    def check(seen: Seen) -> str:
        if seen.status != 200 or not _shape(seen.told):
            return seen.briefly()
        return "" if parse_model_list(seen.told) else f"no model with an id in {_shape(seen.told)}"

    return Claim("200 and models in data, data.data or data.models", check)


def _offers() -> Claim:
    def check(seen: Seen) -> str:
        found = _found(seen)
        usable = {name for name, model in found.items() if OPERATION in model.operations}
        missing = [name for name in ALL if name not in usable]
        return f"without {', '.join(missing)}" if missing else ""

    return Claim(f"all models of this table, each with {OPERATION}", check)


def _priced() -> Claim:
    def check(seen: Seen) -> str:
        found = _found(seen)
        free = [name for name in ALL if name in found and not any(found[name].prices.values())]
        return f"no price of a picture for {', '.join(free)}" if free else ""

    return Claim("a price in USD for a picture of each", check)


def _found(seen: Seen) -> dict[str, CatalogueModel]:
    return {model.id: model for model in parse_model_list(seen.told)}


LISTING = (
    Row(
        "catalogue.models",
        "catalogue",
        "GET /v1/models without a key",
        "/v1/models",
        (_listed(),),
        keyed=False,
    ),
    Row(
        "catalogue.prices",
        "catalogue",
        f"GET {PRICES} without a key",
        PRICES,
        (
            _one_of_three(),
            assumed("The catalogue lists every model of this table for generations.", _offers()),
            assumed("primaryPricingRows price a picture, in rows that do not speak of tokens.", _priced()),
        ),
        keyed=False,
    ),
)
