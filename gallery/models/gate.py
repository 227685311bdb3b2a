"""What others may see of a picture: what was decided on it, and what the audit trail says of that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from gallery.models.audit import AuditEntry, SubjectOf, kind_of
from gallery.models.image import APPROVED, REJECTED, UNDONE, Image
from gallery.models.review import ReviewState


def is_approved(image: str = "") -> Q:
    """That it is approved, and that its last decision in the trail says so.

    A row that was set to approved by other ways than a decision is seen by nobody. `image` is the way to the
    picture, as of a lookup: `image__`.
    """
    return Q(**{f"{image}review": ReviewState.APPROVED}) & Q(_last_decision(image, APPROVED))


def is_shown(image: str = "") -> Q:
    """That others may see it; where the site checks after sharing, one that waits for its check too."""
    if settings.REVIEW != "after_sharing":
        return is_approved(image)
    reviews = (ReviewState.APPROVED, ReviewState.PENDING)
    return Q(**{f"{image}review__in": reviews}) & ~Q(_last_decision(image, REJECTED))


def _last_decision(image: str, action: str) -> Exact:
    """Whether that is this action; one step in the index `audit_subject` for each picture."""
    subject: Any = SubjectOf(OuterRef(f"{image}pk"))
    rows = AuditEntry.objects.filter(kind=kind_of(Image), subject=subject)
    last = rows.filter(action__in=(APPROVED, REJECTED, UNDONE)).order_by("-id").values("action")[:1]
    return Exact(Coalesce(Subquery(last), Value("")), action)


def shown(images: models.QuerySet[Image]) -> models.QuerySet[Image]:
    return images.filter(is_shown(), deleted_at=None)


def shown_value(image: str = "") -> models.ExpressionWrapper[Q]:
    """The same as a value of each row that is read."""
    return models.ExpressionWrapper(is_shown(image), output_field=models.BooleanField())


def closed_state(reviews: Iterable[str]) -> str:
    """What others find of pictures that were decided on like this, and of which they may see none.

    waiting: none yet; refused: none, and none will come; empty: there are none.
    """
    found = set(reviews)
    if ReviewState.PENDING in found:
        return "waiting"
    return "refused" if found else "empty"
