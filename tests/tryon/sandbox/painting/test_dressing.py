"""Several garments on one person: their order, their images and how they are worn."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.tryon.sandbox.painting.painted import (
    drawn,
    encoded,
    fitted,
    flat_top,
    flat_trousers,
    is_blue,
    is_green,
    is_red,
    painted,
    tee_of,
)
from tryon.samples.table import FOLDER

RED, GREEN = encoded(flat_top("white", "crimson")), encoded(flat_top("white", "green"))
LEGS = encoded(flat_trousers("white", "green"))
BEFORE = fitted(drawn("person"), "512", "3:4")
TEE = tee_of(BEFORE)


def band(picture: np.ndarray, start: float, stop: float, *, aside: float = 0.06) -> np.ndarray:
    """The middle columns of the rows between two shares of the height."""
    tall, wide = picture.shape[:2]
    return picture[
        int(start * tall) : int(stop * tall), int((0.5 - aside) * wide) : int((0.5 + aside) * wide)
    ]


def test_garments_go_on_in_the_order_of_the_lines_whatever_their_numbers() -> None:
    person = drawn("person")
    red_last = painted([person, RED, GREEN], "Image 1 is the person.\nImage 3, top: a.\nImage 2, top: b.")
    green_last = painted([person, RED, GREEN], "Image 1 is the person.\nImage 2, top: a.\nImage 3, top: b.")
    assert is_red(red_last)[TEE].mean() >= 0.9
    assert is_green(green_last)[TEE].mean() >= 0.9


@pytest.mark.parametrize("person", [1, 2, 3])
def test_the_person_is_the_image_that_the_prompt_says(person: int) -> None:
    garments = [number for number in (1, 2, 3) if number != person]
    images = dict(zip(garments, (LEGS, RED), strict=True)) | {person: drawn("person")}
    lines = f"Image {garments[0]}, bottom: replace.\nImage {garments[1]}, top: replace."
    prompt = f"Image {person} is the person. Keep the face.\n{lines}"
    picture = painted([images[number] for number in (1, 2, 3)], prompt, ratio=None)
    assert picture.shape == (600, 448, 3), "the person's photo gives the shape"
    assert is_red(picture)[TEE].mean() >= 0.9
    assert is_green(band(picture, 0.6, 0.7, aside=0.1)).mean() > 0.4
    head = slice(int(0.05 * 600), int(0.17 * 600))
    assert np.abs(picture - BEFORE)[head].mean() < 1


def test_one_image_of_a_whole_outfit_is_put_on_as_two_garments() -> None:
    outfit = Image.new("RGB", (600, 1600), "white")
    outfit.paste(flat_top("white", "crimson"), (0, 0))
    outfit.paste(flat_trousers("white", "green"), (0, 800))
    prompt = "Image 1 is the person.\nImage 2, bottom: replace.\nImage 2, top: replace."
    picture = painted([drawn("person"), encoded(outfit)], prompt)
    assert is_red(picture)[TEE].mean() >= 0.9
    legs = band(picture, 0.6, 0.9, aside=0.1)
    assert is_green(legs).mean() > 0.4
    assert is_red(legs).mean() < 0.02


def test_a_garment_of_unknown_kind_is_worn_as_its_shape_says() -> None:
    prompt = "Image 1 is the person.\nImage 2: decide its kind, replace that."
    picture = painted([drawn("person"), LEGS], prompt)
    assert is_green(band(picture, 0.6, 0.9, aside=0.1)).mean() > 0.4
    assert not is_green(band(picture, 0.26, 0.38)).any()
    assert is_red(painted([drawn("person"), RED], prompt))[TEE].mean() >= 0.9


def test_an_open_coat_shows_what_is_worn_beneath_and_a_closed_one_does_not() -> None:
    images = [drawn("person"), RED, GREEN]
    inner = "Image 1 is the person.\nImage 2, top: replace.\nImage 3, outerwear: add outermost, worn"
    opened, closed = (
        band(painted(images, f"{inner} {wear}."), 0.3, 0.42, aside=0.03) for wear in ("open", "closed")
    )
    assert is_red(opened).mean() > 0.8
    assert is_red(closed).mean() < 0.02
    assert is_green(closed).mean() > 0.8


def test_a_coat_pictured_open_can_be_worn_closed() -> None:
    coat = flat_top("white", "green")
    coat.paste("white", (285, 130, 315, 660))
    images = [drawn("person"), RED, encoded(coat)]
    inner = "Image 1 is the person.\nImage 2, top: replace.\nImage 3, outerwear: add outermost, worn"
    pictured, closed = (painted(images, f"{inner} {wear}.") for wear in ("as pictured", "closed"))
    assert is_red(band(pictured, 0.3, 0.42, aside=0.03)).mean() > 0.3
    assert is_red(band(closed, 0.3, 0.42, aside=0.03)).mean() < 0.02


def test_a_tucked_top_ends_at_the_waist_and_a_loose_one_over_the_hips() -> None:
    prompt = "Image 1 is the person.\nImage 2, top: replace,"
    ways = ("tucked in", "as pictured", "worn loose")
    tucked, *others = (painted([drawn("person"), RED], f"{prompt} {way}.") for way in ways)
    waist, usual, low = (
        np.flatnonzero(is_red(band(picture, 0, 0.9)).mean(axis=1) > 0.5)[-1] for picture in (tucked, *others)
    )
    assert waist + 0.03 * 600 < usual < low - 0.01 * 600
    below = band(tucked, waist / 600 + 0.01, waist / 600 + 0.04)
    assert is_blue(below).mean() > 0.9, "what is worn below reaches up to the waist"


def test_a_skirt_hangs_over_both_legs_and_no_trousers_show_below_it() -> None:
    skirt = Image.new("RGB", (600, 800), "white")
    ImageDraw.Draw(skirt).polygon([(220, 200), (380, 200), (430, 560), (170, 560)], fill="crimson")
    picture = painted([drawn("person"), encoded(skirt)], "Image 1 is the person.\nImage 2, bottom: replace.")
    # The middle, where there is paper between two legs.
    tall = np.flatnonzero(is_red(band(picture, 0, 1, aside=0.01)).all(axis=1))
    assert tall[-1] > 0.6 * 600
    below = picture[tall[-1] + 12 : int(0.88 * 600), int(0.3 * 448) : int(0.7 * 448)]
    assert is_blue(below).mean() < 0.02


def test_the_mark_on_a_picture_painted_here_is_no_part_of_its_garment() -> None:
    """Trousers imagined here are put on without the pill in the corner of their picture."""
    clean = painted([drawn("person"), LEGS], "Image 1 is the person.\nImage 2, bottom: replace.")
    marked = flat_trousers("white", "green")
    marked.paste((60, 58, 55), (490, 765, 585, 785))
    picture = painted([drawn("person"), encoded(marked)], "Image 1 is the person.\nImage 2, bottom: replace.")
    assert np.abs(picture - clean).mean() < 0.5


def test_a_dress_on_a_half_figure_ends_at_the_edge_of_the_photo() -> None:
    whole = Image.open(io.BytesIO(drawn("person")))
    width, height = whole.size
    half = encoded(whole.crop((width // 5, 0, width - width // 5, round(0.6 * height))))
    dress = (FOLDER / "red-dress.jpg").read_bytes()
    picture = painted([half, dress], "Image 1 is the person.\nImage 2, dress: a.", ratio=None)
    assert is_red(picture)[-60:].mean() > 0.1
