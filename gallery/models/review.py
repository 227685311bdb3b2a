"""What staff decide on a picture, and who hears of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Self

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


class Standing(NamedTuple):
    """What was decided on a picture last, as a page shows it: who decides anew says what they have seen."""

    review: str
    since: dt.datetime | None

    def __str__(self) -> str:
        return f"{self.review} {self.since.isoformat()}" if self.since else self.review

    @classmethod
    def read(cls, text: str) -> Self:
        """As it was written; ValueError for what never was."""
        review, _, since = text.partition(" ")
        return cls(ReviewState(review), dt.datetime.fromisoformat(since) if since else None)


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
