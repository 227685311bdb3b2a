from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence

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


# What made those that nothing is written of yet ------------------------------------------------------
SourceTypes = Callable[[Collection[uuid.UUID]], dict[uuid.UUID, SourceType]]
_finders: list[SourceTypes] = []


def register_source_types(find: SourceTypes) -> SourceTypes:
    """How pictures came to be is known to who made them: `find` tells it of those that it knows.

    It is asked for rows of the versions before the column, until upkeep has filled it.
    """
    _finders.append(find)
    return find


def find_source_types(sandbox: dict[uuid.UUID, bool]) -> dict[uuid.UUID, SourceType]:
    """What made the pictures of these ids; each with whether the sandbox did, in case nobody knows more."""
    found = {pk: guessed(flag) for pk, flag in sandbox.items()}
    for find in _finders:
        found |= find(found.keys())
    return found


def guessed(sandbox: bool) -> SourceType:
    """By a model or not is certain; that it was given words alone is not."""
    return SourceType.DRAWN if sandbox else SourceType.TRAINED
