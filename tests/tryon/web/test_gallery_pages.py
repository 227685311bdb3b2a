"""The gallery, the page of one picture, the wardrobe: what an owner sees and does there."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.views.defaults import bad_request, server_error

from gallery.models import Image
from tests.asking import signed_in, status, visiting
from tests.factories import make_guest, make_image, make_reference, make_tryon, make_user, person_of
from tests.rings import matrix
from tests.tryon.asked import HOST, LINKED, asked_for, link, photo
from tryon.models import Attempt, GatewayFile, Reference, Result, TryOn
from tryon.pipeline.privacy import undo
from tryon.web.gallery_address import format_mark, parse_mark
from tryon.web.views.gallery import PICTURES_A_PAGE

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def client(owner) -> Client:
    return signed_in(owner)


def pictures_on(client: Client, address: str) -> list[str]:
    return re.findall(r'name="images" value="([0-9a-f-]{36})"', client.get(address).content.decode())


def older(client: Client, address: str) -> str:
    found = re.search(r'rel="next" href="([^"]+)"', client.get(address).content.decode())
    return found[1].replace("&amp;", "&") if found else ""


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


# The grid -----------------------------------------------------------------------------------------
def test_the_newest_picture_comes_first(owner, client):
    early = make_image(owner, created_at=timezone.now() - dt.timedelta(days=1))
    late = make_image(owner)

    assert pictures_on(client, reverse("gallery")) == [str(late.pk), str(early.pk)]


def test_every_picture_stands_on_exactly_one_page_also_of_one_moment(owner, client):
    """Fifty made in the same microsecond, and one that arrives while we turn the pages."""
    moment = timezone.now()
    ids = {str(make_image(owner, created_at=moment).pk) for _ in range(2 * PICTURES_A_PAGE + 2)}

    address, seen = reverse("gallery"), []
    while address:
        seen += pictures_on(client, address)
        address = older(client, address)
        make_image(owner)

    assert set(seen) == ids
    assert len(seen) == len(ids)


@pytest.mark.parametrize(
    "mark",
    [
        "nonsense",
        ",",
        "2026-11-22,1",
        "0000-00-00T00:00:00.000000Z,00000000-0000-0000-0000-000000000000",
        "2026-11-22T10:00:00.000000Z,------------------------------------",
        "2026-11-22T10:00:00.000000+14:00,00000000-0000-0000-0000-000000000000",
        "%00",
        "9" * 5000,
    ],
)
def test_rubbish_for_a_place_shows_the_first_page(owner, client, mark):
    image = make_image(owner)

    assert pictures_on(client, reverse("gallery") + f"?after={mark}&show=%00") == [str(image.pk)]


def test_a_mark_names_the_place_to_the_microsecond(owner):
    image = make_image(owner, created_at=dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC))

    assert parse_mark(format_mark(image.mark)) == image.mark


@pytest.mark.parametrize(
    ("show", "expected"),
    [("", 4), ("favourite", 1), ("pending", 2), ("approved", 1), ("rejected", 1), ("nonsense", 4)],
)
def test_filters_show_what_they_say(owner, client, show, expected):
    make_image(owner, favourite=True)
    for review in ("pending", "approved", "rejected"):
        make_image(owner, review)

    assert len(pictures_on(client, reverse("gallery") + f"?show={show}")) == expected


def test_a_filter_stays_on_the_next_page(owner, client):
    for _ in range(PICTURES_A_PAGE + 1):
        make_image(owner, "approved")
        make_image(owner)

    second = older(client, reverse("gallery") + "?show=approved")

    assert len(pictures_on(client, second)) == 1


def test_an_empty_gallery_leads_to_the_studio(client):
    words = client.get(reverse("gallery")).content.decode()

    assert "No pictures yet" in words
    assert f'href="{reverse("studio")}">Go to the studio' in words


def test_pictures_of_others_are_not_there(client):
    make_image(make_user("other"))

    assert pictures_on(client, reverse("gallery")) == []


def test_staff_see_their_own_pictures_in_their_gallery(owner):
    make_image(owner)

    assert pictures_on(signed_in(make_user("boss", is_staff=True)), reverse("gallery")) == []


def test_what_is_still_being_made_is_one_click_away(owner, client):
    tryon = make_tryon(owner, "running")

    assert reverse("tryon", args=[tryon.pk]) in client.get(reverse("gallery")).content.decode()


def test_a_fuller_gallery_asks_the_database_no_more_often(owner, client):
    make_image(owner)
    few = queries(client, reverse("gallery"))
    for _ in range(PICTURES_A_PAGE + 5):
        make_image(owner)

    assert queries(client, reverse("gallery")) == few
    assert few <= 8


def test_each_picture_is_called_what_it_is(owner, client):
    for mode in ("try_on", "remix", "compose", "imagine"):
        asked_for(owner, mode)

    page = client.get(reverse("gallery")).text

    called = re.findall(r'alt="(\w[\w-]*) picture, \d', page)
    assert sorted(called) == ["Composed", "Imagined", "Remixed", "Try-on"]


def test_selected_pictures_open_the_share_form(owner, client):
    images = [make_image(owner), make_image(owner)]
    query = "&".join(f"images={image.pk}" for image in images)

    words = client.get(reverse("links") + "?" + query).content.decode()

    assert "Share 2 pictures" in words
    assert all(f'value="{image.pk}" checked' in words for image in images)


def test_sharing_with_nothing_selected_leads_back_to_the_gallery(owner, client):
    image = make_image(owner)
    button = re.search(r'<button[^>]*? name="(share)" value="(\w+)"', client.get(reverse("gallery")).text)

    answer = client.get(reverse("links"), {button[1]: button[2]}, follow=True)

    assert answer.redirect_chain == [(reverse("gallery"), 302)]
    assert "Select at least one picture first." in answer.content.decode()
    form = client.get(reverse("links"), {button[1]: button[2], "images": image.pk})
    assert "Share 1 picture" in form.content.decode()


def test_every_picture_is_labelled_and_the_sandboxs_as_such(owner, client):
    make_image(owner)
    make_image(owner, sandbox=True)

    words = client.get(reverse("gallery")).content.decode()

    assert words.count("AI-generated") == 1
    assert words.count("Sandbox: no AI model made this") == 1


def test_visitors_without_an_account_have_a_gallery(client):
    guest = make_guest()
    image = make_image(guest)

    assert pictures_on(visiting(guest), reverse("gallery")) == [str(image.pk)]


def test_where_guests_are_not_taken_the_gallery_asks_for_the_log_in(settings):
    settings.GUESTS = False

    for name in ("gallery", "links", "wardrobe"):
        answer = Client().get(reverse(name))
        assert answer["Location"].startswith(reverse("account_login"))


# The wardrobe -------------------------------------------------------------------------------------
def test_the_wardrobe_shows_when_the_gateways_copy_ends(owner, client):
    photo = make_reference(owner)
    ends = dt.datetime(2099, 11, 29, 12, tzinfo=dt.UTC)
    GatewayFile.objects.create(
        reference=photo, account="a", file_id="f", state="live", expires_at=ends, lease_until=timezone.now()
    )

    words = client.get(reverse("wardrobe")).content.decode()

    assert "29 November 2099" in words
    assert "has a copy until" in words
    assert "127.0.0.1" not in words.split("<main")[1].split("</main")[0]
    assert f"?person={photo.pk}" in words


def test_photos_without_a_name_are_told_apart(owner, client):
    moment = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
    make_reference(owner, "garment", created_at=moment, category="top")
    make_reference(owner, "garment", created_at=moment)

    words = re.sub(r"<[^>]+>", "", client.get(reverse("wardrobe")).content.decode())

    assert "Top, 22 November" in words
    assert "Garment, 22 November" in words


def test_a_copy_that_is_gone_is_not_promised(owner, client):
    make_reference(owner)

    assert "has no copy of it now" in client.get(reverse("wardrobe")).content.decode()


def test_a_picture_by_address_is_told_as_such_and_no_copy_is_spoken_of(owner, client):
    reference = link(owner)

    page = client.get(reverse("wardrobe")).text
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())

    assert LINKED in words
    assert "Only its address is kept here" in words
    assert "has a copy" not in words
    assert "has no copy" not in words
    assert f"?garment={reference.pk}" in page
    assert not [tag for tag in re.findall(r"<img[^>]*>", page) if HOST in tag]
    assert status(client.get(reverse("reference_bytes", args=[reference.pk, "small"]))) == 404


def test_pictures_for_remix_and_composition_can_be_used_again_and_deleted(owner, client):
    picture = photo(owner)

    page = client.get(reverse("wardrobe")).text

    assert "Other pictures" in page
    assert f"?mode=remix&amp;picture={picture.pk}" in page
    assert reverse("reference_delete", args=[picture.pk]) in page


def test_the_wardrobe_has_what_the_shop_offers_after_ones_own_and_nothing_of_others(owner, client):
    house = make_reference(None, "garment", label="Breton top", slug="breton-top")
    off_shelf = make_reference(None, "garment", label="Old coat", is_on_shelf=False)
    others = make_reference(make_user("other"), "garment", label="Theirs")

    page = client.get(reverse("wardrobe")).text
    assert "Nothing of your own yet" in page
    assert ("Breton top" in page, "Old coat" in page, "Theirs" in page) == (True, False, False)
    assert 'href="/?garment=breton-top"' in page
    for row in (house, off_shelf, others):
        assert reverse("reference_delete", args=[row.pk]) not in page
    own = make_reference(owner, "garment", label="Mine")
    page = client.get(reverse("wardrobe")).text
    assert page.index("Mine") < page.index("Breton top")
    assert page.index("From the shop") > page.index("Breton top")
    assert f"piece-{own.pk}" in page


def test_a_newcomer_finds_the_shops_pieces():
    make_reference(None, "garment", label="Breton top")
    page = Client().get(reverse("wardrobe")).text
    assert "Nothing of your own yet" in page
    assert "Breton top" in page


def describe(client: Client, row: Reference, is_in_place: bool = False, **fields: str):
    headers = {"HX-Request": "true"} if is_in_place else {}
    return client.post(reverse("reference_describe", args=[row.pk]), fields, headers=headers)


def test_a_garment_gets_a_name_and_a_kind_where_it_stands(owner, client):
    row = make_reference(owner, "garment")

    answer = describe(client, row, is_in_place=True, label="  My   striped top ", category="top")

    assert answer.status_code == 200
    assert "<html" not in answer.text, "the card alone"
    assert answer.text.count("My striped top") >= 2
    row.refresh_from_db()
    assert (row.label, row.category) == ("My striped top", "top")
    assert "My striped top" in client.get("/").text


def test_nobody_names_what_is_the_shops_or_another_persons(owner, client):
    for row in (make_reference(None, "garment", label="Before"), make_reference(make_user("other"))):
        assert describe(client, row, label="Mine").status_code == 404
    assert not Reference.objects.filter(label="Mine").exists()


def test_without_scripts_a_name_is_saved_by_the_page(owner, client):
    row = make_reference(owner, "person", label="Before")

    answer = describe(client, row, label="Ana", category="top", next="/wardrobe/?show=person")

    assert answer.url == "/wardrobe/?show=person"
    row.refresh_from_db()
    assert (row.label, row.category) == ("Ana", "auto"), "a person is of no kind of garment"


@pytest.mark.parametrize("is_in_place", matrix([True, False], first=1))
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"label": "x" * 81}, "Choose a name of at most 80 characters."),
        ({"label": "A", "category": "carpet"}, "Choose one of the kinds in the list."),
    ],
)
def test_a_name_that_cannot_be_kept_is_told_and_changes_nothing(owner, client, fields, told, is_in_place):
    row = make_reference(owner, "garment", label="Before")

    answer = describe(client, row, is_in_place=is_in_place, **fields)

    assert answer.status_code == 422
    assert told in answer.text
    assert f'value="{fields["label"]}"' in answer.text, "what was typed stays"
    row.refresh_from_db()
    assert (row.label, row.category) == ("Before", "auto")


@pytest.mark.parametrize("count", matrix([60, 300], first=1))
def test_many_pieces_come_in_pages_of_one_kind(owner, client, count):
    rows = [
        Reference(owner=owner, kind="garment", sha256=f"{n:064}", label=f"Piece {n:03}", file="x.jpg")
        for n in range(count)
    ]
    now = timezone.now()
    for n, row in enumerate(rows):
        row.last_used_at = now - dt.timedelta(minutes=n)
    Reference.objects.bulk_create(rows)
    make_reference(owner, "person", label="Ana")

    page = client.get(reverse("wardrobe")).text
    assert page.count('class="card piece"') == 25
    assert f"Show all {count}" in page
    assert len(page) < 120_000
    seen: list[str] = []
    address: str | None = f"{reverse('wardrobe')}?show=garment"
    while address:
        page = client.get(address).text
        assert "Ana" not in page
        seen += re.findall(r"<strong>(Piece \d+)", page)
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        address = onward and onward[1].replace("&amp;", "&")
    assert seen == [f"Piece {n:03}" for n in range(count)]


def test_what_is_deleted_in_the_wardrobe_comes_back_to_the_same_page(owner, client):
    row = make_reference(owner, "garment", label="Mine")
    there = "/wardrobe/?show=garment"

    answer = client.post(reverse("reference_delete", args=[row.pk]), {"next": there}, follow=True)

    assert "The photo is deleted" in answer.text
    assert "Mine" not in answer.text
    undo_at = re.search(r'action="(/undo/[^"]+)"', answer.text)[1].replace("&amp;", "&")
    assert client.post(undo_at).url == there
    assert "Mine" in client.get(there).text


def test_a_deleted_photo_is_gone_and_its_pictures_stay(owner, client, django_capture_on_commit_callbacks):
    tryon, image = made_picture(owner)
    photo = person_of(tryon)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("reference_delete", args=[photo.pk]))
        undo.finish_of(owner)

    assert not photo.file.storage.exists(photo.file.name)
    assert status(client.get(reverse("reference_bytes", args=[photo.pk, "small"]))) == 404
    assert status(client.get(reverse("image_bytes", args=[image.pk, "small"]))) == 200


def test_a_fuller_wardrobe_asks_the_database_no_more_often(owner, client):
    make_reference(owner)
    make_reference(owner, "garment")
    few = queries(client, reverse("wardrobe"))
    for n in range(10):
        make_reference(owner, ("person", "garment")[n % 2])

    assert queries(client, reverse("wardrobe")) == few


# Words for everybody ------------------------------------------------------------------------------
def test_the_privacy_page_names_the_gateway_and_the_days(settings, client):
    settings.SANDBOX, settings.PERSON_PHOTO_DAYS = False, 41
    settings.LLMTR_BASE_URL = "https://gateway.example"

    words = client.get(reverse("privacy")).content.decode()

    assert "gateway.example" in words
    assert "41 days" in words
    assert "1 day after you chose it last" in words
    assert "7 days" in words


def test_what_is_not_there_is_told_in_the_sites_look(client):
    answer = client.get("/no/such/page")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_a_page_that_was_open_too_long_is_told_so(owner):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)

    answer = strict.post(reverse("links"), {})

    assert answer.status_code == 403
    assert "Please send it again" in answer.content.decode()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda request: server_error(request), "Something went wrong on our side"),
        (lambda request: bad_request(request, ValueError()), "We could not read that request"),
    ],
)
def test_a_failure_is_told_even_when_nothing_else_of_the_site_works(rf, answer, words):
    with CaptureQueriesContext(connection) as asked:
        page = answer(rf.get("/"))

    assert words in page.content.decode()
    assert "{%" not in page.content.decode()
    assert not asked
