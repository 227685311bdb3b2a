"""What a share link promises to its owner and to those who open it."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gallery.models import AuditEntry, Image, ShareLink
from tests.asking import signed_in, status
from tests.factories import make_guest, make_image, make_user
from tests.gallery.opening import opened, page, shared

pytestmark = pytest.mark.django_db


# Making one ---------------------------------------------------------------------------------------
def test_the_owner_gets_the_address_once_and_a_stranger_opens_it(owner, owners_client):
    image = make_image(owner, "approved")

    made = owners_client.post(reverse("links"), {"images": image.pk, "title": "Summer", "days": 7})
    address = re.search(r'value="http://testserver(/s/[\w-]{43})"', made.content.decode())[1]

    assert "Summer" in Client().get(address).content.decode()
    assert address not in owners_client.get(reverse("links")).content.decode()


@pytest.mark.both_databases
def test_the_same_form_sent_twice_makes_one_link_and_says_so(owner, owners_client):
    image = make_image(owner, "approved")
    form = owners_client.get(reverse("links"), {"images": image.pk}).content.decode()
    key = re.search(r'name="key" value="([0-9a-f-]{36})"', form)[1]

    first, second = (
        owners_client.post(reverse("links"), {"images": image.pk, "days": 7, "key": key}, follow=True)
        for _ in range(2)
    )

    assert ShareLink.objects.count() == 1
    assert "/s/" in first.content.decode()
    assert "This link was made already" in second.content.decode()
    assert "/s/" not in second.content.decode()


def test_each_form_makes_a_link_of_its_own(owner, owners_client):
    image = make_image(owner, "approved")
    for _ in range(2):
        form = owners_client.get(reverse("image", args=[image.pk])).content.decode()
        key = re.search(r'name="key" value="([0-9a-f-]{36})"', form)[1]
        owners_client.post(reverse("links"), {"images": image.pk, "days": 7, "key": key})

    assert ShareLink.objects.count() == 2


def test_a_form_that_came_back_with_an_error_is_sent_again_with_its_key(owner, owners_client):
    image, key = make_image(owner, "approved"), str(uuid.uuid4())

    answer = owners_client.post(reverse("links"), {"images": image.pk, "days": 0, "key": key})

    assert f'name="key" value="{key}"' in answer.content.decode()


@pytest.mark.both_databases
def test_several_pictures_keep_the_order_in_which_they_were_chosen(owner, owners_client):
    images = [make_image(owner, "approved", colour) for colour in ("red", "blue", "green")]
    chosen = [images[2], images[0], images[1]]

    owners_client.post(reverse("links"), {"images": [i.pk for i in chosen], "days": 7})

    assert list(ShareLink.objects.get().shown_images()) == chosen


def test_somebody_elses_picture_cannot_be_shared(owner, owners_client):
    foreign = make_image(make_user("other"), "approved")

    answer = owners_client.post(reverse("links"), {"images": foreign.pk, "days": 7})

    assert answer.status_code == 422
    assert not ShareLink.objects.exists()


@pytest.mark.parametrize("days", ["0", "91", "-1", "many", "", "1e9"])
def test_days_outside_one_to_ninety_are_refused_in_words(owner, owners_client, days):
    answer = owners_client.post(reverse("links"), {"images": make_image(owner).pk, "days": days})

    assert answer.status_code == 422
    assert "Days must be a number from 1 to 90" in answer.content.decode()


@pytest.mark.parametrize("images", [[], ["nonsense"], [str(uuid.UUID(int=7))], ["\x00"]])
def test_rubbish_for_pictures_is_refused_in_words(owner, owners_client, images):
    answer = owners_client.post(reverse("links"), {"images": images, "days": 7})

    assert answer.status_code == 422
    assert "The link was not made" in answer.content.decode()


def test_a_rejected_picture_cannot_be_shared(owner, owners_client):
    answer = owners_client.post(reverse("links"), {"images": make_image(owner, "rejected").pk, "days": 7})

    assert answer.status_code == 422
    assert "was not approved" in answer.content.decode()


def test_rubbish_in_the_address_of_the_share_form_shows_the_list(owners_client):
    assert status(owners_client.get(reverse("links") + "?images=nonsense&images=%00&page=x")) == 200


def test_staff_approve_and_share_their_own_picture_in_one_step(staff):
    image = make_image(staff)

    signed_in(staff).post(reverse("links"), {"images": image.pk, "days": 7, "approve": "1"})

    image.refresh_from_db()
    assert image.review == Image.Review.APPROVED
    assert AuditEntry.objects.filter(action="approved", actor=staff).count() == 1


def test_nobody_else_approves_by_sharing(owner, owners_client):
    image = make_image(owner)

    owners_client.post(reverse("links"), {"images": image.pk, "days": 7, "approve": "1"})

    image.refresh_from_db()
    assert image.review == Image.Review.PENDING


def test_a_link_without_a_title_is_called_by_its_moment(owner, owners_client):
    shared(owner, title="")

    assert "Link of <time" in owners_client.get(reverse("links")).content.decode()


# The owner's list ---------------------------------------------------------------------------------
def test_sharing_stops_with_one_button_and_an_entry_in_the_trail(owner, owners_client):
    link, token = shared(owner)
    client = opened(token)

    owners_client.post(reverse("link_revoke", args=[link.pk]))
    owners_client.post(reverse("link_revoke", args=[link.pk]))

    assert status(client.get(page(link))) == 404
    assert AuditEntry.objects.filter(action="revoked").count() == 1


def test_the_page_with_the_forms_lets_the_browser_name_its_origin(owners_client):
    """With no-referrer browsers send `Origin: null`, and the CSRF check refuses the form."""
    answer = owners_client.get(reverse("links"))

    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-referrer" not in answer.content.decode()


def test_the_page_that_shows_the_address_is_not_stored(owner, owners_client):
    made = owners_client.post(reverse("links"), {"images": make_image(owner).pk, "days": 7})

    assert "no-store" in made["Cache-Control"]


def test_nobody_else_stops_a_link(owner):
    link, token = shared(owner)
    other = signed_in(make_user("other"))

    assert status(other.post(reverse("link_revoke", args=[link.pk]))) == 404
    assert status(opened(token).get(page(link))) == 200


def test_the_list_shows_only_ones_own_links(owner):
    shared(owner, title="Private words")

    assert "Private words" not in signed_in(make_user("other")).get(reverse("links")).content.decode()


def test_a_longer_list_asks_the_database_no_more_often(owner, owners_client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            owners_client.get(reverse("links"))
        return len(counted)

    shared(owner)
    few = queries()
    for _ in range(10):
        shared(owner, make_image(owner), make_image(owner))

    assert queries() == few
    assert few <= 9


def test_a_guest_shares_as_well(client):
    guest = make_guest()
    link, token = shared(guest)

    assert status(opened(token).get(page(link))) == 200


# Made without leaving the page ----------------------------------------------------------------------------
def in_place(client: Client, **fields) -> HttpResponse:
    return client.post(reverse("links"), {"days": 7} | fields, headers={"HX-Request": "true"})


def test_a_link_made_in_place_says_its_address_once_what_is_public_and_until_when(owner, owners_client):
    image, key = make_image(owner), str(uuid.uuid4())

    made = in_place(owners_client, images=image.pk, key=key)

    assert (made.status_code, made["Cache-Control"]) == (201, "private, no-store")
    assert "<html" not in made.text
    assert re.search(r'value="http://testserver/s/[\w-]{43}"', made.text)
    for words in ("Open until", "sees this picture, never what it was made from", "opens after a check by"):
        assert words in made.text
    link = ShareLink.objects.get()
    assert f'data-link="{link.pk}" data-key="' in made.text
    assert re.search(r'data-key="([0-9a-f-]{36})"', made.text)[1] != key

    again = in_place(owners_client, images=image.pk, key=key)
    assert again.status_code == 409
    assert "made already" in again.text
    assert ShareLink.objects.count() == 1


def test_a_link_that_cannot_be_made_in_place_says_why_there(owner, owners_client):
    refused = in_place(owners_client, images=make_image(owner).pk, days=0)

    assert refused.status_code == 422
    assert "Days must be a number from 1 to 90" in refused.text
    assert 'data-link="" data-key="' in refused.text
    assert not ShareLink.objects.exists()


def test_the_links_of_one_picture_alone_are_those_that_still_open(owner):
    one, other = make_image(owner), make_image(owner)
    (first, _), (second, _), (both, _), (stopped, _), (ended, _) = (
        ShareLink.objects.create_link(owner, images, title="")
        for images in ([one], [one], [one, other], [one], [one])
    )
    stopped.revoke(owner)
    ShareLink.objects.filter(pk=ended.pk).update(expires_at=timezone.now())

    assert ShareLink.objects.of_each_alone([one, other]) == {one.pk: [second.pk, first.pk], other.pk: []}
    assert both.is_live


# A lost address ---------------------------------------------------------------------------------
def test_a_lost_address_is_replaced_by_one_press_and_the_old_one_ends_at_once(owner, owners_client):
    link, token = shared(owner)
    client = opened(token)
    assert status(client.get(page(link))) == 200

    pressed = {
        "address": re.search(r'name="address" value="(\w+)"', owners_client.get(reverse("links")).text)[1]
    }
    renewed = owners_client.post(reverse("link_renew", args=[link.pk]), pressed)

    new = re.search(r'value="http://testserver/s/([\w-]{43})"', renewed.text)[1]
    assert "no-store" in renewed["Cache-Control"]
    assert new != token
    assert status(Client().get(reverse("share", args=[token]))) == 404
    assert status(client.get(page(link))) == 404, "the old one's cookie has ended too"
    assert status(opened(new).get(page(link))) == 200
    assert new not in owners_client.get(reverse("links")).text
    again = owners_client.post(reverse("link_renew", args=[link.pk]), pressed, follow=True)
    assert "has a new address already" in again.text, "a reload sends the form again"
    assert status(opened(new).get(page(link))) == 200
    assert AuditEntry.objects.filter(action="renewed", actor=owner, subject=str(link.pk)).count() == 1


def test_a_link_that_ended_gets_no_new_address(owner, owners_client):
    link, _ = shared(owner)
    link.revoke(owner)

    assert status(owners_client.post(reverse("link_renew", args=[link.pk]))) == 404


def test_a_new_address_leaves_hearts_and_views_as_they_are(owner):
    link, _ = shared(owner)
    ShareLink.objects.filter(pk=link.pk).update(views=3)

    link.renew(owner)

    link.refresh_from_db()
    assert link.views == 3


# Its settings -----------------------------------------------------------------------------------
def test_the_settings_of_a_link_change_and_what_is_left_empty_stays(owner, owners_client):
    link, _ = shared(owner, title="Summer", password="apricot jam")
    ends, hashed = link.expires_at, link.password

    owners_client.post(reverse("link_change", args=[link.pk]), {"title": "Autumn", "download": "on"})

    link.refresh_from_db()
    assert (link.title, link.download, link.hearts) == ("Autumn", True, False)
    assert (link.expires_at, link.password) == (ends, hashed)
    owners_client.post(reverse("link_change", args=[link.pk]), {"title": "Autumn", "days": 30})
    link.refresh_from_db()
    assert link.expires_at > ends + dt.timedelta(days=20)


def test_settings_that_cannot_be_are_refused_beside_their_link(owner, owners_client):
    link, _ = shared(owner, title="Summer")

    refused = owners_client.post(reverse("link_change", args=[link.pk]), {"title": "Autumn", "days": 91})

    assert refused.status_code == 422
    assert "Days must be a number from 1 to 90" in refused.text
    assert 'value="Autumn"' in refused.text
    link.refresh_from_db()
    assert link.title == "Summer"


def test_an_owner_of_the_staff_approves_and_shares_a_link_that_waits(staff):
    waiting, rejected, open_one = (
        make_image(staff, review) for review in ("pending", "rejected", "approved")
    )
    link, token = shared(staff, waiting, rejected, open_one)
    client = signed_in(staff)
    assert "Approve and share" in client.get(reverse("links")).text

    client.post(reverse("link_approve", args=[link.pk]))

    waiting.refresh_from_db()
    rejected.refresh_from_db()
    assert (waiting.review, rejected.review) == ("approved", "rejected")
    rows = AuditEntry.objects.filter(actor=staff).values_list("action", "subject")
    assert {("approved", str(waiting.pk)), ("approved_and_shared", str(link.pk))} <= set(rows)
    assert str(waiting.pk) in opened(token).get(page(link)).text


def test_no_other_owner_approves_their_own(owner, owners_client):
    image = make_image(owner)
    link, _ = shared(owner, image)

    assert "Approve and share" not in owners_client.get(reverse("links")).text
    assert status(owners_client.post(reverse("link_approve", args=[link.pk]))) == 404
    image.refresh_from_db()
    assert image.review == "pending"


def test_a_link_whose_pictures_were_all_refused_says_so(owner, owners_client):
    shared(owner, make_image(owner, "rejected"))

    assert "None of its pictures was approved" in owners_client.get(reverse("links")).text


def test_the_gallery_may_send_what_was_selected_by_either_method(owner, owners_client):
    image = make_image(owner)

    for ask in (owners_client.get, owners_client.post):
        answer = ask(reverse("links"), {"share": "1", "images": image.pk})
        assert answer.status_code == 200
        assert "Share 1 picture" in answer.text
    assert not ShareLink.objects.exists()


def test_the_address_is_a_qr_code_too_which_nothing_is_fetched_for(owner, owners_client):
    made = owners_client.post(reverse("links"), {"images": make_image(owner).pk, "days": 7})

    assert re.search(r'<img src="data:image/svg\+xml[^"]+" [^>]*alt="QR code of the link"', made.text)


@pytest.mark.parametrize("where", ["image", "links"])
def test_one_form_says_the_settings_wherever_a_link_is_made(owner, owners_client, where):
    image = make_image(owner)
    address = reverse("image", args=[image.pk]) if where == "image" else f"/links/?images={image.pk}"

    form = owners_client.get(address).text

    for name in ("title", "days", "password", "download", "hearts"):
        assert f'name="{name}"' in form
    assert re.search(r'name="hearts"[^>]* checked', form)
    assert "sees this picture and the title" in form or "Others see the result only" in form
