"""Who wears what: people and garments from a folder or from the samples, and the pairs made of them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tryon.rules import outfits
from tryon.samples.table import GARMENTS, PEOPLE

KINDS = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif")


@dataclass(frozen=True)
class Photo:
    """`category` is a garment's category, "" for a person."""

    path: Path
    label: str
    category: str = ""


@dataclass(frozen=True)
class Look:
    """A person and a garment, worn in one of the ways that its kind allows ("" is as pictured)."""

    person: Photo
    garment: Photo
    fit: str

    @property
    def name(self) -> str:
        worn = f", {self.fit}" if self.fit else ""
        return f"{self.person.label} in {self.garment.label}{worn}"


def samples() -> tuple[list[Photo], list[Photo]]:
    """The project's own people and garments."""
    people, garments = (
        [Photo(each.path, each.label, each.category) for each in rows] for rows in (PEOPLE, GARMENTS)
    )
    return people, garments


def photos_in(folder: Path) -> tuple[list[Photo], list[Photo]]:
    """Those in `folder/people` and `folder/garments`, whose names begin with the category."""
    people = [Photo(path, path.stem) for path in _files(folder / "people")]
    garments = [Photo(path, path.stem, _category(path)) for path in _files(folder / "garments")]
    if not people or not garments:
        raise SystemExit(f"{folder} needs photos in people/ and in garments/ ({', '.join(KINDS)})")
    return people, garments


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in KINDS)


def _category(path: Path) -> str:
    """`top` of `top-striped.jpg`; `auto` where the name does not begin with a category."""
    word = path.stem.lower().partition("-")[0]
    return word if word in outfits.CATEGORIES else "auto"


def looks(people: list[Photo], garments: list[Photo], count: int) -> list[Look]:
    """`count` of them: pairs as pictured, then in the other ways of wearing, then the same again."""
    every = list(_every_look(people, garments))
    return list(itertools.islice(itertools.cycle(every), count))


def _every_look(people: list[Photo], garments: list[Photo]) -> Iterator[Look]:
    ways = ["", *dict.fromkeys(itertools.chain.from_iterable(outfits.FITS.values()))]
    for wear, turn in itertools.product(ways, range(len(people))):
        for at, garment in enumerate(garments):
            if not wear or wear in outfits.FITS.get(garment.category, ()):
                yield Look(people[(at + turn) % len(people)], garment, wear)
