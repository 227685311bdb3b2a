"""A picture made from words alone goes to the wardrobe with one click, and from there onto somebody."""

from __future__ import annotations

import hashlib
import re
import zlib

import pytest
from django.test import Client
from django.urls import reverse

from gallery.models import Image
from gallery.pictures import LARGEST_BYTES
from tests.asking import signed_in, visiting
from tests.factories import jpeg, make_guest, make_tryon, make_user
from tests.gallery.drawn import chunk, png
from tryon.models import Reference, Result, TryOn
from tryon.pipeline.privacy import deletion
from tryon.web.views.save_to_wardrobe import LONGEST_LABEL

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def client(owner) -> Client:
    return signed_in(owner)


def imagined(owner, mode: str = "imagine", note: str = "a tall woman, standing") -> Image:
    tryon = make_tryon(owner, "done")
    TryOn.objects.filter(pk=tryon.pk).update(mode=mode, note=note)
    if mode == "imagine":
        tryon.inputs.all().delete()
        Reference.objects.all().delete()
    return Result.objects.get(generation__tryon=tryon).image


def keep(client: Client, image: Image, kind: str, **fields):
    return client.post(reverse("image_keep", args=[image.pk]), {"kind": kind, **fields})


def test_a_made_picture_larger_than_any_upload_is_kept(owner, client):
    image = imagined(owner)
    content = png(300, 300, chunk(b"IDAT", zlib.compress(bytes(301 * 300))))
    content = content[:33] + chunk(b"prVt", bytes(LARGEST_BYTES)) + content[33:]
    with image.original.storage.open(image.original.name, "wb") as file:
        file.write(content)

    keep(client, image, "garment")

    assert Reference.objects.get().width == 300


@pytest.mark.parametrize("kind", ["person", "garment"])
def test_it_is_kept_and_the_studio_opens_with_it(owner, client, kind):
    image = imagined(owner)

    answer = keep(client, image, kind)

    kept = Reference.objects.get()
    assert answer["Location"] == f"/?{kind}={kept.pk}"
    assert (kept.owner, kept.kind, kept.label) == (owner, kind, "Imagined: a tall woman, standing")
    assert kept.sha256 == hashlib.sha256(jpeg("olive")).hexdigest(), "the original, not a smaller copy"
    page = client.get(answer["Location"]).text
    assert "Kept in your wardrobe" in page
    assert f'value="{kept.pk}"' in page
    assert str(kept.pk) in client.get(reverse("wardrobe")).text


def test_nobodys_photo_needs_no_tick_and_says_why(owner, client):
    keep(client, imagined(owner), "person")

    kept = Reference.objects.get()
    assert kept.is_consented_as("person")
    assert list(kept.consents.values_list("role", "text_version")) == [("person", "imagined")]


def test_twice_is_once_and_both_kinds_are_two(owner, client):
    image = imagined(owner)

    places = [keep(client, image, kind)["Location"] for kind in ("person", "person", "garment", "garment")]

    assert Reference.objects.count() == 2
    assert places[0] == places[1]
    assert places[2] == places[3]
    assert Reference.objects.get(kind="person").consents.count() == 1


@pytest.mark.parametrize(
    ("kind", "said", "kept_as"),
    [("garment", "outerwear", "outerwear"), ("garment", "nonsense", "auto"), ("person", "top", "auto")],
)
def test_a_garment_is_kept_as_what_it_is_said_to_be(owner, client, kind, said, kept_as):
    keep(client, imagined(owner), kind, category=said)

    assert Reference.objects.get().category == kept_as


def test_kept_again_as_another_kind_of_garment_it_is_that_kind(owner, client):
    image = imagined(owner)
    keep(client, image, "garment", category="outerwear")
    keep(client, image, "garment")
    assert Reference.objects.get().category == "outerwear", "nothing else was said"
    place = keep(client, image, "garment", category="hat")["Location"]
    assert Reference.objects.get().category == "hat"
    assert '<option value="hat" selected' in client.get(place).text.replace("\n", " ")


def test_a_long_description_is_cut_to_a_name(owner, client):
    keep(client, imagined(owner, note="very " * 90), "garment")

    assert len(Reference.objects.get().label) <= LONGEST_LABEL


@pytest.mark.parametrize("mode", ["try_on", "remix", "compose"])
def test_pictures_made_from_photos_are_not_kept_so(owner, client, mode):
    image = imagined(owner, mode)

    assert keep(client, image, "person").status_code == 404
    assert "Use as a person" not in client.get(reverse("image", args=[image.pk])).text
    assert Reference.objects.count() == 2, "what it was made from"


@pytest.mark.parametrize("kind", ["", "other", "house"])
def test_there_is_nothing_else_to_keep_it_as(owner, client, kind):
    assert keep(client, imagined(owner), kind).status_code == 404


def test_only_its_owner_keeps_it(owner):
    image = imagined(owner)

    for stranger in (make_user(), make_user("boss", is_staff=True, is_superuser=True)):
        assert keep(signed_in(stranger), image, "person").status_code == 404
        assert "Keep as" not in signed_in(stranger).get(reverse("image", args=[image.pk])).text
    assert not Reference.objects.exists()


def test_a_picture_that_was_deleted_is_not_there(owner, client, django_capture_on_commit_callbacks):
    image = imagined(owner)
    with django_capture_on_commit_callbacks(execute=True):
        deletion.delete_image(image, owner)

    assert keep(client, image, "person").status_code == 404


def test_a_file_that_was_lost_is_not_there_either(owner, client):
    image = imagined(owner)
    image.original.storage.delete(image.original.name)

    assert keep(client, image, "person").status_code == 404


def test_visitors_keep_theirs_too(db):
    guest = make_guest()

    keep(visiting(guest), imagined(guest), "garment")

    assert Reference.objects.get().owner == guest


@pytest.mark.parametrize("review", ["pending", "rejected"])
def test_no_check_is_waited_for(owner, client, review):
    image = imagined(owner)
    if review == "rejected":
        image.reject(make_user("boss", is_staff=True), "quality")

    assert keep(client, image, "garment").status_code == 302


def test_both_pages_offer_it_with_one_click_each(owner, client):
    image = imagined(owner)
    tryon = Result.objects.get(image=image).generation.tryon

    for address in (reverse("image", args=[image.pk]), reverse("tryon", args=[tryon.pk])):
        form = re.search(r'<form class="keep".*?</form>', client.get(address).text, re.DOTALL)[0]
        assert f'action="{reverse("image_keep", args=[image.pk])}"' in form
        assert re.findall(r'name="kind"\s+value="(\w+)"', form) == ["person", "garment"]


def test_what_cannot_be_kept_is_told_in_words(owner, client):
    image = imagined(owner)
    with image.original.storage.open(image.original.name, "wb") as file:
        file.write(jpeg(size=(100, 100)))

    answer = keep(client, image, "person")

    assert answer["Location"] == reverse("image", args=[image.pk])
    assert "at least 256 pixels" in client.get(answer["Location"]).text
