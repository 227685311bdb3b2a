"""Review in the stock admin, and the operator's switches."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME as BOX
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gallery.models import AuditEntry, Image
from tests.asking import signed_in, status
from tests.factories import jpeg, make_image, make_reference, make_tryon, make_user
from tryon.models import Attempt, Generation, Line, Reference, Result
from tryon.models.line import EVERYTHING

pytestmark = pytest.mark.django_db

QUEUE = "admin:gallery_image_changelist"


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


def act(client: Client, action: str, images: list[Image], query: str = "", **data):
    return client.post(
        reverse(QUEUE) + query, {"action": action, BOX: [i.pk for i in images], **data}, follow=True
    )


def shown(client: Client, query: str = "") -> list[Image]:
    return client.get(reverse(QUEUE) + query).context["cl"].result_list


# The queue ----------------------------------------------------------------------------------------
def test_the_queue_opens_on_what_waits_longest(client, owner):
    late = made_picture(owner)
    early = made_picture(owner, created_at=timezone.now() - dt.timedelta(days=1))
    make_image(owner, "approved")
    make_image(owner, "rejected")

    assert shown(client) == [early, late]


@pytest.mark.parametrize(
    ("query", "count"), [("?review=approved", 1), ("?review=rejected", 1), ("?review=all", 3)]
)
def test_decided_pictures_are_a_filter_away(client, owner, query, count):
    for review in ("pending", "approved", "rejected"):
        make_image(owner, review)

    assert len(shown(client, query)) == count


def test_person_and_garment_stand_beside_the_result(client, owner):
    image = made_picture(owner)
    inputs = Result.objects.get(image=image).generation.tryon.ordered_inputs()

    words = client.get(reverse(QUEUE)).content.decode()

    places = [words.index(reverse("reference_bytes", args=[row.reference_id, "small"])) for row in inputs]
    places.append(words.index(reverse("image_bytes", args=[image.pk, "small"])))
    assert places == sorted(places)


def test_staff_may_see_the_bytes_that_the_queue_shows(client, owner):
    image = made_picture(owner)
    photo = Result.objects.get(image=image).generation.tryon.person()

    assert status(client.get(reverse("reference_bytes", args=[photo.pk, "small"]))) == 200
    assert status(client.get(reverse("image_bytes", args=[image.pk, "small"]))) == 200


def test_a_longer_queue_asks_the_database_no_more_often(client, owner):
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            client.get(reverse(QUEUE))
        return len(counted)

    made_picture(owner)
    few = queries()
    for _ in range(8):
        made_picture(owner)

    assert queries() == few


def test_the_words_of_the_user_are_escaped(client, owner):
    image = made_picture(owner)
    tryon = Result.objects.get(image=image).generation.tryon
    type(tryon).objects.filter(pk=tryon.pk).update(note="<script>alert(1)</script>")

    assert "<script>alert" not in client.get(reverse(QUEUE)).content.decode()


# Decisions ----------------------------------------------------------------------------------------
def test_many_are_approved_at_once_each_with_an_entry_in_the_trail(client, ana, owner):
    images = [made_picture(owner) for _ in range(3)]

    answer = act(client, "approve", images)

    assert "3 approved." in answer.content.decode()
    assert Image.objects.approved().filter(reviewed_by=ana).count() == 3
    assert AuditEntry.objects.filter(action=AuditEntry.Action.APPROVED, actor=ana).count() == 3


def test_rejecting_asks_for_the_reason_first(client, owner):
    image = made_picture(owner)

    words = act(client, "reject", [image]).content.decode()

    assert "Reject 1 picture" in words
    assert "Garment detail lost" in words
    image.refresh_from_db()
    assert image.review == Image.Review.PENDING


def test_rejecting_without_a_reason_changes_nothing(client, owner):
    image = made_picture(owner)

    words = act(client, "reject", [image], decided="1").content.decode()

    assert "This field is required" in words
    image.refresh_from_db()
    assert image.review == Image.Review.PENDING


def test_a_rejection_keeps_reason_words_and_entry(client, ana, owner):
    images = [made_picture(owner), made_picture(owner)]

    act(client, "reject", images, decided="1", reason="face", words="the chin")

    for image in images:
        image.refresh_from_db()
        assert (image.review, image.reason, image.words, image.reviewed_by) == (
            "rejected",
            "face",
            "the chin",
            ana,
        )
    entry = AuditEntry.objects.filter(action=AuditEntry.Action.REJECTED).first()
    assert entry.detail == {"reason": "face", "words": "the chin"}


def test_a_decision_is_undone(client, owner):
    image = make_image(owner, "rejected")

    act(client, "undo", [image], "?review=rejected")

    image.refresh_from_db()
    assert (image.review, image.reason, image.reviewed_at) == ("pending", "", None)
    assert AuditEntry.objects.filter(action=AuditEntry.Action.UNDONE).exists()


def test_what_somebody_else_decided_meanwhile_is_told(client, owner):
    mine, taken = made_picture(owner), made_picture(owner)
    taken.approve(make_user("ben", is_staff=True))

    words = act(client, "approve", [mine, taken]).content.decode()

    assert "1 approved." in words
    assert "1 left as they were" in words
    taken.refresh_from_db()
    assert taken.reviewed_by.username == "ben"


def test_one_picture_is_decided_on_its_own_page(client, owner):
    image = made_picture(owner)
    page = client.get(reverse("admin:gallery_image_change", args=[image.pk])).content.decode()
    assert 'name="action" value="approve"' in page

    act(client, "approve", [image], "?review=all")

    image.refresh_from_db()
    assert image.review == Image.Review.APPROVED


def test_deleting_for_good_asks_first_and_then_removes_the_files(
    client, owner, django_capture_on_commit_callbacks
):
    image = made_picture(owner)
    act(client, "delete_for_good", [image])
    assert image.original.storage.exists(image.original.name)

    with django_capture_on_commit_callbacks(execute=True):
        act(client, "delete_for_good", [image], decided="1")

    assert not image.original.storage.exists(image.original.name)


def test_staff_without_the_right_to_review_decide_nothing(owner):
    image = made_picture(owner)
    looker = make_user("looker", is_staff=True)

    assert act(signed_in(looker), "approve", [image]).status_code == 403
    image.refresh_from_db()
    assert image.review == Image.Review.PENDING


# The operator -------------------------------------------------------------------------------------
def add_house_garment(client: Client, content: bytes, **changes):
    data = {
        "kind": "garment",
        "label": "Linen shirt",
        "category": "top",
        "slug": "linen-shirt",
        "position": 3,
    }
    photo = SimpleUploadedFile("secret name.jpg", content, "image/jpeg")
    return client.post(reverse("admin:tryon_reference_add"), data | {"photo": photo} | changes)


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


def test_a_house_garment_is_renamed_and_moved(client):
    garment = make_reference(None, "garment", slug="old", label="Old")

    client.post(
        reverse("admin:tryon_reference_change", args=[garment.pk]),
        {"label": "New", "category": "dress", "slug": "new", "position": 9}
        | {"gateway_files-TOTAL_FORMS": 0, "gateway_files-INITIAL_FORMS": 0},
    )

    garment.refresh_from_db()
    assert (garment.label, garment.category, garment.slug, garment.position) == ("New", "dress", "new", 9)


def test_a_house_garment_is_deleted_with_its_file(client, django_capture_on_commit_callbacks):
    garment = make_reference(None, "garment", slug="old")

    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("admin:tryon_reference_changelist"), {"action": "delete_for_good", BOX: [garment.pk]}
        )

    assert not Reference.objects.of_the_house()
    assert not garment.file.storage.exists(garment.file.name)


def test_photos_of_visitors_are_not_changed_in_the_admin(client, owner):
    photo = make_reference(owner)
    address = reverse("admin:tryon_reference_change", args=[photo.pk])

    assert client.get(address).status_code == 200
    assert client.post(address, {"label": "changed"}).status_code == 403


def test_the_stop_switch_holds_everything_and_lets_it_go(client, ana):
    switch = reverse("admin:tryon_line_switch")

    client.post(switch, {"stop": "1"})
    assert Line.objects.blocking("any", "model").get().account == EVERYTHING
    assert "Everything is stopped" in client.get(reverse("admin:tryon_line_changelist")).content.decode()

    client.post(switch, {"stop": "0"})
    assert not Line.objects.blocking("any", "model")
    actions = AuditEntry.objects.filter(kind="line").values_list("action", flat=True)
    assert sorted(actions) == ["line_closed", "line_opened"]


def test_the_switch_needs_the_right_and_a_post(client, owner):
    switch = reverse("admin:tryon_line_switch")

    assert client.get(switch).status_code == 403
    assert signed_in(make_user("looker", is_staff=True)).post(switch, {"stop": "1"}).status_code == 403
    assert not Line.objects.exists()


def test_a_paused_line_is_opened_again(client):
    Line.objects.close("account", "", Line.Reason.BALANCE, 600)
    line = Line.objects.get()
    assert "Try-ons are paused" in client.get(reverse("admin:index")).content.decode()

    client.post(reverse("admin:tryon_line_changelist"), {"action": "open_again", BOX: [line.pk]})

    assert not Line.objects.paused()


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
        for name in (*names, *(["budget", "price", "line"] if app == "tryon" else [])):
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
