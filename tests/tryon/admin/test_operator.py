"""The operator's side of the stock admin: house garments, switches, what cannot be edited."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME as BOX
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import AuditEntry, Image
from tests.asking import signed_in
from tests.factories import jpeg, make_reference, make_tryon, make_user
from tests.tryon.asked import HOST, link
from tryon.models import Attempt, CircuitBreaker, Generation, Reference, Result
from tryon.models.circuit_breaker import EVERYTHING
from tryon.models.states import PauseReason

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return make_user("ana", is_staff=True, is_superuser=True)


@pytest.fixture
def client(ana) -> Client:
    return signed_in(ana)


@pytest.fixture
def owner():
    return make_user("owner")


def made_picture(owner, **fields) -> Image:
    tryon = make_tryon(owner, "done")
    image = Result.objects.get(generation__tryon=tryon).image
    Image.objects.filter(pk=image.pk).update(**fields)
    image.refresh_from_db()
    return image


def add_house_garment(client: Client, content: bytes, **changes):
    data = {
        "kind": "garment",
        "label": "Linen shirt",
        "category": "top",
        "slug": "linen-shirt",
        "position": 3,
    }
    photo = SimpleUploadedFile("secret name.jpg", content, "image/jpeg")
    return client.post(reverse("admin:tryon_housegarment_add"), data | {"photo": photo} | changes)


def test_a_house_garment_is_added_with_a_file(client):
    answer = add_house_garment(client, jpeg("beige", (800, 1000)))

    assert answer.status_code == 302, answer.context["errors"]
    garment = Reference.objects.of_the_house().get()
    assert (garment.slug, garment.label, garment.category, garment.position) == (
        "linen-shirt",
        "Linen shirt",
        "top",
        3,
    )
    assert garment.file.storage.exists(garment.file.name)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"not a picture", "The selected file must be a JPEG, PNG, WebP, AVIF or HEIC photo"),
        (jpeg(size=(100, 100)), "at least 256 pixels"),
    ],
)
def test_a_bad_house_photo_is_refused_in_words(client, content, sentence):
    assert sentence in add_house_garment(client, content).content.decode()
    assert not Reference.objects.exists()


def test_nothing_is_kept_while_another_field_is_wrong(client):
    make_reference(None, "garment", slug="linen-shirt")

    answer = add_house_garment(client, jpeg("beige", (800, 1000)))

    assert answer.status_code == 200
    assert Reference.objects.count() == 1


def test_the_same_picture_is_not_put_on_the_shelf_twice(client):
    add_house_garment(client, jpeg("beige", (800, 1000)))

    answer = add_house_garment(client, jpeg("beige", (800, 1000)), slug="other")

    assert "on the shelf already" in answer.content.decode()
    assert Reference.objects.get().slug == "linen-shirt"


def test_a_new_house_garment_goes_to_the_end_of_the_shelf(client):
    address = reverse("admin:tryon_housegarment_add")
    assert 'name="position" value="0"' in client.get(address).content.decode()

    make_reference(None, "garment", slug="last", position=4)

    assert 'name="position" value="5"' in client.get(address).content.decode()


def change_house_garment(client: Client, garment: Reference, **changes: object) -> None:
    fields = {
        "label": "Coat",
        "category": "top",
        "slug": "coat",
        "position": 1,
        "is_on_shelf": "on",
    } | changes
    client.post(
        reverse("admin:tryon_housegarment_change", args=[garment.pk]),
        fields | {"gateway_files-TOTAL_FORMS": 0, "gateway_files-INITIAL_FORMS": 0},
    )


def test_a_house_garment_is_taken_off_the_shelf_and_put_back(client):
    garment = make_reference(None, "garment", slug="coat")
    for is_ticked in ("", "on"):
        change_house_garment(client, garment, is_on_shelf=is_ticked)
        assert Reference.objects.of_the_house().exists() == bool(is_ticked)


def test_a_person_of_the_house_agreed_to_be_shown(client):
    answer = add_house_garment(client, jpeg("beige", (800, 1000)), kind="person", category="auto")
    assert "Tick this box, or leave the photo out: everybody can see it" in answer.content.decode()
    assert not Reference.objects.exists()
    add_house_garment(client, jpeg("beige", (800, 1000)), kind="person", category="auto", agreed="on")
    assert Reference.objects.get().consents.get().text_version == "2026-11-house"


def test_a_house_garment_is_renamed_and_moved(client):
    garment = make_reference(None, "garment", slug="old", label="Old")

    change_house_garment(client, garment, label="New", category="dress", slug="new", position=9)

    garment.refresh_from_db()
    assert garment.is_on_shelf
    assert (garment.label, garment.category, garment.slug, garment.position) == ("New", "dress", "new", 9)


def test_a_house_garment_is_deleted_with_its_file(client, django_capture_on_commit_callbacks):
    garment = make_reference(None, "garment", slug="old")

    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("admin:tryon_housegarment_changelist"), {"action": "delete_for_good", BOX: [garment.pk]}
        )

    assert not Reference.objects.of_the_house()
    assert not garment.file.storage.exists(garment.file.name)


def test_photos_of_visitors_are_not_changed_in_the_admin(client, owner):
    photo = make_reference(owner)
    address = reverse("admin:tryon_reference_change", args=[photo.pk])

    assert client.get(address).status_code == 200
    assert client.post(address, {"label": "changed"}).status_code == 403


def test_a_picture_by_address_is_a_link_in_the_admin_and_never_loaded(client, owner):
    photo = link(owner)
    pages = [reverse("admin:tryon_reference_changelist")]
    pages += [reverse("admin:tryon_reference_change", args=[photo.pk])]

    for page in (client.get(address).text for address in pages):
        assert f"<strong>{HOST}</strong>" in page
        assert not [tag for tag in re.findall(r"<img[^>]*>", page) if HOST in tag]
        for opened in re.findall(rf'<a[^>]*href="https://{HOST}[^>]*>', page):
            assert "noreferrer" in opened


def test_the_stop_switch_holds_everything_and_lets_it_go(client, ana):
    switch = reverse("admin:tryon_circuitbreaker_switch")

    client.post(switch, {"stop": "1"})
    assert CircuitBreaker.objects.blocking("any", "model").get().account == EVERYTHING
    assert (
        "Everything is stopped"
        in client.get(reverse("admin:tryon_circuitbreaker_changelist")).content.decode()
    )

    client.post(switch, {"stop": "0"})
    assert not CircuitBreaker.objects.blocking("any", "model")
    actions = AuditEntry.objects.filter(kind="line").values_list("action", flat=True)
    assert sorted(actions) == ["line_closed", "line_opened"]


def test_the_switch_needs_the_right_and_a_post(client, owner):
    switch = reverse("admin:tryon_circuitbreaker_switch")

    assert client.get(switch).status_code == 403
    assert signed_in(make_user("looker", is_staff=True)).post(switch, {"stop": "1"}).status_code == 403
    assert not CircuitBreaker.objects.exists()


def test_what_waited_for_a_line_is_due_when_staff_open_it(client, owner):
    later = timezone.now() + dt.timedelta(hours=1)
    waiting = make_tryon(owner, "queued", not_before=later, waiting_for="line").generations.get()
    client.post(reverse("admin:tryon_circuitbreaker_switch"), {"stop": "1"})

    client.post(reverse("admin:tryon_circuitbreaker_switch"), {"stop": "0"})

    assert waiting in Generation.objects.due()


def test_a_paused_line_is_opened_again(client):
    CircuitBreaker.objects.pause("account", "", PauseReason.BALANCE, 600)
    line = CircuitBreaker.objects.get()
    assert "Try-ons are paused" in client.get(reverse("admin:index")).content.decode()

    client.post(reverse("admin:tryon_circuitbreaker_changelist"), {"action": "open_again", BOX: [line.pk]})

    assert not CircuitBreaker.objects.paused()


def test_a_line_tells_its_reason_only_while_it_is_paused(client):
    CircuitBreaker.objects.pause("account", "", PauseReason.BALANCE, 600)
    line = CircuitBreaker.objects.get()
    reason = line.get_reason_display()
    pages = [
        reverse("admin:tryon_circuitbreaker_changelist"),
        reverse("admin:tryon_circuitbreaker_change", args=[line.pk]),
    ]
    assert all(reason in client.get(address).content.decode() for address in pages)

    client.post(pages[0], {"action": "open_again", BOX: [line.pk]}, follow=True)

    assert all(reason not in client.get(address).content.decode() for address in pages)


def test_a_failed_generation_is_run_again_once(client, owner):
    failed = make_tryon(owner, "failed").generations.get()

    for _ in range(2):
        client.post(reverse("admin:tryon_generation_changelist"), {"action": "run_again", BOX: [failed.pk]})

    assert Generation.objects.get(repeats=failed).status == Generation.Status.QUEUED


def test_every_list_and_page_of_the_admin_opens(client, owner):
    image = made_picture(owner)
    generation = Result.objects.get(image=image).generation
    attempt = Attempt.objects.create(
        generation=generation, fence=1, model="m", prompt="p", prompt_version="1"
    )
    rows = {"gallery_image": image, "tryon_generation": generation, "tryon_attempt": attempt}
    rows |= {"tryon_tryon": generation.tryon, "accounts_user": owner}
    lists = ["auditentry", "sharelink", "image"], ["reference", "consent", "tryon", "generation", "attempt"]

    for app, names in zip(("gallery", "tryon"), lists, strict=True):
        for name in (*names, *(["budget", "price", "circuitbreaker", "offer"] if app == "tryon" else [])):
            assert client.get(reverse(f"admin:{app}_{name}_changelist")).status_code == 200, name
    for name, row in rows.items():
        assert client.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200, name


def test_the_trail_and_the_ledger_cannot_be_edited(client, owner):
    image = made_picture(owner)
    image.approve(owner)
    entry = AuditEntry.objects.get()

    for address in (
        reverse("admin:gallery_auditentry_add"),
        reverse("admin:gallery_auditentry_delete", args=[entry.pk]),
        reverse("admin:tryon_budget_add"),
        reverse("admin:gallery_image_delete", args=[image.pk]),
    ):
        assert client.post(address).status_code == 403
    assert client.post(reverse("admin:gallery_auditentry_change", args=[entry.pk])).status_code == 403


def test_the_first_address_of_the_connections_still_leads_there(client):
    answer = client.get("/admin/tryon/line/")
    assert answer.headers["Location"] == reverse("admin:tryon_circuitbreaker_changelist")
