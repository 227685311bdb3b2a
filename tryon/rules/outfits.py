"""Garments, a row for each kind: how it is worn, in the words of people and in those of the prompt (pure).

Change a sentence for the model here and raise the version of the try-on prompts: see `prompts`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

MOST_GARMENTS = 7


def gettext_noop(sentence: str) -> str:
    """Marks what pages translate when they say it; here nothing knows of languages."""
    return sentence


@dataclass(frozen=True, slots=True)
class Fit:
    """A way to wear a garment, where there is a choice.

    `label` is what people choose, `worn` how it is told of a garment, `prompt` what the model reads.
    """

    name: str
    label: str
    worn: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of garment; `layer` is its place from the skin out.

    `long` and `short` are its sentences in the prompt. `photo` says how much of the person the photo should
    show to carry it, where not any will do. `one` is what can be worn in one of its `fits`, and `two` what
    nobody wears at once; `replaces` are the kinds that it takes the place of.
    """

    name: str
    layer: int
    long: str
    short: str
    fits: tuple[Fit, ...] = ()
    one: str = ""
    two: str = ""
    replaces: tuple[str, ...] = ()
    photo: str = ""

    @property
    def label(self) -> str:
        return "As it looks" if self.name == "auto" else self.name.capitalize()


AS_PICTURED = Fit("", "As pictured", "", "as pictured")

# No sentence names another kind than its own: it must be plain which image is which.
_ROWS = (
    Category(
        "auto",
        2,
        "decide from it which kind of garment this is, and replace the garment of that kind only.",
        "decide its kind, replace that.",
    ),
    Category(
        "top",
        1,
        "replace the garment of the upper body by this one, {fit}; same neckline, sleeve length and hem.",
        "replace the upper garment, {fit}.",
        fits=(
            Fit("tucked", "Tucked in", "tucked in", "tucked in"),
            Fit("loose", "Loose over the waist", "worn loose", "worn loose over the waist"),
        ),
        one="a top",
        two="two tops",
    ),
    Category(
        "bottom",
        0,
        "replace the garment below the waist only; same rise, width and length; "
        "what is worn above stays unless listed.",
        "replace the lower garment.",
        two="two bottoms",
        photo=gettext_noop("For a skirt or trousers, choose a photo that shows you down to the knees."),
    ),
    Category(
        "dress",
        1,
        "replace the garments of upper and lower body by this one piece; "
        "same neckline, sleeves, waist and hem length.",
        "replace upper and lower garments.",
        two="two dresses",
        replaces=("top", "bottom"),
        photo=gettext_noop("For a dress, choose a photo that shows you down to the knees."),
    ),
    Category(
        "outerwear",
        4,
        "add over the other clothes, {fit}; what it does not cover stays visible.",
        "add outermost, {fit}.",
        fits=(
            Fit("open", "Open", "worn open", "worn open"),
            Fit("closed", "Closed", "worn closed", "worn closed"),
        ),
        one="a jacket or coat",
    ),
    Category(
        "shoes",
        3,
        "replace the footwear; feet keep their place, angle and contact with the floor.",
        "replace the footwear.",
        two="two pairs of shoes",
        photo=gettext_noop("For shoes, choose a photo that shows you down to your feet."),
    ),
    Category(
        "hat",
        7,
        "add on the head over the hair, true to scale, with a contact shadow; the face stays free.",
        "add on the head.",
        two="two hats",
    ),
    Category(
        "glasses",
        6,
        "add level on the nose, true to scale, with a contact shadow; the eyes stay as they are.",
        "add on the nose.",
        two="two pairs of glasses",
    ),
    Category(
        "jewellery",
        5,
        "add where such a piece is worn, true to scale, with a contact shadow; hands and skin unchanged.",
        "add true to scale.",
    ),
    Category(
        "bag",
        8,
        "add in a free hand or on the shoulder, true to scale, with a contact shadow; the pose stays.",
        "add true to scale.",
    ),
)

BY_NAME = {category.name: category for category in _ROWS}
CATEGORIES = tuple(BY_NAME)
# In the order of the rows, the one that reaches furthest down as the last.
PHOTO_HINTS = {category.name: category.photo for category in _ROWS if category.photo}
# Of the categories with a choice, the names of the ways; "" is as pictured.
FITS = {category.name: tuple(fit.name for fit in category.fits) for category in _ROWS if category.fits}
FIT_BY_NAME = {fit.name: fit for category in _ROWS for fit in (AS_PICTURED, *category.fits)}


def reaching_down(worn: Collection[str]) -> str:
    """The one of these kinds whose hint about the photo is said: it reaches furthest down. "" for none."""
    return next((name for name in reversed(PHOTO_HINTS) if name in worn), "")


def category(name: str) -> Category:
    """ValueError where there is no such kind."""
    if name not in BY_NAME:
        raise ValueError(f"no garment is worn as {name!r}")
    return BY_NAME[name]


def gives_way(name: str) -> tuple[str, ...]:
    """The kinds that are not worn together with this one; its own where only one can be worn."""
    kind = category(name)
    return tuple(
        other.name
        for other in _ROWS
        if other.name in kind.replaces or name in other.replaces or (other is kind and kind.two)
    )


def inside_out(categories: Sequence[str]) -> list[int]:
    """Positions in the order of dressing, from the skin out; equal layers keep their order."""
    return sorted(range(len(categories)), key=lambda at: category(categories[at]).layer)
