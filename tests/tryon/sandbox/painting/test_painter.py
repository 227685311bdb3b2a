"""The sandbox's painter, on drawn people and garments."""

import io
import itertools
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.rings import matrix
from tests.tryon.sandbox.painting.painted import (
    PICTURES,
    drawn,
    encoded,
    fitted,
    flat_top,
    is_blue,
    is_red,
    seen,
    tee_of,
)
from tryon.sandbox.painting.painter import fit, paint, pixels

RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")
HEAD = (405, 55, 560, 226)  # left, top, right, bottom of the drawn person's head, of 960 x 1280
GARMENTS = {"breton-top": "top", "red-dress": "dress", "denim-jacket": "outerwear"}


@cache
def dressed(slug: str, *, size: str = "512", n: int = 1) -> list[np.ndarray]:
    """Painted once for all who look at it."""
    prompt = f"Image 1 is the person.\nImage 2, {GARMENTS[slug]}: put it on."
    answer = paint([drawn("person"), drawn(slug)], prompt, size=size, aspect_ratio="3:4", n=n)
    return [seen(data) for data in answer]


def head_of(picture: np.ndarray) -> np.ndarray:
    """The drawn person's head on a 3:4 canvas."""
    tall = picture.shape[0]
    scale = tall / 1280
    aside = (960 * scale - picture.shape[1]) / 2
    left, top, right, bottom = (round(edge * scale) for edge in HEAD)
    return picture[top:bottom, round(left - aside) : round(right - aside)]


def is_breton(picture: np.ndarray) -> np.ndarray:
    red, _, blue = np.moveaxis(picture, 2, 0)
    return (picture.min(axis=2) > 175) | ((blue - red > 6) & (picture.max(axis=2) < 140))


IS_GARMENT = {"breton-top": is_breton, "red-dress": is_red, "denim-jacket": is_blue}


def busy_portrait() -> Image.Image:
    """Head and shoulders before a restless background."""
    picture = Image.effect_noise((80, 100), 90).resize((480, 600)).convert("RGB")
    drawing = ImageDraw.Draw(picture)
    drawing.polygon(
        [(60, 600), (90, 420), (200, 370), (280, 370), (390, 420), (420, 600)], fill=(40, 60, 110)
    )
    drawing.rectangle((205, 330, 275, 390), fill=(205, 150, 120))
    drawing.ellipse((160, 130, 320, 360), fill=(215, 160, 130))
    return picture


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("size", matrix(["512", "1K", "2K"], first=2))
def test_every_size_and_ratio_has_exactly_its_pixels(size, ratio):
    (data,) = paint([encoded(Image.new("RGB", (90, 120), "teal"))], "brighter", size=size, aspect_ratio=ratio)
    assert Image.open(io.BytesIO(data)).size == pixels(size, ratio)


def test_the_table_of_pixels_is_the_documented_one():
    sides = {
        "512": [(512, 512), (448, 600), (600, 448), (384, 688), (688, 384)],
        "1K": [(1024, 1024), (896, 1200), (1200, 896), (768, 1376), (1376, 768)],
        "2K": [(2048, 2048), (1792, 2400), (2400, 1792), (1536, 2752), (2752, 1536)],
    }
    assert {size: [pixels(size, ratio) for ratio in RATIOS] for size in sides} == sides


def test_unknown_sizes_and_ratios_are_refused():
    for size, ratio in (("4K", "1:1"), ("1K", "2:1")):
        with pytest.raises(ValueError, match="There is no"):
            pixels(size, ratio)


@pytest.mark.parametrize(
    ("photo", "ratio"), [((300, 400), "3:4"), ((900, 500), "16:9"), ((200, 210), "1:1"), ((90, 200), "9:16")]
)
def test_without_a_ratio_the_picture_takes_the_shape_of_the_persons_photo(photo, ratio):
    (data,) = paint([encoded(Image.new("RGB", photo, "linen"))], "as it is", size="512")
    assert Image.open(io.BytesIO(data)).size == pixels("512", ratio)


@pytest.mark.parametrize("slug", matrix(GARMENTS, first=1))
@pytest.mark.parametrize("size", matrix(["512", "1K"], first=1))
def test_the_head_stays_as_it_was(slug, size):
    (picture,) = dressed(slug, size=size)
    before = fitted(drawn("person"), size, "3:4")
    assert np.abs(head_of(picture) - head_of(before)).mean() <= 2


@pytest.mark.parametrize("slug", GARMENTS)
def test_the_garment_covers_what_was_worn_there(slug):
    (picture,) = dressed(slug, size="512")
    tee = tee_of(fitted(drawn("person"), "512", "3:4"))
    assert tee.sum() > 3000
    assert IS_GARMENT[slug](picture)[tee].mean() >= 0.6


