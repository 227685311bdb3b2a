"""Rows about the lists of models; public, so they are asked without the key."""

from typing import Any

from tryon.conformance.expectations import Answer, Expectation, assumed
from tryon.conformance.row import OPERATION, PRICES, Row
from tryon.conformance.rows.models import ALL
from tryon.gateway.model_list import CatalogueModel, parse_model_list


def _listed() -> Expectation:
    def check(answer: Answer) -> str:
        named = bool(answer.entries) and all(isinstance(row.get("id"), str) for row in answer.entries)
        return "" if answer.status == 200 and named else answer.briefly()

    return Expectation("200 and data, a list of models with an id", check)


def _shape(body: Any) -> str:
    """Which of the three shapes this is; "" for none of them."""
    data = body.get("data") if isinstance(body, dict) else None
    if isinstance(data, dict):
        return next((f"data.{name}" for name in ("data", "models") if isinstance(data.get(name), list)), "")
    return "data" if isinstance(data, list) else ""


def _one_of_three() -> Expectation:
    def check(answer: Answer) -> str:
        if answer.status != 200 or not _shape(answer.json):
            return answer.briefly()
        return "" if parse_model_list(answer.json) else f"no model with an id in {_shape(answer.json)}"

    return Expectation("200 and models in data, data.data or data.models", check)


def _offers() -> Expectation:
    def check(answer: Answer) -> str:
        found = _found(answer)
        usable = {name for name, model in found.items() if OPERATION in model.operations}
        missing = [name for name in ALL if name not in usable]
        return f"without {', '.join(missing)}" if missing else ""

    return Expectation(f"all models of this table, each with {OPERATION}", check)


def _priced() -> Expectation:
    def check(answer: Answer) -> str:
        found = _found(answer)
        free = [name for name in ALL if name in found and not any(found[name].prices.values())]
        return f"no price of a picture for {', '.join(free)}" if free else ""

    return Expectation("a price in USD for a picture of each", check)


def _found(answer: Answer) -> dict[str, CatalogueModel]:
    return {model.id: model for model in parse_model_list(answer.json)}


CATALOGUE_ROWS = (
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
