"""What pages call the pictures that go in and come out, for each way of asking."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext, ngettext

from tryon.models import Reference, TryOn, TryOnInput
from tryon.rules import outfits, request_rules
from tryon.rules.sentences import Sentence


@dataclass(frozen=True, slots=True)
class ModeLabels:
    """The sentences of a way of asking, about what was given and about what comes of it."""

    given: str  # what the model works from
    are_kept: str
    are_safe: str
    preparing: str
    are_ready: str
    before: str = ""  # what the photo beside the result shows


BY_MODE = {
    TryOn.Mode.TRY_ON: ModeLabels(
        "these photos",
        "Your photos are kept",
        "Your photos are safe",
        "Preparing your photos",
        "Photos ready",
        "the photo of the person",
    ),
    TryOn.Mode.REMIX: ModeLabels(
        "this picture and these words",
        "Your picture is kept",
        "Your picture is safe",
        "Preparing your picture",
        "Picture ready",
        "the picture that it began with",
    ),
    TryOn.Mode.COMPOSE: ModeLabels(
        "these pictures and words",
        "Your pictures are kept",
        "Your pictures are safe",
        "Preparing your pictures",
        "Pictures ready",
    ),
    TryOn.Mode.IMAGINE: ModeLabels(
        "these words",
        "Your words are kept",
        "Your words are safe",
        "Preparing",
        "Words ready",
    ),
}


def mode_labels(mode: str) -> ModeLabels:
    return BY_MODE[TryOn.Mode(mode)]


def counted(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def input_label(row: TryOnInput, mode: str) -> str:
    """An input as people read it: "Person", "Top, tucked in", "Picture 2"."""
    if row.role == TryOnInput.PERSON:
        return "Person"
    if row.role == TryOnInput.PICTURE:
        return "Picture" if mode == TryOn.Mode.REMIX else f"Picture {row.position}"
    return f"{row.kind}, {outfits.FIT_BY_NAME[row.fit].worn}" if row.fit else row.kind


def reference_label(reference: Reference) -> str:
    """What a photo in the wardrobe is called that has no name of its own."""
    if reference.kind == Reference.Kind.OTHER:
        return "Picture"
    is_known = reference.kind == Reference.Kind.GARMENT and reference.category != "auto"
    return reference.get_category_display() if is_known else reference.get_kind_display()


def describe_result(tryon: TryOn, inputs: Sequence[TryOnInput]) -> str:
    """What is to be seen on its pictures, for those who cannot see them."""
    if tryon.mode == TryOn.Mode.TRY_ON:
        return f"the person with {'these garments' if len(inputs) > 2 else 'this garment'} on"
    if tryon.mode == TryOn.Mode.REMIX:
        return f"the picture changed by the words “{tryon.note}”"
    if tryon.mode == TryOn.Mode.COMPOSE:
        return f"{len(inputs)} pictures made one by the words “{tryon.note}”"
    return f"“{tryon.note}”"


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
