"""How pictures came to be: their request, inputs and call, read for many pictures at once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from gallery.models import Image
from tryon.models import Attempt, Generation, Reference, Result, TryOn, TryOnInput
from tryon.models.money import MICROS


@dataclass(frozen=True, slots=True)
class Origin:
    """What lies behind one picture. Inputs whose photo was deleted are left out."""

    tryon: TryOn
    generation: Generation
    attempt: Attempt | None
    inputs: tuple[TryOnInput, ...]

    @property
    def person(self) -> Reference | None:
        return next((row.reference for row in self.inputs if row.slot == TryOnInput.PERSON), None)

    @property
    def garments(self) -> list[TryOnInput]:
        return [row for row in self.inputs if row.slot != TryOnInput.PERSON]

    @property
    def lost_inputs(self) -> bool:
        """Whether a photo that went into it was deleted since."""
        return len(self.inputs) < len(self.tryon.inputs.all())

    @property
    def cost(self) -> str:
        """US dollars of this one picture, or "" where no price is known."""
        micros = self.attempt.price_micros if self.attempt else 0
        return f"${micros / MICROS:.3f}" if micros else ""

    @property
    def seconds(self) -> int | None:
        """From the moment the request was sent to the picture."""
        if self.generation.sent_at is None or self.generation.ended_at is None:
            return None
        return round((self.generation.ended_at - self.generation.sent_at).total_seconds())


def origins(images: Sequence[Image]) -> dict[uuid.UUID, Origin]:
    """The origin of each picture by its id, in four queries whatever their number."""
    inputs = TryOnInput.objects.select_related("reference").order_by("position")
    answered = Attempt.objects.filter(status=Attempt.Status.OK).order_by("-sent_at")
    rows = (
        Result.objects.filter(image__in=images)
        .select_related("generation__tryon")
        .prefetch_related(
            Prefetch("generation__tryon__inputs", queryset=inputs),
            Prefetch("generation__attempts", queryset=answered),
        )
    )
    return {row.image_id: _origin(row.generation) for row in rows}


def _origin(generation: Generation) -> Origin:
    kept = tuple(row for row in generation.tryon.inputs.all() if row.reference.deleted_at is None)
    return Origin(generation.tryon, generation, next(iter(generation.attempts.all()), None), kept)
