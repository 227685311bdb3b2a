from __future__ import annotations

from collections.abc import Sequence

from django.db import models

from gallery.xmp import Mark


class SourceType(models.TextChoices):
    """What made a picture, by the code of IPTC's vocabulary "Digital Source Type", and as pages call it."""

    COMPOSITE = "compositeWithTrainedAlgorithmicMedia", "AI-generated"  # by a model, from pictures
    TRAINED = "trainedAlgorithmicMedia", "AI-generated"  # by a model, from words alone
    DRAWN = "digitalCreation", "Sandbox: no AI model made this"  # by a program without a model, or by hand

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
        return "AI-generated picture" if one else "AI-generated pictures"
    if made == {False}:
        return "Sandbox picture, no AI model made this" if one else "Sandbox pictures, no AI model made these"
    return "Pictures, some of them AI-generated"
