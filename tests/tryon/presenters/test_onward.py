"""From a picture that somebody shared to one's own: "Try it on me"."""

from __future__ import annotations

import pytest
from django.test import Client

from gallery.models import Image
from tests.asking import signed_in
from tests.factories import make_samples, make_tryon, make_user
from tests.gallery.opening import opened, page, shared
from tryon.models import Reference, Result

pytestmark = pytest.mark.django_db
WORDS = "Try it on me"


@pytest.fixture
def picture() -> Image:
    """Of the shop's Breton top, approved."""
    tryon = make_tryon(make_user(), "done")
    tryon.inputs.filter(role="top").update(reference=make_samples("breton-top")["breton-top"])
    image = Result.objects.get(generation__tryon=tryon).image
    image.approve(make_user("approver"))
    return image


def seen_by(client: Client | None, image: Image) -> str:
    link, token = shared(image.owner, image)
    stranger = opened(token)
    if client:
        client.cookies["shared"] = stranger.cookies["shared"].value
    return (client or stranger).get(page(link)).text


def test_it_opens_the_studio_with_the_garment_of_the_picture(picture):
    assert 'href="/?garment=breton-top"' in seen_by(None, picture)


def test_it_is_not_there_where_strangers_may_not_use_the_site_but_for_who_has_an_account(picture, settings):
    settings.GUESTS = False

    assert WORDS not in seen_by(None, picture)
    assert WORDS in seen_by(signed_in(make_user()), picture)


@pytest.mark.parametrize(
    "change",
    [{"owner": True}, {"slug": None}, {"is_on_shelf": False}],
    ids=["somebody's own", "no name", "off the shelf"],
)
def test_it_is_not_there_for_a_garment_that_the_shop_does_not_offer(picture, change):
    if "owner" in change:
        change = {"owner": picture.owner, "slug": None}
    Reference.objects.filter(slug="breton-top").update(**change)

    assert WORDS not in seen_by(None, picture)


def test_a_picture_from_words_alone_leads_nowhere():
    tryon = make_tryon(make_user(), "done")
    tryon.inputs.all().delete()
    image = Result.objects.get(generation__tryon=tryon).image
    image.approve(make_user("approver"))

    assert WORDS not in seen_by(None, image)
