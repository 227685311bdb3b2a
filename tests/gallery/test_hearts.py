"""A heart without an account: from whoever opened a link, for its owner's eyes alone."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import Heart, Image, ShareLink, ShareTry
from tests.asking import signed_in, status
from tests.factories import make_image, make_user
from tests.gallery.opening import opened, page, shared

pytestmark = pytest.mark.django_db


def press(client: Client, link: ShareLink, image: Image, favourite: int = 1, **more) -> HttpResponse:
    address = reverse("shared_heart", args=[link.pk, image.pk])
    return client.post(address, {"favourite": favourite}, **more)


def counted(client: Client) -> list[str]:
    return re.findall(r"(\d+) hearts?\b", client.get(reverse("links")).text)


def test_one_heart_a_browser_and_picture_which_can_be_taken_back(owner, owners_client):
    image, other = make_image(owner, "approved"), make_image(owner, "approved")
    link, token = shared(owner, image, other)
    client = opened(token)

    for _ in range(2):
        assert status(press(client, link, image)) == 302
    press(client, link, other)
    press(opened(token), link, image)

    assert counted(owners_client) == ["3"]
    assert "2 for" in owners_client.get(reverse("links")).text
    assert client.get(page(link)).text.count('aria-pressed="true"') == 2
    press(client, link, image, 0)
    assert counted(owners_client) == ["2"]
    assert client.get(page(link)).text.count('aria-pressed="true"') == 1


def test_a_script_is_answered_without_a_page_and_a_form_with_the_picture_it_stood_at(owner):
    image = make_image(owner, "approved")
    link, token = shared(owner, image)

    in_place = press(opened(token), link, image, headers={"HX-Request": "true"})
    assert in_place.status_code == 204
    assert press(opened(token), link, image)["Location"] == f"{page(link)}#{image.pk}"


def test_the_owner_alone_sees_them_on_links_and_at_the_picture(owner, owners_client):
    image = make_image(owner, "approved")
    link, token = shared(owner, image)
    client = opened(token)
    press(client, link, image)

    assert "1 heart" in owners_client.get(reverse("image", args=[image.pk])).text
    assert counted(owners_client) == ["1"]
    assert not re.search(r"\d+ hearts?\b", opened(token).get(page(link)).text)


def test_hearts_of_one_link_do_not_count_for_another(owner, owners_client):
    image = make_image(owner, "approved")
    (one, token), (_, _) = shared(owner, image), shared(owner, image)
    press(opened(token), one, image)

    assert counted(owners_client) == ["1"]


def test_the_owner_switches_them_off(owner, owners_client):
    image = make_image(owner, "approved")
    link, token = shared(owner, image)
    client = opened(token)
    assert "I like it" in client.get(page(link)).text

    owners_client.post(reverse("link_change", args=[link.pk]), {"title": "Summer"})

    assert "I like it" not in client.get(page(link)).text
    assert status(press(client, link, image)) == 404
    form = {"images": image.pk, "days": 7}
    owners_client.post(reverse("links"), form)
    assert not ShareLink.objects.latest("created_at").hearts
    owners_client.post(reverse("links"), form | {"hearts": "on"})
    assert ShareLink.objects.latest("created_at").hearts


def test_a_heart_is_given_only_to_what_may_be_seen(owner):
    shown, waiting, foreign = make_image(owner, "approved"), make_image(owner), make_image(owner, "approved")
    link, token = shared(owner, shown, waiting)
    locked, locked_token = shared(owner, shown, password="apricot jam")
    client = opened(token)

    assert status(press(Client(), link, shown)) == 404
    assert {status(press(client, link, image)) for image in (waiting, foreign)} == {404}
    assert status(press(opened(locked_token), locked, shown)) == 404
    link.revoke(owner)
    assert status(press(client, link, shown)) == 404
    assert not Heart.objects.exists()


def test_the_owner_gives_none_to_their_own(owner, owners_client):
    image = make_image(owner, "approved")
    link, _ = shared(owner, image)

    assert "I like it" not in owners_client.get(page(link)).text
    assert status(press(owners_client, link, image)) == 404


def test_new_cookies_bring_no_more_than_sixty_hearts_an_hour_from_one_address(owner):
    image = make_image(owner, "approved")
    link, token = shared(owner, image)
    with time_machine.travel(timezone.now(), tick=False):
        press(opened(token), link, image)
        [row] = ShareTry.objects.all()
        ShareTry.objects.bulk_create(
            ShareTry(link=link, kind=row.kind, sender=row.sender, at=row.at) for _ in range(58)
        )
        assert status(press(opened(token), link, image)) == 302
        refused = press(opened(token), link, image)
        assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
        assert Heart.objects.count() == 2
        assert status(press(opened(token), link, image, REMOTE_ADDR="203.0.113.9")) == 302
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1, minutes=1)):
        assert status(press(opened(token), link, image)) == 302


@pytest.mark.parametrize("value", ["", "nonsense", "a:b:c", "\xff"])
def test_a_forged_name_is_no_name(owner, value):
    image = make_image(owner, "approved")
    link, token = shared(owner, image)
    client = opened(token)
    client.cookies["viewer"] = value

    assert status(press(client, link, image)) == 302
    assert len(Heart.objects.get().viewer) == 32


def test_nobody_is_known_by_one_name_at_two_links(owner):
    image = make_image(owner, "approved")
    (one, token), (other, other_token) = shared(owner, image), shared(owner, image)
    client, second = opened(token), opened(other_token)
    press(client, one, image)
    second.cookies["viewer"] = client.cookies["viewer"].value
    press(second, other, image)

    assert len(set(Heart.objects.values_list("viewer", flat=True))) == 2


def test_nobody_elses_links_tell_of_hearts(owner):
    image = make_image(owner, "approved")
    link, token = shared(owner, image)
    press(opened(token), link, image)

    assert counted(signed_in(make_user("other"))) == []
