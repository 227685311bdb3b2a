from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import models

from tryon.models.circuit_breaker import CircuitBreaker
from tryon.rules import model_families

LABEL_WORDS = {"gpt": "GPT", "xai": "xAI"}


class OfferQuerySet(models.QuerySet["Offer"]):
    def names(self, account: str, mode: str = "") -> list[str]:
        """The models to choose from, in their order; those that serve one way of asking where it is named.

        Retired ones are left out until the gateway takes them again.
        """
        retired = CircuitBreaker.objects.retired(account)
        known = list(self.order_by("position", "pk"))
        names = [offer.model for offer in known if offer.offered]
        # A new site has no rows before it has read the gateway's list, and is open all the same.
        if settings.LLMTR_MODEL not in [offer.model for offer in known]:
            names.insert(0, settings.LLMTR_MODEL)
        serving = (name for name in names if not mode or model_families.family(name).serves(mode))
        return [name for name in serving if name not in retired and not model_families.answers_vectors(name)]

    def labels(self) -> dict[str, str]:
        return dict(self.values_list("model", "label"))

    def learn(self, names: Iterable[str]) -> None:
        """Rows for models that the gateway lists; only the configured one is offered from the start."""
        known = set(self.values_list("model", flat=True))
        for name in names:
            if name not in known:
                configured = name == settings.LLMTR_MODEL
                self.get_or_create(
                    model=name,
                    defaults={
                        "label": label(name),
                        "offered": configured,
                        "position": 0 if configured else LAST,
                    },
                )

    def put_in_place(self, retired: str, replacement: str) -> None:
        """Offer a replacement where the retired model stood."""
        place = self.filter(model=retired).values_list("position", flat=True).first() or 0
        self.update_or_create(
            model=replacement,
            defaults={"offered": True, "position": place},
            create_defaults={"offered": True, "position": place, "label": label(replacement)},
        )
        self.filter(model=retired).update(offered=False)


LAST = 100


class Offer(models.Model):
    """A model of the gateway, and whether and at which place people may choose it."""

    model = models.CharField(max_length=100, unique=True)
    label = models.CharField(max_length=60)  # as people read it in the form
    position = models.PositiveSmallIntegerField(default=LAST)
    offered = models.BooleanField(default=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = "model"
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.label


def label(model: str) -> str:
    """`google/gemini-3.1-flash-image` read aloud: Gemini 3.1 flash image."""
    words = model.rpartition("/")[2].replace("-", " ").replace("_", " ").split()
    first, *rest = words or [model]
    return " ".join([LABEL_WORDS.get(first, first.capitalize()), *rest])[:60]
