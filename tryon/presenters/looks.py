"""The looks of one person: try-ons that began from one photo, each with a picture that stands for it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch

from gallery.models import Image
from tryon.models import Generation, Reference, Result, TryOn, TryOnInput

MOST = 12
READ = 30  # of them, some may have nothing to show


@dataclass(frozen=True, slots=True)
class Look:
    """A try-on beside others of the same person; no `image`: it is on its way, or ended without one."""

    tryon: TryOn
    name: str
    image: Image | None
    is_working: bool


def looks_of(person: Reference, present: TryOn) -> list[Look]:
    """Those of the present try-on's owner, the newest first; what has nothing to show is left out."""
    inputs = TryOnInput.objects.select_related("reference").order_by("position")
    made = Result.objects.filter(image__deleted_at=None).select_related("image").order_by("position")
    generations = Generation.objects.order_by("number").prefetch_related(
        Prefetch("results", queryset=made, to_attr="made")
    )
    rows = TryOn.objects.present().filter(
        owner=present.owner_id, inputs__reference=person, inputs__role=TryOnInput.PERSON
    )
    rows = rows.order_by("-created_at").prefetch_related(
        Prefetch("inputs", queryset=inputs), Prefetch("generations", queryset=generations)
    )
    looks = [_look(row) for row in rows[:READ]]
    return [each for each in looks if each.image or each.is_working or each.tryon == present][:MOST]


def _look(tryon: TryOn) -> Look:
    generations = list(tryon.generations.all())
    images = [row.image for each in generations for row in each.made]  # type: ignore[attr-defined]
    is_working = any(not each.is_ended for each in generations)
    return Look(tryon, tryon.picture_name(list(tryon.inputs.all())), next(iter(images), None), is_working)
