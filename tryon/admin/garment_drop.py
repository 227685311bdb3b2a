"""A picture that was dropped onto the shelf: kept, and named by what its file is called."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext

from gallery.pictures import LARGEST_BYTES, BadPicture, Busy
from tryon.models import HouseGarment, Reference
from tryon.pipeline import references
from tryon.presenters.labels import told
from tryon.rules import outfits
from tryon.rules.request_rules import photo_refusal

LONGEST_SLUG = 40  # leaves room for a number in the column's 50
LONGEST_LABEL = 80


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file by its name, with the garment that it became or the sentence that says why it did not."""

    name: str
    garment: HouseGarment | None = None
    error: str = ""
    is_busy: bool = False  # too many are being opened at this moment: it may be sent again

    @property
    def address(self) -> str:
        return studio_address(self.garment) if self.garment else ""


def shelve(photo: Any) -> Dropped:
    """Put an uploaded file at the end of the shelf, with a name, kind and slug guessed from its name."""
    name = str(photo.called)
    label = label_of(name)
    try:
        if photo.size > LARGEST_BYTES:  # of which the upload handler keeps nothing
            raise BadPicture("bytes")
        kept = references.keep(
            None,
            Reference.Kind.GARMENT,
            Path(photo.temporary_file_path()),
            category=outfits.guess(label),
            label=label,
        )
    except BadPicture as exc:
        return Dropped(name, error=told(photo_refusal(exc.code)), is_busy=isinstance(exc, Busy))
    if kept.slug:
        words = gettext("This picture is on the shelf already, as “%(name)s”") % {"name": kept}
        return Dropped(name, error=words)
    _give_place(kept, label)
    return Dropped(name, HouseGarment.objects.get(pk=kept.pk))


def label_of(name: str) -> str:
    """ "IMG-linen_shirt.final.JPG" is "IMG linen shirt final": what people called it, in words."""
    words = re.sub(r"[\W_]+", " ", Path(name).stem).strip()
    return (words[:1].upper() + words[1:])[:LONGEST_LABEL] or gettext("Garment")


def _give_place(kept: Reference, label: str) -> None:
    """The first slug that nobody has, also where somebody drops one of the same name at this moment."""
    base = slugify(label)[:LONGEST_SLUG].strip("-") or "garment"
    slugs = (base if number == 1 else f"{base}-{number}" for number in count(1))
    for slug in slugs:
        if Reference.objects.filter(slug=slug).exists():
            continue
        with suppress(IntegrityError), transaction.atomic():
            kept.put_on_shelf(slug, end_of_shelf())
            return


def end_of_shelf() -> int:
    last = Reference.objects.of_the_house().aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def studio_address(garment: HouseGarment) -> str:
    """Where the studio opens with it chosen."""
    return f"{settings.SITE_URL}{reverse('studio')}{garment.studio_query}"
