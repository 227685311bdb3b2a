from __future__ import annotations

from collections.abc import Sequence

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.xmp import Mark


class SourceType(models.TextChoices):
    """What made a picture, by the code of IPTC's vocabulary "Digital Source Type", and as pages call it."""

    COMPOSITE = "compositeWithTrainedAlgorithmicMedia", _("AI-generated")  # by a model, from pictures
    TRAINED = "trainedAlgorithmicMedia", _("AI-generated")  # by a model, from words alone
    DRAWN = "digitalCreation", _("Sandbox: no AI model made this")  # by a program without a model, or by hand

    @property
    def is_ai(self) -> bool:
        return self is not SourceType.DRAWN

    @property
    def mark(self) -> Mark:
        """What each copy of such a picture carries in its file."""
        return MARKS[self]


DRAWN_WORDS = "Drawn by a program: no AI model made this"
MARKS = {each: Mark(each.value, "" if each.is_ai else DRAWN_WORDS) for each in SourceType}


def described(types: Sequence[SourceType]) -> str:
    """What several pictures shown together are called: "AI-generated pictures"."""
    made, one = {each.is_ai for each in types}, len(types) == 1
    if made == {True}:
        return gettext("AI-generated picture") if one else gettext("AI-generated pictures")
    if made == {False}:
        if one:
            return gettext("Sandbox picture, no AI model made this")
        return gettext("Sandbox pictures, no AI model made these")
    return gettext("Pictures, some of them AI-generated")
