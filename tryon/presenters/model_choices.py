"""What the studio offers to choose from: the models, with what each takes and what its pictures cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tryon.models import Offer, Price, Site, TryOn
from tryon.pipeline.gateway_client import gateway_client
from tryon.rules import model_families
from tryon.rules.model_families import Family


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model in the form of one mode; `prices` are micro-USD a picture by size, "" where it has none.

    Of its `references` the form has `places` for garments, or for the pictures to work from.
    """

    model: str
    label: str
    sizes: tuple[str, ...]
    ratios: tuple[str, ...]
    references: int
    places: int
    prices: dict[str, int]
    tells_prices: bool = True

    def price(self, size: str) -> int:
        return self.prices.get(size, max(self.prices.values()))

    @property
    def data(self) -> str:
        """What the page's script needs to let nobody choose what this model does not take."""
        told = ("sizes", "ratios", "references", *(("prices",) if self.tells_prices else ()))
        facts = {name: getattr(self, name) for name in told}
        return json.dumps(facts)


def model_choices(mode: str, models: Mapping[str, Family], *, tells_prices: bool = True) -> list[ModelChoice]:
    """The models that the form of this way of asking offers, in its order."""
    labels = Offer.objects.labels()
    prices = Price.objects.of_pictures(list(models), (*model_families.SIZES, "", model_families.EDIT))
    choices = [_choice(mode, name, takes, labels.get(name, name), prices) for name, takes in models.items()]
    return [replace(choice, tells_prices=tells_prices) for choice in choices]


def price_of_one_more(tryon: TryOn) -> str:
    """What another picture of this try-on costs, as visitors read it; "" where nothing can make it."""
    takes = Offer.objects.to_choose(gateway_client().account).get(tryon.model)
    if takes is None:
        return ""
    return Site.objects.current().price(Price.objects.of_request(tryon.model, takes, tryon.size, tryon.mode))


def _choice(
    mode: str, model: str, takes: Family, label: str, prices: dict[tuple[str, str], int]
) -> ModelChoice:
    is_edit = takes.is_edit(mode)
    ratios = () if is_edit else takes.ratios
    sizes = takes.sizes or ("",)
    references = min(takes.references, model_families.REFERENCES[mode][1])
    return ModelChoice(
        model=model,
        label=label,
        sizes=takes.sizes,
        ratios=ratios,
        references=references,
        places=references - (mode == "try_on"),
        prices={size: prices[model, model_families.EDIT if is_edit else size] for size in sizes},
    )
