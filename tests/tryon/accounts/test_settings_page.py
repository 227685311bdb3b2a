"""The page of an account: what it shows, what is changed there, and where somebody is logged in."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.asking import signed_in, visiting
from tests.factories import make_guest, make_tryon, make_user
from tests.rings import matrix
from tryon.accounts.models import User
from tryon.pipeline import recovery
from tryon.pipeline.privacy import erasure, export
from tryon.presenters import browsers
from tryon.web.account_adapter import MOST_BROWSERS

pytestmark = pytest.mark.django_db
PAGE = "/accounts/settings/"
PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
)


@pytest.fixture
def ana() -> User:
    return make_user("ana")


def logged_in(user: User, agent: str) -> Client:
    client = Client(headers={"User-Agent": agent})
    answer = client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def rename(client: Client, name: str):
    return client.post(reverse("account_name"), {"username": name})


def is_in(client: Client) -> bool:
    return client.get(reverse("account_email")).status_code == 200


def test_all_of_an_account_is_on_one_page_and_the_header_leads_there(ana):
    make_tryon(ana, "done")
    client = signed_in(ana)
    page = client.get(PAGE).text
    assert "ana@example.com" in page
    for name in ("account_email", "account_change_password", "account_mails", "my_data_delete"):
        assert f'href="{reverse(name)}"' in page
    assert f'action="{reverse("my_data_download")}"' in page
    assert "2 photos, 1 picture from 1 request, and 0 links" in " ".join(page.split())
    assert f'href="{PAGE}"' in client.get("/").text


def test_who_has_no_account_reads_what_one_would_give(settings):
    for client in (Client(), visiting(make_guest())):
        page = client.get(PAGE).text
        assert "What an account gives" in page
        assert f'href="{reverse("account_signup")}"' in page
    settings.SIGNUP = "closed"
    page = Client().get(PAGE).text
    assert reverse("account_signup") not in page
    assert "whoever runs this site" in page


def test_a_user_name_is_changed_and_logs_in(ana):
    client = signed_in(ana)
    assert rename(client, "Ana.B").url == PAGE
    ana.refresh_from_db()
    assert ana.username == "Ana.B"
    assert is_in(client)
    logged_in(ana, FIREFOX)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "Give a user name."),
        ("BEN", "This user name is taken."),
        ("ana@example.com", "Use letters without accents"),
        ("erased-7", "Use letters without accents"),
        *(
            pytest.param(name, "Use letters without accents", marks=pytest.mark.proof)
            for name in ("Guest-7", "the shop", "-")
        ),
    ],
)
def test_a_user_name_that_cannot_be_is_refused_in_words(ana, name, told):
    make_user("ben")
    answer = rename(signed_in(ana), name)
    assert answer.status_code == 422
    assert told in answer.text
    assert "<p>ana</p>" in answer.text, "the name is what it was"
    ana.refresh_from_db()
    assert ana.username == "ana"


def test_browsers_are_listed_in_words_and_ended_one_by_one(ana):
    here, phone = logged_in(ana, FIREFOX), logged_in(ana, PHONE)
    logged_in(make_user("ben"), PHONE)
    page = here.get(PAGE).text
    assert page.count("Chrome on Android</strong>") == 1, "not that of another account"
    assert page.index("Firefox on Windows") < page.index("This browser") < page.index("Chrome on Android")
    other = UserSession.objects.get(user=ana, user_agent=PHONE)

    here.post(reverse("account_browsers"), {"session": str(other.pk)})

    assert not is_in(phone)
    assert is_in(here)
    assert "Chrome on Android" not in here.get(PAGE).text


def test_all_other_browsers_are_logged_out_at_once(ana):
    here, others = logged_in(ana, FIREFOX), [logged_in(ana, PHONE) for _ in range(2)]
    ben = logged_in(make_user("ben"), PHONE)
    answer = here.post(reverse("account_browsers"), {"others": "1"}, follow=True)
    assert "2 browsers are logged out" in answer.text
    assert [is_in(each) for each in (here, ben, *others)] == [True, True, False, False]
    assert "Log out all the others" not in answer.text


@pytest.mark.proof
def test_who_logs_in_again_and_again_leaves_the_oldest_browsers(ana):
    clients = [logged_in(ana, FIREFOX) for _ in range(MOST_BROWSERS + 2)]
    assert UserSession.objects.count() == MOST_BROWSERS
    assert [is_in(clients[n]) for n in (0, 1, 2, -1)] == [False, False, True, True]


@pytest.mark.parametrize("named", matrix(["x", "", "-1", "9" * 30, "²"], first=1))
def test_nobody_ends_what_is_not_theirs(ana, named):
    here, ben = logged_in(ana, FIREFOX), logged_in(make_user("ben"), PHONE)
    theirs = UserSession.objects.get(user__username="ben")
    for session in (named, str(theirs.pk)):
        assert here.post(reverse("account_browsers"), {"session": session}).url == PAGE
    assert is_in(ben)
    assert is_in(here)


def test_a_new_password_ends_all_other_browsers_and_they_leave_the_list(ana):
    here, phone = logged_in(ana, FIREFOX), logged_in(ana, PHONE)
    new = "another long password"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post(reverse("account_change_password"), data).status_code == 302
    assert is_in(here)
    assert not is_in(phone)
    page = here.get(PAGE).text
    assert page.count("This browser") == 1
    assert "Chrome on Android" not in page


def test_no_address_is_kept_longer_than_until_the_next_purge(ana):
    here = logged_in(ana, FIREFOX)
    assert UserSession.objects.get().ip == "127.0.0.1"
    recovery.purge()
    assert UserSession.objects.get().ip == recovery.NO_ADDRESS
    assert "Firefox on Windows" in here.get(PAGE).text


def test_what_is_over_is_forgotten(ana):
    logged_in(ana, FIREFOX)
    with time_machine.travel(timezone.now() + dt.timedelta(days=60)):
        recovery.purge()
    assert not UserSession.objects.exists()
    logged_in(ana, FIREFOX).post(reverse("account_logout"))
    recovery.purge()
    assert not UserSession.objects.exists()


def test_browsers_are_part_of_ones_data_and_go_with_it(ana):
    logged_in(ana, FIREFOX)
    assert FIREFOX.encode() in b"".join(export.archive(ana, ana))
    erasure.erase(ana, ana)
    assert not UserSession.objects.exists()


def test_who_was_logged_in_before_the_update_stands_in_the_list(ana, django_db_reset_sequences):
    phone = logged_in(ana, PHONE)
    UserSession.objects.all().delete()  # as the version before had none
    migration = MigrationExecutor(connection).loader.get_migration("accounts", "0005_note_sessions")
    state = MigrationExecutor(connection).loader.project_state([("accounts", "0005_note_sessions")])
    [step] = migration.operations
    step.code(state.apps, None)

    here = logged_in(ana, FIREFOX)
    page = here.get(PAGE).text
    assert "A browser" in page
    assert Session.objects.count() == 2
    here.post(reverse("account_browsers"), {"others": "1"})
    assert not is_in(phone)


def test_this_browser_is_listed_though_it_logged_in_before_sessions_were_noted(ana):
    client = signed_in(ana)
    assert not UserSession.objects.exists()
    assert "This browser" in client.get(PAGE, headers={"User-Agent": FIREFOX}).text


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Windows"),
        (PHONE, "Chrome on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Chrome/140 Safari/537.36 Edg/140.0", "Edge on Mac"),
        ("curl/8.5.0", "A browser"),
        ("", "A browser"),
        ("<script>Linux", "Linux"),
    ],
)
def test_a_browser_is_called_what_people_call_it(agent, name):
    assert browsers.name(agent) == name


def test_staff_do_not_see_who_is_logged_in_where(ana):
    staff = signed_in(make_user(is_staff=True, is_superuser=True))
    assert "usersessions" not in staff.get("/admin/").text
