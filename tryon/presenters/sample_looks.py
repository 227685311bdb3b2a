"""The look of samples, which pages show at once: nothing is asked of a gateway, and nothing is paid.

They are rendered, or what a model made of a sample pair at the first try, ordered by the operator.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from django.db import models
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from gallery.models import Image
from gallery.models.gate import is_approved
from tryon.accounts.models import SHOP
from tryon.models import Attempt, Offer, Reference, Result, Site
from tryon.models.offer import label
from tryon.samples.table import CAPTION, LABEL, SAMPLES, Sample, find_look

OPENING = ("bea", "red-dress")  # whom the first page shows in what, before anybody chose


@dataclass(frozen=True)
class ShownLook:
    """A person in garments, in one picture: its address, its `alt`, and who made it, as the `caption`."""

    garments: tuple[Reference, ...]
    address: str
    alt: str
    caption: str

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


@dataclass(frozen=True)
class Pair:
    """A sample person and a sample garment, as the house's rows, and the name of their rendered look."""

    name: str
    person: Reference
    garment: Reference

    @property
    def words(self) -> str:
        return _worn([self.garment], self.person)


def pairs(house: Iterable[Reference]) -> list[Pair]:
    """Every one of which the first page can show a look, person by person."""
    rows = [(row, sample) for row in house if (sample := _sample_of(row))]
    found = (
        (find_look(wearer.slug, [(worn.slug, "")]), person, garment)
        for person, wearer in rows
        for garment, worn in rows
        if (person.kind, garment.kind) == (Reference.Kind.PERSON, Reference.Kind.GARMENT)
    )
    return [Pair(look.name, person, garment) for look, person, garment in found if look]


# What a model made -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class FirstTries:
    """What `model`, as people call it, made of each pair when it was first asked; None where nothing came."""

    model: str
    images: Mapping[str, Image | None]
    public: frozenset[uuid.UUID] = frozenset()  # those of `public_images`

    def shown(self, name: str) -> Image | None:
        """What others may see of them."""
        image = self.images.get(name)
        return image if image and image.pk in self.public else None

    def words(self, image: Image) -> str:
        day = date_format(timezone.localtime(image.created_at), "j F Y")
        return gettext("made by %(model)s on %(day)s, first try") % {"model": self.model, "day": day}


RENDERED = FirstTries("", {})


def first_tries(model: str) -> FirstTries:
    """Of the pairs that the operator ordered: no later call counts, whatever came of the first one."""
    calls = Attempt.objects.of_the_shop().decided().filter(model=model).order_by("-sent_at")
    first = dict(calls.values_list("generation__tryon__key", "generation"))  # the earliest stands last
    made = Result.objects.filter(generation__in=first.values(), position=1).select_related("image")
    images = {result.generation_id: result.image for result in made}
    by_name = {name_of(key): images.get(generation) for key, generation in first.items()}
    public = public_images().filter(pk__in=[image.pk for image in images.values()])
    called = Offer.objects.labels().get(model) or label(model)
    return FirstTries(called, by_name, frozenset(public.values_list("pk", flat=True)))


def chosen_tries() -> FirstTries:
    """Those of the model whose looks the operator lets the first page show."""
    model = Site.objects.current().sample_looks_by
    return first_tries(model) if model else RENDERED


def order_key(name: str, model: str) -> str:
    """The one-time key of the try-on that the operator orders for a pair."""
    return f"{name} {hashlib.sha256(model.encode()).hexdigest()[:16]}"


def name_of(key: str) -> str:
    return key.partition(" ")[0]


def public_images() -> models.QuerySet[Image]:
    """The shop's own that the operator approved: a page that was open before a switch still shows them."""
    return Image.objects.present().filter(is_approved(), sandbox=False, owner__username=SHOP)


# What the first page shows ---------------------------------------------------------------------------
def look_of(
    person: Reference, garments: Sequence[Reference], tries: FirstTries = RENDERED
) -> ShownLook | None:
    """These rows of the house together, as one picture; None where there is none of them."""
    wearer, worn = _sample_of(person), [_sample_of(garment) for garment in garments]
    look = wearer and find_look(wearer.slug, [(each.slug, "") for each in worn if each])
    if not look or None in worn:
        return None
    words = gettext("After: %(look)s") % {"look": _worn(garments, person)}
    if image := tries.shown(look.name):
        said = tries.words(image)
        address = reverse("sample_look", args=[image.pk])
        caption = gettext("After: %(after)s. Before: %(before)s") % {"after": said, "before": gettext(LABEL)}
        return ShownLook(tuple(garments), address, f"{words}, {said}", caption)
    caption = gettext(CAPTION)
    return ShownLook(tuple(garments), _address(look.name), f"{words}. {caption}", caption)


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
    tries = chosen_tries()
    looks = tuple(look for row in samples.values() if (look := look_of(person, [row], tries)))
    shown = look_of(person, garments or [row for slug, row in samples.items() if slug == OPENING[1]], tries)
    shown = shown or (None if garments else next(iter(looks), None))
    before = _address(wearer.slug)
    said = gettext("Before: %(person)s. %(caption)s")
    alt = said % {"person": person.label, "caption": gettext(CAPTION)}
    return Opening(person, before, alt, shown, looks) if shown else None


def _worn(garments: Sequence[Reference], person: Reference) -> str:
    names = gettext(" and ").join(garment.label for garment in garments)
    return gettext("%(garments)s, on %(person)s") % {"garments": names, "person": person.label}
