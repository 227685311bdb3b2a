"""The gallery's filters: what they show, alone and together, and what stays true of them."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from itertools import pairwise

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import Image, ShareLink
from tests.asking import body, signed_in
from tests.factories import make_guest, make_image, make_reference, make_tryon, make_user, person_of
from tests.rings import matrix
from tests.tryon.asked import asked_for, picture_of
from tests.tryon.making import accepted, only_generation
from tryon.accounts.models import User
from tryon.models import ImageInput, Reference
from tryon.pipeline import recovery, run
from tryon.pipeline.guest_merge import merge_guest_into_account
from tryon.pipeline.privacy import deletion, undo
from tryon.presenters.gallery.filters import MOST_WALKED, STEPS, GalleryFilters

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user("owner")


@pytest.fixture
def client(owner) -> Client:
    return signed_in(owner)


def shown(client: Client, address: str) -> list[str]:
    return re.findall(r'name="images" value="([0-9a-f-]{36})"', client.get(address).text)


def links_of(page: str, part: str) -> list[str]:
    return [each.replace("&amp;", "&") for each in re.findall(rf'href="([^"]*{part}[^"]*)"', page)]


def look(owner: User, person: Reference, *garments: Reference) -> Image:
    return picture_of(asked_for(owner, "try_on", person, *garments))


def pictures(owner: User, count: int, **fields) -> list[Image]:
    """Rows alone, the newest first."""
    now = timezone.now()
    rows = [
        Image(
            owner=owner,
            original="originals/none.jpg",
            width=3,
            height=4,
            created_at=now - dt.timedelta(seconds=n),
            **fields,
        )
        for n in range(count)
    ]
    return Image.objects.bulk_create(rows)


def photos(owner: User | None, kind: str, *labels: str) -> list[Reference]:
    return [make_reference(owner, kind, label=label) for label in labels]


# Names -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("worn", "name"),
    [
        (("Breton top",), "Breton top"),
        (("Breton top", "Jeans"), "Breton top and Jeans"),
        (("Breton top", "Jeans", "Coat"), "Breton top, Jeans and Coat"),
        (("é" * 80,) * 7, ", ".join(["é" * 80] * 6)[:200]),
    ],
)
def test_a_picture_is_called_by_what_is_worn(owner, client, worn, name):
    image = look(owner, make_reference(owner), *photos(owner, "garment", *worn))
    assert Image.objects.get(pk=image.pk).name == name
    assert f"{name}, <time" in client.get(reverse("gallery")).text


def test_a_garments_new_label_names_new_pictures_only(owner):
    (person,), (top,) = photos(owner, "person", "Ana"), photos(owner, "garment", "Top")
    before = look(owner, person, top)
    Reference.objects.filter(pk=top.pk).update(label="Breton top")
    after = look(owner, person, Reference.objects.get(pk=top.pk))
    names = dict(Image.objects.values_list("pk", "name"))
    assert (names[before.pk], names[after.pk]) == ("Top", "Breton top")


def test_a_picture_of_another_year_says_so(owner, client):
    make_image(owner, created_at=dt.datetime(2019, 3, 1, 12, tzinfo=dt.UTC))
    assert "1 March 2019</time>" in client.get(reverse("gallery")).text


@pytest.mark.django_db(transaction=True)
def test_a_picture_that_is_made_is_named_and_found_by_all_it_was_made_from(gateway, owner):
    tryon = accepted(owner)
    run.run_generation(only_generation(tryon).pk)
    image = Image.objects.get()
    assert (image.name, image.series) == (tryon.worn_words(tryon.ordered_inputs()), tryon.pk)
    rows = ImageInput.objects.values_list("owner", "reference", "created_at", "image")
    expected = {(owner.pk, row.reference_id, image.created_at, image.pk) for row in tryon.ordered_inputs()}
    assert set(rows) == expected


@pytest.mark.both_databases
def test_the_sweep_names_what_older_versions_kept_the_newest_first(owner):
    tryon = make_tryon(owner, "done", count=2)
    alone = make_image(owner, created_at=timezone.now() - dt.timedelta(days=9))
    assert ImageInput.objects.fill(2) == 2
    assert Image.objects.unnamed().get() == alone
    recovery.sweep()
    assert not Image.objects.unnamed().exists()
    assert set(Image.objects.values_list("name", "series")) == {("Top", tryon.pk), ("", None)}
    assert ImageInput.objects.count() == 4


# One filter -------------------------------------------------------------------------------------------
def test_pictures_are_found_by_person_and_by_garment_the_houses_too(owner, client):
    ana, bea = photos(owner, "person", "Ana", "Bea")
    (top,), (coat,) = photos(owner, "garment", "Top"), photos(None, "garment", "Coat")
    one, two, three = look(owner, ana, top), look(owner, bea, coat), look(owner, ana, coat)
    look(make_user(), make_reference(None), coat)

    page = client.get(reverse("gallery")).text

    for photo, images in ((ana, [three, one]), (bea, [two]), (coat, [three, two]), (top, [one])):
        (link,) = links_of(page, f"{photo.kind}={photo.pk}")
        assert shown(client, link) == [str(image.pk) for image in images]


@pytest.mark.parametrize("kinds", [["garment"], ["person", "garment"]], ids=["alone", "with another"])
def test_what_is_hidden_for_a_moment_passes_no_filter(owner, kinds):
    chosen = {"person": make_reference(owner), "garment": make_reference(owner, "garment")}
    image = look(owner, *chosen.values())
    filters = GalleryFilters(owner, {kind: chosen[kind] for kind in kinds})
    assert filters.page(None, 9).images == [image]
    press = undo.hide_images([image], owner)
    assert filters.page(None, 9).images == []
    undo.take_back(press, owner)
    assert filters.page(None, 9).images == [image]


def test_shared_is_what_others_can_open_now(owner, client):
    image = make_image(owner)
    make_image(owner)
    address = f"{reverse('gallery')}?show=shared"
    assert shown(client, address) == []
    short, _ = ShareLink.objects.create_link(owner, [image], title="", days=1)
    ShareLink.objects.create_link(owner, [image], title="", days=3)
    assert shown(client, address) == [str(image.pk)]
    short.revoke(owner)
    assert shown(client, address) == [str(image.pk)], "by the other link"
    with time_machine.travel(timezone.now() + dt.timedelta(days=4), tick=False):
        assert GalleryFilters(owner, show=("shared",)).page(None, 9).images == []
        Image.objects.shared_no_more().update(shared_until=None)
        assert not Image.objects.exclude(shared_until=None).exists()


def test_the_last_link_that_is_stopped_ends_it(owner):
    image = make_image(owner)
    link, _ = ShareLink.objects.create_link(owner, [image], title="")
    link.revoke(owner)
    assert Image.objects.get().shared_until is None


def test_a_link_that_is_given_more_days_is_shared_as_long(owner):
    link, _ = ShareLink.objects.create_link(owner, [make_image(owner)], title="", days=1)

    link.change(owner, days=30, password=None)

    link.refresh_from_db()
    assert Image.objects.get().shared_until == link.expires_at > timezone.now() + dt.timedelta(days=29)


@pytest.mark.parametrize(
    "query",
    ["person=nonsense", "person=%00", "garment=", "show=nonsense", "person={garment}", "garment={other}"],
)
def test_what_makes_no_sense_in_the_address_is_passed_over(owner, client, query):
    garment, other = make_reference(owner, "garment"), make_reference(make_user(), "garment")
    image = make_image(owner)
    address = f"{reverse('gallery')}?{query.format(garment=garment.pk, other=other.pk)}"
    assert shown(client, address) == [str(image.pk)]


def test_all_of_one_garment_are_downloaded_by_one_press_whatever_stands_on_the_page(owner, client):
    (person,), (top, coat) = photos(owner, "person", "Ana"), photos(owner, "garment", "Top", "Coat")
    wanted = [look(owner, person, top) for _ in range(2)]
    look(owner, person, coat)
    page = client.get(reverse("gallery"), {"garment": top.pk}).text
    (address,) = re.findall(r'class="download-all" method="post" action="([^"]+)"', page)

    answer = client.post(address, {"all": "1"})

    assert 'filename="top-' in answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(body(answer))) as archive:
        assert len(archive.namelist()) == len(wanted)


# Several together ----------------------------------------------------------------------------------------
def test_two_filters_show_what_passes_both_and_stay_in_the_address(owner, client):
    (ana, bea), (top, coat) = photos(owner, "person", "Ana", "Bea"), photos(owner, "garment", "Top", "Coat")
    both = look(owner, ana, top)
    for person, garment in ((ana, coat), (bea, top)):
        look(owner, person, garment)

    (by_person,) = links_of(client.get(reverse("gallery")).text, f"person={ana.pk}")
    (by_both,) = links_of(client.get(by_person).text, f"garment={top.pk}")

    assert shown(client, by_both) == [str(both.pk)]
    address = f"?person={ana.pk}&garment={top.pk}"
    page = client.get(by_both).text
    assert by_both == reverse("gallery") + address
    assert links_of(page, f"/gallery/{both.pk}/") == [f"/gallery/{both.pk}/{address}"]
    assert links_of(page, "show=favourite") == [by_both + "&show=favourite"]


def test_a_filter_in_force_is_taken_away_by_its_own_link(owner, client):
    make_image(owner, favourite=True)
    page = client.get(f"{reverse('gallery')}?show=favourite&show=pending").text
    chips = dict(re.findall(r'<a href="(/gallery/[^"]*)" aria-current="true">([\w ]+)', page))
    assert {address.replace("&amp;", "&") for address in chips} == {
        "/gallery/?show=pending",
        "/gallery/?show=favourite",
    }
    (approved,) = links_of(page, "show=approved")
    assert "show=pending" not in approved, "a picture has one state"


def test_several_look_through_so_many_and_more_on_demand(owner, client):
    approved = {"review": "approved", "reviewed_at": timezone.now()}
    pictures(owner, MOST_WALKED + STEPS[0], favourite=True)
    pictures(owner, MOST_WALKED + STEPS[0], **approved)
    both = make_image(owner, "approved", favourite=True, created_at=timezone.now() - dt.timedelta(days=1))

    first = client.get(f"{reverse('gallery')}?show=favourite&show=approved").text
    (more,) = links_of(first, "after=")
    second = client.get(more).text

    assert f"None of the last {MOST_WALKED} pictures passes all" in first
    assert "Show more" in first
    assert shown(client, more) == [str(both.pk)]
    assert "Show more" not in second


def test_the_narrower_is_walked(owner):
    (ana,), (top,) = photos(owner, "person", "Ana"), photos(owner, "garment", "Top")
    look(owner, ana, top)
    for _ in range(5):
        look(owner, ana, make_reference(owner, "garment"))
    filters = GalleryFilters(owner, {"person": ana, "garment": top})
    by_person, by_garment = filters._filters
    assert by_garment.width(None) < by_person.width(None)


SEVERAL = [
    {"photos": photo, "show": show}
    for photo in ((), ("person",), ("garment",), ("person", "garment"))
    for show in ((), ("favourite",), ("shared",), ("approved",), ("favourite", "shared", "pending"))
]


@pytest.mark.parametrize("asked", matrix(SEVERAL, first=2), ids=str)
def test_every_combination_shows_each_picture_once_in_both_directions(owner, asked):
    """Beside the plainest code for it; of pictures of one moment too."""
    people, garments = photos(owner, "person", "A", "B"), photos(owner, "garment", "C", "D")
    images = pictures(owner, STEPS[0] + 20)
    for n, image in enumerate(images):
        image.favourite = n % 3 > 0
        image.created_at = images[n - n % 4].created_at
        if n % 5 < 3:
            image.review, image.reviewed_at = "approved", timezone.now()
    Image.objects.bulk_update(images, ["favourite", "created_at", "review", "reviewed_at"])
    ShareLink.objects.create_link(owner, [image for n, image in enumerate(images) if n % 7 < 4], title="")
    ImageInput.objects.bulk_create(
        ImageInput(owner=owner, reference=photo, image=image, created_at=image.created_at)
        for n, image in enumerate(images)
        for photo in (people[n % 2], garments[n // 2 % 2])
    )
    chosen = {"person": people[0], "garment": garments[0]}
    filters = GalleryFilters(owner, {kind: chosen[kind] for kind in asked["photos"]}, asked["show"])

    expected = Image.objects.order_by("-created_at", "-id")
    for photo in filters.photos.values():
        expected = expected.filter(pk__in=ImageInput.objects.filter(reference=photo).values("image"))
    for name in asked["show"]:
        column = {"favourite": {"favourite": True}, "shared": {"links__isnull": False}}
        expected = expected.filter(**column.get(name, {"review": name}))
    expected = list(expected)

    found, mark = [], None
    while True:
        page = filters.page(mark, 2)
        found += page.images
        if (mark := page.end) is None:
            break
    assert found == expected
    for newer, older in pairwise(expected):
        assert filters.neighbour(newer, newer=False) == older
        assert filters.neighbour(older, newer=True) == newer


# What ends, and what moves ------------------------------------------------------------------------------
def test_a_photo_that_is_deleted_is_offered_by_no_filter_and_leaves_no_row(owner, client):
    image = look(owner, *photos(owner, "person", "Ana"), *photos(owner, "garment", "Top"))
    tryon = image.pk and Image.objects.get(pk=image.pk).series
    person = ImageInput.objects.get(image=image, reference__kind="person").reference
    address = f"{reverse('gallery')}?person={person.pk}"
    press = undo.hide_reference(person, owner)
    assert "aria-current" in client.get(address).text
    undo.take_back(press, owner)
    assert shown(client, address) == [str(image.pk)]
    deletion.delete_reference(person, owner)
    assert tryon
    assert not ImageInput.objects.filter(reference=person).exists()
    assert f"person={person.pk}" not in client.get(reverse("gallery")).text


def test_a_picture_that_is_deleted_leaves_neither_name_nor_row(owner):
    image = look(owner, *photos(owner, "person", "Ana"), *photos(owner, "garment", "Secret top"))
    deletion.delete_image(image, owner)
    assert Image.objects.get().name == ""
    assert not ImageInput.objects.exists()


def test_a_row_that_came_in_the_moment_of_a_deletion_goes_with_the_purge(owner):
    image = look(owner, *photos(owner, "person", "Ana"), *photos(owner, "garment", "Top"))
    rows = list(ImageInput.objects.filter(reference__kind="garment"))
    deletion.delete_reference(rows[0].reference, owner)
    ImageInput.objects.bulk_create(rows)
    ImageInput.objects.forget_deleted(timezone.now() - dt.timedelta(hours=1))
    assert [row.reference.kind for row in ImageInput.objects.filter(image=image)] == ["person"]


@pytest.mark.both_databases
def test_a_guests_filters_come_along_into_the_account():
    guest, account = make_guest(), make_user()
    tryon = make_tryon(guest, "done")
    same = person_of(tryon)
    mine = make_reference(account)
    Reference.objects.filter(pk=mine.pk).update(sha256=same.sha256)
    ImageInput.objects.fill(10)
    merge_guest_into_account(guest, account)
    image = Image.objects.get()
    assert GalleryFilters(account, {"person": mine}).page(None, 9).images == [image]
    assert not ImageInput.objects.filter(owner=guest).exists()
    assert not ImageInput.objects.filter(reference=same).exists()


# Variations, neighbours -----------------------------------------------------------------------------------
def test_variations_of_one_look_stand_as_a_stack(owner, client):
    make_tryon(owner, "done", count=3)
    ImageInput.objects.fill(10)
    make_image(owner)
    page = client.get(reverse("gallery")).text
    assert len(re.findall(r'class="card is-stack"', page)) == 1
    assert len(re.findall(r'class="card is-behind"', page)) == 2
    assert len(re.findall(r'class="card"', page)) == 1
    assert "2 variations more" in page


def test_neighbours_stay_within_what_was_filtered(owner, client):
    first, _, third = (make_image(owner, favourite=n != 1) for n in range(3))
    page = client.get(f"/gallery/{third.pk}/?show=favourite").text
    assert re.findall(r'rel="next" href="([^"]+)"', page) == [f"/gallery/{first.pk}/?show=favourite"]


def test_a_picture_leads_to_all_others_of_its_garment(owner, client):
    (top,) = photos(owner, "garment", "Top")
    image = look(owner, make_reference(owner), top)
    assert links_of(client.get(f"/gallery/{image.pk}/").text, f"garment={top.pk}") == [
        f"/gallery/?garment={top.pk}"
    ]
