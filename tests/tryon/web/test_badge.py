"""The number beside the gallery's name: what is new of one's own pictures, until one looks."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from gallery.models import Image, RejectionReason, ShareLink
from tests.asking import body, signed_in, visiting
from tests.factories import make_guest, make_image, make_tryon, make_user
from tests.tryon.making import accepted, only_generation
from tryon.accounts.models import User
from tryon.models import Result, TryOn
from tryon.pipeline import run

pytestmark = pytest.mark.django_db(transaction=True)
BADGE = re.compile(
    r'<span class="badge">(\d+\+?)<span class="hidden-text"> new</span></span></news-badge>\s*</a>'
)


@pytest.fixture
def staff() -> User:
    return make_user("staff", is_staff=True)


def badge(browser: Client, path: str = "/wardrobe/") -> str:
    found = BADGE.search(browser.get(path).content.decode())
    return found[1] if found else ""


def browsing(user: User) -> Client:
    return visiting(user) if user.is_guest else signed_in(user)


def new_pictures(owner: User, count: int = 1) -> list[Image]:
    images = [make_image(owner) for _ in range(count)]
    Image.objects.filter(pk__in=[image.pk for image in images]).update(unseen_since=images[0].created_at)
    return images


def new_tryon(owner: User) -> tuple[TryOn, Image]:
    """A finished one whose picture nobody has looked at."""
    tryon = make_tryon(owner, "done")
    image = Result.objects.get(generation__tryon=tryon).image
    Image.objects.filter(pk=image.pk).update(unseen_since=image.created_at)
    return tryon, image


@pytest.mark.parametrize("make", [make_user, make_guest], ids=["account", "guest"])
def test_a_picture_that_came_is_counted_on_every_page_of_its_owner_alone(gateway, make):
    owner = make()
    run.run_generation(only_generation(accepted(owner)).pk)
    for path in ("/", "/wardrobe/", "/links/", "/my-data/", "/privacy/"):
        assert badge(browsing(owner), path) == "1"
    assert badge(Client()) == badge(browsing(make_user())) == badge(browsing(make_guest())) == ""


LOOKING: dict[str, Callable[[TryOn, Image], str]] = {
    "gallery": lambda tryon, image: reverse("gallery"),
    "those of a kind": lambda tryon, image: f"{reverse('gallery')}?show=pending",
    "its try-on": lambda tryon, image: reverse("tryon", args=[tryon.pk]),
    "itself": lambda tryon, image: reverse("image", args=[image.pk]),
    "a page that waited for it": lambda tryon, image: f"{reverse('tryon_status', args=[tryon.pk])}?seen=1",
}


@pytest.mark.parametrize("look", LOOKING)
def test_it_is_gone_once_its_owner_has_looked(look):
    owner = make_user()
    tryon, image = new_tryon(owner)
    browser = browsing(owner)
    assert badge(browser) == "1"
    assert browser.get(LOOKING[look](tryon, image)).status_code == 200
    assert badge(browser) == ""


def test_the_gallery_is_looked_at_as_a_whole_and_its_other_pages_by_themselves():
    owner = make_user()
    browser = browsing(owner)
    new_pictures(owner, 30)
    browser.get(reverse("gallery") + "?show=favourite")
    assert badge(browser) == "30"
    browser.get(reverse("gallery") + "?show=pending")
    assert badge(browser) == "6"
    browser.get(reverse("gallery"))
    assert badge(browser) == ""


def test_others_who_look_leave_it_new(staff):
    owner = make_user()
    (image,) = new_pictures(owner)
    reviewer = signed_in(make_user(is_staff=True, is_superuser=True))
    assert reviewer.get(reverse("image", args=[image.pk])).status_code == 200
    assert badge(browsing(owner)) == "1"


def test_what_is_told_to_a_hidden_tab_stays_new_until_the_tab_is_seen():
    owner = make_user()
    tryon, _ = new_tryon(owner)
    browser, status = browsing(owner), reverse("tryon_status", args=[tryon.pk])
    told = browser.get(f"{status}?seen=1&hidden=1").content.decode()
    assert badge(browser) == "1"
    again = re.search(r'hx-get="([^"]+)"', told)[1].replace("&amp;", "&")
    assert "ticket" not in told, "it is answered at once"
    assert "shown=1" in browser.get(f"{again}&hidden=1").content.decode()
    assert badge(browser) == "1"
    assert "hx-get" not in browser.get(again).content.decode()
    assert badge(browser) == ""


def test_a_decision_is_news_until_it_is_undone(staff):
    owner = make_user()
    image = make_image(owner)
    assert badge(browsing(owner)) == "", "what was there before this was counted is no news"
    image.approve(staff)
    assert badge(browsing(owner)) == "1"
    image.reject(staff, RejectionReason.FACE)
    assert badge(browsing(owner)) == "1"
    image.undo(staff)
    assert badge(browsing(owner)) == ""


def test_a_new_picture_stays_new_when_a_decision_about_it_is_undone(staff):
    owner = make_user()
    (image,) = new_pictures(owner)
    image.approve(staff)
    image.undo(staff)
    assert badge(browsing(owner)) == "1"


def test_what_the_owner_decided_is_no_news(staff):
    make_image(staff).approve(staff)
    assert badge(browsing(staff)) == ""


def test_what_was_deleted_is_no_news():
    owner = make_user()
    for image in new_pictures(owner, 2)[:1]:
        image.wipe()
    assert badge(browsing(owner)) == "1"


def test_more_than_99_are_not_counted():
    owner = make_user()
    new_pictures(owner, 100)
    assert badge(browsing(owner)) == "99+"


def test_no_public_page_carries_it(staff):
    owner = make_user()
    image = make_image(owner)
    image.approve(staff)
    link, token = ShareLink.objects.create_link(owner, [image], title="")
    browser = browsing(owner)
    for path in (reverse("share", args=[token]), reverse("shared", args=[link.pk])):
        assert 'class="badge"' not in body(browser.get(path)).decode()
    assert badge(browser) == "1"


def test_it_costs_one_look_into_an_index_of_its_own():
    owner = make_user()
    asked = Image.objects.unseen_by(owner)[:100]
    if connection.vendor == "sqlite":
        assert "USING INDEX image_unseen (owner_id=? AND unseen_since>?)" in asked.explain()


def test_nobody_is_asked_of_nobody(django_assert_num_queries):
    Client().get("/privacy/")
    with django_assert_num_queries(0):
        assert badge(Client(), "/privacy/") == ""
