"""What the first page opens with for somebody who has nothing yet: a sample in a garment, for nothing."""

from __future__ import annotations

import math
import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.asking import signed_in
from tests.factories import make_reference, make_samples, make_user
from tryon.models import Generation, Reference, Site
from tryon.presenters.sample_looks import look_of
from tryon.samples.table import CAPTION, LOOKS

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf() -> dict[str, Reference]:
    return make_samples()


def opening(client: Client, **query: str) -> str:
    """The section of the page, "" where there is none."""
    found = re.search(r'<section class="opening".*?</section>', client.get("/", query).text, re.DOTALL)
    return found[0] if found else ""


def test_it_shows_a_sample_before_and_after_and_asks_nobody(client, shelf):
    section = opening(client)
    assert re.findall(r'src="(\S+/samples/bea\S*)"', section) == [
        "/static/samples/bea.webp",
        "/static/samples/bea-red-dress.webp",
    ]
    assert section.count("data-address") == 7
    assert "<form" not in section
    assert not Generation.objects.exists()


def test_the_picture_says_that_no_model_made_it_wherever_it_is_told_of(client, shelf):
    section, page = opening(client), client.get("/").text
    assert all(CAPTION in alt for alt in re.findall(r'class="(?:before|after)"[^>]*?alt="([^"]*)"', section))
    assert re.search(rf"<figcaption[^>]*>{CAPTION}</figcaption>", section)
    assert f'og:description" content="{CAPTION}.' in page
    assert "AI-generated" not in section
    assert "result" not in section.lower()


def test_a_garment_in_the_address_is_shown_and_chosen(client, shelf):
    assert "samples/bea-breton-top" in opening(client, garment="breton-top").split("data-address")[0]
    assert "samples/cai-denim-jacket" in opening(client, person="cai", garment="denim-jacket")
    assert str(shelf["breton-top"].pk) in client.get("/?garment=breton-top").text.split("data-kept")[1]


def test_what_no_look_shows_is_not_covered_up_by_another_one(client, shelf):
    make_reference(None, "garment", slug="our-coat", label="Our coat")
    assert not opening(client, garment="our-coat")
    assert not opening(client, person="cai", garment="red-dress")


def test_a_garment_of_the_shop_that_took_a_samples_name_is_not_shown_as_the_sample(client, shelf):
    shelf["red-dress"].wipe()
    make_reference(None, "garment", slug="red-dress", label="Our red dress")
    section = opening(client)
    assert "red-dress" not in section
    assert section.count("data-address") == 6


def test_who_has_photos_of_their_own_comes_straight_to_them(shelf):
    owner = make_user()
    assert opening(signed_in(owner))
    make_reference(owner)
    assert not opening(signed_in(owner))


def test_a_shelf_without_samples_and_other_ways_of_asking_open_as_ever(client, shelf):
    for mode in ("remix", "compose", "imagine"):
        assert not opening(client, mode=mode)
    Reference.objects.all().delete()
    assert not opening(client)


def test_the_look_of_each_outfit_is_found_by_its_rows(shelf):
    for look in LOOKS:
        shown = look_of(shelf[look.person], [shelf[slug] for slug in look.garments])
        assert shown.address == f"/static/samples/{look.name}.webp"
        assert shown.caption == CAPTION
        assert all(shelf[slug].label in shown.alt for slug in look.garments)
    assert look_of(shelf["cai"], [shelf["red-dress"]]) is None
    assert look_of(shelf["bea"], [make_reference(None, "garment", slug="coat")]) is None
    assert look_of(make_reference(make_user()), [shelf["red-dress"]]) is None


# A site that asks for an account -----------------------------------------------------------------------
@pytest.fixture
def closed(settings) -> None:
    settings.GUESTS, settings.SIGNUP = False, "closed"


def test_a_closed_site_says_what_it_is_and_how_to_get_in(db, closed):
    make_samples()
    Site.objects.keep(Site(pk=1, name="Maison Ana", contact_email="hello@ana.example"), math.inf)
    page = Client().get("/").text
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "See how it looks on you, before you buy" in words
    assert "Maison Ana is a fitting room" in words
    assert "It is open to people with an account." in words
    assert "For one, ask hello@ana.example" in words
    assert "3D-rendered example, no AI model made this" in words
    assert f'href="{reverse("account_login")}?next=/"' in page
    assert reverse("account_signup") not in page
    assert reverse("gallery") not in page, "nothing there is open to them"


def test_a_site_without_guests_where_anybody_signs_up_says_so(db, closed, settings):
    settings.SIGNUP = "open"
    page = Client().get("/").text
    assert f'href="{reverse("account_signup")}?next=/"' in page
    assert "For one, ask" not in page


def test_the_greeting_shows_the_garment_that_was_asked_for_and_leads_on_to_it(db, closed):
    make_samples()
    page = Client().get("/?garment=breton-top").text
    assert "After: Breton top, on" in page
    assert f'href="{reverse("account_login")}?next=/%3Fgarment%3Dbreton-top"' in page
    assert Client().get("/?garment=nothing").status_code == 200


def test_who_has_an_account_there_goes_to_the_studio(db, closed):
    assert 'id="wishes"' in signed_in(make_user()).get("/").text


def test_the_log_in_of_a_closed_site_says_whom_to_ask(db, closed):
    assert "The people who run this site make them. Ask" in Client().get(reverse("account_login")).text
