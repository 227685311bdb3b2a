"""Measure a picture that waits for a check, so that those to look at twice come first. Nothing is decided.

Its small copies are looked at: all that is measured can be seen in them, and the original is large.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable
from typing import TypeVar

from django.db.models.fields.files import FieldFile
from django.utils import timezone

from gallery import pictures
from gallery.models import Flag, Image
from gallery.pictures import BadPicture
from tryon.models import Reference, Result, TryOn, TryOnInput
from tryon.rules.picture_flags import Asked, Measured, flags

log = logging.getLogger(__name__)
Seen = TypeVar("Seen")

TRIED_FOR = dt.timedelta(hours=1)  # a picture that its decoder gives no answer about, by its age
MOST_SIBLINGS = 8  # that one is compared with, the latest


def measure(image_id: uuid.UUID) -> None:
    """Flag this picture, if it waits for it; any number of deliveries give the same."""
    image = Image.objects.unmeasured().filter(pk=image_id).first()
    if image is None:
        return
    row = Result.objects.select_related("generation__tryon").filter(image=image).first()
    tryon = row.generation.tryon if row else None
    before = _before(tryon) if tryon else None
    try:
        seen = _looked_at(image, before)
    except pictures.Unopened as exc:
        if isinstance(exc, pictures.Busy) or timezone.now() - image.created_at < TRIED_FOR:
            log.warning("picture %s is measured another time", image.pk)
            return
        seen = Measured()
    asked = Asked(
        tryon.size if tryon else "",
        tryon.aspect_ratio if tryon else "",
        (before.width, before.height) if before and before.width and before.height else None,
    )
    found = flags(image.width, image.height, asked, seen)
    Flag.objects.keep(image, {Flag.Kind(name): measure for name, measure in found.items()})


def _before(tryon: TryOn) -> Reference | None:
    """The photo that the picture is to be like but for what was asked: the person's, or the one to change."""
    if tryon.mode not in (TryOn.Mode.TRY_ON, TryOn.Mode.REMIX):
        return None
    role = TryOnInput.PERSON if tryon.mode == TryOn.Mode.TRY_ON else TryOnInput.PICTURE
    inputs = tryon.inputs.filter(role=role, reference__deleted_at=None).exclude(reference__file="")
    first = inputs.select_related("reference").first()
    return first.reference if first else None


def _looked_at(image: Image, before: Reference | None) -> Measured:
    """Raises Unopened; what can never be opened is not measured."""
    photo = _opened(pictures.miniature, before.small, before.file) if before else None
    others = [_opened(pictures.miniature, each.small, each.original) for each in _earlier_siblings(image)]
    beside = [each for each in (photo, *others) if each]
    seen = _opened(lambda file: pictures.compare(file, beside), image.small, image.original)
    if seen is None:
        return Measured()
    of_photo, of_others = seen.differences[: bool(photo)], seen.differences[bool(photo) :]
    return Measured(
        detail=seen.detail,
        changed=of_photo[0].levels if of_photo else None,
        moved=of_photo[0].moved if of_photo else None,
        unlike=min((each.levels for each in of_others), default=None),
    )


def _earlier_siblings(image: Image) -> list[Image]:
    """Of two that are alike, the later one is the twin."""
    others = Result.objects.beside(image).values("image")
    earlier = Image.objects.present().filter(pk__in=others, created_at__lt=image.created_at)
    return list(earlier.order_by("-created_at")[:MOST_SIBLINGS])


def _opened(look: Callable[[pictures.Opened], Seen], *files: FieldFile) -> Seen | None:
    """What is seen in the first of these files that is there and can be opened; raises Unopened."""
    for file in filter(None, files):
        try:
            with file.storage.open(str(file)) as content:
                return look(content)
        except FileNotFoundError:
            continue
        except pictures.Unopened:
            raise
        except BadPicture:
            log.warning("%s cannot be opened to be measured", file)
    return None
