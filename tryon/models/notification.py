from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Max, Min, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models import Image
from gallery.models.fields import LabelledField
from gallery.models.review import on_decision
from tryon.accounts.models import User
from tryon.models import clock
from tryon.models.attempt import Result
from tryon.models.reference import may_review
from tryon.models.states import GenerationStatus

if TYPE_CHECKING:
    from tryon.models.generation import Generation

LONG_WAIT = dt.timedelta(minutes=2)  # a shorter one is worth no mail
# So long nothing more may come before it is told; longer than between two questions of a page that nobody
# sees, which a browser lets ask once a minute.
QUIET = dt.timedelta(seconds=90)
LONGEST_QUIET = dt.timedelta(minutes=10)  # for whom something comes all the time
TOLD_WITHIN = dt.timedelta(days=1)  # older ones are no news: of a backup, or of a time without mail


class NotificationQuerySet(models.QuerySet["Notification"]):
    def note_end(self, generation: Generation, owner: User, *, is_late: bool = False) -> None:
        """The last generation of a try-on has ended; called in the transaction of each end.

        `is_late`: its pictures were found after that, and are the first.
        """
        since = generation.created_at
        if not settings.SENDS_MAIL or owner.is_guest or timezone.now() - since <= LONG_WAIT:
            return
        siblings = generation.tryon.generations.exclude(pk=generation.pk)
        if siblings.unfinished().exists() or (
            is_late and siblings.filter(status=GenerationStatus.DONE).exists()
        ):
            return
        came = Result.objects.filter(generation__tryon=generation.tryon_id, image__created_at__gte=since)
        if came.filter(image__deleted_at=None, image__unseen_since__isnull=False).exists():
            self._note(owner.pk, Notification.Kind.READY, generation.tryon_id)

    def note_decision(self, image: Image, by: User | None) -> None:
        """In the place of what was decided before; what was undone is found so when it is to be told."""
        is_of_another = by is not None and by.pk != image.owner_id
        if image.reviewed_at and is_of_another and settings.SENDS_MAIL and not image.owner.is_guest:
            self._note(image.owner_id, Notification.Kind(image.review), image.pk)

    def _note(self, owner_id: int, kind: Notification.Kind, subject: uuid.UUID) -> None:
        told = {"owner_id": owner_id, "kind": kind, "at": clock.now()}
        self.update_or_create(subject=subject, defaults=told)

    def note_told(self, tryon_id: uuid.UUID) -> None:
        """A page of theirs has said it already."""
        self.filter(subject=tryon_id).delete()

    def due(self) -> list[tuple[int, str]]:
        """Whom to tell, and of which kind: those to whom nothing more came for a moment."""
        now = clock.now()
        batches = (
            self.filter(at__gte=now - TOLD_WITHIN)
            .values_list("owner_id", "kind")
            .annotate(newest=Max("at"), oldest=Min("at"))
        )
        is_quiet = Q(newest__lte=now - QUIET) | Q(oldest__lte=now - LONGEST_QUIET)
        return [(owner, kind) for owner, kind, *_ in batches.filter(is_quiet).order_by("oldest")]

    def past(self) -> NotificationQuerySet:
        return self.filter(at__lt=clock.now() - TOLD_WITHIN)


class Notification(models.Model):
    """Something that its owner is to be told by mail: a row of the transaction in which it happened.

    `subject` is the try-on whose pictures came, or the picture that was decided on. What happens within
    moments is told by one mail, and what is taken back meanwhile by none.
    """

    class Kind(models.TextChoices):
        READY = "ready", _("Your pictures are ready, after a wait of more than two minutes")
        APPROVED = "approved", _("A picture of yours was approved")
        REJECTED = "rejected", _("A picture of yours was not approved, and why")
        WAITING = "waiting", _("Pictures wait for a check, once a day")  # written by the clock, as no row

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = LabelledField(max_length=10, choices=Kind)
    subject = models.UUIDField(unique=True)
    at = models.DateTimeField(default=clock.now)

    objects = NotificationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.kind} {str(self.subject)[:8]}"


def kinds_for(user: User) -> list[Notification.Kind]:
    """The mails that somebody may get: that pictures wait for a check is told to who may check them."""
    return [kind for kind in Notification.Kind if kind != Notification.Kind.WAITING or may_review(user)]


on_decision(Notification.objects.note_decision)
