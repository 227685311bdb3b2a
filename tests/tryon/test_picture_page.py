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

from gallery.models import AuditEntry, Image, Reason, ShareLink
from tests.asking import body, signed_in, status
from tests.factories import jpeg, make_image, make_tryon, make_user
from tryon.models import Attempt, Result, TryOn

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
        "Waiting for a check",
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
    image.reject(make_user("boss", is_staff=True), Reason.FACE, "the chin is not theirs")

    words = client.get(reverse("image", args=[image.pk])).content.decode()

    assert "Face changed: the chin is not theirs" in words


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


def test_the_download_is_the_original_byte_for_byte(owner, client):
    image = make_image(owner, colour="navy")

    answer = client.get(reverse("image_bytes", args=[image.pk, "original"]) + "?download=1")

    assert body(answer) == jpeg("navy")
    assert answer["Content-Disposition"].startswith("attachment")


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


def test_deleting_a_picture_removes_it_everywhere(owner, client, django_capture_on_commit_callbacks):
    image = make_image(owner, "approved")
    link, _ = ShareLink.objects.create_link(owner, [image], title="")
    file = image.original

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("image_delete", args=[image.pk]))

    assert not file.storage.exists(file.name)
    for address in (reverse("image", args=[image.pk]), reverse("image_bytes", args=[image.pk, "original"])):
        assert status(client.get(address)) == 404
    assert not link.shown_images()
    assert AuditEntry.objects.filter(action=AuditEntry.Action.DELETED, actor=owner).exists()


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

    assert queries(client, reverse("image", args=[image.pk])) <= 13
