"""The page of one picture beside what it was made from, and its end."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gallery.models import AuditEntry, Image, RejectionReason, ShareLink
from tests.asking import body, signed_in, status
from tests.factories import jpeg, make_image, make_reference, make_tryon, make_user
from tests.gallery.marks import TRAINED, pixels, source_type
from tests.tryon.asked import HOST, LINKED, WORDS, asked_for, link, photo, picture_of
from tryon.models import Attempt, Result, TryOn
from tryon.pipeline.privacy import undo

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def client(owner) -> Client:
    return signed_in(owner)


def made_picture(owner) -> tuple[TryOn, Image]:
    tryon = make_tryon(owner, "done")
    generation = tryon.generations.get()
    Attempt.objects.create(
        generation=generation,
        fence=1,
        status="ok",
        model=tryon.model,
        prompt="secret prompt",
        prompt_version="try-on-9",
        price_micros=67_000,
    )
    return tryon, Result.objects.get(generation=generation).image


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as counted:
        assert client.get(address).status_code == 200
    return len(counted)


def test_the_page_tells_how_the_picture_was_made(owner, client):
    _, image = made_picture(owner)

    words = client.get(reverse("image", args=[image.pk])).content.decode()

    for fact in (
        "google/gemini-3.1-flash-image",
        "try-on-9",
        "$0.067",
        "300 \u00d7 400",
        "Being checked",
    ):
        assert fact in words
    assert "secret prompt" not in words


def test_the_inputs_stand_beside_the_picture(owner, client):
    tryon, image = made_picture(owner)

    words = client.get(reverse("image", args=[image.pk])).content.decode()

    for row in tryon.ordered_inputs():
        assert reverse("reference_bytes", args=[row.reference_id, "small"]) in words


def test_a_picture_outlives_its_photos(owner, client):
    tryon, image = made_picture(owner)
    for row in tryon.ordered_inputs():
        row.reference.wipe()

    words = client.get(reverse("image", args=[image.pk])).content.decode()

    assert "has been deleted" in words
    assert "/references/" not in words


def test_a_rejection_is_told_with_its_reason(owner, client):
    image = make_image(owner)
    image.reject(make_user("boss", is_staff=True), RejectionReason.FACE, "the chin is not theirs")

    words = client.get(reverse("image", args=[image.pk])).content.decode()

    assert "Not approved: the face changed." in words


def test_neighbours_lead_through_the_gallery(owner, client):
    first, second, third = (
        make_image(owner, created_at=timezone.now() - dt.timedelta(hours=n)) for n in range(3)
    )
    make_image(make_user("other"), created_at=timezone.now() - dt.timedelta(minutes=30))

    def neighbours(image: Image) -> list[str]:
        words = client.get(reverse("image", args=[image.pk])).content.decode()
        return re.findall(r'rel="(?:prev|next)" href="/gallery/([0-9a-f-]{36})/"', words)

    assert neighbours(first) == [str(second.pk)]
    assert neighbours(second) == [str(first.pk), str(third.pk)]
    assert neighbours(third) == [str(second.pk)]


def test_the_download_is_the_original_to_the_pixel_and_says_what_made_it(owner, client):
    image = make_image(owner, colour="navy")

    answer = client.get(reverse("image_bytes", args=[image.pk, "original"]) + "?download=1")

    given = body(answer)
    assert pixels(given) == pixels(jpeg("navy"))
    assert source_type(given) == TRAINED
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("worn", "name"),
    [
        (("Breton top",), "breton-top-29-november.jpg"),
        (("Breton top", "Café jacket"), "breton-top-and-cafe-jacket-29-november.jpg"),
        (("",), "hat-29-november.jpg"),
    ],
)
def test_a_download_is_named_by_what_is_worn_and_by_its_day(owner, client, worn, name):
    garments = [make_reference(owner, "garment", category="hat", label=label) for label in worn]
    image = picture_of(asked_for(owner, "try_on", make_reference(owner), *garments))
    Image.objects.filter(pk=image.pk).update(created_at=dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC))

    answer = client.get(reverse("image_bytes", args=[image.pk, "original"]) + "?download=1")

    assert body(answer)
    assert f'filename="{name}"' in answer["Content-Disposition"]


def test_a_favourite_pressed_twice_stays_one(owner, client):
    image = make_image(owner)
    address = reverse("image_favourite", args=[image.pk])

    for _ in range(2):
        client.post(address, {"favourite": "1"})
    image.refresh_from_db()
    assert image.favourite

    client.post(address, {"favourite": "0"})
    image.refresh_from_db()
    assert not image.favourite


def test_a_heart_leads_to_the_picture_where_no_script_keeps_the_page(owner, client):
    image = make_image(owner)
    address = reverse("image_favourite", args=[image.pk])

    assert client.post(address, {"favourite": "1"}).url == reverse("image", args=[image.pk])
    assert client.post(address, {"favourite": "0"}, headers={"HX-Request": "true"}).status_code == 204
    image.refresh_from_db()
    assert not image.favourite


@pytest.mark.parametrize(("width", "is_offered"), [(1600, False), (1601, True)])
def test_a_whole_file_is_for_looking_closely_where_it_shows_more(owner, client, width, is_offered):
    image = make_image(owner)
    original = reverse("image_bytes", args=[image.pk, "original"])
    assert f'src="{original}"' in client.get(reverse("image", args=[image.pk])).text, "no copy is made yet"

    Image.objects.filter(pk=image.pk).update(width=width, small="small.webp", large="large.webp")

    page = client.get(reverse("image", args=[image.pk])).text
    shown = tuple(reverse("image_bytes", args=[image.pk, size]) for size in ("small", "large"))
    assert re.findall(r'<img[^>]* data-arrives[^>]* src="([^"]+)" data-whole="([^"]+)"', page) == [shown], (
        "the small one is asked for first"
    )
    assert (f'data-sharp="{original}"' in page) is is_offered


def test_deleting_a_picture_removes_it_everywhere(owner, client, django_capture_on_commit_callbacks):
    image = make_image(owner, "approved")
    link, _ = ShareLink.objects.create_link(owner, [image], title="")
    file = image.original

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("image_delete", args=[image.pk]))
        undo.finish_of(owner)

    assert not file.storage.exists(file.name)
    for address in (reverse("image", args=[image.pk]), reverse("image_bytes", args=[image.pk, "original"])):
        assert status(client.get(address)) == 404
    assert not link.shown_images()
    assert AuditEntry.objects.filter(action="deleted", actor=owner).exists()


def test_staff_who_look_at_a_picture_cannot_delete_share_or_mark_it(owner):
    image = make_image(owner)
    boss = signed_in(make_user("boss", is_staff=True, is_superuser=True))

    words = boss.get(reverse("image", args=[image.pk])).content.decode()

    assert "Delete" not in words
    assert "Share" not in words
    for name in ("image_delete", "image_favourite"):
        assert boss.post(reverse(name, args=[image.pk])).status_code == 404


def test_a_picture_page_asks_the_database_a_few_times(owner, client):
    _, image = made_picture(owner)

    assert queries(client, reverse("image", args=[image.pk])) <= 15


# Other ways of asking, and pictures by address ----------------------------------------------------
def page_of(client: Client, tryon: TryOn) -> str:
    return client.get(reverse("image", args=[picture_of(tryon).pk])).text


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize(
    ("mode", "photos", "title"),
    [
        ("remix", 1, "Remixed picture, "),
        ("compose", 2, "Composed picture, "),
        ("imagine", 0, "Imagined picture, "),
    ],
)
def test_the_page_speaks_of_what_was_asked(owner, client, mode, photos, title):
    page = page_of(client, asked_for(owner, mode, *(photo(owner) for _ in range(photos))))

    assert page.count(title) == 2, "title and heading"
    assert WORDS in plain(page)
    assert "Again, with a change" in page
    assert ("<compare-slider" in page) is (mode == "remix")
    for phrase in ("Try another garment", "The person", "chosen garments"):
        assert phrase not in page


def test_the_model_is_the_one_that_made_it(owner, client):
    page = page_of(client, asked_for(owner, "imagine", model="google/the-one-that-was-asked"))

    assert "google/the-one-that-made-it" in page
    assert "google/the-one-that-was-asked" not in page


def test_only_staff_read_how_the_pictures_were_sent(owner, client):
    tryon = asked_for(owner, "compose", photo(owner), photo(owner), link(owner, "other"))

    assert "2 files, 1 link" not in page_of(client, tryon)
    assert "2 files, 1 link" in page_of(signed_in(make_user("boss", is_staff=True, is_superuser=True)), tryon)


def test_an_input_by_address_is_linked_for_owner_and_staff_and_never_loaded(owner, client):
    tryon = asked_for(owner, "try_on", make_reference(owner), link(owner, category="outerwear"))

    for browser in (client, signed_in(make_user("boss", is_staff=True, is_superuser=True))):
        page = page_of(browser, tryon)
        assert LINKED in plain(page)
        assert f'href="https://{HOST}' in page
        assert not [tag for tag in re.findall(r"<(?:img|link|source)[^>]*>", page) if HOST in tag]


def test_what_was_left_open_is_not_shown(owner, client):
    tryon = asked_for(owner, "imagine", size="", aspect_ratio="")
    assert "Chosen" not in page_of(client, tryon)

    TryOn.objects.filter(pk=tryon.pk).update(aspect_ratio="16:9")
    assert "<dt>Size and shape</dt><dd>16:9</dd>" in page_of(client, tryon)


def test_the_frame_has_the_shape_of_the_picture(owner, client):
    tryon = asked_for(owner, "imagine")
    Image.objects.filter(pk=picture_of(tryon).pk).update(width=1600, height=900)

    assert 'data-shape="16:9"' in page_of(client, tryon)
