"""Delete so that it is gone: hidden at once, bytes right after, and again by upkeep if we died between."""

from __future__ import annotations

from django.db import models, transaction

from gallery.models import AuditEntry, Image
from gallery.models.audit import register_action
from tryon.accounts.models import User
from tryon.models import Attempt, Generation, Reference, Result, TryOn, TryOnInput

DELETED = register_action("deleted", "Deleted", takes_back=True)


def delete_tryon(tryon: TryOn, by: User | None) -> None:
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
        for reference in _photos_only_here(tryon):
            delete_reference(reference, by)
        AuditEntry.objects.record(by, DELETED, tryon)


def delete_image(image: Image, by: User | None) -> None:
    """One picture, in the gallery and in every share link."""
    with transaction.atomic():  # its end and its audit row
        image.wipe()
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


def _photos_only_here(tryon: TryOn) -> models.QuerySet[Reference]:
    """Its owner's photos that no other try-on uses. The house's garments stay."""
    elsewhere = TryOnInput.objects.filter(tryon__deleted_at=None).exclude(tryon=tryon)
    mine = Reference.objects.present().filter(inputs__tryon=tryon, owner_id=tryon.owner_id)
    return mine.exclude(pk__in=elsewhere.values("reference_id")).distinct()
