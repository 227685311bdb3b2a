"""The look of samples, which pages show at once: nothing is asked of a gateway, and nothing is paid."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from django.templatetags.static import static

from tryon.models import Reference
from tryon.samples.table import CAPTION, SAMPLES, Sample, find_look

OPENING = ("bea", "red-dress")  # whom the first page shows in what, before anybody chose


@dataclass(frozen=True)
class ShownLook:
    """A person in garments, in one picture: its address, its `alt`, and who made it, as the `caption`."""

    garments: tuple[Reference, ...]
    address: str
    alt: str
    caption: str = CAPTION

    @property
    def query(self) -> str:
        """What opens the studio with its first garment chosen."""
        return f"?garment={self.garments[0].slug or self.garments[0].pk}"

    @property
    def thumb(self) -> str:
        """The address of a small picture of its first garment."""
        sample = _sample_of(self.garments[0])
        return _address(sample.slug) if sample else ""


@dataclass(frozen=True)
class Opening:
    """What the first page opens with: a person, in what they are shown, and in what else they can be."""

    person: Reference
    before: str
    before_alt: str
    shown: ShownLook
    looks: tuple[ShownLook, ...]


@cache
def _by_digest() -> dict[str, Sample]:
    return {hashlib.sha256(each.path.read_bytes()).hexdigest(): each for each in SAMPLES}


def _sample_of(row: Reference) -> Sample | None:
    """What it is a sample of, whatever staff call it; None for any other picture."""
    return _by_digest().get(row.sha256) if row.owner_id is None else None


def _address(name: str) -> str:
    return static(f"samples/{name}.webp")


def look_of(person: Reference, garments: Sequence[Reference]) -> ShownLook | None:
    """These rows of the house together, as one picture; None where there is none of them."""
    wearer, worn = _sample_of(person), [_sample_of(garment) for garment in garments]
    look = wearer and find_look(wearer.slug, [(each.slug, "") for each in worn if each])
    if not look or None in worn:
        return None
    words = " and ".join(garment.label for garment in garments)
    return ShownLook(tuple(garments), _address(look.name), f"After: {words}, on {person.label}. {CAPTION}")


def opening(
    house: Iterable[Reference], person: Reference | None, garments: Sequence[Reference]
) -> Opening | None:
    """For somebody who has chosen these, or nothing, of the house's; None where no look shows the choice."""
    samples = {sample.slug: row for row in house if (sample := _sample_of(row))}
    people = [row for row in samples.values() if row.kind == Reference.Kind.PERSON]
    person = person or samples.get(OPENING[0]) or next(iter(people), None)
    wearer = _sample_of(person) if person else None
    if not (person and wearer):
        return None
    looks = tuple(look for row in samples.values() if (look := look_of(person, [row])))
    shown = look_of(person, garments or [row for slug, row in samples.items() if slug == OPENING[1]])
    shown = shown or (None if garments else next(iter(looks), None))
    before = _address(wearer.slug)
    return Opening(person, before, f"Before: {person.label}. {CAPTION}", shown, looks) if shown else None
