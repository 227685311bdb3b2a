"""What a look leads to by one press, as fields of the studio's form: another garment, or the same again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import cast

from tryon.models import Reference
from tryon.presenters.labels import reference_label
from tryon.presenters.shelf import Shelf, ShelfGarment
from tryon.rules import outfits
from tryon.web.forms.slot import PictureSlot
from tryon.web.forms.studio import StudioForm

Fields = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class NextGroup:
    """Garments of one category, and the fields that are posted with any of them."""

    heading: str
    garments: tuple[ShelfGarment, ...]
    fields: Fields


@dataclass(frozen=True, slots=True)
class WornGarment:
    """A garment that is on beside others, and the fields that are posted to take it off."""

    reference: Reference
    name: str
    fields: Fields


def again_fields(form: StudioForm) -> Fields:
    """Everything as it was; the words and the key stand in the form itself."""
    return _fields(form, str(form["n"].value()), form.slots)


def next_groups(form: StudioForm, shelf: Shelf, places: int) -> Iterator[NextGroup]:
    """The shelf, where each garment is to be put on the person of a form that shows an earlier look.

    It takes the place of what cannot be worn with it; all else stays on, as far as the model takes `places`
    garments.
    """
    for group in shelf.groups:
        stays = _stays(form, group.garments[0].reference.category, places - 1)
        yield NextGroup(group.heading, group.garments, _fields(form, "1", stays))


def worn_garments(form: StudioForm, shelf: Shelf) -> Iterator[WornGarment]:
    """What can be taken off: nothing where one garment alone is on."""
    names = {each.reference.pk: each.name for group in shelf.groups for each in group.garments}
    worn = _worn(form)
    for taken_off in worn if len(worn) > 1 else ():
        stay = _numbered((slot for slot in worn if slot is not taken_off), 1)
        reference = cast(Reference, taken_off.reference)
        name = names.get(reference.pk) or reference.label or reference_label(reference)
        yield WornGarment(reference, name, _fields(form, "1", chain(_person(form), stay)))


def _worn(form: StudioForm) -> list[PictureSlot]:
    return [slot for slot in form.garments if slot.reference]


def _numbered(slots: Iterable[PictureSlot], first: int) -> Iterator[PictureSlot]:
    """The same garments in the places from this one on."""
    for number, slot in enumerate(slots, first):
        yield PictureSlot("garment", number, slot.reference, slot.category, slot.fit)


def _person(form: StudioForm) -> list[PictureSlot]:
    return [form.person] if form.person else []


def _stays(form: StudioForm, category: str, most: int) -> Iterator[PictureSlot]:
    """The person, and what of the outfit stays on under or over a garment of this category."""
    stay = [slot for slot in _worn(form) if _go_together(category, slot.category)]
    yield from _person(form)
    yield from _numbered(stay[:most], 2)


def _go_together(new: str, worn: str) -> bool:
    return "auto" not in (new, worn) and worn not in outfits.gives_way(new)


def _fields(form: StudioForm, n: str, slots: Iterable[PictureSlot]) -> Fields:
    takes, size, shape = form.takes, str(form["size"].value()), str(form["aspect_ratio"].value())
    ratios = () if takes.is_edit(form.mode) else takes.ratios
    options = {
        "mode": form.mode,
        "model": form.chosen_model,
        "n": n,
        "size": size if size in takes.sizes else "",
        "aspect_ratio": shape if shape in ratios else "auto",
    }
    return [*options.items(), *(field for slot in slots for field in slot.fields)]
