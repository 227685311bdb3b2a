"""A link with a password: what it guards, from whom, and for how long somebody who knows it is let in."""

from __future__ import annotations

import datetime as dt
import logging
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import product

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import AuditEntry, ShareLink, ShareTry
from tests.asking import body, signed_in, status
from tests.factories import make_image
from tests.gallery.opening import ask_in_every_way, opened, page, picture, shared
from tests.rings import matrix

pytestmark = pytest.mark.django_db

RIGHT, WRONG = "apricot jam", "apricot jan"


def give(client: Client, link: ShareLink, password: str = RIGHT, **more) -> int:
    return status(client.post(reverse("shared_unlock", args=[link.pk]), {"password": password}, **more))


def guarded(link: ShareLink, token: str) -> dict[str, str]:
    image = link.shown_images().first()
    return {
        "small": picture(link, image, "small"),
        "large": picture(link, image, "large"),
        "original": picture(link, image, "original"),
        "zip": reverse("shared_zip", args=[link.pk]),
        "preview": reverse("share_preview", args=[token]),
    }


WHO = {
    "came by the link": (False, False),
    "gave the password": (True, False),
    "gave it before it was another": (True, True),
}


CASES = product(["large", "zip", "small", "preview", "original"], WHO)


@pytest.mark.parametrize("case", matrix(CASES, first=6), ids=" to who ".join)
def test_no_byte_leaves_without_the_password(owner, case):
    what, who = case
    link, token = shared(owner, password=RIGHT, download=True)
    client = opened(token)
    gives, is_changed = WHO[who]
    if gives:
        assert give(client, link) == 302
    if is_changed:
        link.change(owner, days=None, password="plum cake")
    seen = client.get(guarded(link, token)[what])
    etag = seen.headers.get("ETag", "")
    body(seen)

    is_open = gives and not is_changed
    assert ask_in_every_way(client, guarded(link, token)[what], etag) == (
        {200} if is_open and what in ("zip", "preview") else {200, 304} if is_open else {404}
    )


def test_the_page_asks_for_the_password_and_tells_nothing_before(owner):
    image = make_image(owner, "approved")
    link, token = shared(owner, image, title="Secret party", password=RIGHT)
    client = opened(token)

    asked = client.get(page(link))
    assert asked.status_code == 200
    assert 'name="password"' in asked.text
    assert "Secret party" not in asked.text
    assert str(image.pk) not in asked.text

    assert give(client, link) == 302
    assert "Secret party" in client.get(page(link)).text


def test_only_a_hash_of_the_password_is_kept(owner, owners_client):
    image = make_image(owner, "approved")
    form = {"images": image.pk, "days": 7, "password": RIGHT}

    made = owners_client.post(reverse("links"), form)

    link = ShareLink.objects.get()
    assert RIGHT not in link.password
    assert link.opens_with(RIGHT)
    assert RIGHT not in made.text + owners_client.get(reverse("links")).text
    assert RIGHT not in str(list(AuditEntry.objects.values_list("detail", flat=True)))


def test_the_password_is_asked_by_post_alone(owner):
    link, token = shared(owner, password=RIGHT)
    client = opened(token)
    address = reverse("shared_unlock", args=[link.pk])

    assert status(client.get(address, {"password": RIGHT})) == 405
    assert 'name="password"' in client.get(page(link), {"password": RIGHT}).text


def test_a_new_password_locks_again_and_the_old_one_opens_nothing(owner, owners_client):
    link, token = shared(owner, password=RIGHT)
    client = opened(token)
    give(client, link)

    owners_client.post(reverse("link_change", args=[link.pk]), {"title": "Summer", "password": "plum cake"})

    assert 'name="password"' in client.get(page(link)).text
    assert give(client, link) == 422
    assert give(client, link, "plum cake") == 302
    assert AuditEntry.objects.filter(action="password_changed", actor=owner).count() == 1


def test_the_same_password_set_anew_locks_again(owner):
    link, token = shared(owner, password=RIGHT)
    client = opened(token)
    give(client, link)

    link.change(owner, days=None, password=RIGHT)

    assert 'name="password"' in client.get(page(link)).text


