"""What staff decide on a picture, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from gallery.models.image import Image

Decided = Callable[["Image", Any], None]
decision_listeners: list[Decided] = []


def on_decision(listen: Decided) -> Decided:
    """`listen` is called in the transaction of each decision, with the picture as it is then, and by whom."""
    decision_listeners.append(listen)
    return listen


class ReviewState(models.TextChoices):
    PENDING = "pending", _("Waiting for a check")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Not approved")


class RejectionReason(models.TextChoices):
    """Why a picture was rejected: in the words of staff, and in those that its owner reads."""

    for_owner: str

    def __new__(cls, value: str, for_owner: str = "") -> RejectionReason:
        reason = str.__new__(cls, value)
        reason._value_, reason.for_owner = value, for_owner
        return reason

    FACE = "face", _("The face changed"), _("Face changed")
    DETAIL = "detail", _("Details of the garment were lost"), _("Garment detail lost")
    LEFTOVER = "leftover", _("Parts of the old clothes are left"), _("Leftover of the old garment")
    ANATOMY = "anatomy", _("Hands or body look wrong"), _("Anatomy")
    MODESTY = "modesty", _("Not decent enough to show"), _("Modesty")
    EXTRA = "extra", _("Something is in it that does not belong there"), _("Extra objects")
    WRONG = "wrong", _("It shows another garment"), _("Wrong garment")
    QUALITY = "quality", _("It is blurred or badly made"), _("Low quality")
    NOT_ALLOWED = "not_allowed", _("Pictures of this kind are not allowed here"), _("Not allowed")
    OTHER = "other", _("It was not good enough"), _("Other")
