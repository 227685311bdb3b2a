"""What the admin opens on: today's work, each part for whoever may do it."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.urls import reverse

from gallery.models import Image
from tests.asking import signed_in
from tests.factories import make_image, make_tryon, make_user
from tryon.models import CircuitBreaker
from tryon.models.states import PauseReason
from tryon.operations import health

pytestmark = pytest.mark.django_db
PARTS = ("Pictures to check", "What it would have cost", "Making pictures", "To settle")


def page_of(role: str = "") -> str:
    user = make_user(is_staff=True, is_superuser=not role)
    if role:
        import_module("tryon.migrations.0025_staff").give_roles(apps, None)
        user.groups.add(Group.objects.get(name=role))
    return signed_in(user).get("/admin/").text


@pytest.mark.parametrize(
    ("role", "parts"),
    [("", PARTS), ("Reviewer", PARTS[:1]), ("Operator", PARTS[1:]), ("Administrator", ())],
)
def test_everybody_finds_their_own_work(role, parts):
    page = page_of(role)
    assert tuple(part for part in PARTS if part in page) == parts


def test_what_waits_is_counted_as_far_as_somebody_counts():
    assert "Nothing waits for a check." in page_of()
    owner = make_user("owner")
    for _ in range(3):
        make_image(owner)
    make_image(owner, "approved")
    page = page_of()
    assert '<p class="today-figure">3</p>' in page
    assert reverse("admin:gallery_image_changelist") in page
    many = [Image(owner=owner, original="originals/none.jpg", width=3, height=4) for _ in range(97)]
    Image.objects.bulk_create(many)
    assert '<p class="today-figure">99+</p>' in page_of()


def test_what_is_stopped_or_paused_says_why_and_is_let_go_on():
    boss = make_user("boss", is_staff=True, is_superuser=True)
    CircuitBreaker.objects.pause("account", "some/model", PauseReason.BALANCE, 600)
    CircuitBreaker.objects.stop_everything(boss)
    client = signed_in(boss)

    page = client.get("/admin/").text

    assert "Everything is stopped." in page
    assert str(PauseReason.BALANCE.label) in page
    client.post(reverse("admin:tryon_circuitbreaker_switch"), {"stop": "0"})
    assert "Everything is stopped." not in client.get("/admin/").text


def test_what_is_unknown_and_what_ails_the_site_is_told(monkeypatch):
    make_tryon(make_user("owner"), "unknown")
    monkeypatch.setattr(health, "LEAST_FREE", 2**60)

    page = page_of()

    assert "Unknown outcomes: 1, $0.067 would be at risk" in page
    assert "Less than 2 GB are free" in page
    assert "Not every worker runs" in page, "no broker, so nobody is seen to work"


def test_money_of_a_real_gateway_is_called_so(settings):
    settings.SANDBOX, settings.SPEND_PER_DAY = False, 5
    page = page_of()
    assert "$0.000 of $5.000" in page
    assert "<meter" in page
    assert "would have" not in page
