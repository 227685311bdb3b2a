"""What pages call the pictures that go in and come out, for each way of asking."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gallery.models.audit import Words
from tryon.models import Reference, TryOn, TryOnInput
from tryon.rules import outfits, request_rules
from tryon.rules.sentences import Sentence

MOST_COUNTED = 99


@dataclass(frozen=True, slots=True)
class ModeLabels:
    """The sentences of a way of asking, about what was given and about what comes of it."""

    given: Words  # what the model works from
    are_kept: Words
    are_safe: Words
    preparing: Words
    are_ready: Words
    before: Words = ""  # what the photo beside the result shows


BY_MODE = {
    TryOn.Mode.TRY_ON: ModeLabels(
        _("these photos"),
        _("Your photos are kept"),
        _("Your photos are safe"),
        _("Preparing your photos"),
        _("Photos ready"),
        _("the photo of the person"),
    ),
    TryOn.Mode.REMIX: ModeLabels(
        _("this picture and these words"),
        _("Your picture is kept"),
        _("Your picture is safe"),
        _("Preparing your picture"),
        _("Picture ready"),
        _("the picture that it began with"),
    ),
    TryOn.Mode.COMPOSE: ModeLabels(
        _("these pictures and words"),
        _("Your pictures are kept"),
        _("Your pictures are safe"),
        _("Preparing your pictures"),
        _("Pictures ready"),
    ),
    TryOn.Mode.IMAGINE: ModeLabels(
        _("these words"),
        _("Your words are kept"),
        _("Your words are safe"),
        _("Preparing"),
        _("Words ready"),
    ),
}


def mode_labels(mode: str) -> ModeLabels:
    return BY_MODE[TryOn.Mode(mode)]


def input_label(row: TryOnInput, mode: str) -> str:
    """An input as people read it: "Person", "Top, tucked in", "Picture 2"."""
    if row.role == TryOnInput.PERSON:
        return gettext("Person")
    if row.role == TryOnInput.PICTURE:
        is_numbered = mode != TryOn.Mode.REMIX
        return gettext("Picture %(number)s") % {"number": row.position} if is_numbered else gettext("Picture")
    return f"{row.kind}, {told(outfits.FIT_BY_NAME[row.fit].worn)}" if row.fit else row.kind


def input_alt(row: TryOnInput, mode: str) -> str:
    """What is to be seen on an input, for those who cannot see it."""
    if row.reference.label:
        return row.reference.label
    if row.role == TryOnInput.PERSON:
        return gettext("The photo of the person")
    if row.role != TryOnInput.PICTURE:
        return gettext("The photo of the garment")
    if mode == TryOn.Mode.REMIX:
        return gettext("Photo to work from")
    return gettext("Photo %(number)s to work from") % {"number": row.position}


def reference_label(reference: Reference) -> str:
    """What a photo in the wardrobe is called that has no name of its own."""
    if reference.kind == Reference.Kind.OTHER:
        return gettext("Picture")
    is_known = reference.kind == Reference.Kind.GARMENT and reference.category != "auto"
    return reference.get_category_display() if is_known else reference.get_kind_display()


def describe_result(tryon: TryOn, inputs: Sequence[TryOnInput]) -> str:
    """What is to be seen on its pictures, for those who cannot see them."""
    if tryon.mode == TryOn.Mode.TRY_ON:
        is_one = len(inputs) <= 2
        return (
            gettext("the person with this garment on")
            if is_one
            else gettext("the person with these garments on")
        )
    if tryon.mode == TryOn.Mode.REMIX:
        return gettext("the picture changed by the words “%(note)s”") % {"note": tryon.note}
    if tryon.mode == TryOn.Mode.COMPOSE:
        words = ngettext(
            "%(number)s picture made one by the words “%(note)s”",
            "%(number)s pictures made one by the words “%(note)s”",
            len(inputs),
        )
        return words % {"number": len(inputs), "note": tryon.note}
    return f"“{tryon.note}”"


def in_sentence(label: object) -> str:
    """A label as it is written within a sentence: small in English, as it is where other rules may hold."""
    is_english = (get_language() or "en").startswith("en")
    return str(label).lower() if is_english else str(label)


def counted(rows: Any) -> str:
    """As a badge says how many there are: "" for none, "99+" for more than are counted."""
    number = len(rows.order_by().values_list("pk")[: MOST_COUNTED + 1])
    return f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number or "")


# What the rules say, in the language of the reader --------------------------------------------------
def told(words: str) -> str:
    """A sentence of the rules with all that stands in it; words that they did not mark stay as they are."""
    if not isinstance(words, Sentence):
        return gettext(words) if words else ""
    text = ngettext(words.msgid, words.many, words.number) if words.many else gettext(words.msgid)
    values: dict[str, Any] = _told_within(words.values)
    return text % values


told_lazy = lazy(told, str)


def garment_kinds() -> list[outfits.Category]:
    """The kinds that a form offers, by names that are told once for all its places."""
    return [
        replace(
            kind, label=told(kind.label), fits=tuple(replace(fit, label=told(fit.label)) for fit in kind.fits)
        )
        for kind in outfits.BY_NAME.values()
    ]


def limits_of(mode: str) -> dict[str, Any]:
    """What a page tells its scripts of the rules."""
    limits = request_rules.limits_of(mode)
    kinds = _told_within(json.loads(limits["kinds"]))
    return {**_told_within(limits), "kinds": json.dumps(kinds)}


def _told_within(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _told_within(each) for name, each in value.items()}
    return told(value) if isinstance(value, str) else value
