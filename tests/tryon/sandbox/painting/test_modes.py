"""Pictures that dress nobody: one that is changed, several that are composed, words that are imagined."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.rings import matrix
from tests.tryon.sandbox.painting.painted import (
    drawn,
    encoded,
    fitted,
    flat_top,
    is_blue,
    is_green,
    is_red,
    painted,
    seen,
)
from tryon.sandbox.painting.painter import paint

LOOKS = ["nicer", "at night", "golden light", "in snow", "on a bright day", "black and white", "vintage"]
LOOKS += ["a pencil sketch", "painted in oil", "all in red"]


def edges(picture: np.ndarray) -> np.ndarray:
    """How strongly the light changes from each pixel to the next, without the corner of the mark."""
    light = picture.mean(axis=2)[: int(0.9 * picture.shape[0])]
    return np.abs(np.diff(light, axis=1))[:-1] + np.abs(np.diff(light, axis=0))[:, :-1]


# One picture ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", LOOKS)
def test_one_picture_is_changed_visibly_and_stays_what_it_is(words: str) -> None:
    picture = painted([drawn("person")], f'Image 1 is the picture to change.\nRequest: "{words}"')
    before = fitted(drawn("person"), "512", "3:4")
    assert np.abs(picture - before).mean() > 8
    assert np.corrcoef(edges(picture).ravel(), edges(before).ravel())[0, 1] > 0.5


def test_other_words_change_it_otherwise() -> None:
    pictures = [painted([drawn("person")], f'Image 1.\nRequest: "{words}"') for words in LOOKS]
    for at, one in enumerate(pictures):
        assert all(np.abs(one - other).mean() > 4 for other in pictures[at + 1 :])


def test_of_several_known_words_the_first_counts() -> None:
    dark, light = (
        painted([drawn("person")], f'Image 1.\nRequest: "{words}"')
        for words in ("at night, never bright", "bright, never at night")
    )
    assert dark.mean() < 0.6 * light.mean()


# Several pictures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", matrix([8, *range(2, 8)], first=1))
def test_every_picture_of_a_composition_is_seen_on_the_first(count: int) -> None:
    colours = [(220, 30, 30), (30, 160, 40), (30, 60, 220), (220, 200, 20), (200, 30, 200), (30, 190, 200)]
    colours.append((120, 60, 20))
    ground = encoded(Image.new("RGB", (400, 400), (128, 128, 128)))
    used = colours[: count - 1]
    lines = "\n".join(f"Image {number}: its subject." for number in range(1, count + 1))
    picture = painted([ground, *(encoded(flat_top("white", colour)) for colour in used)], lines, ratio="1:1")
    for colour in used:
        assert (np.abs(picture - colour).max(axis=2) < 40).sum() > 500
    grey = np.ptp(picture, axis=2) < 24
    assert grey[: len(grey) // 3].mean() > 0.9, "the ground stays free above"


def test_a_photo_that_cannot_be_cut_out_is_laid_on_as_a_print() -> None:
    dim = [value // 2 for value in range(256)]
    busy = Image.effect_noise((100, 130), 120).point(dim).resize((600, 780)).convert("RGB")
    ground = encoded(Image.new("RGB", (400, 400), "teal"))
    picture = painted([ground, encoded(busy)], "Image 1: the ground.\nImage 2: its subject.", ratio="1:1")
    assert (np.abs(picture - fitted(ground, "512", "1:1")).max(axis=2) > 30).mean() > 0.08
    assert (picture.min(axis=2) > 240).sum() > 800, "a print has a white border"


# Words alone ----------------------------------------------------------------------------------------


def imagined(words: str, ratio: str = "3:4") -> bytes:
    (data,) = paint([], f'Make one photo.\nRequest: "{words}"', size="512", aspect_ratio=ratio)
    return data


@pytest.mark.parametrize("ratio", matrix(["3:4", "16:9", "1:1", "4:3", "9:16"], first=2))
@pytest.mark.parametrize("words", matrix(["somebody in a park", "a woman", "a man in a blue coat"], first=1))
def test_a_person_who_is_imagined_can_be_dressed_from_neck_to_hip(words: str, ratio: str) -> None:
    person = imagined(words, ratio)
    prompt = "Image 1 is the person.\nImage 2, top: replace."
    picture = painted([person, encoded(flat_top("white", "crimson"))], prompt, ratio=ratio)
    before = fitted(person, "512", ratio)
    tall, wide = picture.shape[:2]
    chest = picture[int(0.28 * tall) : int(0.4 * tall), wide // 2 - 8 : wide // 2 + 8]
    assert is_red(chest).mean() > 0.95
    red = is_red(picture) & ~is_red(before)
    assert not red[: int(0.17 * tall)].any(), "the head stays free"
    assert not red[int(0.62 * tall) :].any(), "a top ends at the hip"
    assert np.abs(picture - before)[int(0.7 * tall) : int(0.9 * tall)].mean() < 1, "the legs stay"


def test_an_imagined_person_stands_whole_in_the_picture() -> None:
    picture = seen(imagined("a person", "1:1"))
    wall = np.abs(picture - np.median(picture, axis=1, keepdims=True)).max(axis=2) < 18
    rows = np.flatnonzero((~wall[:, 150:362]).any(axis=1))
    assert 0.02 * 512 < rows[0] < 0.15 * 512
    assert 0.85 * 512 < rows[-1] < 0.99 * 512


@pytest.mark.parametrize(
    "words", ["a red shirt", "a red jacket for a man", "a woman's red dress", "red trousers"]
)
def test_a_garment_that_is_imagined_lies_flat_in_its_colour(words: str) -> None:
    picture = seen(imagined(words))
    tall, wide = picture.shape[:2]
    assert is_red(picture).mean() > 0.1
    corners = [picture[:20, :20], picture[:20, -20:], picture[-20:, :20]]
    assert all(corner.min() > 200 for corner in corners)
    assert is_red(picture)[int(0.3 * tall) : int(0.4 * tall), wide // 2 - 4 : wide // 2 + 4].all()


@pytest.mark.parametrize(
    ("words", "slot"),
    [("a red shirt", "top"), ("a red coat", "outerwear"), ("a red dress", "dress"), ("red jeans", "bottom")],
)
def test_a_garment_that_is_imagined_can_be_put_on(words: str, slot: str) -> None:
    prompt = f"Image 1 is the person.\nImage 2, {slot}: put it on."
    picture = painted([drawn("person"), imagined(words)], prompt)
    tall, wide = picture.shape[:2]
    worn = is_red(picture[: int(0.94 * tall)])
    assert worn.mean() > 0.03
    columns = np.flatnonzero(worn.any(axis=0))
    assert columns[0] > 0.2 * wide
    assert columns[-1] < 0.8 * wide


def test_the_colour_and_the_kind_that_are_named_are_drawn() -> None:
    green, blue = seen(imagined("a green shirt")), seen(imagined("a blue skirt"))
    assert is_green(green).mean() > 0.1
    assert is_blue(blue).mean() > 0.1
    shapes = [
        Image.open(io.BytesIO(imagined(f"a red {kind}")))
        for kind in ("shirt", "coat", "dress", "skirt", "hat")
    ]
    masks = [is_red(np.asarray(shape).astype(int)) for shape in shapes]
    for at, one in enumerate(masks):
        assert all((one != other).mean() > 0.01 for other in masks[at + 1 :])


def test_other_words_paint_a_scene_with_only_the_users_words_in_it() -> None:
    plain, ruled = (
        paint([], "a quiet room", size="512"),
        paint([], 'Make it.\nRequest: "a quiet room"', size="512"),
    )
    middle = slice(240, 350)
    dark = [(seen(data).max(axis=2) < 90)[middle].sum() for (data,) in (plain, ruled)]
    assert dark[0] == pytest.approx(dark[1], rel=0.05)
    assert dark[0] > 100
