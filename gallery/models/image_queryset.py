"""Which pictures: whose, waiting for what, in which order."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from gallery.models.keyset import Mark, beyond, walked
from gallery.models.review import ReviewState
from gallery.models.source_type import SourceType, find_source_types
from gallery.owners import AnyUser, may_view

if TYPE_CHECKING:
    from gallery.models.image import Image  # noqa: F401 - the string below names it

# What puts a picture ahead in the review queue, the worth of each; together they are its priority.
REPORTED, WANTED, FLAGGED = 4, 2, 1
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class ImageQuerySet(models.QuerySet["Image"]):
    def present(self) -> Self:
        return self.filter(deleted_at=None)

    def visible_to(self, user: AnyUser) -> Self:
        """The owner's own; staff with the right to it see every picture, for review."""
        return self.present() if may_view(user, self.model) else self.owned_by(user)

    def owned_by(self, user: AnyUser) -> Self:
        return self.present().filter(owner_id=user.pk)

    def unseen_by(self, user: AnyUser) -> Self:
        """Their own, with something new that they have not looked at."""
        # Said so that both databases take the partial index: for them it follows that there is a time.
        return self.owned_by(user).filter(unseen_since__gt=EPOCH)

    def mark_seen(self) -> None:
        unseen = self.filter(unseen_since__gt=EPOCH)
        if unseen.exists():  # pages that are looked at again write nothing
            unseen.update(unseen_since=None)

    def in_queue(self) -> Self:
        """What waits for a check: wanted by others first, then the oldest."""
        waits = Q(review=ReviewState.PENDING) | Q(priority__gte=REPORTED)
        rows = self.present().filter(waits, priority__isnull=False)
        return rows.order_by("-priority", "created_at", "id")

    def to_check(self) -> Self:
        """The same as this site checks them: all, or those that others wait for."""
        rows = self.in_queue()
        return rows.filter(priority__gte=WANTED) if settings.REVIEW_SCOPE == "asked" else rows

    def rejected_for(self, reason: str) -> Self:
        """The latest decision first."""
        # Literally: of a parameter SQLite does not know that the partial index covers it.
        rows = self.present().filter(reason=reason).exclude(reason=RawSQL("''", ()))
        return rows.order_by("-reviewed_at", "-id")

    def without_renditions(self) -> Self:
        return self.present().filter(rendered_at=None)

    def unmeasured(self) -> Self:
        """Those in the queue that were not looked at for flags; not before others can see their copies."""
        rows = self.present().filter(measured_at=None, priority__isnull=False, rendered_at__isnull=False)
        return rows.order_by("-created_at")

    def wiped_with_files(self) -> Self:
        """Deleted, with bytes that a crash left behind."""
        return self.exclude(deleted_at=None).exclude(**dict.fromkeys(self.model.FILES, ""))

    def without_source_type(self) -> Self:
        """Rows of the versions before the column, the oldest first."""
        # Literally: of a parameter SQLite does not know that the partial index covers it.
        return self.present().filter(source_type=RawSQL("''", ())).order_by("created_at")

    def fill_source_types(self, most: int) -> None:
        """Say of `most` of these rows what made them, and have their copies made anew, with the mark."""
        blank = dict(self.without_source_type().values_list("pk", "sandbox")[:most])
        found = find_source_types(blank)
        for source_type in SourceType:
            ids = [pk for pk, each in found.items() if each == source_type]
            self.filter(pk__in=ids).update(source_type=source_type, rendered_at=None)

    def walk(self, mark: Mark | None, *, newer: bool = False) -> Self:
        """Those after the mark, newest first, or with `newer` those before it, from there on up."""
        return self.filter(beyond(mark, newer=newer)).order_by(*walked(newer=newer))

    def shared_no_more(self) -> Self:
        """Whose last link has ended."""
        return self.filter(shared_until__lte=timezone.now())

    def unnamed(self) -> Self:
        """Rows of the versions before the column, the newest first: those are looked for first."""
        return self.present().filter(name=None).order_by("-created_at")

    def forget_renditions(self, pk: uuid.UUID, rendered_at: dt.datetime | None = None) -> None:
        """Called when a rendition's file is found missing: upkeep makes it again from the original.

        With the time of those that were looked for, newer ones stay.
        """
        when = {"rendered_at": rendered_at} if rendered_at else {}
        self.filter(pk=pk, **when).update(rendered_at=None)
