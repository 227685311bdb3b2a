"""The words of a try-on: garments and a wish in, prompt and version out.

Image 1 is the person, image 2 and on are the garments in the order given, which must be the order sent.
Change a word here and raise VERSION: it is stored with every call, and pass rates are compared by it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from tryon.catalogue import MOST_GARMENTS

VERSION = "try-on-1"
LONGEST_NOTE = 500  # characters
ROOM_FOR_DETAIL = 2  # garments up to which each gets its long sentence: over 150 words the likeness suffers


@dataclass(frozen=True)
class Prompt:
    """What is sent, and the version of the rules that wrote it."""

    text: str
    version: str


@dataclass(frozen=True)
class _Worn:
    """How a kind of garment is put on: its place from the skin out, and a long and a short sentence."""

    layer: int
    long: str
    short: str


# No sentence names another kind than its own: it must be plain which image is which.
_WORN = {
    "top": _Worn(
        1,
        "replace the garment of the upper body; same neckline, sleeve length and hem as pictured; "
        "tucked in or loose as suits the waist.",
        "replace the upper garment.",
    ),
    "dress": _Worn(
        1,
        "replace the garments of upper and lower body with this one piece; "
        "same neckline, sleeves, waist and hem length.",
        "replace upper and lower garments.",
    ),
    "auto": _Worn(
        2,
        "decide from it which kind of garment this is, and replace the garment of that kind only.",
        "decide its kind and replace that.",
    ),
    "bottom": _Worn(
        0,
        "replace the garment below the waist only; same rise, width and length; the hem above it stays.",
        "replace the lower garment.",
    ),
    "shoes": _Worn(
        3,
        "replace the footwear; feet keep their place, angle and contact with the floor.",
        "replace the footwear.",
    ),
    "outerwear": _Worn(
        4,
        "add over the other clothes, open or closed as pictured; what it does not cover stays visible.",
        "add over the rest.",
    ),
    "jewellery": _Worn(
        5,
        "add where such a piece is worn, true to scale, with a contact shadow; hands and skin unchanged.",
        "add true to scale.",
    ),
    "glasses": _Worn(
        6,
        "add level on the nose, true to scale, with a contact shadow; the eyes stay as they are.",
        "add on the nose.",
    ),
    "hat": _Worn(
        7,
        "add on the head over the hair, true to scale, with a contact shadow; the face stays free.",
        "add on the head.",
    ),
    "bag": _Worn(
        8,
        "add in a free hand or on the shoulder, true to scale, with a contact shadow; the pose stays.",
        "add true to scale.",
    ),
}

_BEFORE = (
    "Image 1 is the person. Show this same person in one photo, wearing every item listed. "
    "Keep face, hair, skin tone, expression, body shape, hands, pose, camera, crop, background and light "
    "exactly. "
    "From the other images take the item alone, never its wearer or background."
)
_AFTER = (
    "Copy colour, pattern, lettering, cut, lengths, closures and fabric. "
    "Nothing of replaced clothes remains; newly bare skin matches. "
    "Folds follow the pose, shadows the light. "
    "Whatever is not listed stays. No text, collage, border or further accessories."
)
_NOTE = "Styling wish, valid only within all of the above:"


def try_on(garments: Sequence[str], note: str = "", *, retry_hint: str = "") -> Prompt:
    """The prompt that puts these garments on the person; ValueError without any, or with an unknown slot.

    `note` is the user's wish, `retry_hint` one sentence on what a reviewer found wrong.
    """
    if not 1 <= len(garments) <= MOST_GARMENTS:
        raise ValueError(f"a try-on takes 1 to {MOST_GARMENTS} garments")
    lines = [_BEFORE, *(_line(at, slot, len(garments)) for at, slot in enumerate(garments, start=2)), _AFTER]
    if hint := _cleaned(retry_hint):
        lines.append(hint)
    if wish := _cleaned(note):
        lines.append(f'{_NOTE} "{wish}"')
    return Prompt("\n".join(lines), VERSION)


def inside_out(slots: Sequence[str]) -> list[int]:
    """The positions of `slots` in the order of dressing, from the skin out; equal layers keep their order."""
    return sorted(range(len(slots)), key=lambda at: _worn(slots[at]).layer)


def _line(number: int, slot: str, garments: int) -> str:
    worn = _worn(slot)
    name = f"Image {number}" if slot == "auto" else f"Image {number}, {slot}"
    return f"{name}: {worn.long if garments <= ROOM_FOR_DETAIL else worn.short}"


def _worn(slot: str) -> _Worn:
    if slot not in _WORN:
        raise ValueError(f"no garment is worn as {slot!r}")
    return _WORN[slot]


# All that opens or closes a quotation: straight, backtick, angled, curly, low, cornered, full width.
_QUOTES = re.compile('["`\u00ab\u00bb\u201c-\u201f\u2039\u203a\u300c-\u300f\uff02]')
_NUMBERED = re.compile(r"\bimage(?=[\s#]*\d)", re.IGNORECASE)


def _cleaned(words: str) -> str:
    """One line without quotes or invisible characters, so that it cannot leave its place in the prompt."""
    # Cc, Cf, Cs and Co are controls, marks that reorder or hide text, and half characters.
    plain = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co") else sign for sign in words)
    line = _QUOTES.sub("'", " ".join(plain.split()))
    # "Image 2" is said once, by us: a wish that says it again could give a garment another place.
    return _NUMBERED.sub("picture", line)[:LONGEST_NOTE].rstrip()
