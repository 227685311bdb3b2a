from __future__ import annotations

import datetime as dt
import uuid
from typing import Self

from django.conf import settings
from django.db import models

from tryon.models import clock

OFFERED = dt.timedelta(seconds=10)  # for which a page offers to take it back
ACCEPTED = dt.timedelta(seconds=15)  # for which that is done: a press travels
FINISHED_AFTER = dt.timedelta(seconds=20)


class PendingDeletionQuerySet(models.QuerySet["PendingDeletion"]):
    def of(self, subject: uuid.UUID) -> PendingDeletion | None:
        return self.filter(subject=subject).first()

    def may_be_taken_back(self) -> Self:
        return self.filter(at__gt=clock.now() - ACCEPTED)

    def due(self) -> Self:
        return self.filter(at__lte=clock.now() - FINISHED_AFTER)

    def subjects(self) -> models.QuerySet[PendingDeletion, uuid.UUID]:
        """What is hidden, and still whole."""
        return self.values_list("subject", flat=True)


class PendingDeletion(models.Model):
    """Something that was deleted a moment ago: hidden, still whole, and gone unless it is taken back.

    What one press hides has one `press`; whoever takes it back, or makes it final, removes its rows first.
    """

    class Kind(models.TextChoices):
        TRYON = "tryon"
        IMAGE = "image"
        REFERENCE = "reference"

    press = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=10, choices=Kind)
    subject = models.UUIDField(unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(db_index=True)  # read by the sweep

    objects = PendingDeletionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"deletion of {self.kind} {str(self.subject)[:8]}"

    def join(self, kind: str, subject: uuid.UUID) -> None:
        """Something that came to what was hidden is hidden with it."""
        row = {"press": self.press, "by_id": self.by_id, "at": self.at}
        PendingDeletion.objects.create(kind=kind, subject=subject, **row)
