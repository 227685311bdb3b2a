"""What a share link promises to its owner and to those who open it."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import re
import secrets
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gallery import renditions
from gallery.models import AuditEntry, Image, Reason, ShareLink
from tests.asking import body, signed_in, status
from tests.factories import jpeg, make_guest, make_image, make_user

pytestmark = pytest.mark.django_db

UNAVAILABLE = "This link is not available"


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def staff():
    return make_user("reviewer", is_staff=True, is_superuser=True)


@pytest.fixture
def owners_client(owner) -> Client:
    return signed_in(owner)


def shared(owner, *images: Image, **wishes) -> tuple[ShareLink, str]:
    images = images or (make_image(owner, "approved"),)
    return ShareLink.objects.create_link(owner, images, title=wishes.pop("title", "Summer"), **wishes)


def opened(token: str) -> Client:
    """A stranger's browser that has come in by the link."""
    client = Client()
    assert status(client.get(reverse("share", args=[token]))) == 200
    return client


def page(link: ShareLink) -> str:
    return reverse("shared", args=[link.pk])


def picture(link: ShareLink, image: Image, size: str = "large") -> str:
    return reverse("shared_bytes", args=[link.pk, image.pk, size])


def ask_in_every_way(client: Client, address: str, etag: str = "") -> set[int]:
    """The status of GET, HEAD, Range and If-None-Match."""
    return {
        status(client.get(address)),
        status(client.head(address)),
        status(client.get(address, headers={"Range": "bytes=0-9"})),
        status(client.get(address, headers={"If-None-Match": etag or "*"})),
    }


# Making one ---------------------------------------------------------------------------------------
def test_the_owner_gets_the_address_once_and_a_stranger_opens_it(owner, owners_client):
    image = make_image(owner, "approved")

    made = owners_client.post(reverse("links"), {"images": image.pk, "title": "Summer", "days": 7})
    address = re.search(r'value="http://testserver(/s/[\w-]{43})"', made.content.decode())[1]

    assert "Summer" in Client().get(address).content.decode()
    assert address not in owners_client.get(reverse("links")).content.decode()


def test_only_the_digest_of_the_token_is_kept(owner, owners_client):
    link, token = shared(owner)

    assert link.digest == hashlib.sha256(token.encode()).hexdigest()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            assert token not in str(cursor.fetchall()), table


