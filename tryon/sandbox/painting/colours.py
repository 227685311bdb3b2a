"""Colours by their names, as people write them in a wish."""

import re

Colour = tuple[int, int, int]

NAMED: dict[str, Colour] = {
    "black": (44, 42, 44),
    "white": (238, 236, 230),
    "cream": (238, 226, 202),
    "beige": (216, 198, 168),
    "grey": (140, 142, 146),
    "gray": (140, 142, 146),
    "silver": (186, 190, 196),
    "red": (190, 44, 46),
    "crimson": (168, 28, 54),
    "burgundy": (112, 30, 48),
    "pink": (232, 150, 172),
    "orange": (226, 124, 48),
    "rust": (170, 84, 44),
    "yellow": (236, 200, 76),
    "mustard": (202, 156, 48),
    "gold": (206, 164, 84),
    "green": (66, 122, 78),
    "olive": (112, 112, 64),
    "mint": (166, 212, 190),
    "teal": (34, 118, 122),
    "turquoise": (64, 176, 178),
    "blue": (58, 96, 168),
    "denim": (76, 100, 140),
    "navy": (36, 46, 84),
    "purple": (110, 70, 140),
    "lilac": (188, 164, 210),
    "brown": (112, 78, 54),
    "camel": (190, 150, 104),
    "khaki": (168, 156, 114),
}
_NAME = re.compile(rf"\b({'|'.join(NAMED)})\b", re.IGNORECASE)


def colour_in(words: str) -> Colour | None:
    """The first colour that is named."""
    found = _NAME.search(words)
    return NAMED[found[1].lower()] if found else None


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of the other in the one."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
