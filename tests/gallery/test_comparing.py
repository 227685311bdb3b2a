"""How much two pictures differ, whatever their size, encoding, brightness and a little cropping."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageEnhance

from gallery.pictures import BadPicture, compare, miniature

from .drawn import encoded, opened

PERSON = Path(__file__).parent.parent / "pictures/person.jpg"
ALIKE = 32  # levels of 255


@pytest.fixture(scope="module")
def person() -> Image.Image:
    return opened(PERSON.read_bytes()).convert("RGB").resize((480, 640))


def levels(picture: Image.Image, other: Image.Image) -> float:
    [off] = compare(encoded(picture, "JPEG", quality=80), [miniature(encoded(other, "PNG"))]).differences
    return off.levels


def test_a_copy_that_was_cropped_brightened_and_made_smaller_differs_little(person):
    copy = ImageEnhance.Brightness(person.crop((12, 20, 470, 640)).resize((300, 410))).enhance(1.15)

    assert levels(copy, person) < ALIKE


def test_glasses_on_a_whole_figure_are_a_difference(person):
    worn = person.copy()
    ImageDraw.Draw(worn).rectangle((222, 70, 256, 80), fill=(20, 20, 20))

    assert levels(worn, person) > ALIKE


def test_the_mark_in_the_corner_is_none(person):
    marked = person.copy()
    ImageDraw.Draw(marked).rectangle((410, 610, 470, 630), fill="black")

    assert levels(marked, person) < ALIKE


def test_a_shifted_frame_is_told_by_its_share_of_the_side(person):
    shifted = Image.new("RGB", person.size, person.getpixel((2, 2)))
    shifted.paste(person, (48, 0))
    [off] = compare(encoded(shifted, "JPEG"), [miniature(encoded(person, "PNG"))]).differences

    assert off.moved == pytest.approx(0.1, abs=0.02)


def test_one_colour_has_nothing_to_be_seen(person):
    blank = Image.blend(
        Image.new("RGB", (480, 640), "grey"), Image.effect_noise((480, 640), 30).convert("RGB"), 0.2
    )

    assert compare(encoded(blank, "JPEG"), []).detail == 0
    assert compare(encoded(person, "JPEG"), []).detail > 0.1


def test_what_is_no_picture_is_refused():
    with pytest.raises(BadPicture):
        compare(b"no picture", [])
    with pytest.raises(BadPicture):
        miniature(io.BytesIO(b"<svg/>").read())
