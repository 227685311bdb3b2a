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
    PENDING = "pending", _("Being checked")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Not approved")


class RejectionReason(models.TextChoices):
    """Why a picture was rejected, in words that staff choose by and its owner reads."""

    FACE = "face", _("The face changed")
    DETAIL = "detail", _("Details of the garment were lost")
    LEFTOVER = "leftover", _("Parts of the old clothes are left")
    ANATOMY = "anatomy", _("Hands or body look wrong")
    MODESTY = "modesty", _("Not decent enough to show")
    EXTRA = "extra", _("Something is in it that does not belong there")
    WRONG = "wrong", _("It shows another garment")
    QUALITY = "quality", _("It is blurred or badly made")
    NOT_ALLOWED = "not_allowed", _("Pictures of this kind are not allowed here")
    OTHER = "other", _("It was not good enough")
