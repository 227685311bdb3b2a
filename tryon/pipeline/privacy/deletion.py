"""Delete so that it is gone: hidden at once, bytes right after, and again by upkeep if we died between."""

from __future__ import annotations

import datetime as dt

from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from gallery.models import AuditEntry, Flag, Image
from gallery.models.audit import register_action
from tryon.accounts.current_user import VISITOR_COOKIE_AGE
from tryon.accounts.models import User
from tryon.models import Attempt, Generation, ImageInput, Reference, Result, TryOn, TryOnInput

UPLOAD_KEPT = dt.timedelta(days=1)  # after its last use, where no try-on came of it
SAVED_BY_GUEST_KEPT = dt.timedelta(days=7)  # the same, of a picture that a guest saved in the wardrobe
GUEST_KEPT = dt.timedelta(seconds=VISITOR_COOKIE_AGE)  # from then on no cookie can name it any more
MARKED_AT_ONCE = 10_000  # all rows of the version before have to be looked at once

DELETED = register_action("deleted", _("Deleted"), takes_back=True)


def delete_tryon(tryon: TryOn, by: User | None, *, with_photos: bool = True) -> None:
    """The try-on, its pictures, and those of its photos that no other try-on of its owner uses."""
    with transaction.atomic():  # all of it is hidden in one moment
        if not tryon.wipe():
            return
        # A running one goes on: its call may have left. Its pictures are dropped when they come.
        for generation in tryon.generations.filter(status=Generation.Status.QUEUED):
            generation.cancel()
        attempts = Attempt.objects.filter(generation__tryon=tryon)
        attempts.forget_words()
        transaction.on_commit(attempts.forget_raw_answers, robust=True)
        made = Result.objects.filter(generation__tryon=tryon).values("image_id")
        for image in Image.objects.present().filter(pk__in=made):
            delete_image(image, by)
        for reference in photos_only_here(tryon) if with_photos else ():
            delete_reference(reference, by)
        AuditEntry.objects.record(by, DELETED, tryon)


def delete_image(image: Image, by: User | None) -> None:
    """One picture, in the gallery and in every share link."""
    with transaction.atomic():  # its end and its audit row
        image.wipe()
        ImageInput.objects.filter(image=image).delete()
        Flag.objects.forget(image, Result.objects.beside(image).values_list("image", flat=True))
        AuditEntry.objects.record(by, DELETED, image)
        transaction.on_commit(image.remove_files, robust=True)
        came_in = Attempt.objects.filter(generation__results__image=image)
        transaction.on_commit(came_in.forget_raw_answers, robust=True)


def delete_reference(reference: Reference, by: User | None) -> None:
    """One photo; its copy at the gateway is not used again, and ends there by its age."""
    with transaction.atomic():
        reference.wipe()
        AuditEntry.objects.record(by, DELETED, reference)
        transaction.on_commit(reference.remove_files, robust=True)


def photos_only_here(tryon: TryOn) -> models.QuerySet[Reference]:
    """Its owner's photos that no other try-on uses. The house's garments stay."""
    elsewhere = TryOnInput.objects.filter(tryon__deleted_at=None).exclude(tryon=tryon)
    mine = Reference.objects.present().filter(inputs__tryon=tryon, owner_id=tryon.owner_id)
    return mine.exclude(pk__in=elsewhere.values("reference_id")).distinct()


def delete_what_became_no_tryon(now: dt.datetime, at_once: int) -> None:
    """Uploads that nobody went on with; an account keeps its garments, and pictures that it saved."""
    undecided = Reference.objects.undecided_since(now - UPLOAD_KEPT)
    undecided.keep_wanted(MARKED_AT_ONCE)
    for reference in undecided.unwanted(now - SAVED_BY_GUEST_KEPT)[:at_once]:
        if undecided.filter(pk=reference.pk, inputs=None).exists():  # many went before it: it may be used now
            delete_reference(reference, None)


def delete_gone_guests(now: dt.datetime, part: int, parts: int) -> None:
    """The rows of guests who cannot come back and own nothing: those of one part of all, by their ids."""
    newest = User.objects.aggregate(pk=Max("pk"))["pk"] or 0
    width = newest // parts + 1
    guests = User.objects.guests_before(now - GUEST_KEPT).filter(
        pk__gt=part * width, pk__lte=(part + 1) * width
    )
    still_there = Reference.objects.filter(owner=OuterRef("pk")).exclude(_is_bare_tombstone())
    for guest in guests.filter(~Exists(still_there), tryons=None, images=None, links=None):
        with transaction.atomic():
            Reference.objects.filter(owner=guest).delete()
            guest.delete()


def _is_bare_tombstone() -> Q:
    return Q(deleted_at__isnull=False, **dict.fromkeys(Reference.FILES, ""))
