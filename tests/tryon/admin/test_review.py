"""Review in the stock admin, and the operator's switches."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME as BOX
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gallery.models import AuditEntry, Image
from tests.asking import signed_in, status
from tests.factories import make_image, make_reference, make_tryon, make_user, person_of
from tests.tryon.asked import COAT, HOST, WORDS, asked_for, link, photo, picture_of
from tryon.models import Result, TryOnInput

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
@pytest.mark.both_databases
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


def test_what_went_in_is_told_in_words(client, owner):
    image = made_picture(owner)
    tryon = Result.objects.get(image=image).generation.tryon
    extra = make_reference(owner, "garment")
    TryOnInput.objects.create(tryon=tryon, reference=extra, position=3, role="auto")
    assert "Person, 2 garments (top; 1 as it looks)" in client.get(reverse(QUEUE)).content.decode()

    tryon.inputs.filter(role="top").update(role="auto")

    assert "<p>Person, 2 garments</p>" in client.get(reverse(QUEUE)).content.decode()


@pytest.mark.parametrize(
    ("query", "heading", "idle"),
    [
        ("", "Pictures to be checked", "undo"),
        ("?review=approved", "Approved pictures", "approve"),
        ("?review=rejected", "Pictures not approved", "reject"),
        ("?review=all", "Pictures", None),
    ],
)
def test_each_list_says_what_it_is_and_offers_what_changes_something(client, owner, query, heading, idle):
    for review in ("pending", "approved", "rejected"):
        make_image(owner, review)

    words = client.get(reverse(QUEUE) + query).content.decode()

    assert f"<h1>{heading}</h1>" in words
    offered = set(re.findall(r'<option value="(\w+)">', words))
    assert offered == {"approve", "reject", "undo", "delete_for_good"} - {idle}


def test_staff_may_see_the_bytes_that_the_queue_shows(client, owner):
    image = made_picture(owner)
    photo = person_of(Result.objects.get(image=image).generation.tryon)

    assert status(client.get(reverse("reference_bytes", args=[photo.pk, "small"]))) == 200
    assert status(client.get(reverse("image_bytes", args=[image.pk, "small"]))) == 200


def test_who_may_not_see_what_went_in_is_told_and_decides_nothing(owner):
    image = made_picture(owner)
    user = make_user("half", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_image", "change_image"]))
    half = signed_in(user)
    for page in (half.get(reverse(QUEUE)), half.get(reverse("admin:gallery_image_change", args=[image.pk]))):
        assert "you need the right to view references" in page.content.decode()
        assert "/references/" not in page.content.decode()
    act(half, "approve", [image])
    image.refresh_from_db()
    assert image.review == "pending"


def test_a_longer_queue_asks_the_database_no_more_often(client, owner):
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            client.get(reverse(QUEUE))
        return len(counted)

    made_picture(owner)
    queries()  # the first request of a session notes when it came
    few = queries()
    for _ in range(8):
        made_picture(owner)

    assert queries() == few


def test_the_words_of_the_user_are_escaped(client, owner):
    image = made_picture(owner)
    tryon = Result.objects.get(image=image).generation.tryon
    type(tryon).objects.filter(pk=tryon.pk).update(note="<script>alert(1)</script>")

    assert "<script>alert" not in client.get(reverse(QUEUE)).content.decode()


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize(
    ("mode", "photos", "told"),
    [
        ("remix", 1, "Remixed picture: 1 picture"),
        ("compose", 3, "Composed picture: 3 pictures"),
        ("imagine", 0, "Imagined picture: words alone"),
    ],
)
def test_the_desk_speaks_of_what_was_asked(client, owner, mode, photos, told):
    inputs = [photo(owner) for _ in range(photos)]
    asked_for(owner, mode, *inputs, size="", aspect_ratio="")

    page = client.get(reverse(QUEUE)).text

    assert told in plain(page)
    assert WORDS in page
    assert "google/the-one-that-made-it" in page
    assert "sent as 2 files, 1 link" in page
    assert "garment" not in re.search(r'id="result_list".*?</table>', page, re.DOTALL)[0].replace(
        'class="garments"', ""
    )
    for reference in inputs:
        assert reverse("reference_bytes", args=[reference.pk, "small"]) in page
    assert "<p>,</p>" not in page


def test_how_a_garment_is_worn_is_told(client, owner):
    garments = [make_reference(owner, "garment", category=kind) for kind in ("top", "outerwear")]
    tryon = asked_for(owner, "try_on", make_reference(owner), *garments)
    tryon.inputs.filter(role="outerwear").update(fit="open")

    assert "Person, 2 garments (top; outerwear, worn open)" in client.get(reverse(QUEUE)).text


@pytest.mark.parametrize("kind", ["person", "garment"])
def test_an_input_by_address_is_a_card_with_a_link(client, owner, kind):
    tryon = asked_for(owner, "try_on", link(owner, kind))
    image = picture_of(tryon)

    pages = [client.get(reverse(QUEUE)).text]
    pages += [client.get(reverse("admin:gallery_image_change", args=[image.pk])).text]

    for page in pages:
        assert f"Linked picture at {HOST}" in plain(page)
        opened = re.search(rf'<a[^>]*href="https://{HOST}[^>]*>', page)[0]
        assert 'rel="noopener noreferrer nofollow"' in opened
        assert 'referrerpolicy="no-referrer"' in opened
        assert not [tag for tag in re.findall(r"<img[^>]*>", page) if HOST in tag]
    assert COAT.replace("&", "&amp;") + "</a>" in pages[1], "the closer look shows the whole address"


def test_a_deleted_input_leaves_its_place(client, owner):
    tryon = asked_for(owner, "compose", photo(owner), photo(owner))
    tryon.inputs.get(position=2).reference.wipe()

    assert "Picture 2: deleted" in plain(client.get(reverse(QUEUE)).text)


def test_the_closer_look_leads_on_and_not_to_itself(client, owner):
    image = made_picture(owner)
    itself = reverse("admin:gallery_image_change", args=[image.pk])
    assert f'href="{itself}"' in client.get(reverse(QUEUE)).text

    page = client.get(itself).text

    assert f'href="{itself}"' not in page
    assert f'href="{reverse("image", args=[image.pk])}">Open its page' in page


# Decisions ----------------------------------------------------------------------------------------
def test_many_are_approved_at_once_each_with_an_entry_in_the_trail(client, ana, owner):
    images = [made_picture(owner) for _ in range(3)]

    answer = act(client, "approve", images)

    assert "3 approved." in answer.content.decode()
    assert Image.objects.filter(review="approved", reviewed_by=ana).count() == 3
    assert AuditEntry.objects.filter(action="approved", actor=ana).count() == 3


def test_rejecting_asks_for_the_reason_first(client, owner):
    image = made_picture(owner)

    words = act(client, "reject", [image]).content.decode()

    assert "Reject 1 picture" in words
    assert "Details of the garment were lost" in words
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
    entry = AuditEntry.objects.filter(action="rejected").first()
    assert entry.detail == {"reason": "face"}, "the words live on the picture, and go with it"


def test_a_decision_is_undone(client, owner):
    image = make_image(owner, "rejected")

    act(client, "undo", [image], "?review=rejected")

    image.refresh_from_db()
    assert (image.review, image.reason, image.reviewed_at) == ("pending", "", None)
    assert AuditEntry.objects.filter(action="undone").exists()


@pytest.mark.both_databases
def test_what_somebody_else_decided_meanwhile_is_told(client, owner):
    mine, taken = made_picture(owner), made_picture(owner)
    taken.approve(make_user("ben", is_staff=True))

    words = act(client, "approve", [mine, taken]).content.decode()

    assert "1 approved." in words
    assert "1 was already approved by ben@example.com." in words
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
