"""Reviewer, operator, administrator: each can do its work and nothing else, whatever is registered."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME as BOX
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from gallery.models import Image
from tests.asking import signed_in, status
from tests.factories import make_reference, make_tryon, make_user, person_of
from tests.tryon.web.test_routes import routes
from tryon.accounts.models import User
from tryon.models import CircuitBreaker, Result

pytestmark = pytest.mark.django_db

# The lists that each role opens, by what is registered: a new one is nobody's until it stands here.
LISTS = {
    "Reviewer": {"gallery.Image", "tryon.Reference"},
    "Operator": {
        *("tryon.Entry", "tryon.Budget", "tryon.Price", "tryon.Unknown", "tryon.UnopenedAnswer"),
        *("tryon.CircuitBreaker", "tryon.Offer", "tryon.HouseGarment", "tryon.Site"),
    },
    "Administrator": {"accounts.User", "gallery.AuditEntry", "gallery.ShareLink", "tryon.Consent"},
}
USUAL = ("_changelist", "_add", "_change", "_delete", "_history")
OF_ALL = {"index", "login", "logout", "password_change", "password_change_done", "jsi18n", "autocomplete"}
OF_ALL |= {"view_on_site", "app_list", "(?P<url>.*)$", "<path:object_id>/"}
# Every other page of the admin: whose it is, and with what it is asked for ("user": somebody's key).
PAGES = {
    "tryon_money": ("Operator", "get", ()),
    "tryon_money_csv": ("Operator", "get", ()),
    "tryon_circuitbreaker_switch": ("Operator", "post", ()),
    "tryon_offer_read": ("Operator", "post", ()),
    "tryon_offer_replace": ("Operator", "post", ()),
    "tryon_housegarment_drop": ("Operator", "get", ()),
    "tryon_housegarment_in_place": ("Operator", "post", ("garment",)),
    "tryon_housegarment_qr": ("Operator", "get", ("garment",)),
    "tryon_site_looks": ("Operator", "get", ()),
    "tryon_unopenedanswer_file": (
        "",
        "get",
        ("answer",),
    ),  # it may hold a picture: with the right to images too
    "accounts_user_export": ("Administrator", "post", ("user",)),
    "accounts_user_erase": ("Administrator", "get", ("user",)),
    "accounts_user_second_factor": ("Administrator", "post", ("user",)),
    "gallery_auditentry_csv": ("Administrator", "post", ()),
    "auth_user_password_change": ("Administrator", "get", ("user",)),
}


@pytest.fixture(autouse=True)
def roles(db) -> None:
    """As the migration gives them: other tests may have emptied the tables."""
    import_module("tryon.migrations.0025_staff").give_roles(apps, None)


def with_role(name: str) -> Client:
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name=name))
    return signed_in(user)


@pytest.mark.parametrize("role", LISTS)
def test_a_role_opens_its_lists_and_no_other(role):
    client = with_role(role)
    opened = set()
    for model in admin.site._registry:
        opts = model._meta
        # Of the site's one row the list is its page.
        answer = client.get(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"), follow=True)
        assert answer.status_code in (200, 403)
        opened |= {opts.label} if answer.status_code != 403 else set()
    assert opened == LISTS[role]


def parts(names: tuple[str, ...]) -> list[str]:
    things = {
        "garment": lambda: make_reference(None, "garment", slug="coat").pk,
        "user": lambda: make_user().pk,
        "answer": lambda: "00000000-0000-4000-8000-000000000000",
    }
    return [str(things[name]()) for name in names]


def test_every_page_of_the_admin_is_somebodys():
    others = {name for namespace, name in routes() if namespace == "admin" and name not in OF_ALL}
    assert {name for name in others if not name.endswith(USUAL) or name in PAGES} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_one_role_is_closed_to_the_others(name, gateway):
    whose, method, names = PAGES[name]
    address = reverse(f"admin:{name}", args=parts(names))
    for role in LISTS:
        answer = status(getattr(with_role(role), method)(address))
        assert (answer != 403) == (role == whose), (role, answer)


def test_a_reviewer_decides_and_sees_what_a_picture_was_made_from():
    tryon = make_tryon(make_user("owner"), "done")
    image = Result.objects.get(generation__tryon=tryon).image
    client = with_role("Reviewer")

    assert status(client.get(reverse("reference_bytes", args=[person_of(tryon).pk, "original"]))) == 200
    client.post(
        reverse("admin:gallery_image_changelist"), {"action": "approve", BOX: [image.pk], "index": "0"}
    )

    image.refresh_from_db()
    assert image.review == "approved"
    client.post(
        reverse("admin:gallery_image_changelist"),
        {"action": "delete_for_good", BOX: [image.pk], "decided": 1},
    )
    assert Image.objects.present().filter(pk=image.pk).exists()


@pytest.mark.parametrize("role", ["Operator", "Administrator"])
def test_the_other_roles_see_no_picture_of_anybody(role):
    tryon = make_tryon(make_user("owner"), "done")
    image = Result.objects.get(generation__tryon=tryon).image
    client = with_role(role)

    assert status(client.get(reverse("image_bytes", args=[image.pk, "original"]))) == 404
    assert status(client.get(reverse("reference_bytes", args=[person_of(tryon).pk, "original"]))) == 404


def test_an_operator_stops_everything_and_keeps_the_shelf():
    client, garment = with_role("Operator"), make_reference(None, "garment", slug="coat", label="Coat")

    client.post(reverse("admin:tryon_circuitbreaker_switch"), {"stop": "1"})
    client.post(
        reverse("admin:tryon_housegarment_changelist"), {"action": "delete_for_good", BOX: [garment.pk]}
    )

    assert CircuitBreaker.objects.paused().exists()
    garment.refresh_from_db()
    assert garment.deleted_at


def test_an_administrator_gives_no_rights_and_becomes_nobody_else():
    boss, helper = make_user("boss", is_staff=True, is_superuser=True), with_role("Administrator")
    ana = make_user("ana")
    fields = {
        "username": "ana",
        "email": ana.email,
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
    }

    helper.post(
        reverse("admin:accounts_user_change", args=[ana.pk]), fields | {"groups": [Group.objects.first().pk]}
    )
    assert status(helper.post(reverse("admin:accounts_user_change", args=[boss.pk]), fields)) == 403

    ana.refresh_from_db()
    assert (ana.is_staff, ana.is_superuser, ana.groups.count()) == (False, False, 0)


def test_the_page_of_an_account_offers_the_roles_in_words():
    boss, ana = make_user("boss", is_staff=True, is_superuser=True), make_user("ana")
    client, address = signed_in(boss), reverse("admin:accounts_user_change", args=[ana.pk])
    page = client.get(address).text
    assert "Reviewer: decides on pictures, and sees what they were made from" in page

    reviewer = Group.objects.get(name="Reviewer")
    day = {"date_joined_0": "2026-11-30", "date_joined_1": "12:00:00"}
    fields = {"username": "ana", "is_active": "on", "groups": [reviewer.pk]} | day
    assert "tick this too" in client.post(address, fields).text
    assert client.post(address, fields | {"is_staff": "on"}).status_code == 302
    assert User.objects.get(pk=ana.pk).has_perm("gallery.change_image")


def test_a_group_that_was_there_before_keeps_its_rights():
    Group.objects.all().delete()
    own = Group.objects.create(name="Reviewer")
    own.permissions.add(Permission.objects.get(codename="view_site"))

    import_module("tryon.migrations.0025_staff").give_roles(apps, None)

    assert list(own.permissions.values_list("codename", flat=True)) == ["view_site"]
