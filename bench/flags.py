"""How often each flag of the review queue is right, on a set that is made here: `python -m bench flags`.

The set comes out of the samples and of `tests/pictures` by fixed seeds: copies of people, what the sandbox
paints of them and its rendered looks, and spoiled ones of these. `--seed` makes another set.
"""

import argparse
import io
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

from bench.report import Report, table
from gallery import pictures
from tryon.rules import prompts
from tryon.rules.picture_flags import Asked, Measured, flags
from tryon.samples.table import GARMENTS, LOOKS, PEOPLE
from tryon.sandbox.painting.canvas import stamp
from tryon.sandbox.painting.painter import paint

OWN = Path(__file__).parent.parent / "tests/pictures"
WORN = (
    *(
        (OWN / "breton-top.jpg", "top"),
        (OWN / "denim-jacket.jpg", "outerwear"),
        (OWN / "red-dress.jpg", "dress"),
    ),
    *((each.path, each.category) for each in GARMENTS),
    *((OWN / "breton-top.jpg", kind) for kind in ("hat", "shoes", "jewellery", "auto")),
)
WIDTH = 480  # of the copies of a picture that pages show, which are measured
HEAD = ("pictures", "flag", "flagged of 100", "target")


@dataclass(frozen=True)
class Pair:
    """A picture, and the photo or the variation that it is laid over; neither need be a file."""

    picture: Image.Image
    other: Image.Image
    asked: str = ""  # the shape; "" is that of the photo


@dataclass(frozen=True)
class Question:
    """So many of these pictures may have this flag; `of_other` is what the other picture of a pair is."""

    name: str
    flag: str
    make: Callable[[random.Random], Pair]
    least: float = 0.0
    most: float = 100.0
    of_other: str = "photo"

    @property
    def target(self) -> str:
        return f"at least {self.least:.0f}" if self.least else f"at most {self.most:.0f}"


# The pictures ---------------------------------------------------------------------------------------
def people() -> list[Image.Image]:
    """Photos of people: none of them is known to the painter as a sample."""
    return [_read(OWN / "person.jpg"), *(ImageOps.mirror(_read(each.path)) for each in PEOPLE)]


