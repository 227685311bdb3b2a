"""Words alone: a person, a garment laid flat, or a calm scene with the words in it."""

import random
import re

from PIL import Image

from tryon.sandbox.painting.figure import figure
from tryon.sandbox.painting.flatlay import flatlay
from tryon.sandbox.painting.scene import scene

# "A woman in a coat" is a person; "a coat for a woman" and "a woman's coat" are a coat.
_PERSON = re.compile(
    r"(?<!for a )(?<!for )\b(persons?|people|wom[ae]n|m[ae]n|lady|gentleman|girl|boy|adult|someone|somebody|"
    r"models?|mannequin|portrait)\b(?!['\u2019]s)",
    re.IGNORECASE,
)
_GARMENTS = (
    ("outerwear", r"jackets?|coats?|blazers?|cardigans?|parkas?|anoraks?|trench"),
    ("dress", r"dress(?:es)?|gowns?"),
    ("top", r"(?:t-?)?shirts?|tees?|tops?|blouses?|sweaters?|jumpers?|pullovers?|hoodies?|sweatshirts?"),
    ("skirt", r"skirts?"),
    ("shorts", r"shorts"),
    ("bottom", r"trousers|jeans|pants|chinos|leggings"),
    ("hat", r"hats?|caps?|fedoras?"),
    ("bag", r"bags?|handbags?|totes?"),
)


def imagined(words: str, size: tuple[int, int], chance: random.Random) -> Image.Image:
    """An RGB picture of `size`."""
    if _PERSON.search(words):
        return figure(words, size, chance)
    found = {shape: re.search(rf"\b(?:{names})\b", words, re.IGNORECASE) for shape, names in _GARMENTS}
    named = [(at.start(), shape) for shape, at in found.items() if at]
    if named:
        return flatlay(min(named)[1], words, size, chance)
    return scene(words, size, chance)
