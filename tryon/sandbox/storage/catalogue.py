"""Which models are offered now and at what price; both can be changed while the sandbox runs."""

from dataclasses import replace
from typing import Any

from tryon.sandbox.errors import RefusedError, bad_value
from tryon.sandbox.models import GENERATIONS, MODELS, RETIRED, Model
from tryon.sandbox.storage.store import Store

SHAPES = ("list", "data", "models")
# How each shape spells the id, the operations and the replacement of a retired model.
NAMES = {
    "list": ("canonicalId", "supportedOperations", "replacementModel"),
    "data": ("id", "supported_operations", "replacement_model"),
    "models": ("id", "operations", "replacementModel"),
}


class Catalogue:
    """`MODELS` with what was retired and priced anew since, kept over restarts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, name: object) -> Model:
        """A model as it is offered now. Raises RefusedError: 400, 404 unknown, 410 retired."""
        if not isinstance(name, str) or not name:
            raise bad_value("model is required", param="model")
        if (replacement := self.retired().get(name)) is not None:
            details = {"replacement_model": replacement} if replacement else {}
            raise RefusedError(410, "model_retired", f"{name} was retired", **details)
        return self._priced(known(name))

    def retired(self) -> dict[str, str]:
        """The models that are gone, each with its replacement, "" where none is named."""
        rows = self._store.rows("SELECT model, replacement FROM retired ORDER BY rowid")
        return RETIRED | {row["model"]: row["replacement"] for row in rows}

    def retire(self, name: str, replacement: str) -> None:
        self._store.rows("INSERT OR REPLACE INTO retired VALUES (?, ?)", known(name).id, replacement)

    def bring_back(self) -> None:
        """Undo every `retire`."""
        self._store.rows("DELETE FROM retired")

    def set_price(self, name: str, size: str | None, micros: int) -> None:
        """Micro-USD of a picture in one size, or in every size where `size` is None."""
        model = known(name)
        if size is not None and size not in model.prices:
            raise bad_value(f"{name} has no price for the size {size!r}", param="size")
        for named in model.prices if size is None else (size,):
            self._store.rows("INSERT OR REPLACE INTO prices VALUES (?, ?, ?)", name, named, micros)

    def reset_prices(self) -> None:
        self._store.rows("DELETE FROM prices")

    def all(self) -> list[Model]:
        """Every model, retired ones too, at its present price."""
        return [self._priced(model) for model in MODELS.values()]

    def _priced(self, model: Model) -> Model:
        rows = self._store.rows("SELECT size, micros FROM prices WHERE model = ?", model.id)
        return replace(model, prices=model.prices | {row["size"]: row["micros"] for row in rows})

    def public_list(self) -> dict[str, Any]:
        """`GET /v1/models`."""
        retired = self.retired()
        rows = [
            {"id": name, "object": "model", "created": 1_760_000_000, "owned_by": name.partition("/")[0]}
            for name in MODELS
            if name not in retired
        ]
        return {"object": "list", "data": rows}

    def priced_list(self, shape: str, operation: str | None) -> dict[str, Any]:
        """`GET /api/models`, in one of the three shapes that are in the wild, field names included."""
        retired = self.retired()
        rows = [
            _row(model, shape, retired.get(model.id))
            for model in self.all()
            if operation is None or operation in model.operations
        ]
        return {"data": rows} if shape == "list" else {"data": {shape: rows}}


def known(name: str) -> Model:
    """Raises RefusedError (404)."""
    if name not in MODELS:
        raise RefusedError(404, "model_not_found", f"there is no model {name!r}")
    return MODELS[name]


def _row(model: Model, shape: str, replacement: str | None) -> dict[str, Any]:
    """`replacement` is None for a model that is offered."""
    id_name, operations_name, replacement_name = NAMES[shape]
    row = {
        id_name: model.id,
        operations_name: list(model.operations),
        "isActive": replacement is None,
        "isRetired": replacement is not None,
        "primaryPricingRows": [
            _price_row(GENERATIONS, size, micros) for size, micros in model.prices.items()
        ],
    }
    return row | ({replacement_name: replacement} if replacement else {})


def _price_row(operation: str, size: str, micros: int) -> dict[str, str]:
    return {
        "operation": operation,
        "metric": f"OUTPUT_IMAGE_{size}" if size else "OUTPUT_IMAGE",
        "unit": "image",
        "priceUsd": _dollars(micros),
    }


def _dollars(micros: int) -> str:
    """At least three decimals, and six where they are needed: 0.045, 0.012345."""
    text = f"{micros // 1_000_000}.{micros % 1_000_000:06d}"
    return text.removesuffix("000")
