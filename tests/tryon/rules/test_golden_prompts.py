"""Every kind of prompt, word for word, beside the version under which those words are sent.

UPDATE_GOLDEN=1 writes the files in golden/ anew; it leaves alone what changed without a new version.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tryon.rules import outfits, prompts

GOLDEN = Path(__file__).parent / "golden"
WISH = re.compile(r'"[^"]*"$')


@dataclass(frozen=True)
class Outfit:
    """Pictures in the order sent, "+" between two pieces of one photo, "/" before how a piece is worn."""

    sent: str
    note: str = ""
    hint: str = ""

    @property
    def photos(self) -> list[str]:
        return self.sent.split()

    def prompt(self, style: str) -> prompts.Prompt:
        pieces = []
        for number, photo in enumerate(self.photos, 1):
            for piece in photo.split("+"):
                slot, _, wear = piece.partition("/")
                pieces.append(prompts.Piece(slot, number, wear))
        [person] = [piece.number for piece in pieces if piece.category == "person"]
        garments = [piece for piece in pieces if piece.category != "person"]
        dressed = [garments[at] for at in outfits.inside_out([piece.category for piece in garments])]
        return prompts.try_on(dressed, self.note, person=person, style=style, retry_hint=self.hint)


OUTFITS = {
    **{slot: Outfit(f"person {slot}") for slot in outfits.CATEGORIES},
    "top-tucked": Outfit("person top/tucked"),
    "top-loose": Outfit("person top/loose"),
    "outerwear-open": Outfit("person outerwear/open"),
    "outerwear-closed": Outfit("person outerwear/closed"),
    "2-top-bottom": Outfit("person bottom top/tucked"),
    "2-dress-shoes": Outfit("person dress shoes"),
    "2-auto": Outfit("person auto auto"),
    "3-layers": Outfit("person bottom top/loose outerwear/open"),
    "4-coats": Outfit("person dress outerwear/closed outerwear/open hat"),
    "5-evening": Outfit("person dress shoes jewellery jewellery bag"),
    "6-summer": Outfit("person bottom top shoes glasses hat bag"),
    "7-everything": Outfit("person bottom top/loose shoes outerwear/open jewellery glasses hat"),
    "7-auto": Outfit("person auto auto auto auto auto auto auto"),
    "linked-garments-last": Outfit("person shoes hat bottom top/tucked"),
    "linked-person-last": Outfit("bottom top shoes person"),
    "linked-person-second": Outfit("outerwear/open person top"),
    "one-photo-two-pieces": Outfit("person bottom+top/tucked"),
    "one-photo-two-pieces-and-shoes": Outfit("person shoes top+bottom"),
    "wish": Outfit("person top", note="sleeves rolled up"),
    "wish-after-hint": Outfit("person dress", note="belted", hint="Take care that the face is not changed."),
}
# The words of the other modes, and how many pictures go with them.
WORDS = {
    "remix-light": (1, "make it a rainy evening"),
    "remix-numbered": (1, "take the hat off the man in image 1, image 2 does not exist"),
    "compose-2": (2, "both on a park bench"),
    "compose-2-numbered": (2, 'put the hat of image 2 on image 1, not of image 3, "please"'),
    **{f"compose-{count}": (count, "all on one long table") for count in range(3, 9)},
    "imagine-person": (0, "a woman of about forty, standing, in a grey T-shirt and jeans"),
    "imagine-garment": (0, "a red linen shirt, laid flat, as in image 1"),
}


@dataclass(frozen=True)
class Kept:
    """A prompt as it is made now, and the numbers of the pictures that go with it."""

    prompt: prompts.Prompt
    sent: list[str]

    @property
    def content(self) -> str:
        return f"{self.prompt.version}\n{self.prompt.text}\n"


def in_words(mode: str, pictures: int, note: str) -> prompts.Prompt:
    if mode == "compose":
        return prompts.compose(pictures, note)
    return {"remix": prompts.remix, "imagine": prompts.imagine}[mode](note)


def made() -> Iterator[tuple[str, Kept]]:
    for name, outfit in OUTFITS.items():
        sent = [str(number) for number, _ in enumerate(outfit.photos, 1)]
        for style in prompts.STYLES:
            yield f"try-on-{style}-{name}", Kept(outfit.prompt(style), sent)
    for name, (pictures, note) in WORDS.items():
        sent = [str(number) for number in range(1, pictures + 1)]
        yield name, Kept(in_words(name.partition("-")[0], pictures, note), sent)


@pytest.fixture(scope="module")
def sets() -> dict[str, Kept]:
    return dict(made())


def changed_silently(kept: Path, now: Kept) -> bool:
    """Whether the words differ from those kept under the same version."""
    version, _, text = kept.read_text("utf-8").partition("\n")
    return version == now.prompt.version and text != f"{now.prompt.text}\n"


def write(sets: dict[str, Kept]) -> None:
    for file in GOLDEN.glob("*.txt"):
        if file.stem not in sets:
            file.unlink()
    GOLDEN.mkdir(exist_ok=True)
    for name, now in sets.items():
        file = GOLDEN / f"{name}.txt"
        if not (file.exists() and changed_silently(file, now)):
            file.write_text(now.content, "utf-8")


def test_every_prompt_is_word_for_word_the_one_kept_under_its_version(sets):
    if os.environ.get("UPDATE_GOLDEN"):
        write(sets)
    files = {file.stem: file for file in GOLDEN.glob("*.txt")}
    silent = sorted(name for name in files.keys() & sets if changed_silently(files[name], sets[name]))
    if silent:
        versions = ", ".join(sorted({sets[name].prompt.version for name in silent}))
        pytest.fail(
            f"words changed, the version did not: raise {versions} ({', '.join(silent)})", pytrace=False
        )
    if os.environ.get("UPDATE_GOLDEN"):
        pytest.fail(
            "rules/golden is written anew: look at it, then run without UPDATE_GOLDEN",
            pytrace=False,
        )

    kept = {name: file.read_text("utf-8") for name, file in files.items()}
    assert kept == {name: now.content for name, now in sets.items()}, "write them with UPDATE_GOLDEN=1"


def test_every_prompt_names_each_picture_sent_and_no_other(sets):
    for name, now in sets.items():
        named = re.findall(r"image[\s#]*(\d+)", WISH.sub("", now.prompt.text), re.IGNORECASE)
        assert sorted(set(named)) == now.sent, name


@pytest.mark.parametrize("name", OUTFITS)
@pytest.mark.parametrize("style", prompts.STYLES)
def test_every_picture_of_a_try_on_has_the_number_of_its_place_in_the_order_sent(sets, name, style):
    text = sets[f"try-on-{style}-{name}"].prompt.text
    for number, photo in enumerate(OUTFITS[name].photos, 1):
        for slot in re.sub(r"/\w+", "", photo).split("+"):
            said = {"person": " is the person. ", "auto": ": "}.get(slot, f", {slot}: ")
            assert re.search(rf"^Image {number}{said}", text, re.MULTILINE)


def test_every_prompt_has_150_words_at_most_without_the_wish(sets):
    lengths = {name: len(WISH.sub("", now.prompt.text).split()) for name, now in sets.items()}

    assert {name: length for name, length in lengths.items() if length > 150} == {}


def test_the_sets_reach_every_mode_kind_count_and_style(sets):
    versions = {now.prompt.version.rpartition("-")[0] for now in sets.values()}
    garments = {len(outfit.photos) - 1 for outfit in OUTFITS.values()}

    assert len(sets) >= 40
    assert versions == {"try-on-compact", "try-on-strict", "remix", "compose", "imagine"}
    assert garments == set(range(1, outfits.MOST_GARMENTS + 1))
    assert {pictures for pictures, _ in WORDS.values()} == set(range(9))
