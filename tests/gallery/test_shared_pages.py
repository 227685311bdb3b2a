"""What strangers see through a share link, and until when."""

from __future__ import annotations

import datetime as dt
import io
import json
import logging
import re
import zipfile

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery import pictures, renditions
from gallery.decode.client import Decoder
from gallery.models import RejectionReason, ShareLink
from gallery.sharing.review_wait import usual_wait
from tests.asking import body, signed_in, status
from tests.factories import jpeg, make_image
from tests.gallery.marks import TRAINED, pixels, source_type
from tests.gallery.opening import ENDS, ask_in_every_way, opened, page, picture, shared

pytestmark = pytest.mark.django_db


# Opening one --------------------------------------------------------------------------------------
def test_the_cookie_is_closed_to_scripts_bound_to_the_link_and_without_the_token(owner):
    link, token = shared(owner, password="apricot jam")

    client = opened(token)
    client.post(reverse("shared_unlock", args=[link.pk]), {"password": "apricot jam"})
    client.post(reverse("shared_heart", args=[link.pk, link.images.get().pk]), {"favourite": "1"})

    for name in ("shared", "unlocked", "viewer"):
        cookie = client.cookies[name]
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


def test_no_sign_in_a_title_reorders_what_others_read(owner):
    joined = "\U0001f469\u200d\U0001f467 gnp\u200c.exe"
    fields = {
        "images": make_image(owner, "approved").pk,
        "title": f"{joined}\u202egnp\u2066 x\x07",
        "days": 7,
    }
    signed_in(owner).post(reverse("links"), fields)
    assert ShareLink.objects.get().title == f"{joined} gnp x"


def test_so_do_the_answers_before_and_beside_them(owner):
    image = make_image(owner, "approved")
    waiting, waiting_token = shared(owner, make_image(owner))
    locked, locked_token = shared(owner, image, password="apricot jam", download=True)
    early, friend = opened(waiting_token), opened(locked_token)
    unlock = reverse("shared_unlock", args=[locked.pk])
    answers = [
        early.get(page(waiting)),
        early.get(reverse("shared_state", args=[waiting.pk])),
        friend.get(page(locked)),
        friend.post(unlock, {"password": "apricot jan"}),
        friend.post(unlock, {"password": "apricot jam"}),
        friend.post(reverse("shared_heart", args=[locked.pk, image.pk]), {"favourite": "1"}),
        friend.get(reverse("shared_zip", args=[locked.pk])),
    ]
    for answer in answers:
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        body(answer)
    assert [answer.status_code for answer in answers] == [200, 204, 200, 422, 302, 302, 200]


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


def test_a_preview_that_is_not_made_yet_is_asked_for_again_while_too_much_is_opened(owner, monkeypatch):
    decoder = Decoder()
    decoder.bound_requests(0)
    monkeypatch.setattr(pictures, "_decoder", decoder)
    _, token = shared(owner, make_image(owner, "approved"))
    answer = Client().get(reverse("share_preview", args=[token]))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_the_original_is_for_those_whom_the_owner_lets_download(owner):
    image = make_image(owner, "approved")
    kept, kept_token = shared(owner, image)
    given, given_token = shared(owner, image, download=True)

    assert status(opened(kept_token).get(picture(kept, image, "original"))) == 404
    answer = opened(given_token).get(picture(given, image, "original") + "?download=1")
    assert answer["Content-Disposition"].startswith("attachment")
    given_away = body(answer)
    assert pixels(given_away) == pixels(jpeg("olive"))
    assert source_type(given_away) == TRAINED


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


# What machines read -------------------------------------------------------------------------------
def structured_data(words: str) -> list[dict[str, object]]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', words, re.DOTALL)
    return [row for each in found for row in json.loads(each)["@graph"]]


def test_machines_read_what_made_each_picture_and_nobodys_name(owner, settings):
    settings.SITE_NAME = 'Maison "Bea" & <Co>'
    title = '</script><b>"&\u2028x'
    images = [make_image(owner, "approved", sandbox=sandbox) for sandbox in (False, True)]
    link, token = shared(owner, *images, make_image(owner), title=title)

    told = opened(token).get(page(link)).text
    rows = structured_data(told)

    assert [row["digitalSourceType"].rpartition("/")[2] for row in rows] == [TRAINED, "digitalCreation"]
    for row, image in zip(rows, images, strict=True):
        assert row["@type"] == "ImageObject"
        assert row["contentUrl"] == f"http://testserver{picture(link, image)}"
        assert (row["name"], row["creditText"]) == (title, settings.SITE_NAME)
        assert row["creator"] == {"@type": "Organization", "name": settings.SITE_NAME}
    assert owner.username not in str(rows)
    assert "</script><b>" not in told


def test_machines_read_nothing_before_the_check_or_the_password(owner):
    early, early_token = shared(owner, make_image(owner))
    locked, locked_token = shared(owner, password="apricot jam")

    for link, token in ((early, early_token), (locked, locked_token)):
        assert structured_data(opened(token).get(page(link)).text) == []


# The end of it ------------------------------------------------------------------------------------
def test_a_dead_address_does_not_reach_the_log(owner, caplog):
    link, token = shared(owner)
    link.revoke(owner)

    with caplog.at_level(logging.DEBUG):
        Client().get(reverse("share", args=[token]))

    assert token not in caplog.text


