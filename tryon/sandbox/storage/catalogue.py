"""Which models are offered now and at what price; both can be changed while the sandbox runs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tryon.sandbox.errors import bad_value, model_not_found, model_retired
from tryon.sandbox.models import GENERATIONS, MODELS, RETIRED, Model
from tryon.sandbox.storage.lifetimes import Lifetime, Lifetimes
from tryon.sandbox.storage.store import Store

SHAPES = ("list", "data", "models")
# How each shape spells the id, the operations and the replacement of a retired model.
NAMES = {
    "list": ("canonicalId", "supportedOperations", "replacementModel"),
    "data": ("id", "supported_operations", "replacement_model"),
    "models": ("id", "operations", "replacementModel"),
}
# How the announced end of a model may be called, and its date be written; which is the real one is not known.
DATES = {
    "deprecationDate": "%Y-%m-%d",
    "retirement_date": "%Y-%m-%d",
    "deprecated_at": "%Y-%m-%dT%H:%M:%SZ",
    "sunset_at": "%Y-%m-%dT%H:%M:%SZ",
}


@dataclass(frozen=True)
class Listing:
    """How the lists are written: one of SHAPES, one of DATES, and whether entries say what a model takes."""

    shape: str = "list"
    date: str = "deprecationDate"
    limits: bool = False


def read_listing(fields: Mapping[str, Any], listing: Listing) -> Listing:
    """`listing` with what `fields` change. Raises RefusedError (400)."""
    if not fields or fields.keys() - asdict(listing).keys():
        raise bad_value(f"send some of {', '.join(asdict(listing))}")
    changed = replace(listing, **fields)
    if changed.shape not in SHAPES:
        raise bad_value(f"shape must be one of {', '.join(SHAPES)}", param="shape")
    if changed.date not in tuple(DATES):
        raise bad_value(f"date must be one of {', '.join(DATES)}", param="date")
    if not isinstance(changed.limits, bool):
        raise bad_value("limits is true or false", param="limits")
    return changed


class Catalogue:
    """`MODELS` with what was retired and priced anew since, kept over restarts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.lifetimes = Lifetimes(store)

    def find(self, name: object) -> Model:
        """A model as it is offered now. Raises RefusedError: 400, 404 unknown, 410 retired."""
        if not isinstance(name, str) or not name:
            raise bad_value("model is required", param="model")
        if (replacement := self.retired().get(name)) is not None:
            raise model_retired(name, replacement)
        self.lifetimes.check(known(name).id)
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

    def set_lifetime(self, name: str, lifetime: Lifetime) -> None:
        self.lifetimes.set(known(name).id, lifetime)

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

    def public_list(self, listing: Listing) -> dict[str, Any]:
        """`GET /v1/models`."""
        gone = self.retired()
        rows = [
            {"id": name, "object": "model", "created": 1_760_000_000, "owned_by": name.partition("/")[0]}
            | _end(lifetime, listing)
            for name, lifetime in self.lifetimes.offered(MODELS).items()
            if name not in gone
        ]
        return {"object": "list", "data": rows}

    def priced_list(self, listing: Listing, operation: str | None) -> dict[str, Any]:
        """`GET /api/models`, in one of the three shapes that are in the wild, field names included."""
        offered, gone = self.lifetimes.offered(MODELS), self.retired()
        rows = [
            _row(model, listing, gone.get(model.id), offered[model.id])
            for model in self.all()
            if model.id in offered and (operation is None or operation in model.operations)
        ]
        return {"data": rows} if listing.shape == "list" else {"data": {listing.shape: rows}}


def known(name: str) -> Model:
    """Raises RefusedError (404)."""
    if name not in MODELS:
        raise model_not_found(name)
    return MODELS[name]


def _row(model: Model, listing: Listing, gone: str | None, lifetime: Lifetime) -> dict[str, Any]:
    """`gone` is the replacement of a model that was retired by order, None for one that is offered."""
    id_name, operations_name, replacement_name = NAMES[listing.shape]
    row = {
        id_name: model.id,
        operations_name: list(model.operations),
        "isActive": gone is None,
        "isRetired": gone is not None,
        "primaryPricingRows": [
            _price_row(GENERATIONS, size, micros) for size, micros in model.prices.items()
        ],
    }
    replacement = gone or lifetime.replacement
    named = {replacement_name: replacement} if replacement else {}
    return row | named | _end(lifetime, listing) | (_limits(model) if listing.limits else {})


def _end(lifetime: Lifetime, listing: Listing) -> dict[str, str]:
    """The announced end of a model that has one."""
    if lifetime.retires_at is None:
        return {}
    moment = datetime.fromtimestamp(lifetime.retires_at, UTC)
    return {listing.date: moment.strftime(DATES[listing.date])}


def _limits(model: Model) -> dict[str, Any]:
    """What a generation takes."""
    return {
        "supportedSizes": list(model.sizes),
        "supportedAspectRatios": list(model.ratios),
        "maxReferenceImages": model.references,
        "maxImages": model.most,
    }


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
