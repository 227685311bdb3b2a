"""The samples: each file says what it is, and stands on the shelf unless staff decided otherwise."""

import hashlib
import itertools

import pytest
from django.core.management import call_command
from django.urls import reverse
from PIL import Image

from gallery.xmp import Mark
from tests.asking import body
from tests.factories import make_reference, make_tryon, make_user
from tests.live import ROOT
from tryon.management.commands.samples import DRAWN
from tryon.models import Reference, TryOnInput
from tryon.rules import outfits
from tryon.samples.table import CAPTION, FOLDER, GARMENTS, LOOKS, PEOPLE, SAMPLES, SIZE, find_look

SMALL = ROOT / "static" / "samples"
PICTURES = (*SAMPLES, *LOOKS)


# The table -------------------------------------------------------------------------------------------
def test_every_picture_is_in_the_table_and_every_row_has_its_picture():
    assert {each.path for each in PICTURES} == set(FOLDER.glob("*.jpg"))
    shown = {each.path.stem for each in PICTURES}
    assert {path.stem for path in SMALL.iterdir()} == shown
    assert len(PICTURES) == 33


def test_every_garment_has_the_mask_by_which_the_sandbox_cuts_it_out():
    assert {path.stem for path in (FOLDER / "masks").iterdir()} == {each.slug for each in GARMENTS}


def test_every_picture_says_in_its_file_that_it_was_rendered():
    for path in [*(each.path for each in PICTURES), *SMALL.iterdir()]:
        with Image.open(path) as picture:
            packet = picture.info["xmp"].decode()
        assert Mark("digitalCreation").uri in packet, path
        assert CAPTION in packet, path


def test_pictures_are_large_enough_for_a_model_and_small_ones_small_enough_for_a_phone():
    for each in PICTURES:
        with Image.open(each.path) as picture:
            assert (picture.format, picture.size) == ("JPEG", SIZE)
    assert max(path.stat().st_size for path in SMALL.iterdir()) < 30_000


def test_words_are_those_of_a_shop_and_each_garment_is_worn_in_a_way_that_its_kind_knows():
    assert {each.label for each in GARMENTS} >= {"Breton top", "White tee with a sun print", "Green skirt"}
    assert all("3D-rendered" in each.label for each in PEOPLE)
    kinds = {each.slug: each.category for each in GARMENTS}
    for look in LOOKS:
        for slug, fit in look.worn:
            assert fit in outfits.FITS.get(kinds[slug], ("",))


def test_a_look_is_found_in_whatever_order_its_garments_were_chosen():
    shirt, trousers = ("blue-shirt", ""), ("wide-trousers", "")
    for worn in itertools.permutations([shirt, trousers]):
        assert find_look("ada", worn).name == "ada-blue-shirt-wide-trousers"
    assert find_look("ada", [("blue-shirt", "loose"), trousers]) is None
    assert find_look("ada", [("blue-shirt", "loose")]).name == "ada-blue-shirt"
    assert find_look("cai", [("red-dress", "")]) is None
    assert find_look("ada", [shirt, shirt]) is None
    assert find_look("ada", []) is None
    assert find_look("nobody", [shirt]) is None


# On the shelf ----------------------------------------------------------------------------------------
def drawn_row(slug: str, **changes) -> Reference:
    """A sample of the first versions, as these left it."""
    fields = next(each for each in DRAWN if each.slug == slug)._asdict()
    digest = fields.pop("sha256")
    row = make_reference(None, **fields | changes)
    Reference.objects.filter(pk=row.pk).update(sha256=digest)
    return row


def shelf() -> dict[str, Reference]:
    return {row.slug: row for row in Reference.objects.of_the_house()}


@pytest.mark.django_db
def test_new_samples_take_the_place_of_drawn_ones_but_not_of_what_staff_changed_or_removed(client):
    person, top = drawn_row("person"), drawn_row("breton-top")
    changed = drawn_row("red-dress", label="Our bestseller")
    drawn_row("denim-jacket").wipe()
    owner = make_user()
    tryon = make_tryon(owner)
    for row, role in ((person, "person"), (top, "top")):
        TryOnInput.objects.filter(tryon=tryon, role=role).update(reference=row)

    for _ in range(2):  # each start of the site
        call_command("samples")
        here = shelf()
        assert set(here) == {each.slug for each in SAMPLES} - {"denim-jacket"} | {"red-dress"}
        assert here["red-dress"] == changed
        assert here["breton-top"] != top
        assert not {person, top} & set(here.values())

    assert [here[each.slug].label for each in PEOPLE] == [each.label for each in PEOPLE]
    client.force_login(owner)
    page = client.get(reverse("tryon", args=[tryon.pk])).text
    assert reverse("reference_bytes", args=[top.pk, "small"]) in page, "its try-ons keep it"
    assert body(client.get(reverse("reference_bytes", args=[top.pk, "original"])))
    bytes_of = hashlib.sha256((FOLDER / "breton-top.jpg").read_bytes()).hexdigest()
    assert here["breton-top"].sha256 == bytes_of, "the old address shows the rendered garment"


@pytest.mark.django_db
def test_a_site_whose_staff_removed_all_samples_gets_no_others():
    for each in DRAWN:
        drawn_row(each.slug).wipe()
    make_reference(None, "garment", slug="coat", label="Our coat")
    call_command("samples")
    assert set(shelf()) == {"coat"}


@pytest.mark.django_db
def test_what_staff_takes_off_the_shelf_is_offered_to_nobody(client):
    coat = make_reference(None, "garment", slug="coat", label="Our winter coat")
    assert "Our winter coat" in client.get("/").text
    coat.take_off_shelf()
    assert "Our winter coat" not in client.get("/").text
