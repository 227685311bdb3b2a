"""The queue as one reviewer walks it: the first, the next, the one before, leaving out where others are."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from gallery.models import Image, ReviewClaim
from gallery.models.keyset import behind, turned
from gallery.models.queue import ClaimQuerySet
from tryon.accounts.models import User
from tryon.review.filters import FiltersForm

CLAIM_SECONDS = 60
JUST_CLAIMED_SECONDS = 3
MOST_COUNTED = 999


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture stands in the order of the desk; with it one goes on when the picture has left."""

    priority: int | None  # None: among the rejected ones
    at: dt.datetime
    pk: uuid.UUID

    def __str__(self) -> str:
        return f"{'' if self.priority is None else self.priority},{self.at.isoformat()},{self.pk}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what never was one."""
        priority, *rest = text.split(",")
        try:
            at, pk = rest
            return cls(int(priority) if priority else None, dt.datetime.fromisoformat(at), uuid.UUID(pk))
        except ValueError:
            return None

    def beyond(self, *, back: bool) -> Q:
        """Which rows come after it, or with `back` before it, so that an index is walked from there."""
        order: tuple[str, ...]
        order, place = ("-priority", "created_at", "id"), [self.priority, self.at, self.pk]
        if self.priority is None:
            order, place = ("-reviewed_at", "-id"), [self.at, self.pk]
        return behind(turned(order) if back else order, place)


class Queue:
    """What the filters leave of the queue, for one reviewer."""

    def __init__(self, user: User, filters: FiltersForm) -> None:
        self.user, self.filters = user, filters
        self.rows = filters.rows().select_related("owner", "reviewed_by")

    def first(self) -> Image | None:
        """Where others are already only if there is nothing else."""
        return self.free().first() or self.rows.first()

    def free(self) -> QuerySet[Image]:
        return self.rows.filter(~Exists(claims_of_others(self.user).filter(image=OuterRef("pk"))))

    def after(self, place: Place | None) -> Image | None:
        return self.beyond(place).first() if place else self.first()

    def beyond(self, place: Place | None) -> QuerySet[Image]:
        return self.free().filter(place.beyond(back=False)) if place else self.free()

    def before(self, place: Place | None) -> Image | None:
        return self.rows.filter(place.beyond(back=True)).reverse().first() if place else None

    def place(self, image: Image) -> Place | None:
        """None of one that is not in it any more."""
        if "reason" in self.filters.wanted:
            return Place(None, image.reviewed_at, image.pk) if image.reviewed_at else None
        if image.priority is None:
            return None
        return Place(image.priority, image.created_at, image.pk)

    def count(self) -> int:
        """How many, as far as it is counted."""
        return len(self.rows.order_by().values_list("pk")[: MOST_COUNTED + 1])

    def claim(self, images: Iterable[uuid.UUID]) -> None:
        with transaction.atomic():  # one commit for the rows that are new and those that are prolonged
            ReviewClaim.objects.claim(images, self.user, CLAIM_SECONDS)

    def leave(self, images: Iterable[uuid.UUID]) -> None:
        """A page was closed; what the next one has claimed this very moment stays theirs."""
        before = timezone.now() + dt.timedelta(seconds=CLAIM_SECONDS - JUST_CLAIMED_SECONDS)
        ReviewClaim.objects.filter(image__in=list(images), until__lt=before).release(self.user)

    def claimed_by(self, image: Image) -> User | None:
        """Who else is at it."""
        claim = claims_of_others(self.user).filter(image=image).select_related("reviewer").first()
        return claim.reviewer if claim else None


def claims_of_others(user: User) -> ClaimQuerySet:
    return ReviewClaim.objects.live().exclude(reviewer_id=user.pk)
