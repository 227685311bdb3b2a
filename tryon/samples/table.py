"""Which sample is what, and which picture shows whom in what. A file has the names of all that it shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


def gettext_noop(words: str) -> str:
    """Marks what pages translate: the sandbox paints with this table too, and knows no Django."""
    return words


FOLDER = Path(__file__).parent
LABEL = gettext_noop("3D-rendered example")
# Wherever one of these pictures is shown.
CAPTION = gettext_noop("3D-rendered example, no AI model made this")
SIZE = (1152, 1536)  # pixels of each


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture to choose: `category` of a garment, "" of a person."""

    slug: str
    label: str
    category: str = ""

    @property
    def kind(self) -> str:
        return "garment" if self.category else "person"

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.slug}.jpg"


@dataclass(frozen=True, slots=True)
class Look:
    """A person in garments, in the order of dressing: slugs, each with its way of being worn ("": none)."""

    person: str
    worn: tuple[tuple[str, str], ...]

    @property
    def garments(self) -> tuple[str, ...]:
        return tuple(slug for slug, _ in self.worn)

    @property
    def name(self) -> str:
        return "-".join((self.person, *self.garments))

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.jpg"

    def shows(self, worn: Iterable[tuple[str, str]]) -> bool:
        """Whether each is worn as here; "" is as pictured."""
        return all(fit in ("", dict(self.worn)[slug]) for slug, fit in worn)


PEOPLE = (
    Sample("ada", "Ada, a 3D-rendered mannequin"),
    Sample("bea", "Bea, a 3D-rendered mannequin"),
    Sample("cai", "Cai, a 3D-rendered mannequin"),
)
GARMENTS = (
    Sample("breton-top", "Breton top", "top"),
    Sample("red-dress", "Red wrap dress", "dress"),
    Sample("denim-jacket", "Denim jacket", "outerwear"),
    Sample("blue-shirt", "Light blue shirt", "top"),
    Sample("sun-tee", "White tee with a sun print", "top"),
    Sample("wide-trousers", "Wide wool trousers", "bottom"),
    Sample("green-skirt", "Green skirt", "bottom"),
)
SAMPLES = PEOPLE + GARMENTS  # in shelf order

_TROUSERS, _SKIRT = ("wide-trousers", ""), ("green-skirt", "")
_FOR_ALL = (
    (("breton-top", "loose"),),
    (("denim-jacket", "closed"),),
    (("blue-shirt", "loose"),),
    (("sun-tee", "loose"),),
    (_TROUSERS,),
)
_FOR_WOMEN = (
    (("red-dress", ""),),
    (_SKIRT,),
    (("blue-shirt", "tucked"), _TROUSERS),
    (("sun-tee", "tucked"), _SKIRT),
)
LOOKS = tuple(
    Look(person, worn)
    for person, rendered in (
        ("ada", _FOR_ALL + _FOR_WOMEN),
        ("bea", _FOR_ALL + _FOR_WOMEN),
        ("cai", _FOR_ALL),
    )
    for worn in rendered
)
_BY_WEARER = {(look.person, frozenset(look.garments)): look for look in LOOKS}


def find_look(person: str, worn: Iterable[tuple[str, str]]) -> Look | None:
    """Who shows this person in these garments, each worn in this way; in whatever order they were chosen."""
    worn = list(worn)
    look = _BY_WEARER.get((person, frozenset(slug for slug, _ in worn)))
    return look if look and len(look.worn) == len(worn) and look.shows(worn) else None
