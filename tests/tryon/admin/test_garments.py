"""Garments that staff drop onto the shelf, several at once: named by their files, changed in place."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from gallery.models import AuditEntry
from tests.asking import signed_in
from tests.factories import jpeg, make_reference, make_user
from tryon.models import HouseGarment, Reference
from tryon.rules import outfits

pytestmark = pytest.mark.django_db
DROP = "/admin/tryon/housegarment/drop/"


@pytest.fixture
def client() -> Client:
    return signed_in(make_user("ana", is_staff=True, is_superuser=True))


def photo(name: str, colour: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg(colour, (400, 500)), "image/jpeg")


def drop(client: Client, *photos: SimpleUploadedFile, **fields: str):
    return client.post(DROP, {"photos": photos, **fields})


def test_several_pictures_become_garments_with_name_kind_slug_and_link(client):
    make_reference(None, "garment", slug="linen-shirt", position=4)

    page = drop(
        client,
        photo("linen_shirt.jpg", "beige"),
        photo("Red-Maxi.Dress.jpg", "crimson"),
        photo("DSC_0042.jpg", "navy"),
        SimpleUploadedFile("notes.jpg", b"no picture"),
    ).text

    rows = list(
        HouseGarment.objects.filter(position__gt=4).values_list("label", "category", "slug", "position")
    )
    assert rows == [
        ("Linen shirt", "top", "linen-shirt-2", 5),
        ("Red Maxi Dress", "dress", "red-maxi-dress", 6),
        ("DSC 0042", "auto", "dsc-0042", 7),
    ]
    assert "http://testserver/?garment=linen-shirt-2" in page
    assert re.search(r"notes\.jpg</strong> The selected file must be a JPEG", page)


def test_one_that_is_there_is_told_and_not_taken_twice(client):
    drop(client, photo("coat.jpg", "black"))
    page = drop(client, photo("other.jpg", "black"), part="1").text

    assert "This picture is on the shelf already, as “Coat”" in page
    assert "<html" not in page, "a script asks for the rows alone"
    assert Reference.objects.count() == 1


def test_what_was_guessed_is_changed_where_it_stands(client):
    drop(client, photo("coat.jpg", "black"), photo("hat.jpg", "red"))
    coat, hat = HouseGarment.objects.order_by("position")
    address = reverse("admin:tryon_housegarment_in_place", args=[coat.pk])

    def change(**fields):
        named = {f"{coat.pk}-{name}": value for name, value in fields.items()}
        return client.post(address, named | {"part": "1"})

    assert "Saved" in change(label="Wool coat", category="outerwear", slug="wool-coat").text
    coat.refresh_from_db()
    assert (coat.label, coat.category, coat.slug) == ("Wool coat", "outerwear", "wool-coat")
    refused = change(label="Wool coat", category="outerwear", slug=hat.slug).text
    assert 'role="alert"' in refused
    coat.refresh_from_db()
    assert coat.slug == "wool-coat"


def test_a_garment_has_a_page_to_print(client):
    coat = make_reference(None, "garment", slug="coat", label="Coat")
    page = client.get(reverse("admin:tryon_housegarment_qr", args=[coat.pk])).text

    assert "http://testserver/?garment=coat" in page
    assert "data:image/svg+xml" in page
    assert (
        "http://testserver/?garment=coat" in client.get(reverse("admin:tryon_housegarment_changelist")).text
    )
    visitors = make_reference(make_user(), "garment")
    assert client.get(reverse("admin:tryon_housegarment_qr", args=[visitors.pk])).status_code == 404


def test_nothing_chosen_is_said(client):
    assert "No picture was chosen." in client.post(DROP, {}).text


def test_deleting_one_is_in_the_trail_like_any_photo(client, django_capture_on_commit_callbacks):
    coat = make_reference(None, "garment", slug="coat")
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("admin:tryon_housegarment_changelist"),
            {"action": "delete_for_good", "_selected_action": [coat.pk]},
        )
    assert AuditEntry.objects.filter(kind="reference", subject=str(coat.pk)).exists()


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("White shirt dress", "dress"),
        ("Dress shirt", "top"),
        ("T-Shirt", "top"),
        ("Blue jeans 501", "bottom"),
        ("Hatter", "auto"),
        ("", "auto"),
    ],
)
def test_the_kind_is_guessed_by_the_last_word_that_tells_one(words, kind):
    assert outfits.guess(words) == kind