def test_the_dress_reaches_over_the_trousers_and_no_trousers_stay_below_it():
    (picture,) = dressed("red-dress", size="512")
    tall, wide = picture.shape[:2]
    skirt = picture[int(0.55 * tall) : int(0.72 * tall), int(0.42 * wide) : int(0.58 * wide)]
    assert is_red(skirt).mean() >= 0.9
    legs = picture[int(0.82 * tall) : int(0.9 * tall), int(0.36 * wide) : int(0.64 * wide)]
    assert is_blue(legs).mean() <= 0.02


@pytest.mark.parametrize("slot", matrix(["top", "bag", "dress", "outerwear", "bottom"], first=2))
def test_nothing_of_the_garment_photos_background_is_painted(slot):
    garment = encoded(flat_top("lime", "crimson"))
    (data,) = paint([drawn("person"), garment], f"Image 2, {slot}", size="1K", aspect_ratio="3:4")
    red, green, blue = np.moveaxis(seen(data), 2, 0)
    assert ((green - red > 60) & (green - blue > 60)).sum() < 20  # of a million
    assert is_red(seen(data)).sum() > 5000


@pytest.mark.parametrize("slug", GARMENTS)
def test_no_straight_edge_of_the_garment_photo_is_seen(slug):
    (picture,) = dressed(slug, size="512")
    changed = np.abs(picture - fitted(drawn("person"), "512", "3:4")).max(axis=2) > 12
    changed[int(0.92 * len(changed)) :] = False  # the mark
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    box = changed[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    for edge in (box[0], box[-1], box[:, 0], box[:, -1]):
        assert edge.mean() < 0.5


@pytest.mark.parametrize("slot", ["top", "bag"])
def test_a_garment_photo_without_a_plain_background_leaves_no_rectangle(slot):
    garment = Image.effect_noise((100, 130), 120).resize((600, 780)).convert("RGB")
    (data,) = paint([drawn("person"), encoded(garment)], f"Image 2, {slot}", size="512", aspect_ratio="3:4")
    changed = np.abs(seen(data) - fitted(drawn("person"), "512", "3:4")).max(axis=2) > 20
    changed[int(0.92 * len(changed)) :] = False
    assert changed.sum() > 1000
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    box = changed[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    for edge in (box[0], box[-1], box[:, 0], box[:, -1]):
        assert edge.mean() < 0.5


@pytest.mark.parametrize("slug", matrix(GARMENTS, first=1))
def test_four_pictures_differ_from_one_another_and_each_keeps_the_bounds(slug):
    pictures = dressed(slug, n=4)
    for one, other in itertools.combinations(pictures, 2):
        assert np.abs(one - other).mean() > 0.05
    before = fitted(drawn("person"), "512", "3:4")
    for picture in pictures:
        assert np.abs(head_of(picture) - head_of(before)).mean() <= 2
        assert IS_GARMENT[slug](picture)[tee_of(before)].mean() >= 0.6


def test_the_same_prompt_paints_the_same_picture_and_another_prompt_another():
    references = [drawn("person"), drawn("breton-top")]
    first, again = (paint(references, "Image 2, top", size="512") for _ in range(2))
    assert first == again
    assert paint(references, "Image 2, top, tucked in", size="512") != first


def test_the_second_garment_is_painted_over_the_first():
    references = [drawn("person"), drawn("breton-top"), drawn("denim-jacket")]
    prompt = "Image 2, top: replace it.\nImage 3, outerwear: add over the rest."
    (data,) = paint(references, prompt, size="512", aspect_ratio="3:4")
    tee = tee_of(fitted(drawn("person"), "512", "3:4"))
    assert is_blue(seen(data))[tee].mean() >= 0.6


def test_a_portrait_before_a_busy_background_is_dressed_below_the_chin():
    photo = encoded(busy_portrait())
    garment = encoded(flat_top("white", "crimson"))
    (data,) = paint([photo, garment], "Image 2, top", size="512", aspect_ratio="3:4")
    picture, before = seen(data), fitted(photo, "512", "3:4")
    tall, wide = picture.shape[:2]
    assert np.abs(picture - before)[: int(0.55 * tall)].mean() <= 2
    chest = picture[int(0.78 * tall) : int(0.95 * tall), int(0.3 * wide) : int(0.6 * wide)]
    assert is_red(chest).mean() >= 0.6


@pytest.mark.parametrize("ratio", RATIOS)
def test_the_persons_photo_is_fitted_whole_and_undistorted(ratio):
    """The head's width to height is the same in every shape, and no part of the plain photo is lost."""
    picture = np.asarray(fit(Image.open(PICTURES / "person.jpg"), "512", ratio)).astype(int)
    dark = picture.max(axis=2) < 75  # hair
    dark[len(dark) // 4 :] = False
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    assert (columns[-1] - columns[0]) / (rows[-1] - rows[0]) == pytest.approx(0.84, abs=0.08)
    assert rows[0] > 0


def test_the_mark_is_in_the_lower_right_corner_and_small():
    (data,) = paint([drawn("person")], "as it is", size="512", aspect_ratio="3:4")
    picture, before = seen(data), fitted(drawn("person"), "512", "3:4")
    tall, wide = picture.shape[:2]
    darker = (before - picture).max(axis=2) > 60
    rows, columns = np.flatnonzero(darker.any(axis=1)), np.flatnonzero(darker.any(axis=0))
    assert rows[0] > 0.93 * tall
    assert columns[0] > 0.7 * wide
    assert 0.1 * wide < columns[-1] - columns[0] < 0.25 * wide


def test_words_alone_paint_a_calm_scene_that_shows_them():
    one, other = (seen(paint([], words, size="512")[0]) for words in ("A linen shirt", "A winter coat"))
    assert one.shape == (512, 512, 3)
    words = slice(int(0.5 * 512), int(0.66 * 512))
    assert np.abs(one[words] - other[words]).max() > 100


SLOTS = ("top", "shoes", "glasses", "bottom", "dress", "outerwear", "hat", "jewellery", "bag")


@pytest.mark.parametrize("slot", matrix(SLOTS, first=3))
def test_every_slot_leaves_its_garment_on_the_picture(slot):
    garment = encoded(flat_top("white", "crimson"))
    (data,) = paint([drawn("person"), garment], f"Image 2, {slot}", size="512", aspect_ratio="3:4")
    gained = is_red(seen(data)) & ~is_red(fitted(drawn("person"), "512", "3:4"))
    assert gained.sum() > 60


ODD = {
    "one pixel": Image.new("L", (1, 1)),
    "a sliver": Image.new("RGB", (900, 3), "red"),
    "a thread": Image.new("RGB", (2, 900), "red"),
    "a palette": Image.new("P", (40, 60)),
    "nothing at all": Image.new("RGBA", (100, 100), (0, 0, 0, 0)),
    "one colour": Image.new("RGB", (300, 400), "white"),
    "noise": Image.effect_noise((200, 300), 80),
    "a fade": Image.radial_gradient("L"),
    "bits": Image.new("1", (50, 50)),
    "grey with alpha": Image.new("LA", (20, 300), (3, 200)),
}


@pytest.mark.parametrize("name", matrix(ODD, first=2))
def test_odd_pictures_are_painted_as_person_and_as_garment(name):
    odd = encoded(ODD[name])
    small = encoded(flat_top("white", "navy").resize((150, 200)))
    person = encoded(Image.open(PICTURES / "person.jpg").resize((180, 240)))
    for references in ([odd, small], [person, odd], [odd, odd], [odd]):
        for slot in ("top", "bottom", "hat"):
            (data,) = paint(references, f"Image 2, {slot}", size="512", aspect_ratio="3:4")
            assert Image.open(io.BytesIO(data)).size == (448, 600)


def test_a_cut_out_with_transparency_is_taken_by_its_transparency():
    cloth = flat_top("white", "crimson").convert("RGBA")
    shape = flat_top("black", "white").convert("L")
    cloth.putalpha(shape)
    (data,) = paint([drawn("person"), encoded(cloth)], "Image 2, top", size="512", aspect_ratio="3:4")
    tee = tee_of(fitted(drawn("person"), "512", "3:4"))
    assert is_red(seen(data))[tee].mean() >= 0.6


@pytest.mark.parametrize("broken", [b"", b"not a picture", encoded(Image.new("RGB", (90, 90)))[:60]])
def test_what_is_no_picture_is_refused_in_a_plain_sentence(broken):
    with pytest.raises(ValueError, match="could not be opened as a picture"):
        paint([drawn("person"), broken], "Image 2, top")


def test_jpeg_is_painted_where_it_is_asked_for():
    (png,) = paint([drawn("person")], "as it is", size="512")
    (jpeg,) = paint([drawn("person")], "as it is", size="512", image_format="JPEG")
    assert (Image.open(io.BytesIO(png)).format, Image.open(io.BytesIO(jpeg)).format) == ("PNG", "JPEG")
