from __future__ import annotations

import datetime as dt
import math

from django.db import models
from django.utils import timezone

from gallery.models.sharing.share import ShareLink

LONGEST = dt.timedelta(hours=1)  # that anything is counted


class ShareTryQuerySet(models.QuerySet["ShareTry"]):
    def take(self, link: ShareLink, kind: str, sender: str, *, most: int, within: dt.timedelta) -> int:
        """Count one more; or the seconds until that may be, where `most` were counted `within` this time."""
        now = timezone.now()
        lately = self.filter(link=link, kind=kind, sender=sender, at__gt=now - within)
        # Written before it is counted: of many at once no more than `most` find that they may.
        row = self.create(link=link, kind=kind, sender=sender, at=now)
        if lately.count() <= most:
            return 0
        row.delete()
        first = lately.order_by("-at").values_list("at", flat=True)[most - 1 : most].first()
        return max(1, math.ceil((first + within - now).total_seconds())) if first else 1

    def forgive(self, link: ShareLink, kind: str, sender: str) -> None:
        self.filter(link=link, kind=kind, sender=sender).delete()

    def forget_past(self, now: dt.datetime) -> None:
        """Remove what counts no more."""
        self.filter(at__lte=now - LONGEST).delete()


class ShareTry(models.Model):
    """What a stranger did at a link and may do so often only; `sender` is a digest of where it came from."""

    # A wrong password; a heart that was given; a report that was sent.
    PASSWORD, HEART, REPORT = "password", "heart", "report"

    link = models.ForeignKey(ShareLink, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10)
    sender = models.CharField(max_length=32)
    at = models.DateTimeField(db_index=True)  # read by the purge

    objects = ShareTryQuerySet.as_manager()

    class Meta:
        # Read by: the count of one sender's tries at a link.
        indexes = [models.Index(fields=["link", "kind", "sender", "at"], name="share_try_lately")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.link_id}"