def test_a_token_carries_256_bits(owner, monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(secrets, "token_urlsafe", lambda n: asked.append(n) or "t" * 43)

    shared(owner)

    assert asked == [32]


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


def test_a_link_ends_after_seven_days_unless_said_otherwise(owner):
    link, _ = shared(owner)

    assert dt.timedelta(days=6) < link.expires_at - timezone.now() <= dt.timedelta(days=7)


def test_rubbish_in_the_address_of_the_share_form_shows_the_list(owners_client):
    assert status(owners_client.get(reverse("links") + "?images=nonsense&images=%00&page=x")) == 200


def test_staff_approve_and_share_their_own_picture_in_one_step(staff):
    image = make_image(staff)

    signed_in(staff).post(reverse("links"), {"images": image.pk, "days": 7, "approve": "1"})

    image.refresh_from_db()
    assert image.review == Image.Review.APPROVED
    assert AuditEntry.objects.filter(action=AuditEntry.Action.APPROVED, actor=staff).count() == 1


def test_nobody_else_approves_by_sharing(owner, owners_client):
    image = make_image(owner)

    owners_client.post(reverse("links"), {"images": image.pk, "days": 7, "approve": "1"})

    image.refresh_from_db()
    assert image.review == Image.Review.PENDING


# Opening one --------------------------------------------------------------------------------------
def test_opening_shows_the_preview_tags_and_moves_on_without_the_token(owner):
    link, token = shared(owner)

    answer = Client().get(reverse("share", args=[token]))
    words = answer.content.decode()

    assert f'content="http://testserver/s/{token}/preview.jpg"' in words
    assert f'http-equiv="refresh" content="0; url={page(link)}"' in words
    assert f'href="{page(link)}"' in words
    assert token not in page(link)


def test_the_cookie_is_closed_to_scripts_bound_to_the_link_and_without_the_token(owner):
    link, token = shared(owner)

    cookie = Client().get(reverse("share", args=[token])).cookies["shared"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == page(link)
    assert token not in cookie.value


def test_the_cookie_of_one_link_opens_no_other(owner):
    link, token = shared(owner)
    other, _ = shared(owner)
    client = opened(token)
    client.cookies["shared"]["path"] = "/"

    assert status(client.get(page(link))) == 200
    assert status(client.get(page(other))) == 404


@pytest.mark.parametrize("value", ["", "nonsense", "a:b:c", "\xff"])
def test_a_forged_cookie_opens_nothing(owner, value):
    link, _ = shared(owner)
    client = Client()
    client.cookies["shared"] = value

    assert status(client.get(page(link))) == 404


def test_the_shared_page_shows_exactly_the_chosen_pictures(owner):
    chosen, other = make_image(owner, "approved"), make_image(owner, "approved", "pink")
    link, token = shared(owner, chosen)
    client = opened(token)

    assert str(other.pk) not in client.get(page(link)).content.decode()
    assert status(client.get(picture(link, chosen))) == 200
    assert status(client.get(picture(link, other))) == 404


def test_a_title_is_escaped_wherever_it_stands(owner):
    link, token = shared(owner, title='"><script>alert(1)</script>')
    client = opened(token)

    for address in (reverse("share", args=[token]), page(link)):
        assert "<script>alert" not in client.get(address).content.decode()


def test_nothing_but_the_results_is_told(owner):
    """No e-mail, no name, no file name, no id of a row that is not public."""
    image = make_image(owner, "approved")
    link, token = shared(owner, image)
    client = opened(token)

    words = "".join(
        client.get(address).content.decode() for address in (reverse("share", args=[token]), page(link))
    )
    answer = client.get(picture(link, image))
    headers = str(answer.headers)
    body(answer)

    for secret in (owner.email, owner.username, image.original.name):
        assert secret not in words
        assert secret not in headers


def test_shared_pages_stay_out_of_search_engines_and_referrers(owner):
    image = make_image(owner, "approved")
    link, token = shared(owner, image)
    client = opened(token)
    addresses = (reverse("share", args=[token]), reverse("share_preview", args=[token]), page(link))

    for address in (*addresses, picture(link, image), reverse("share", args=["x" * 43])):
        answer = client.get(address)
        body(answer)
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "no-referrer"


def test_the_preview_for_chats_needs_no_cookie(owner):
    image = make_image(owner, "approved")
    renditions.make(image)
    _, token = shared(owner, image)

    answer = Client().get(reverse("share_preview", args=[token]))

    assert answer["Content-Type"] == "image/jpeg"
    assert body(answer).startswith(b"\xff\xd8")


def test_a_lost_preview_is_made_at_once_and_ordered_anew(owner):
    image = make_image(owner, "approved")
    renditions.make(image)
    image.refresh_from_db()
    image.preview.storage.delete(image.preview.name)
    _, token = shared(owner, image)

    assert Client().get(reverse("share_preview", args=[token])).content.startswith(b"\xff\xd8")
    image.refresh_from_db()
    assert image.rendered_at is None


def test_the_original_is_for_those_whom_the_owner_lets_download(owner):
    image = make_image(owner, "approved")
    kept, kept_token = shared(owner, image)
    given, given_token = shared(owner, image, download=True)

    assert status(opened(kept_token).get(picture(kept, image, "original"))) == 404
    answer = opened(given_token).get(picture(given, image, "original") + "?download=1")
    assert answer["Content-Disposition"].startswith("attachment")
    assert body(answer) == jpeg("olive")


def test_one_opening_is_one_view_however_often_it_is_reloaded(owner):
    link, token = shared(owner)
    client = opened(token)

    for _ in range(3):
        client.get(page(link))
        client.head(page(link))
    opened(token).get(page(link))

    link.refresh_from_db()
    assert link.views == 2
    assert link.last_viewed_at


def test_the_owners_own_look_is_no_view(owner, owners_client):
    link, token = shared(owner)

    owners_client.get(reverse("share", args=[token]))
    owners_client.get(page(link))

    link.refresh_from_db()
    assert link.views == 0


# The end of it ------------------------------------------------------------------------------------
def revoke(link: ShareLink, owner) -> None:
    link.revoke(owner)


def expire(link: ShareLink, owner) -> None:
    ShareLink.objects.filter(pk=link.pk).update(expires_at=timezone.now())


def reject(link: ShareLink, owner) -> None:
    for image in link.images.all():
        image.reject(owner, Reason.QUALITY)


def undo(link: ShareLink, owner) -> None:
    for image in link.images.all():
        image.undo(owner)


def delete(link: ShareLink, owner) -> None:
    for image in link.images.all():
        image.wipe()


@pytest.mark.parametrize("end", [revoke, expire, reject, undo, delete])
def test_what_has_ended_is_gone_everywhere_at_once(owner, end):
    """Page, pictures and preview; GET, HEAD, Range and a browser's cached copy alike."""
    image = make_image(owner, "approved")
    link, token = shared(owner, image, download=True)
    client = opened(token)
    cached = client.get(picture(link, image))
    etag = cached["ETag"]
    body(cached)
    assert ask_in_every_way(client, picture(link, image), etag) == {200, 304}

    end(link, owner)

    for size in ("small", "large", "original"):
        assert ask_in_every_way(client, picture(link, image, size), etag) == {404}
    for address in (page(link), reverse("share", args=[token]), reverse("share_preview", args=[token])):
        assert ask_in_every_way(client, address, etag) == {404}


def test_missing_revoked_expired_waiting_and_foreign_look_the_same(owner):
    answers = [Client().get(reverse("share", args=["n" * 43]))]
    for end in (revoke, expire, reject, undo, delete):
        link, token = shared(owner)
        client = opened(token)
        end(link, owner)
        answers += [client.get(page(link)), Client().get(reverse("share", args=[token]))]
    foreign, _ = shared(owner)
    answers += [Client().get(page(foreign)), Client().get(reverse("shared", args=[uuid.uuid4()]))]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert UNAVAILABLE in answers[0].content.decode()
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


def test_a_dead_address_does_not_reach_the_log(owner, caplog):
    _, token = shared(owner, make_image(owner))

    with caplog.at_level(logging.DEBUG):
        Client().get(reverse("share", args=[token]))

    assert token not in caplog.text


def test_one_rejected_picture_leaves_the_others_shared(owner):
    good, bad = make_image(owner, "approved"), make_image(owner, "approved", "pink")
    link, token = shared(owner, good, bad)
    client = opened(token)

    bad.reject(owner, Reason.QUALITY)

    assert status(client.get(page(link))) == 200
    assert status(client.get(picture(link, good))) == 200
    assert status(client.get(picture(link, bad))) == 404


def test_a_waiting_link_opens_by_itself_when_the_picture_is_approved(owner, staff):
    image = make_image(owner)
    link, token = shared(owner, image)
    assert status(Client().get(reverse("share", args=[token]))) == 404

    image.approve(staff)

    assert status(opened(token).get(page(link))) == 200


def test_the_owner_sees_that_a_link_waits_for_a_check(owner, owners_client):
    link, _ = shared(owner, make_image(owner))

    assert "Waiting for a check" in owners_client.get(page(link)).content.decode()
    assert "Waiting for a check" in owners_client.get(reverse("links")).content.decode()


def test_where_checks_come_after_sharing_a_pending_picture_is_seen_and_a_rejected_one_is_not(owner, settings):
    settings.REVIEW = "after_sharing"
    image = make_image(owner)
    link, token = shared(owner, image)
    client = opened(token)
    assert status(client.get(picture(link, image))) == 200

    image.reject(owner, Reason.MODESTY)

    assert status(client.get(picture(link, image))) == 404


# The owner's list ---------------------------------------------------------------------------------
def test_sharing_stops_with_one_button_and_an_entry_in_the_trail(owner, owners_client):
    link, token = shared(owner)
    client = opened(token)

    owners_client.post(reverse("link_revoke", args=[link.pk]))
    owners_client.post(reverse("link_revoke", args=[link.pk]))

    assert status(client.get(page(link))) == 404
    assert AuditEntry.objects.filter(action=AuditEntry.Action.REVOKED).count() == 1


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
    assert few <= 8


def test_a_guest_shares_as_well(client):
    guest = make_guest()
    link, token = shared(guest)

    assert status(opened(token).get(page(link))) == 200
