"""Which models people may choose, and what each takes: as is known, as the list says, as staff correct it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tryon.models.circuit_breaker import CircuitBreaker
from tryon.rules import model_families
from tryon.rules.model_families import Family

LABEL_WORDS = {"gpt": "GPT", "xai": "xAI"}
LAST = 100
NOTICE = dt.timedelta(days=30)  # that a retirement is told ahead


class OfferQuerySet(models.QuerySet["Offer"]):
    def to_choose(self, account: str) -> dict[str, Family]:
        """The models to choose from with what each takes, in their order.

        Retired ones are left out until the gateway takes them again.
        """
        retired = CircuitBreaker.objects.retired(account)
        known = list(self.order_by("position", "pk"))
        found = {offer.model: offer.takes for offer in known if offer.offered}
        if not known:  # a new site that has not read the gateway's list is open all the same
            first = settings.LLMTR_MODEL or model_families.PREFERRED[0]
            found = {first: model_families.family(first)}
        return {
            name: takes
            for name, takes in found.items()
            if name not in retired and not model_families.answers_vectors(name)
        }

    def takes_of(self, model: str) -> Family:
        """What this model takes: as its row says, else as far as it is known by its id."""
        row = self.filter(model=model).first()
        return row.takes if row else model_families.family(model)

    def labels(self) -> dict[str, str]:
        return dict(self.values_list("model", "label"))

    def learn(self, listed: Sequence[str]) -> str:
        """Rows for the models that the gateway lists; the one that is offered because none was there before.

        That is the configured one, or the first of an order. Later nothing is offered by itself.
        """
        first = ""
        known = set(self.values_list("model", flat=True))
        if not known:
            first = settings.LLMTR_MODEL or model_families.preferred(listed) or model_families.PREFERRED[0]
        for name in dict.fromkeys([*filter(None, [first]), *listed]):
            if name not in known:
                self.get_or_create(model=name, defaults=_new(name, name == first))
        self.filter(model__in=listed).update(missing_since=None)
        self.exclude(model__in=listed).filter(missing_since=None).update(missing_since=timezone.now())
        return first

    def come_back(self, listed: Sequence[str]) -> OfferQuerySet:
        """Those that the list did not hold, and holds again."""
        return self.filter(model__in=listed).exclude(missing_since=None)

    def successor(self, model: str, account: str) -> str:
        """Which other model could take its place, by an order; "" where none is listed that could."""
        listed = list(self.filter(missing_since=None).values_list("model", flat=True))
        return model_families.preferred(listed, but={model, *CircuitBreaker.objects.retired(account)})

    def put_in_place(self, old: str, new: str) -> None:
        """Offer a model where another one stood, so that the way back is known."""
        former, _ = self.get_or_create(model=old, defaults=_new(old, True))
        row, _ = self.get_or_create(model=new, defaults=_new(new, False))
        is_way_back = former.in_place_of == new
        self.filter(pk=row.pk).update(
            offered=True,
            position=min(former.position, row.position),
            in_place_of="" if is_way_back else old,
        )
        self.filter(pk=former.pk).update(offered=False, in_place_of="")


def _new(name: str, offered: bool) -> dict[str, Any]:
    return {"label": label(name), "offered": offered, "position": 0 if offered else LAST}


class Offer(models.Model):
    """A model of the gateway: whether and where people may choose it, and what it takes.

    `listed` is what the gateway's list says of it, `corrected` what staff know better, by the names in
    `model_families.FACTS` and `retires_on` (an ISO date) and `successor` (a model's id).
    """

    model = models.CharField(max_length=100, unique=True)
    label = models.CharField(max_length=60)  # as people read it in the form
    position = models.PositiveSmallIntegerField(default=LAST)
    offered = models.BooleanField(default=False)
    listed = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    corrected = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    missing_since = models.DateTimeField(null=True, blank=True, editable=False)  # from the gateway's list
    in_place_of = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("model")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.label

    @property
    def uncorrected(self) -> dict[str, Any]:
        """All that is known of it without staff."""
        known = model_families.family(self.model).facts()
        return {"retires_on": "", "successor": "", **known, **self.listed}

    @property
    def facts(self) -> dict[str, Any]:
        return {**self.uncorrected, **self.corrected}

    def successor_named(self, answered: str) -> str:
        """Who takes its place: as staff say, else as the gateway `answered`, else as its list says."""
        return str(self.corrected.get("successor") or answered or self.facts["successor"])

    @property
    def takes(self) -> Family:
        return model_families.family(self.model).corrected(self.facts)

    @property
    def retires_on(self) -> dt.date | None:
        named = self.facts["retires_on"]
        return dt.date.fromisoformat(named) if named else None

    @property
    def ends_on(self) -> dt.date | None:
        """The date of its retirement where that is told: a month ahead, and from then on."""
        day = self.retires_on
        return day if day and day <= timezone.localdate() + NOTICE else None


def label(model: str) -> str:
    """`google/gemini-3.1-flash-image` read aloud: Gemini 3.1 flash image."""
    words = model.rpartition("/")[2].replace("-", " ").replace("_", " ").split()
    first, *rest = words or [model]
    return " ".join([LABEL_WORDS.get(first, first.capitalize()), *rest])[:60]
