"""The looks of one person: try-ons that began from one photo, each with a picture that stands for it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from django.db.models import Prefetch
from django.utils.text import Truncator
from django.utils.translation import gettext

from gallery.models import Image
from tryon.models import Generation, Reference, Result, TryOn, TryOnInput

MOST = 12
READ = 30  # of them, some may have nothing to show
LONGEST_MARK = 24  # characters


@dataclass(frozen=True, slots=True)
class Look:
    """A try-on beside others of the same person; no `image`: it is on its way, or ended without one."""

    tryon: TryOn
    name: str
    image: Image | None
    is_working: bool
    mark: str = ""  # what tells it apart from others of the same name


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
    shown = [each for each in looks if each.image or each.is_working or each.tryon == present]
    return _told_apart(shown)[:MOST]


def _told_apart(looks: list[Look]) -> list[Look]:
    """Those of one name by the words that were given for one alone; else counted, the oldest first."""
    alike: dict[str, list[Look]] = defaultdict(list)
    for look in reversed(looks):
        alike[look.name].append(look)
    return [replace(look, mark=_mark(look, alike[look.name])) for look in looks]


def _mark(look: Look, alike: list[Look]) -> str:
    if len(alike) == 1:
        return ""
    notes = [each.tryon.note for each in alike]
    if look.tryon.note and notes.count(look.tryon.note) == 1:
        return f"“{Truncator(look.tryon.note).chars(LONGEST_MARK)}”"
    return gettext("%(number)d of %(all)d") % {"number": alike.index(look) + 1, "all": len(alike)}


def _look(tryon: TryOn) -> Look:
    generations = list(tryon.generations.all())
    images = [row.image for each in generations for row in each.made]  # type: ignore[attr-defined]
    is_working = any(not each.is_ended for each in generations)
    return Look(tryon, tryon.picture_name(list(tryon.inputs.all())), next(iter(images), None), is_working)
