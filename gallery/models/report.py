"""What people who were shown a picture report of it, for the staff who check it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models.audit import AuditEntry, register_action
from gallery.models.fields import LabelledField
from gallery.models.image import Image
from gallery.models.queue import Flag, refresh_priority
from gallery.models.review import ReviewState, on_decision
from gallery.models.sharing.share import ShareLink

REPORTED = register_action("reported", _("Reported by a viewer"))
WORDS_LETTERS = 500
SENDER_KEPT = dt.timedelta(days=2)


class ReportReason(models.TextChoices):
    """Why somebody thinks that others should not see a picture, in their words."""

    ME = "me", _("It shows me, and I did not agree")
    CHILD = "child", _("It shows a child")
    INDECENT = "indecent", _("It is indecent")
    HURTFUL = "hurtful", _("It mocks or hurts somebody")
    RIGHTS = "rights", _("It uses a picture or a brand of mine")
    OTHER = "other", _("Something else")


class ReportQuerySet(models.QuerySet["Report"]):
    def send(self, link: ShareLink, image: Image, sender: str, reason: str, words: str) -> None:
        """Put the picture on top of the review queue. The same said twice is one report.

        It decides nothing: what others see stays as it is until staff decide.
        """
        said = {"image": image, "sender": sender, "reason": reason, "words": words, "answered_at": None}
        with transaction.atomic():  # the report, its audit row and the picture's place in the queue
            _, is_new = self.get_or_create(**said, defaults={"link": link})
            if is_new:
                AuditEntry.objects.record(None, REPORTED, image, reason=reason, link=str(link.pk))
                flag(image)

    def open_of(self, images: Iterable[Image]) -> ReportQuerySet:
        """Those of these pictures that no decision has answered, the oldest first."""
        return self.filter(image__in=images, answered_at=None).order_by("at", "pk")

    def forget_senders(self, now: dt.datetime) -> None:
        self.filter(at__lte=now - SENDER_KEPT, sender__gt="").update(sender="")


class Report(models.Model):
    """That somebody who opened a link objects to a picture of it; `sender` is a digest, kept for two days.

    open ─► answered, by the next decision on the picture; its undo opens it again
    """

    Reason = ReportReason

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="reports")
    link = models.ForeignKey(ShareLink, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = LabelledField(max_length=10, choices=ReportReason)
    words = models.CharField(max_length=WORDS_LETTERS, blank=True)
    sender = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        indexes = [
            # Read by: the purge, for those whose sender is to be forgotten.
            models.Index(fields=["at"], name="report_senders", condition=models.Q(sender__gt="")),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.image_id}"


def flag(image: Image) -> None:
    """Say in the queue how many open reports it has."""
    count = Report.objects.open_of([image]).count()
    Flag.objects.update_or_create(image=image, kind=Flag.Kind.REPORTED, defaults={"measure": count})
    refresh_priority(Image.objects.filter(pk=image.pk))


@on_decision
def _answer(image: Image, by: Any) -> None:
    """The flag goes by itself (see queue.py), and comes back with those that an undone decision answered."""
    if image.review != ReviewState.PENDING:
        image.reports.filter(answered_at=None).update(answered_at=image.reviewed_at)
    elif last := image.reports.aggregate(at=models.Max("answered_at"))["at"]:
        image.reports.filter(answered_at=last).update(answered_at=None)
        flag(image)
