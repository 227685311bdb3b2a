"""Samples sent to the sandbox come back as they were rendered; what people send of their own never does."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.rings import matrix
from tests.tryon.sandbox.painting.painted import PICTURES, drawn, encoded, fitted, seen, tee_of
from tryon.samples.table import GARMENTS, LOOKS, PEOPLE, SAMPLES, Look
from tryon.sandbox.painting.canvas import read
from tryon.sandbox.painting.painter import paint, pixels
from tryon.sandbox.painting.sample_looks import sample_in

CATEGORY = {each.slug: each.category for each in GARMENTS}
LOOK = {look.name: look for look in LOOKS}
BEA_IN_DRESS = LOOK["bea-red-dress"]


def sample(slug: str) -> bytes:
    return next(each for each in SAMPLES if each.slug == slug).path.read_bytes()


def prompt_for(look: Look, **fits: str) -> str:
    """As the product words it: garments from the skin out, whatever the order of dressing."""
    lines = [
        f"Image {number}, {CATEGORY[slug]}: put it on, {fits.get(slug, 'as pictured')}."
        for number, slug in enumerate(look.garments, 2)
    ]
    return "\n".join(["Image 1 is the person.", *reversed(lines)])


def answer(look: Look, prompt: str = "", **order) -> bytes:
    references = [sample(look.person), *map(sample, look.garments)]
    (data,) = paint(references, prompt or prompt_for(look), **({"size": "512"} | order))
    return data


def is_look(data: bytes, look: Look, ratio: str = "3:4") -> bool:
    """Above the labels it is the rendered picture, but for a little light."""
    picture, rendered = seen(data), fitted(look.path.read_bytes(), "512", ratio)
    return np.abs(picture - rendered)[: int(0.9 * len(picture))].mean() < 5


@pytest.mark.parametrize("name", matrix(LOOK, first=3))
def test_samples_come_back_as_they_were_rendered(name):
    assert is_look(answer(LOOK[name]), LOOK[name])


def test_the_look_says_beside_the_sandboxs_mark_that_it_was_rendered():
    look = seen(answer(BEA_IN_DRESS))
    changed = np.abs(look - fitted(BEA_IN_DRESS.path.read_bytes(), "512", "3:4")).max(axis=2) > 60
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    tall, wide = changed.shape
    assert rows[0] > 0.93 * tall
    assert columns[0] < 0.6 * wide, "longer than the mark alone, which takes the last quarter"


@pytest.mark.parametrize("ratio", matrix(["16:9", "1:1", "9:16"], first=1))
@pytest.mark.parametrize("size", matrix(["512", "1K", "2K"], first=1))
def test_a_look_has_the_size_and_shape_that_is_asked_for(size, ratio):
    data = answer(BEA_IN_DRESS, size=size, aspect_ratio=ratio)
    assert Image.open(io.BytesIO(data)).size == pixels(size, ratio)
    assert size != "512" or is_look(data, BEA_IN_DRESS, ratio)


def test_several_pictures_of_a_look_differ():
    references = [sample("bea"), sample("red-dress")]
    pictures = paint(references, prompt_for(BEA_IN_DRESS), size="512", n=4)
    assert len(set(pictures)) == 4
    assert all(is_look(data, BEA_IN_DRESS) for data in pictures)


OTHER_WAYS = {
    "ada-blue-shirt-wide-trousers": {"blue-shirt": "worn loose over the waist"},
    "bea-denim-jacket": {"denim-jacket": "worn open"},
    "bea-breton-top": {"breton-top": "tucked in"},
}


@pytest.mark.parametrize("name", matrix(OTHER_WAYS, first=1))
def test_another_way_to_wear_it_is_painted(name):
    assert not is_look(answer(LOOK[name], prompt_for(LOOK[name], **OTHER_WAYS[name])), LOOK[name])


def test_the_way_that_was_rendered_is_no_other_way():
    look = LOOK["ada-blue-shirt-wide-trousers"]
    assert is_look(answer(look, prompt_for(look, **{"blue-shirt": "tucked in"})), look)


def test_a_pair_that_was_not_rendered_is_painted():
    (data,) = paint(
        [sample("cai"), sample("red-dress")], "Image 1 is the person.\nImage 2, dress: x", size="512"
    )
    red, green, _ = np.moveaxis(seen(data), 2, 0)
    assert ((red > 120) & (red - green > 60)).mean() > 0.02, "the dress"
    assert (seen(data)[40:90, 200:250].max(axis=2) < 90).mean() > 0.5, "his own dark head"


@pytest.mark.parametrize("own", ["person", "garment"])
def test_a_photo_of_ones_own_is_painted_with_the_sandboxs_mark_alone(own):
    person = drawn("person") if own == "person" else sample("bea")
    garment = drawn("red-dress") if own == "garment" else sample("red-dress")
    (data,) = paint([person, garment], prompt_for(BEA_IN_DRESS), size="512", aspect_ratio="3:4")
    assert not is_look(data, BEA_IN_DRESS)
    changed = np.abs(seen(data) - fitted(person, "512", "3:4"))[-30:].max(axis=2) > 60
    assert np.flatnonzero(changed.any(axis=0))[0] > 0.7 * changed.shape[1]


@pytest.mark.parametrize(("slug", "red_share"), [("sun-tee", 0.12), ("breton-top", 0)])
def test_a_white_sample_is_cut_out_of_its_white_paper_for_a_photo_of_ones_own(slug, red_share):
    (data,) = paint(
        [drawn("person"), sample(slug)], "Image 2, top: put it on.", size="512", aspect_ratio="3:4"
    )
    covered = tee_of(fitted(drawn("person"), "512", "3:4"))
    red, _, blue = np.moveaxis(seen(data)[covered], 1, 0)
    is_skin = (red - blue > 35) & (red - blue < 110)
    assert is_skin.mean() <= red_share, "no hole in the cloth, through which the chest is seen"


# How they are known ---------------------------------------------------------------------------------
ENCODINGS = [(96, "JPEG", 30), (480, "WEBP", 50), (2048, "JPEG", 90)]  # pixels across, format, quality


@pytest.mark.parametrize(("width", "kind", "quality"), ENCODINGS)
@pytest.mark.parametrize("slug", matrix([each.slug for each in SAMPLES], first=4))
def test_a_sample_is_known_in_other_sizes_and_encodings(slug, width, kind, quality):
    out = io.BytesIO()
    with Image.open(io.BytesIO(sample(slug))) as picture:
        picture.resize((width, width * 4 // 3 + 1)).save(out, kind, quality=quality)
    assert sample_in(read(out.getvalue(), 576)) == slug


def test_only_the_samples_themselves_are_known():
    for look in LOOKS:
        assert sample_in(read(look.path.read_bytes(), 576)) is None, look.name
    for path in PICTURES.glob("*.jpg"):
        assert sample_in(read(path.read_bytes(), 576)) is None, path.name


def odd_pictures():
    yield Image.effect_noise((300, 400), 90)
    yield from (Image.new("RGB", (300, 400), colour) for colour in ("white", "black", "#ece6da"))
    yield Image.radial_gradient("L")
    for person in PEOPLE:
        picture = Image.open(person.path).convert("RGB").reduce(4)
        yield picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        yield picture.crop((50, 0, 238, 250))
        yield Image.eval(picture, lambda level: level * 3 // 4)
        yield Image.blend(picture, Image.effect_noise(picture.size, 90).convert("RGB"), 0.5)
    dress = Image.open(io.BytesIO(sample("red-dress"))).convert("RGB").reduce(4)
    yield Image.merge("RGB", dress.split()[::-1])  # the same dress in blue
    yield dress.filter(ImageFilter.GaussianBlur(50))


def test_noise_paper_and_samples_turned_into_others_are_not_known():
    for number, picture in enumerate(odd_pictures()):
        assert sample_in(read(encoded(picture), 576)) is None, number


def test_a_portrait_is_not_known():
    """The one that comes with matplotlib, where that is installed."""
    cbook = pytest.importorskip("matplotlib.cbook")
    with cbook.get_sample_data("grace_hopper.jpg") as file:
        assert sample_in(read(file.read(), 576)) is None
