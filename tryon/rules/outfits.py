"""Garments: their categories, how each may be worn, and which can be worn together. Pure rules."""

from collections import Counter
from collections.abc import Sequence

CATEGORIES = (
    "auto",
    "top",
    "bottom",
    "dress",
    "outerwear",
    "shoes",
    "hat",
    "glasses",
    "jewellery",
    "bag",
)
# How a garment may be worn, where there is a choice; "" is as pictured.
WEARS = {"top": ("tucked", "loose"), "outerwear": ("open", "closed")}
MOST_GARMENTS = 7

_A_KIND = {"top": "a top", "outerwear": "a jacket or coat"}
_ONE_OF = {
    "top": "two tops",
    "bottom": "two bottoms",
    "dress": "two dresses",
    "shoes": "two pairs of shoes",
    "hat": "two hats",
    "glasses": "two pairs of glasses",
}


def wear_refusal(slot: str, wear: str) -> str | None:
    """Why a garment of this kind cannot be worn so, in words for the user; None when it can."""
    if not wear or wear in WEARS.get(slot, ()):
        return None
    kind = next((kind for kind, wears in WEARS.items() if wear in wears), None)
    if kind is None:
        return "Choose one of the ways to wear it."
    return f"Only {_A_KIND[kind]} can be worn {wear}. Choose the kind, or how it is worn, again."


def outfit_refusal(slots: Sequence[str]) -> str | None:
    """Why these garments cannot be worn together, in words for the user; None when they can."""
    worn = Counter(slots)
    if len(slots) > MOST_GARMENTS:
        return f"An outfit has {MOST_GARMENTS} pieces at most. Remove {len(slots) - MOST_GARMENTS} to go on."
    for slot, words in _ONE_OF.items():
        if worn[slot] > 1:
            return f"You chose {words}, and only one can be worn at a time. Keep one of them."
    for slot in ("top", "bottom"):
        if worn["dress"] and worn[slot]:
            return f"A dress takes the place of a {slot}. Keep the dress or the {slot}, not both."
    return None
