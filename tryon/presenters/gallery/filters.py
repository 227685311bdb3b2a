"""The gallery's filters: each walks an index of its own, and several together the narrowest of theirs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models import Image
from gallery.models.image_queryset import EPOCH
from gallery.models.keyset import Mark, beyond, walked
from tryon.accounts.models import AnyUser
from tryon.models import ImageInput, Reference

# Rows that one page with several filters looks through; further ones when somebody asks for more.
STEPS = (100, 400, 1500)
MOST_WALKED = sum(STEPS)
PROBED = 500  # rows of each by which the narrowest is known
KINDS = (Reference.Kind.PERSON.value, Reference.Kind.GARMENT.value)
SHOWN = {"favourite": _("Favourites"), "shared": _("Shared")}


@dataclass(frozen=True, slots=True)
class Filter:
    """One of those in force: `rows` stand in the gallery's order, each with the id of its picture in `pk`."""

    rows: QuerySet[Any]
    passes: Q  # the same of a picture that was found by another filter
    pk: str = "id"

    def walk(self, mark: Mark | None, *, newer: bool) -> QuerySet[Any]:
        rows = self.rows.filter(beyond(mark, pk=self.pk, newer=newer))
        return rows.order_by(*walked(pk=self.pk, newer=newer))

    def images(self, mark: Mark | None, most: int, *, newer: bool) -> list[Image]:
        rows = self.walk(mark, newer=newer)
        if self.pk == "id":
            return list(rows[:most])
        return [row.image for row in rows.filter(image__deleted_at=None).select_related("image")[:most]]

    def width(self, mark: Mark | None) -> tuple[dt.datetime, int]:
        """Less for a narrower one: how far back PROBED rows reach, and how many there are at most."""
        rows = self.walk(mark, newer=False).values("created_at")[:PROBED]
        seen = rows.aggregate(count=Count("*"), oldest=Min("created_at"))
        return (seen["oldest"] if seen["count"] == PROBED else EPOCH), seen["count"]


@dataclass(frozen=True, slots=True)
class Page:
    """Pictures, newest first, and the place after which more may follow; None: these were the last."""

    images: list[Image]
    end: Mark | None


@dataclass(frozen=True)
class GalleryFilters:
    """Which of somebody's pictures are asked for: those that pass every filter."""

    user: AnyUser
    photos: Mapping[str, Reference] = field(default_factory=dict)  # by kind
    show: tuple[str, ...] = ()  # "favourite", "shared", and at most one state of the review

    @property
    def are_none(self) -> bool:
        return not (self.photos or self.show)

    # As an address ------------------------------------------------------------------------------------
    @property
    def query(self) -> dict[str, Any]:
        """The parts of the address that ask for the same."""
        photos = {kind: str(self.photos[kind].pk) for kind in KINDS if kind in self.photos}
        return photos | ({"show": list(self.show)} if self.show else {})

    def address(self, **parts: object) -> str:
        """The query string of the same; with parts in the place of their own, where None takes one away."""
        wanted = self.query | parts
        told = {name: wanted[name] for name in (*KINDS, "show", "after", "select") if wanted.get(name)}
        return f"?{urlencode(told, doseq=True)}" if told else ""

    def toggled(self, name: str) -> str:
        """With this of `show` in the place of another, or without it."""
        return self.address(show=[n for n in self.show if n != name] if name in self.show else [name])

    # The pictures -------------------------------------------------------------------------------------
    def page(self, mark: Mark | None, size: int, *, newer: bool = False) -> Page:
        """The next pictures after a mark; with several filters of the next MOST_WALKED rows at most."""
        if len(self._filters) > 1:
            return self._page_of_several(mark, size, newer=newer)
        images = self._filters[0].images(mark, size + 1, newer=newer)
        return Page(images[:size], images[size - 1].mark if len(images) > size else None)

    def neighbour(self, image: Image, *, newer: bool) -> Image | None:
        return next(iter(self.page(image.mark, 1, newer=newer).images), None)

    def _page_of_several(self, mark: Mark | None, size: int, *, newer: bool) -> Page:
        narrowest, *others = sorted(self._filters, key=lambda each: each.width(mark))
        passes = Q(deleted_at=None)
        for each in others:
            passes &= each.passes
        found: list[Image] = []
        for step in STEPS:
            rows = narrowest.walk(mark, newer=newer)
            # All of the step, not the first of them: a database that is asked for those may go another way.
            here = Image.objects.filter(passes, pk__in=rows.values(narrowest.pk)[:step])
            found += here.order_by(*walked(newer=newer))
            if len(found) > size:
                return Page(found[:size], found[size - 1].mark)
            mark = rows.values_list("created_at", narrowest.pk)[step - 1 : step].first()
            if mark is None:
                return Page(found, None)
        return Page(found, mark)

    @cached_property
    def _filters(self) -> list[Filter]:
        of_all = Filter(Image.objects.owned_by(self.user), Q())
        by_photo = [self._of_photo(photo) for photo in self.photos.values()]
        return [*by_photo, *map(self._of_state, self.show)] or [of_all]

    def _of_photo(self, photo: Reference) -> Filter:
        rows = ImageInput.objects.filter(owner_id=self.user.pk, reference=photo)
        here = ImageInput.objects.filter(image=OuterRef("pk"), reference=photo)
        return Filter(rows, Q(Exists(here)), "image_id")

    def _of_state(self, name: str) -> Filter:
        passes = {
            "favourite": Q(favourite=True),
            "shared": Q(shared_until__gt=timezone.now()),
        }.get(name, Q(review=name))
        return Filter(Image.objects.owned_by(self.user).filter(passes), passes)
