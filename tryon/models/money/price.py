"""What a picture costs. Money is integer micro-USD: SQLite would keep decimals as floats."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import models
from django.utils import timezone

from tryon.rules import model_families
from tryon.rules.model_families import Family

MICROS = 1_000_000  # of a US dollar


def usd(micros: int, digits: int = 3) -> str:
    """Micro-USD as people read them: "$0.045"; with 2 digits "$0.05"."""
    return f"${micros / MICROS:,.{digits}f}"


class PriceQuerySet(models.QuerySet["Price"]):
    def of_picture(self, model: str, size: str) -> int:
        """Micro-USD for one picture: the newest row, else PRICE_FALLBACK, else the published list price."""
        return self.of_pictures([model], [size])[model, size]

    def of_request(self, model: str, takes: Family, size: str, mode: str) -> int:
        """Micro-USD for one picture that is asked for in this way from a model that takes this."""
        return self.of_picture(
            model, model_families.EDIT if takes.is_edit(mode) else takes.nearest_size(size)
        )

    def of_pictures(self, models: Sequence[str], sizes: Sequence[str]) -> dict[tuple[str, str], int]:
        """The same of each model in each size, by one question."""
        rows = self.filter(model__in=models, size__in=[*sizes, ""]).order_by("since", "pk")
        known = {(row.model, row.size): row.micros for row in rows}  # the newest stands last
        return {(model, size): _price(known, model, size) for model in models for size in sizes}

    def learn(self, model: str, size: str, micros: int) -> None:
        """Keep a price of the gateway's catalogue; a row more only when it changed."""
        newest = self.filter(model=model, size=size).order_by("-since").first()
        if newest is None or newest.micros != micros:
            self.create(model=model, size=size, micros=micros)


def _price(known: dict[tuple[str, str], int], model: str, size: str) -> int:
    any_size = known.get((model, ""))
    if size == model_families.EDIT:  # billed as its input and its output, where it has no price of its own
        return known.get((model, size), 2 * (_fallback("") if any_size is None else any_size))
    return known.get((model, size), _fallback(size) if any_size is None else any_size)


def _fallback(size: str) -> int:
    """Micro-USD where the gateway names no price: the operator's, else the list price, else the dearest."""
    if settings.PRICE_FALLBACK is not None:
        return round(settings.PRICE_FALLBACK * MICROS)
    listed = model_families.LIST_PRICES
    return listed.get(size, max(listed.values()))


class Price(models.Model):
    """What one picture of a model and size costs since a moment. An empty size stands for every size."""

    model = models.CharField(max_length=100)
    size = models.CharField(max_length=10, blank=True)
    micros = models.PositiveBigIntegerField()  # for one picture
    since = models.DateTimeField(default=timezone.now)

    objects = PriceQuerySet.as_manager()

    class Meta:
        # Read by: the estimate and the reservation.
        indexes = [models.Index(fields=["model", "size", "-since"], name="price_now")]

    def __str__(self) -> str:
        return f"{self.model} {self.size} {usd(self.micros)}"
