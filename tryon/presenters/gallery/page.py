"""What the gallery's page is made of: stacks of variations, and the filters that it offers to press."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from gallery.models import Image
from gallery.models.keyset import Mark
from tryon.models import ImageInput, Reference
from tryon.presenters.gallery.filters import KINDS, SHOWN, GalleryFilters
from tryon.presenters.labels import reference_label

FROM_LAST = 200  # pictures, from the page on, whose people and garments are offered
MOST_OFFERED = 16  # of each kind


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter to press: where it leads, and whether it is in force, so that pressing takes it away."""

    label: object
    address: str
    is_on: bool
    photo: Reference | None = None


def state_chips(filters: GalleryFilters) -> list[Chip]:
    labels = SHOWN | {state.value: state.label for state in Image.Review}
    return [Chip(label, filters.toggled(name), name in filters.show) for name, label in labels.items()]


def photo_chips(filters: GalleryFilters, mark: Mark | None) -> list[list[Chip]]:
    """Garments, then people, of the pictures from here on: those used last, each kind in alphabetical order.

    None of a kind that has nothing to choose from.
    """
    last = Image.objects.owned_by(filters.user).walk(mark).values("pk")[:FROM_LAST]
    used = ImageInput.objects.filter(image__in=last).values("reference")
    offered = Reference.objects.present().filter(pk__in=used, kind__in=KINDS).order_by("-last_used_at")
    photos = dict.fromkeys([*filters.photos.values(), *offered[: 2 * MOST_OFFERED]])
    by_kind = [[photo for photo in photos if photo.kind == kind][:MOST_OFFERED] for kind in reversed(KINDS)]
    choices = [some for some in by_kind if len(some) > 1 or (some and some[0] in filters.photos.values())]
    rows = [[_chip(filters, photo) for photo in some] for some in choices]
    return [sorted(chips, key=lambda chip: (not chip.is_on, str(chip.label).casefold())) for chips in rows]


def _chip(filters: GalleryFilters, photo: Reference) -> Chip:
    is_on = photo in filters.photos.values()
    address = filters.address(**{photo.kind: None if is_on else str(photo.pk)})
    return Chip(photo.label or reference_label(photo), address, is_on, photo)


@dataclass(slots=True)
class Stack:
    """Variations of one another that stand on one page: the newest in front."""

    front: Image
    others: list[Image]

    @property
    def images(self) -> list[Image]:
        return [self.front, *self.others]


def stacks(images: Iterable[Image]) -> list[Stack]:
    """In the order of their fronts."""
    found: dict[uuid.UUID, Stack] = {}
    for image in images:
        key = image.series or image.pk
        if key in found:
            found[key].others.append(image)
        else:
            found[key] = Stack(image, [])
    return list(found.values())
