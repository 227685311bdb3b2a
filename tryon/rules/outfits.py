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
FITS = {"top": ("tucked", "loose"), "outerwear": ("open", "closed")}
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


def fit_refusal(category: str, fit: str) -> str | None:
    """Why a garment of this kind cannot be worn so, in words for the user; None when it can."""
    if not fit or fit in FITS.get(category, ()):
        return None
    kind = next((kind for kind, fits in FITS.items() if fit in fits), None)
    if kind is None:
        return "Choose one of the ways to wear it."
    return f"Only {_A_KIND[kind]} can be worn {fit}. Choose the kind, or how it is worn, again."


def outfit_refusal(categories: Sequence[str]) -> str | None:
    """Why these garments cannot be worn together, in words for the user; None when they can."""
    worn = Counter(categories)
    if (over := len(categories) - MOST_GARMENTS) > 0:
        return f"An outfit has {MOST_GARMENTS} pieces at most. Remove {over} to go on."
    for category, words in _ONE_OF.items():
        if worn[category] > 1:
            return f"You chose {words}, and only one can be worn at a time. Keep one of them."
    for category in ("top", "bottom"):
        if worn["dress"] and worn[category]:
            return f"A dress takes the place of a {category}. Keep the dress or the {category}, not both."
    return None
