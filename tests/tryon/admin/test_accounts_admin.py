"""Who may help customers with their accounts does not come by more rights with it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from tests.asking import signed_in
from tests.factories import make_user
from tryon.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> User:
    return make_user("boss", is_staff=True, is_superuser=True)


def clerk(*rights: str) -> Client:
    user = make_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return signed_in(user)


def change(browser: Client, user: User, **fields: str):
    usual = {
        "username": user.username,
        "email": user.email,
        "is_active": "on",
        "date_joined_0": "2026-11-01",
        "date_joined_1": "10:00:00",
    }
    told = {name: value for name, value in (usual | fields).items() if value}
    return browser.post(reverse("admin:accounts_user_change", args=[user.pk]), told)


def test_a_clerk_gives_nobody_rights_and_not_themselves(boss):
    browser, customer = clerk("view_user", "change_user"), make_user("customer")
    me = User.objects.get(username="clerk")
    for user in (customer, me):
        change(browser, user, is_superuser="on", is_staff="on", first_name="Kim")
    customer.refresh_from_db()
    me.refresh_from_db()
    assert (customer.first_name, customer.is_superuser, customer.is_staff) == ("Kim", False, False)
    assert (me.first_name, me.is_superuser) == ("", False), "accounts of staff are for administrators"


@pytest.mark.parametrize("page", ["change", "password", "erase", "export"])
def test_a_clerk_touches_no_account_of_staff(boss, page):
    browser = clerk("view_user", "change_user", "delete_user")
    words = boss.password
    address = {
        "change": reverse("admin:accounts_user_change", args=[boss.pk]),
        "password": reverse("admin:auth_user_password_change", args=[boss.pk]),
        "erase": reverse("admin:accounts_user_erase", args=[boss.pk]),
        "export": reverse("admin:accounts_user_export", args=[boss.pk]),
    }[page]
    new = {"password1": "a new long one", "password2": "a new long one", "username": "boss2", "post": "yes"}
    assert browser.post(address, new).status_code == 403
    boss.refresh_from_db()
    assert (boss.username, boss.password, boss.erased_at) == ("boss", words, None)


@pytest.mark.parametrize("right", ["change_group", "add_group", "view_group"])
def test_a_clerk_opens_no_list_of_rights_and_no_addresses(boss, right):
    browser = clerk("view_user", "change_user", right, "change_emailaddress", "view_emailaddress")
    group = Group.objects.create(name="clerks")
    assert browser.get(reverse("admin:auth_group_changelist")).status_code == 403
    assert browser.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "x"}).status_code == 403
    assert browser.get("/admin/account/emailaddress/").status_code == 404


def test_the_last_administrator_does_not_lock_the_admin(boss):
    browser = signed_in(boss)
    for fields in (
        {"is_staff": "on", "is_superuser": ""},
        {"is_staff": "on", "is_superuser": "on", "is_active": ""},
    ):
        page = change(browser, boss, **fields)
        assert "Nobody else is an administrator." in page.content.decode()
    other = make_user("other", is_staff=True, is_superuser=True)
    assert change(browser, boss, is_staff="on").status_code == 302
    boss.refresh_from_db()
    assert not boss.is_superuser
    assert User.objects.is_last_administrator(other)


def test_an_administrator_gives_rights(boss):
    customer = make_user("customer")
    assert change(signed_in(boss), customer, is_staff="on", is_superuser="on").status_code == 302
    customer.refresh_from_db()
    assert customer.is_superuser
