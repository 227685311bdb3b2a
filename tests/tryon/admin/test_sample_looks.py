"""Sample looks by the site's own model: ordered once, checked, shown with their label."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from gallery.models import AuditEntry, Image
from tests.asking import signed_in, status
from tests.factories import make_samples, make_user
from tryon.accounts.models import User
from tryon.billing.reconcile import disagreements
from tryon.models import Budget, Entry, Generation, Offer, Result, Site, TryOn
from tryon.models.money.budget import SITE_DAY
from tryon.models.states import GenerationStatus
from tryon.pipeline import run, submission
from tryon.samples.table import CAPTION

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/tryon/site/looks/"
MODEL = "google/gemini-3.1-flash-image"
PAIRS = 3


@pytest.fixture(autouse=True)
def shop(settings, gateway) -> None:
    """With samples on its shelf and a key that pays."""
    settings.SANDBOX = False
    make_samples("bea", "cai", "red-dress", "breton-top")
    Site.objects.forget()


@pytest.fixture
def staff() -> Client:
    return signed_in(make_user("ana", is_staff=True, is_superuser=True))


def press(staff: Client, action: str = "order", **changes: str) -> str:
    """What the page says after its button was pressed as it stands there."""
    found = dict(re.findall(r'name="(model|total)" value="([^"]*)"', staff.get(PAGE).text))
    answer = staff.post(PAGE, {"action": action, **found, **changes}, follow=True).text
    Site.objects.forget()  # other processes look every two seconds
    return answer


def make(name: str) -> Generation:
    """Let a worker make the look of this name."""
    tryon = TryOn.objects.of_the_shop().get(key__startswith=f"{name} ")
    run.run_generation(tryon.generations.latest("number").pk)
    return tryon.generations.latest("number")


def picture(made: Generation) -> Image:
    return Result.objects.get(generation=made).image


def opening(**query: str) -> str:
    """What the first page shows in the browser of a passer-by, with what it says of itself to others."""
    page = Client().get("/", query).text
    head = "".join(re.findall(r'<meta property="og:[^>]*>', page))
    return head + re.search(r'<figure class="opening-picture".*?</figure>', page, re.DOTALL)[0]


# Ordered ---------------------------------------------------------------------------------------------
def test_the_page_says_what_would_be_made_by_whom_and_what_it_costs(staff):
    page = staff.get(PAGE).text
    assert f"Make {PAIRS} sample looks with Gemini 3.1 flash image" in page
    assert "3 pictures at $0.067, $0.201 in all" in page
    assert page.count("Not ordered") == PAIRS
    assert "Red wrap dress, on Bea" in page
    assert "Red wrap dress, on Cai" not in page
    assert reverse("admin:tryon_site_looks") in staff.get("/admin/tryon/site/1/change/").text
    assert not Generation.objects.exists()


def test_one_press_orders_each_pair_through_the_books_and_a_second_one_nothing(staff, settings):
    settings.PICTURES_PER_DAY_ACCOUNT = settings.PICTURES_PER_DAY_GUEST = 1  # of a person; the shop is none
    found = {"model": MODEL, "total": "201000"}
    assert f"{PAIRS} pictures ordered" in press(staff)
    assert Generation.objects.filter(status="queued").count() == PAIRS
    assert Entry.objects.filter(kind=Entry.Kind.RESERVED).count() == PAIRS
    assert Budget.objects.of(SITE_DAY).get().reserved == 201_000
    assert not disagreements()
    assert {tryon.owner.is_shop for tryon in TryOn.objects.all()} == {True}
    assert not TryOn.objects.exclude(references__owner=None).exists(), "nobody's photo is in them"

    assert "this was done before" in press(staff, **found)
    assert "No pair is made twice" in staff.get(PAGE).text
    assert Generation.objects.count() == PAIRS
    assert AuditEntry.objects.filter(action="looks_ordered").get().detail == {"model": MODEL, "looks": PAIRS}


def test_what_does_not_fit_under_the_sites_cap_is_not_ordered_in_part(staff, settings):
    settings.SPEND_PER_DAY = 0.15
    assert "The site&#x27;s cap of $0.150 leaves $0.016" in press(staff)
    assert not TryOn.objects.exists()
    assert not Entry.objects.exists()


def test_another_sum_than_the_one_that_was_read_is_not_paid(staff):
    assert "has changed since you saw it" in press(staff, total="100000")
    assert not TryOn.objects.exists()


def test_in_the_sandbox_nothing_is_offered_and_nothing_ordered(staff, settings):
    settings.SANDBOX = True
    page = staff.get(PAGE).text
    assert "no key of the gateway" in page
    assert 'value="order"' not in page
    press(staff, model=MODEL, total="201000")
    assert not TryOn.objects.exists()


def test_whoever_may_not_change_the_site_may_not_order(staff):
    clerk = signed_in(make_user("clerk", is_staff=True))
    assert status(clerk.get(PAGE)) == status(clerk.post(PAGE, {"action": "order"})) == 403
    assert Client().get(PAGE).status_code == 302
    assert not TryOn.objects.exists()


def test_nobody_can_become_the_shop_or_erase_it(staff):
    press(staff)
    shop = User.objects.shop()
    assert not shop.is_active
    assert not shop.has_usable_password()
    assert status(staff.post(reverse("admin:accounts_user_erase", args=[shop.pk]))) == 403


# Shown -----------------------------------------------------------------------------------------------
@time_machine.travel("2026-11-29 12:00Z", tick=True)
def test_the_first_page_shows_an_approved_look_with_who_made_it_and_the_others_as_rendered(staff):
    press(staff)
    image = picture(make("bea-red-dress"))
    address = reverse("sample_look", args=[image.pk])
    assert CAPTION in opening()
    assert address not in opening(), "nobody has looked at it yet"
    assert status(Client().get(address)) == 404

    image.approve(User.objects.get(username="ana"))
    words = "made by Gemini 3.1 flash image on 29 November 2026, first try"
    shown = opening()
    assert re.search(rf"<figcaption[^>]*>After: {words}. Before: 3D-rendered example</figcaption>", shown)
    assert re.search(rf'class="after"[^>]*src="{address}"[^>]*alt="[^"]*on Bea[^"]*, {words}"', shown)
    assert re.search(rf'og:description" content="[^"]*{words}', shown)
    assert re.search(rf'og:image" content="[^"]*{address}"', shown)
    assert re.search(r'class="before"[^>]*no AI model made this"', shown)
    assert status(Client().get(address)) == 200

    assert f">{CAPTION}</figcaption>" in opening(garment="breton-top")
    page = Client().get("/").text
    assert page.count(f'data-caption="{CAPTION}"') == 1
    assert page.count(f'data-caption="After: {words}') == 1
    assert "Approved" in staff.get(PAGE).text
    assert Generation.objects.count() == PAIRS, "looking costs nothing"


def test_one_press_brings_the_rendered_looks_back_and_another_one_the_models(staff):
    press(staff)
    image = picture(make("bea-red-dress"))
    image.approve(User.objects.get(username="ana"))
    address = reverse("sample_look", args=[image.pk])
    press(staff, "rendered")
    assert f">{CAPTION}</figcaption>" in opening()
    assert address not in opening()
    press(staff, "show")
    assert "first try" in opening()
    assert Generation.objects.count() == PAIRS


def test_a_rejected_or_deleted_one_is_rendered_again_and_not_made_again(staff):
    press(staff)
    ana = User.objects.get(username="ana")
    image = picture(make("bea-red-dress"))
    image.reject(ana, "quality")
    assert f">{CAPTION}</figcaption>" in opening()
    assert status(Client().get(reverse("sample_look", args=[image.pk]))) == 404
    image.approve(ana)
    image.wipe()
    assert f">{CAPTION}</figcaption>" in opening()
    press(staff, model=MODEL, total="67000")
    assert Generation.objects.count() == PAIRS


@pytest.mark.parametrize("ends", [GenerationStatus.REFUSED, GenerationStatus.UNKNOWN])
def test_what_came_of_a_second_try_is_never_shown_as_the_first(
    staff, fault: Callable[..., None], ends: GenerationStatus
):
    fault({"refused": "no_picture", "unknown": "drop_after"}[ends])
    press(staff)
    first = make("bea-red-dress")
    assert first.status == ends
    submission.again(first)
    picture(make("bea-red-dress")).approve(User.objects.get(username="ana"))
    assert f">{CAPTION}</figcaption>" in opening()


def test_a_first_try_that_cost_nothing_was_none(staff, fault):
    fault("status", status=400)
    press(staff)
    first = make("bea-red-dress")
    assert first.status == "failed"
    submission.again(first)
    picture(make("bea-red-dress")).approve(User.objects.get(username="ana"))
    assert "first try" in opening()


def test_each_model_has_looks_of_its_own(staff):
    press(staff)
    picture(make("bea-red-dress")).approve(User.objects.get(username="ana"))
    other = "google/gemini-nano-banana-2.1"
    Offer.objects.create(model=MODEL, label="Gemini", offered=True, position=0)
    Offer.objects.create(model=other, label="Banana", offered=True, position=1)
    page = staff.get(PAGE, {"model": other}).text
    assert f"Make {PAIRS} sample looks with Banana" in page
    total = re.search(r'name="total" value="(\d+)"', page)[1]
    press(staff, model=other, total=total)
    assert Generation.objects.count() == 2 * PAIRS
    assert "made by Gemini on" in opening(), "until the operator shows the others"
    press(staff, "show", model=other)
    assert f">{CAPTION}</figcaption>" in opening()
