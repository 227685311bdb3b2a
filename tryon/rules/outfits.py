"""Garments, a row for each kind: how it is worn, in the words of people and in those of the prompt (pure).

Change a sentence for the model here and raise the version of the try-on prompts: see `prompts`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tryon.rules.sentences import gettext_noop as _

MOST_GARMENTS = 7


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

    `label` is what people choose; `long` and `short` are its sentences in the prompt. `photo` says how much
    of the person the photo should show to carry it, where not any will do. `one` is what can be worn in one
    of its `fits`, and `two` what nobody wears at once; `replaces` are the kinds that it takes the place of.
    """

    name: str
    label: str
    layer: int
    long: str
    short: str
    fits: tuple[Fit, ...] = ()
    one: str = ""
    two: str = ""
    replaces: tuple[str, ...] = ()
    photo: str = ""
    called: str = ""  # what files of such a garment are named by, in English


AS_PICTURED = Fit("", _("As pictured"), "", "as pictured")

# No sentence names another kind than its own: it must be plain which image is which.
_ROWS = (
    Category(
        "auto",
        _("As it looks"),
        2,
        "decide from it which kind of garment this is, and replace the garment of that kind only.",
        "decide its kind, replace that.",
    ),
    Category(
        "top",
        _("Top"),
        1,
        "replace the garment of the upper body by this one, {fit}; same neckline, sleeve length and hem.",
        "replace the upper garment, {fit}.",
        fits=(
            Fit("tucked", _("Tucked in"), _("tucked in"), "tucked in"),
            Fit("loose", _("Loose over the waist"), _("worn loose"), "worn loose over the waist"),
        ),
        one=_("a top"),
        two=_("two tops"),
        called="top shirt tshirt tee blouse sweater jumper pullover hoodie polo knit turtleneck sweatshirt",
    ),
    Category(
        "bottom",
        _("Bottom"),
        0,
        "replace the garment below the waist only; same rise, width and length; "
        "what is worn above stays unless listed.",
        "replace the lower garment.",
        two=_("two bottoms"),
        photo=_("For a skirt or trousers, choose a photo that shows you down to the knees."),
        called="bottom trousers pants jeans skirt shorts leggings chinos joggers culottes",
    ),
    Category(
        "dress",
        _("Dress"),
        1,
        "replace the garments of upper and lower body by this one piece; "
        "same neckline, sleeves, waist and hem length.",
        "replace upper and lower garments.",
        two=_("two dresses"),
        replaces=("top", "bottom"),
        photo=_("For a dress, choose a photo that shows you down to the knees."),
        called="dress gown jumpsuit overall overalls romper",
    ),
    Category(
        "outerwear",
        _("Outerwear"),
        4,
        "add over the other clothes, {fit}; what it does not cover stays visible.",
        "add outermost, {fit}.",
        fits=(
            Fit("open", _("Open"), _("worn open"), "worn open"),
            Fit("closed", _("Closed"), _("worn closed"), "worn closed"),
        ),
        one=_("a jacket or coat"),
        called="outerwear coat jacket blazer parka cardigan vest anorak trench raincoat",
    ),
    Category(
        "shoes",
        _("Shoes"),
        3,
        "replace the footwear; feet keep their place, angle and contact with the floor.",
        "replace the footwear.",
        two=_("two pairs of shoes"),
        photo=_("For shoes, choose a photo that shows you down to your feet."),
        called="shoes shoe boots boot sneakers sneaker heels sandals sandal trainers loafers pumps",
    ),
    Category(
        "hat",
        _("Hat"),
        7,
        "add on the head over the hair, true to scale, with a contact shadow; the face stays free.",
        "add on the head.",
        two=_("two hats"),
        called="hat cap beanie beret",
    ),
    Category(
        "glasses",
        _("Glasses"),
        6,
        "add level on the nose, true to scale, with a contact shadow; the eyes stay as they are.",
        "add on the nose.",
        two=_("two pairs of glasses"),
        called="glasses sunglasses spectacles shades",
    ),
    Category(
        "jewellery",
        _("Jewellery"),
        5,
        "add where such a piece is worn, true to scale, with a contact shadow; hands and skin unchanged.",
        "add true to scale.",
        called="jewellery jewelry necklace earrings earring ring bracelet watch brooch pendant",
    ),
    Category(
        "bag",
        _("Bag"),
        8,
        "add in a free hand or on the shoulder, true to scale, with a contact shadow; the pose stays.",
        "add true to scale.",
        called="bag handbag backpack tote purse clutch satchel",
    ),
)

# What stands within sentences by its name.
NAMES = (
    _("garment"), _("top"), _("bottom"), _("dress"), _("outerwear"), _("shoes"), _("hat"), _("glasses"),
    _("jewellery"), _("bag"), _("tucked"), _("loose"), _("open"), _("closed"),
)  # fmt: skip

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


def guess(words: str) -> str:
    """The kind that a name says, by its last word that tells one: a shirt dress is a dress. Else "auto"."""
    kinds = {word: kind.name for kind in _ROWS for word in kind.called.split()}
    told = [kinds[word] for word in words.lower().replace("-", "").split() if word in kinds]
    return told[-1] if told else "auto"


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
