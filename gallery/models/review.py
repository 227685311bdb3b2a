"""What staff decide on a picture, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from gallery.models.image import Image

Decided = Callable[["Image", Any], None]
decision_listeners: list[Decided] = []


def on_decision(listen: Decided) -> Decided:
    """`listen` is called in the transaction of each decision, with the picture as it is then, and by whom."""
    decision_listeners.append(listen)
    return listen


class ReviewState(models.TextChoices):
    PENDING = "pending", "Waiting for a check"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Not approved"


class RejectionReason(models.TextChoices):
    """Why a picture was rejected: in the words of staff, and in those that its owner reads."""

    for_owner: str

    def __new__(cls, value: str, for_owner: str = "") -> RejectionReason:
        reason = str.__new__(cls, value)
        reason._value_, reason.for_owner = value, for_owner
        return reason

    FACE = "face", "The face changed", "Face changed"
    DETAIL = "detail", "Details of the garment were lost", "Garment detail lost"
    LEFTOVER = "leftover", "Parts of the old clothes are left", "Leftover of the old garment"
    ANATOMY = "anatomy", "Hands or body look wrong", "Anatomy"
    MODESTY = "modesty", "Not decent enough to show", "Modesty"
    EXTRA = "extra", "Something is in it that does not belong there", "Extra objects"
    WRONG = "wrong", "It shows another garment", "Wrong garment"
    QUALITY = "quality", "It is blurred or badly made", "Low quality"
    NOT_ALLOWED = "not_allowed", "Pictures of this kind are not allowed here", "Not allowed"
    OTHER = "other", "It was not good enough", "Other"