def test_one_rejected_picture_leaves_the_others_shared(owner):
    good, bad = make_image(owner, "approved"), make_image(owner, "approved", "pink")
    link, token = shared(owner, good, bad)
    client = opened(token)

    bad.reject(owner, RejectionReason.QUALITY)

    assert status(client.get(page(link))) == 200
    assert status(client.get(picture(link, good))) == 200
    assert status(client.get(picture(link, bad))) == 404


# Too early ----------------------------------------------------------------------------------------
def test_who_comes_too_early_is_told_when_it_opens_and_sees_no_picture(owner, settings):
    settings.SITE_NAME = "Maison Bea"
    image = make_image(owner)
    link, token = shared(owner, image, title="For the wedding?", download=True)
    client = opened(token)

    early = client.get(page(link))

    assert (early.status_code, early["Cache-Control"]) == (200, "private, no-store")
    assert "opens after a check by" in early.text
    assert "For the wedding?" not in early.text
    assert "<img" not in early.text
    for size in ("small", "large", "original"):
        assert ask_in_every_way(client, picture(link, image, size)) == {404}
    assert ask_in_every_way(client, reverse("shared_zip", args=[link.pk])) == {404}
    assert ask_in_every_way(client, reverse("share_preview", args=[token])) == {404}


def test_a_chat_gets_a_calm_preview_meanwhile_and_keeps_none(owner):
    _, token = shared(owner, make_image(owner), title="For the wedding?")

    told = Client().get(reverse("share", args=[token]))

    assert (told.status_code, told["Cache-Control"]) == (200, "private, no-store")
    assert '<meta property="og:title" content="Tryon">' in told.text
    assert "Opens after a check by Tryon." in told.text
    assert "og:image" not in told.text
    assert "For the wedding?" not in told.text


def test_who_came_early_is_let_in_when_it_opens(owner, staff):
    image = make_image(owner)
    link, token = shared(owner, image)
    client = opened(token)
    state = reverse("shared_state", args=[link.pk])
    assert status(client.get(page(link))) == 200
    assert status(client.get(state)) == 204

    image.approve(staff)

    assert status(client.get(state)) == 200
    assert str(image.pk) in client.get(page(link)).text
    link.refresh_from_db()
    assert link.views == 1


@pytest.mark.parametrize("end", ENDS)
def test_an_early_page_learns_that_nothing_will_come(owner, end):
    link, token = shared(owner, make_image(owner))
    client = opened(token)

    end(link, owner)

    assert status(client.get(reverse("shared_state", args=[link.pk]))) == 404
    assert status(client.get(page(link))) == 404


def test_an_undone_decision_closes_it_again(owner):
    image = make_image(owner, "approved")
    link, token = shared(owner, image)
    client = opened(token)
    body(client.get(picture(link, image)))

    image.undo(owner)

    assert "opens after a check by" in client.get(page(link)).text
    assert ask_in_every_way(client, picture(link, image)) == {404}


def decided(owner, by, *hours: int) -> None:
    for waited in hours:
        image = make_image(owner, created_at=timezone.now() - dt.timedelta(hours=waited))
        image.approve(by)


def test_how_long_a_check_takes_is_told_from_those_of_late_and_not_before_five(owner, staff):
    link, token = shared(owner, make_image(owner))
    decided(owner, staff, 1, 2, 2, 50)
    decided(owner, owner, 1, 1)  # by its owner: nobody waited
    assert "usually" not in opened(token).get(page(link)).text

    decided(owner, staff, 3)

    assert "usually within 4 hours" in opened(token).get(page(link)).text


@pytest.mark.parametrize(("hours", "words"), [(0, "an hour"), (5, "6 hours"), (100, "5 days")])
def test_the_usual_wait_in_words(owner, staff, hours, words):
    decided(owner, staff, *[hours] * 5)

    assert usual_wait() == words


def test_the_owner_sees_that_a_link_waits_for_a_check(owner, owners_client):
    link, _ = shared(owner, make_image(owner))

    assert "Being checked" in owners_client.get(page(link)).content.decode()
    assert "Being checked" in owners_client.get(reverse("links")).content.decode()


# Taking along -------------------------------------------------------------------------------------
def test_all_pictures_of_a_link_are_downloaded_at_once_where_that_is_allowed(owner):
    images = [make_image(owner, "approved", colour) for colour in ("red", "blue")]
    waiting = make_image(owner)
    link, token = shared(owner, *images, waiting, title="For the wedding?", download=True)
    kept, kept_token = shared(owner, *images)

    answer = opened(token).get(reverse("shared_zip", args=[link.pk]))
    archive = zipfile.ZipFile(io.BytesIO(body(answer)))

    assert answer["Content-Disposition"] == 'attachment; filename="for-the-wedding.zip"'
    assert archive.namelist() == ["for-the-wedding-1.jpg", "for-the-wedding-2.jpg"]
    assert {source_type(archive.read(name)) for name in archive.namelist()} == {TRAINED}
    assert status(opened(kept_token).get(reverse("shared_zip", args=[kept.pk]))) == 404


def test_where_checks_come_after_sharing_a_pending_picture_is_seen_and_a_rejected_one_is_not(owner, settings):
    settings.REVIEW = "after_sharing"
    image = make_image(owner)
    link, token = shared(owner, image)
    client = opened(token)
    assert status(client.get(picture(link, image))) == 200

    image.reject(owner, RejectionReason.MODESTY)

    assert status(client.get(picture(link, image))) == 404