def photo(chance: random.Random) -> Image.Image:
    """One of these people as somebody may have taken it: whole or half, mirrored, before another wall."""
    whole = chance.choice(people())
    if chance.random() < 0.5:
        whole = ImageOps.mirror(whole)
    if chance.random() < 0.4:
        whole = whole.crop((whole.width // 5, 0, whole.width - whole.width // 5, round(whole.height * 0.6)))
    wall = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180))).resize(whole.size)
    colour = Image.new("RGB", whole.size, tuple(chance.randrange(90, 220) for _ in range(3)))
    lit = Image.composite(colour, whole, wall.point(lambda level: level // 6))
    return ImageEnhance.Color(lit).enhance(chance.uniform(0.7, 1.4))


def copied(original: Image.Image, chance: random.Random) -> Image.Image:
    """The same picture cropped a little, in another size, brightness and encoding."""
    width, height = original.size
    left, top, right, bottom = (chance.uniform(0, chance.choice((0, 0.02, 0.05))) for _ in range(4))
    copy = original.crop(
        (round(left * width), round(top * height), round(width * (1 - right)), round(height * (1 - bottom)))
    )
    scale = chance.uniform(0.35, 1.2)
    copy = copy.resize((round(copy.width * scale), round(copy.height * scale)), Image.Resampling.BICUBIC)
    adjusted = chance.choice((ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color))
    return _encoded(adjusted(copy).enhance(chance.uniform(0.85, 1.18)), chance)


def dressed(wearer: Image.Image, chance: random.Random) -> Image.Image:
    """What the sandbox paints of somebody in one of the garments."""
    garment, category = chance.choice(WORN)
    prompt = prompts.try_on([prompts.Piece(category, 2)]).text
    return _opened(paint([_bytes(wearer), garment.read_bytes()], prompt, size="512")[0])


def copy_of_person(chance: random.Random) -> Pair:
    original = photo(chance)
    return Pair(copied(original, chance), original)


def sandbox_result(chance: random.Random) -> Pair:
    wearer = photo(chance)
    return Pair(dressed(wearer, chance), wearer, "3:4")


def sample_look(chance: random.Random) -> Pair:
    look = chance.choice(LOOKS)
    person = next(each for each in PEOPLE if each.slug == look.person)
    return Pair(_read(look.path), _read(person.path))


def reframed(chance: random.Random) -> Pair:
    """A look whose frame is zoomed or shifted by 6 to 20 % of a side."""
    pair = sample_look(chance)
    look, amount = pair.picture, chance.uniform(0.06, 0.2)
    across, down = round(amount * look.width), round(amount * look.height)
    way = chance.choice(("in", "out", "aside"))
    if way == "in":
        moved = look.crop((across, down, look.width - across, look.height - down))
    elif way == "out":
        moved = ImageOps.expand(look, (across, down), look.getpixel((4, 4)))
    else:
        moved = Image.new("RGB", look.size, look.getpixel((4, 4)))
        moved.paste(look, (chance.choice((-across, across)), 0))
    return Pair(_encoded(moved.resize(look.size), chance), pair.other)


def of_another_shape(chance: random.Random) -> Pair:
    pair = sample_look(chance)
    wanted = chance.choice(((1, 1), (4, 3), (16, 9), (9, 16)))
    height = pair.picture.height
    return Pair(ImageOps.fit(pair.picture, (height * wanted[0] // wanted[1], height)), pair.other)


def blank(chance: random.Random) -> Pair:
    """One colour, with noise, a gradient or a dark rim, and the sandbox's mark."""
    size = (896, 1200)
    sheet = Image.new("RGB", size, tuple(chance.randrange(256) for _ in range(3)))
    noise = Image.effect_noise(size, chance.uniform(1, 30)).convert("RGB")
    light = Image.radial_gradient("L").resize(size).convert("RGB")
    sheet = Image.blend(Image.blend(sheet, noise, chance.uniform(0, 0.3)), light, chance.uniform(0, 0.3))
    stamp(sheet)
    return Pair(sheet, photo(chance))


def twins(chance: random.Random) -> Pair:
    made = dressed(photo(chance), chance)
    brightness = ImageEnhance.Brightness(made).enhance(chance.uniform(0.98, 1.02))
    return Pair(_encoded(brightness, chance, least=75), made)


def other_outfits(chance: random.Random) -> Pair:
    """Two looks of one person: the same pose before the same wall."""
    one = chance.choice(LOOKS)
    two = chance.choice([look for look in LOOKS if look.person == one.person and look != one])
    return Pair(_read(one.path), _read(two.path))


QUESTIONS = (
    Question("copies of a person's photo", "unchanged", copy_of_person, least=95),
    Question("what the sandbox paints of photos", "unchanged", sandbox_result, most=5),
    Question("rendered looks of the samples", "unchanged", sample_look, most=5),
    Question("blank and near-blank ones", "one_colour", blank, least=95),
    Question("what the sandbox paints of photos", "one_colour", sandbox_result, most=0),
    Question("looks zoomed or shifted by 6 to 20 %", "reframed", reframed, least=80),
    Question("looks in another shape", "reframed", of_another_shape, least=95),
    Question("rendered looks of the samples", "reframed", sample_look, most=5),
    Question("what the sandbox paints of photos", "reframed", sandbox_result, most=5),
    Question("a variation encoded anew", "twin", twins, least=95, of_other="sibling"),
    Question("two outfits of one person", "twin", other_outfits, most=0, of_other="sibling"),
)


# Asked ----------------------------------------------------------------------------------------------
def flagged(pair: Pair, of_other: str) -> dict[str, float]:
    """The flags that the product gives to this picture, by the copies that it keeps."""
    seen = pictures.compare(_shown(pair.picture), [pictures.miniature(_shown(pair.other))])
    (off,) = seen.differences
    if of_other == "photo":
        measured, before = Measured(seen.detail, changed=off.levels, moved=off.moved), pair.other.size
    else:
        measured, before = Measured(seen.detail, unlike=off.levels), None
    return flags(*pair.picture.size, Asked("", pair.asked, before), measured)


def counted(questions: Sequence[Question], count: int, seed: int) -> Iterator[tuple[Question, float]]:
    """Each with how many of 100 got its flag, of `count` pictures that were made."""
    for question in questions:
        chance = random.Random(f"{seed} {question.make.__name__}")
        found = [flagged(question.make(chance), question.of_other) for _ in range(count)]
        yield question, 100 * sum(question.flag in each for each in found) / count


def _shown(picture: Image.Image) -> bytes:
    small = picture.convert("RGB")
    small.thumbnail((WIDTH, 4 * WIDTH), Image.Resampling.LANCZOS)
    return _bytes(small, "WEBP", quality=82)


def _encoded(picture: Image.Image, chance: random.Random, least: int = 45) -> Image.Image:
    return _opened(_bytes(picture, chance.choice(("JPEG", "WEBP")), quality=chance.randrange(least, 95)))


def _bytes(picture: Image.Image, kind: str = "JPEG", quality: int = 92) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, quality=quality)
    return out.getvalue()


def _opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def _read(path: Path) -> Image.Image:
    return _opened(path.read_bytes())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=100, help="pictures for each line")
    parser.add_argument("--seed", type=int, default=1)


def run(options: argparse.Namespace) -> Report:
    rows = [
        (question.name, f"`{question.flag}`", f"{share:.0f}", question.target)
        for question, share in counted(QUESTIONS, options.count, options.seed)
    ]
    note = f"{options.count} pictures for each line, seed {options.seed}."
    return Report(notes=[table(rows, HEAD), note])
