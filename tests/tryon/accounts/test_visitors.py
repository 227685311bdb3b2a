"""Visitors without an account: a cookie first, a row at the first POST, never a log-in."""

from __future__ import annotations

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse

from tests.factories import jpeg, make_reference, make_tryon, make_user
from tests.tryon.studio_form import photo, wishes
from tryon.accounts.models import User
from tryon.models import CircuitBreaker, TryOn

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_look_round_sets_a_cookie_and_no_row(client: Client):
    cookie = client.get("/").cookies["visitor"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 365 * 24 * 3600
    assert not User.objects.exists()


def test_other_pages_set_no_cookie(client: Client):
    assert "visitor" not in client.get(reverse("account_login")).cookies
    assert "visitor" not in client.get(reverse("privacy")).cookies


def test_the_first_upload_makes_the_guest_and_the_second_finds_it(client: Client):
    client.get("/")
    for colour in ("navy", "plum"):
        client.post("/references/", {"kind": "garment", "file": photo(colour)})
    guest = User.objects.get()
    assert guest.is_guest
    assert guest.references.count() == 2


def test_a_post_without_a_first_look_is_given_its_cookie(client: Client):
    answer = client.post("/", wishes())
    assert "visitor" in answer.cookies
    assert client.get(answer.url).status_code == 200


def test_a_guest_is_never_logged_in(client: Client):
    client.post("/", wishes())
    assert SESSION_KEY not in client.session
    assert "Log in" in client.get("/").text
    assert client.get(reverse("account_login")).status_code == 200
    assert client.get(reverse("admin:index")).status_code == 302


def test_one_visitor_does_not_see_what_another_made(client: Client):
    address = client.post("/", wishes()).url
    assert client.get(address).status_code == 200
    assert Client().get(address).status_code == 404


def test_a_forged_cookie_is_nobody(client: Client):
    client.post("/", wishes())
    visitor = User.objects.get().visitor
    stranger = Client()
    stranger.cookies["visitor"] = f"{visitor}:1aaaaa:forged"
    assert stranger.get(reverse("tryon", args=[TryOn.objects.get().pk])).status_code == 404


def test_an_account_is_itself_whatever_cookie_it_carries(client: Client):
    client.post("/", wishes())
    user = make_user()
    client.force_login(user)
    client.post("/", wishes(garment=photo("plum")))
    assert TryOn.objects.owned_by(user).count() == 1
    assert client.get(reverse("tryon", args=[make_tryon(user).pk])).status_code == 200


def test_where_guests_are_off_an_old_cookie_opens_nothing(client: Client, settings):
    address = client.post("/", wishes()).url
    settings.GUESTS = False
    assert client.get(address).status_code == 404


def test_everybody_reads_that_try_ons_are_paused_and_staff_alone_why(client: Client):
    staff = make_user(is_staff=True)
    CircuitBreaker.objects.stop_everything(staff)
    page = client.get("/").text
    assert "Try-ons are paused" in page
    assert "Stopped by staff" not in page
    client.force_login(staff)
    assert "Stopped by staff" in client.get("/").text


def test_a_house_picture_is_shown_to_everybody(client: Client):
    garment = make_reference(None, "garment", slug="top")
    answer = client.get(reverse("reference_bytes", args=[garment.pk, "small"]))
    assert b"".join(answer.streaming_content) == jpeg("teal")
    answer.close()
