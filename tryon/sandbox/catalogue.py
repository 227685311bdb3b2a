"""The models that this gateway offers, what each takes and what it costs (list prices of 2026)."""

from dataclasses import dataclass
from typing import Any

from tryon.sandbox.errors import RefusedError, bad_value

OPERATION = "IMAGES_GENERATIONS"
SHAPES = ("list", "data", "models")


@dataclass(frozen=True)
class Model:
    """`references` is the most that one call takes; `prices` are micro-USD a picture, by size."""

    id: str
    references: int
    prices: dict[str, int]
    ratios: tuple[str, ...] = ("1:1", "3:4", "4:3", "9:16", "16:9")
    most: int = 4
    # Parameters beside `model` and `prompt`; any other is refused.
    takes: frozenset[str] = frozenset(
        ("size", "aspect_ratio", "n", "file_id", "file_ids", "image_url", "image_urls")
    )


MODELS = {
    model.id: model
    for model in (
        Model("google/gemini-3.1-flash-image", 8, {"512": 45_000, "1K": 67_000, "2K": 101_000}),
        Model("google/gemini-2.5-flash-image", 3, {"512": 39_000, "1K": 39_000, "2K": 39_000}),
    )
}
RETIRED = {"google/gemini-2.5-flash-image-preview": "google/gemini-2.5-flash-image"}


def find_model(name: object) -> Model:
    if not isinstance(name, str) or not name:
        raise bad_value("model is required", param="model")
    if name in RETIRED:
        raise RefusedError(410, "model_retired", f"{name} was retired", replacement_model=RETIRED[name])
    if name not in MODELS:
        raise RefusedError(404, "model_not_found", f"there is no model {name!r}")
    return MODELS[name]


def public_list() -> dict[str, Any]:
    """`GET /v1/models`."""
    rows = [
        {"id": name, "object": "model", "created": 1_760_000_000, "owned_by": name.partition("/")[0]}
        for name in MODELS
    ]
    return {"object": "list", "data": rows}


def priced_list(shape: str, operation: str | None) -> dict[str, Any]:
    """`GET /api/models`, in one of the three shapes that are in the wild, field names included."""
    models = MODELS.values() if operation in (None, OPERATION) else ()
    rows = [_row(model, shape) for model in models]
    return {"data": rows} if shape == "list" else {"data": {shape: rows}}


def _row(model: Model, shape: str) -> dict[str, Any]:
    id_name, operations_name = {
        "list": ("canonicalId", "supportedOperations"),
        "data": ("id", "supported_operations"),
        "models": ("id", "operations"),
    }[shape]
    prices = [_price_row(size, micros) for size, micros in model.prices.items()]
    return {
        id_name: model.id,
        operations_name: [OPERATION],
        "isActive": True,
        "isRetired": False,
        "primaryPricingRows": prices,
    }


def _price_row(size: str, micros: int) -> dict[str, str]:
    return {
        "operation": OPERATION,
        "metric": f"OUTPUT_IMAGE_{size}",
        "unit": "image",
        "priceUsd": f"{micros / 1_000_000:.3f}",
    }