def test_a_link_gets_a_password_later_and_is_open_again_without(owner, owners_client):
    link, token = shared(owner)
    client, change = opened(token), reverse("link_change", args=[link.pk])

    owners_client.post(change, {"password": RIGHT, "hearts": "on"})
    assert 'name="password"' in client.get(page(link)).text
    owners_client.post(change, {"title": "A word more"})  # what is left empty stays
    assert 'name="password"' in client.get(page(link)).text
    owners_client.post(change, {"open_again": "on"})
    assert 'name="password"' not in client.get(page(link)).text


def test_whoever_reopens_the_message_gives_the_password_once(owner):
    link, token = shared(owner, password=RIGHT)
    client = opened(token)
    give(client, link)

    status(client.get(reverse("share", args=[token])))

    assert 'name="password"' not in client.get(page(link)).text


def test_the_owner_is_not_asked(owner, owners_client):
    link, _ = shared(owner, password=RIGHT)

    assert 'name="password"' not in owners_client.get(page(link)).text


@pytest.mark.parametrize("password", ["12345", "x" * 101])
def test_a_password_that_is_too_short_or_long_is_refused_in_words(owner, owners_client, password):
    form = {"images": make_image(owner).pk, "days": 7, "password": password}

    answer = owners_client.post(reverse("links"), form)

    assert answer.status_code == 422
    assert not ShareLink.objects.exists()


# Tries --------------------------------------------------------------------------------------------
@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_many_tries_at_once_no_more_than_five_are_looked_at(owner):
    link, _ = shared(owner, password=RIGHT)

    def ask(_: int) -> int:
        try:
            return ShareTry.objects.take(
                link, ShareTry.PASSWORD, "sender", most=5, within=dt.timedelta(minutes=15)
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        waits = list(threads.map(ask, range(12)))

    assert 1 <= waits.count(0) <= 5
    assert ShareTry.objects.count() == waits.count(0)


def test_tries_count_by_address_and_link_whatever_cookies_say(owner):
    link, token = shared(owner, password=RIGHT)
    other, other_token = shared(owner, password=RIGHT)
    for _ in range(5):
        give(opened(token), link, WRONG)

    assert give(opened(token), link) == 429
    assert give(opened(other_token), other) == 302
    assert give(opened(token), link, REMOTE_ADDR="203.0.113.9") == 302


def test_the_right_password_begins_the_count_anew(owner):
    link, token = shared(owner, password=RIGHT)
    for _ in range(3):
        assert [give(opened(token), link, WRONG) for _ in range(4)] == [422] * 4
        assert give(opened(token), link) == 302

    assert not ShareTry.objects.exists()


def test_a_try_keeps_no_address_and_is_forgotten_within_the_hour(owner):
    link, token = shared(owner, password=RIGHT)
    give(opened(token), link, WRONG, REMOTE_ADDR="203.0.113.9")

    [row] = ShareTry.objects.all()
    assert "203.0.113.9" not in str(vars(row))
    ShareTry.objects.forget_past(timezone.now())
    assert ShareTry.objects.exists()
    ShareTry.objects.forget_past(timezone.now() + dt.timedelta(hours=1, seconds=1))
    assert not ShareTry.objects.exists()


def test_without_the_link_no_password_is_even_tried(owner):
    link, _ = shared(owner, password=RIGHT)
    unlocked, _ = shared(owner)

    assert {give(Client(), each) for each in (link, unlocked)} == {404}
    assert give(signed_in(make_image(owner).owner), link) == 302  # the owner's own: nothing to unlock
    assert not ShareTry.objects.exists()


def test_each_try_costs_one_hash_right_or_wrong_and_none_once_they_are_used_up(owner, monkeypatch):
    link, token = shared(owner, password=RIGHT)
    client, hashed = opened(token), []
    monkeypatch.setattr("gallery.models.sharing.share.check_password", lambda *given: hashed.append(given))

    for _ in range(7):
        give(client, link, WRONG)

    assert len(hashed) == 5


def test_no_password_reaches_the_log(owner, caplog):
    link, token = shared(owner, password=RIGHT)

    with caplog.at_level(logging.DEBUG):
        give(opened(token), link)
        give(opened(token), link, WRONG)

    assert RIGHT not in caplog.text
    assert WRONG not in caplog.text


def test_a_version_that_knows_no_passwords_finds_locked_links_stopped(owner):
    shared(owner, password=RIGHT)
    free, _ = shared(owner)

    import_module("gallery.migrations.0010_sharing").stop_locked_links(apps, None)

    assert set(ShareLink.objects.live()) == {free}
