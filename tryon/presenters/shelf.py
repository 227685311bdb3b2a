"""The shelf: the garments that somebody may put on, by what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from tryon.accounts.models import AnyUser
from tryon.models import Reference
from tryon.rules import outfits

SEARCHED_FROM = 12  # garments; fewer are seen at one look
MOST = 500  # of one's own, and of the house: more would be a page that nobody goes through


@dataclass(frozen=True, slots=True)
class ShelfGarment:
    """A garment to put on, and what it is called: by its label, else by its kind and a number."""

    reference: Reference
    name: str

    @property
    def words(self) -> str:
        """What it is found by."""
        return f"{self.name} {_heading(self.reference.category)}".lower()


@dataclass(frozen=True, slots=True)
class ShelfGroup:
    """The garments of one category; those of no known one stand first."""

    heading: str
    garments: tuple[ShelfGarment, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    groups: tuple[ShelfGroup, ...]

    @property
    def count(self) -> int:
        return sum(len(group.garments) for group in self.groups)

    @property
    def options(self) -> SafeString:
        """The same for a list to choose from, which a page without scripts repeats for each further place."""
        garments = chain.from_iterable(group.garments for group in self.groups)
        rows = ((garment.reference.pk, garment.name) for garment in garments)
        return format_html_join("", '<option value="{}">{}</option>', rows)

    @property
    def is_searchable(self) -> bool:
        return self.count >= SEARCHED_FROM


def shelf_of(owner: AnyUser) -> Shelf:
    """What `owner` may put on: their own that rest here, the last used first, then the house's in its order.

    What lies at an address elsewhere has no picture to show. Of each the first MOST.
    """
    garments = Reference.objects.filter(kind=Reference.Kind.GARMENT).exclude(file="")
    own = garments.owned_by(owner).order_by("-last_used_at")[:MOST] if owner.pk else []
    return _arranged([*own, *garments.of_the_house()[:MOST]])


def _arranged(garments: Iterable[Reference]) -> Shelf:
    """These by category, in the order of the rules, and within each as they come."""
    unnamed: Counter[str] = Counter()
    by_category: dict[str, list[ShelfGarment]] = {name: [] for name in outfits.CATEGORIES}
    for reference in garments:
        unnamed[reference.category] += not reference.label
        name = reference.label or _numbered(reference, unnamed[reference.category])
        by_category[reference.category].append(ShelfGarment(reference, name))
    return Shelf(
        tuple(ShelfGroup(_heading(name), tuple(found)) for name, found in by_category.items() if found)
    )


def _heading(category: str) -> str:
    return gettext("Other") if category == "auto" else gettext(outfits.category(category).label)


def _numbered(reference: Reference, number: int) -> str:
    kind = gettext("garment" if reference.category == "auto" else reference.category)
    words = gettext("Your %(kind)s %(number)s") if reference.owner_id else gettext("Our %(kind)s %(number)s")
    return words % {"kind": kind, "number": number}
