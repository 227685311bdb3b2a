"""How often a password may be tried: judged by the hashes that were made, not by the words alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import count

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from tests.asking import signed_in
from tests.factories import make_guest, make_user
from tests.live import raced
from tests.rings import matrix
from tests.tryon.accounts.hashing import COUNTING, CountingHasher
from tryon.accounts.client_address import address_digest
from tryon.accounts.models import RateLimit, User
from tryon.accounts.rate_limits import (
    HOUR,
    TRIES_PER_HOUR,
    TRIES_PER_HOUR_ADDRESS,
    account_key,
    seconds_to_next_try,
)

RIGHT, WRONG = "correct horse battery", "wrong horse"
AT_NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
LOG_IN = reverse("account_login")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(AT_NOON, tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def _counting(settings) -> None:
    settings.PASSWORD_HASHERS = COUNTING


@pytest.fixture
def ana() -> User:
    return make_user("ana")


def hashes(step) -> int:
    before = CountingHasher.hashed
    step()
    return CountingHasher.hashed - before


def log_in(name: str, password: str = WRONG, address: str = "198.51.100.1", **headers: str):
    told = {"login": name, "password": password}
    return Client(REMOTE_ADDR=address, headers=headers).post(LOG_IN, told)


def statuses(times: int, name: str, *args: str, **headers: str) -> list[int]:
    return [log_in(name, *args, **headers).status_code for _ in range(times)]


# By account and client address --------------------------------------------------------------------
def test_five_tries_are_free_and_then_one_each_thirty_seconds(ana, clock):
    assert statuses(7, ana.email) == [200] * 5 + [429] * 2
    for _ in range(3):
        clock.shift(30)
        assert statuses(2, ana.email) == [200, 429]


def test_whoever_waits_is_told_how_long_and_nothing_is_hashed(ana):
    statuses(5, ana.email)
    made = []
    assert hashes(lambda: made.append(log_in(ana.email))) == 0
    assert made[0].headers["Retry-After"] == "30"
    assert "Too many tries. Try again in 30 seconds." in made[0].content.decode()


def test_no_host_port_or_header_of_the_caller_makes_a_new_counter(ana):
    odd = [{"Host": f"testserver:{n}"} for n in range(1000, 1005)]
    odd += [dict.fromkeys(("X-Forwarded-For", "X-Real-IP", "Forwarded"), f"203.0.113.{n}") for n in range(9)]
    odd += [{"X-Forwarded-Host": f"host{n}.example"} for n in range(9)]
    tried = hashes(lambda: [log_in(ana.email, **each) for each in odd])
    assert tried == 5


def test_e_mail_address_and_user_name_of_an_account_are_one_counter(ana):
    EmailAddress.objects.create(user=ana, email="second@example.com", verified=True)
    names = ["ana", "ana@example.com", "second@example.com", " ANA ", "Ana@Example.com"]
    assert [log_in(name).status_code for name in [*names, *names]] == [200] * 5 + [429] * 5


@pytest.mark.parametrize("name", ["nobody", "nobody@example.com", "guest"])
def test_an_unknown_name_is_limited_and_answered_as_a_known_one(ana, name):
    name = make_guest().username if name == "guest" else name
    known = "ana@example.com" if "@" in name else "ana"
    for _ in range(7):
        one, other = log_in(known), log_in(name)
        assert one.status_code == other.status_code
        assert words(one).replace(known, "") == words(other).replace(name, "")


def words(answer) -> str:
    text = answer.content.decode()
    token = answer.context["csrf_token"]
    return text.replace(str(token), "").replace(answer.wsgi_request.META.get("CSRF_COOKIE", "-"), "")


@pytest.mark.parametrize("spelled", ["NOBODY@example.com", " nobody@EXAMPLE.com", "\uff4eobody@example.com"])
def test_spelling_an_unknown_name_otherwise_makes_no_new_counter(spelled):
    statuses(5, "nobody@example.com")
    assert log_in(spelled).status_code == 429


def test_a_log_in_gives_the_free_tries_back(ana):
    for _ in range(3):
        assert statuses(4, ana.email) == [200] * 4
        assert log_in(ana.email, RIGHT).status_code == 302


def test_a_log_in_to_ones_own_account_gives_none_back_of_anothers(ana):
    make_user("eve")
    statuses(5, ana.email)
    log_in("eve", RIGHT)
    assert log_in(ana.email).status_code == 429


def test_five_wrong_tries_from_anywhere_shut_nobody_out(ana):
    statuses(9, ana.email, WRONG, "203.0.113.9")
    assert log_in(ana.email, RIGHT).status_code == 302


def test_addresses_of_one_household_are_one(ana):
    told = [log_in(ana.email, WRONG, f"2001:db8:1:1::{n}").status_code for n in range(1, 8)]
    assert told == [200] * 5 + [429] * 2
    assert log_in(ana.email, WRONG, "2001:db8:1:2::1").status_code == 200


# From one address, at every account ---------------------------------------------------------------
def test_one_address_tries_no_end_of_names(ana, clock):
    from_there = f"log-ins from {address_of('198.51.100.1')}"
    RateLimit.objects.take(from_there, 198, most=TRIES_PER_HOUR_ADDRESS, window=HOUR, now=timezone.now())
    assert [log_in(f"nobody{n}@example.com").status_code for n in range(4)] == [200, 200, 429, 429]
    assert log_in("somebody@example.com", WRONG, "198.51.100.2").status_code == 200
    assert log_in(ana.email, RIGHT).status_code == 429
    clock.shift(3600)
    assert log_in(ana.email, RIGHT).status_code == 302
    RateLimit.objects.take(from_there, 200, most=TRIES_PER_HOUR_ADDRESS, window=HOUR, now=timezone.now())
    assert log_in(ana.email, RIGHT).status_code == 302, "she has signed in from there"


def address_of(address: str) -> str:
    return address_digest(RequestFactory().get("/", REMOTE_ADDR=address))


# From everywhere ----------------------------------------------------------------------------------
def burn(user: User, tried: int = TRIES_PER_HOUR - 5) -> list[int]:
    """Tries from ever new addresses, `tried` of them before, till the hour is used up, and five more."""
    RateLimit.objects.take(f"log-in {user.pk}", tried, most=TRIES_PER_HOUR, window=HOUR, now=timezone.now())
    addresses = (f"203.0.{n // 250}.{n % 250}" for n in count())
    return [log_in(user.email, WRONG, next(addresses)).status_code for _ in range(TRIES_PER_HOUR + 5 - tried)]


@pytest.mark.parametrize("tried", [TRIES_PER_HOUR - 5, pytest.param(0, marks=pytest.mark.proof)])
def test_an_account_takes_two_hundred_tries_an_hour_from_everywhere(ana, clock, tried):
    told = []
    assert hashes(lambda: told.extend(burn(ana, tried))) == TRIES_PER_HOUR - tried
    assert told == [200] * (TRIES_PER_HOUR - tried) + [429] * 5
    clock.shift(600)
    refused = log_in(ana.email, RIGHT)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3000")
    assert "Try again in 50 minutes." in refused.content.decode()
    clock.shift(3001)
    assert log_in(ana.email, RIGHT).status_code == 302


def test_whoever_signed_in_from_there_lately_gets_in_however_many_tries_others_burn(ana, clock):
    log_in(ana.email, RIGHT)
    clock.shift(dt.timedelta(days=60))
    burn(ana)

    assert statuses(4, "ana") == [200] * 4, "tries of their own"
    assert log_in(ana.email, RIGHT).status_code == 302


def browse(browser: Client, name: str, password: str, address: str) -> int:
    told = {"login": name, "password": password}
    return browser.post(LOG_IN, told, REMOTE_ADDR=address).status_code


def test_a_browser_where_somebody_signed_in_is_let_in_from_any_address(ana):
    browser = Client()
    browse(browser, "ana", RIGHT, "198.51.100.1")
    cookie = browser.cookies["browser"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 90 * 24 * 3600)
    browser.post(reverse("account_logout"))
    burn(ana)

    assert [browse(browser, "ana", WRONG, "198.51.100.50") for _ in range(4)] == [200] * 4
    assert browse(browser, "ana", RIGHT, "198.51.100.50") == 302


def test_a_neighbour_at_the_same_address_shuts_no_browser_out_that_is_known(ana):
    browser = Client()
    browse(browser, "ana", RIGHT, "198.51.100.1")
    browser.post(reverse("account_logout"))
    assert statuses(7, ana.email)[-1] == 429
    assert browse(browser, "ana", RIGHT, "198.51.100.1") == 302


def test_the_cookie_of_ones_own_log_in_opens_no_tries_of_anothers_account(ana):
    make_user("eve")
    tried = []
    for n in range(4):
        browser = Client()
        browse(browser, "eve", RIGHT, "198.51.100.1")
        browser.post(reverse("account_logout"))
        tried += [browse(browser, "ana", WRONG, "198.51.100.1") for _ in range(3)]
        browser.cookies["browser"] = f"forged{n}:x:y"
        tried += [browse(browser, "ana", WRONG, "198.51.100.1") for _ in range(3)]
    assert tried.count(200) == 5


def test_a_mail_leads_in_whom_others_tries_shut_out(ana):
    burn(ana)
    browser = Client(REMOTE_ADDR="198.51.100.77")
    browser.post(reverse("account_reset_password"), {"email": ana.email})
    link = next(word for word in mail.outbox[0].body.split() if "/reset/key/" in word)
    form = browser.get(link.removeprefix("http://testserver"), follow=True)
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    browser.post(form.request["PATH_INFO"], new)

    assert browser.get(reverse("account_email")).status_code == 200, "signed in"
    assert log_in(ana.email, "another horse battery", "198.51.100.77").status_code == 302


def test_a_hundred_thousand_other_names_forget_nothing(ana):
    statuses(5, ana.email)
    numbers = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 100000)"
    others = (
        "INSERT INTO accounts_ratelimit (name, ends_at, taken) "
        "SELECT 'log-in ' || n || ' x', %s, 5 FROM number"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{numbers} {others}", [AT_NOON + HOUR])
    assert RateLimit.objects.count() > 100_000
    assert log_in(ana.email).status_code == 429


def test_the_purge_keeps_what_still_counts(ana, clock):
    statuses(5, ana.email)
    log_in(ana.email, RIGHT, "198.51.100.2")
    RateLimit.objects.forget_past(AT_NOON + dt.timedelta(hours=2))

    assert log_in(ana.email).status_code == 429
    assert RateLimit.objects.filter(name__startswith="log-in known").exists()


def test_no_row_of_the_limits_holds_an_address(ana):
    statuses(2, ana.email)
    statuses(2, "nobody@example.com")
    log_in("ana", RIGHT)

    kept = " ".join(RateLimit.objects.values_list("name", flat=True))
    assert kept.count("log-in") == 6
    assert not [told for told in ("198.51.100.1", "ana@", "nobody", "example") if told in kept]


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
@pytest.mark.processes(10)
@pytest.mark.parametrize("tries", matrix([12, 30], first=1))
def test_of_many_tries_at_once_five_are_looked_at(tries):
    make_user("ana")
    told = raced([{"step": "log_in", "name": "ana"}] * tries)
    assert sorted(told) == ["200"] * 5 + ["429"] * (tries - 5)


# Every door where a password is looked at -----------------------------------------------------------
def page_of(user: User, name: str, **fields: str):
    """Posts that try the password of whoever is signed in, one after the other."""
    browser = signed_in(user)
    return lambda: browser.post(reverse(name), fields, REMOTE_ADDR="198.51.100.1")


@pytest.mark.parametrize(
    ("name", "field"), [("account_reauthenticate", "password"), ("account_change_password", "oldpassword")]
)
def test_a_stolen_session_guesses_the_password_no_faster(ana, name, field):
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    again = page_of(ana, name, **new, **{field: WRONG})
    assert [again().status_code for _ in range(7)] == [200] * 5 + [429] * 2
    assert hashes(again) == 0
    assert log_in(ana.email, RIGHT).status_code == 429, "tries at all doors are one count"
    ana.refresh_from_db()
    assert ana.check_password(RIGHT)


@pytest.mark.parametrize("who", ["anonymous", "staff"])
@pytest.mark.parametrize("address", ["/admin/login/", "/admin/password_change/"])
def test_the_admin_looks_at_no_password(ana, who, address):
    staff = make_user("eve", is_staff=True, is_superuser=True)
    client = Client() if who == "anonymous" else signed_in(staff)
    told = {
        "username": "ana",
        "password": WRONG,
        "old_password": WRONG,
        "new_password1": "x",
        "new_password2": "x",
    }
    assert hashes(lambda: client.post(address, told)) == 0
    assert client.post(address, told).status_code == 302


# One hash, whoever is named ------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name",
    [
        "ana",
        "ana@example.com",
        "proven@example.com",
        "nobody",
        "nobody@example.com",
        "eve",
        "closed",
        "like@mail.example",
    ],
)
def test_each_try_costs_one_hash_whomever_it_names(ana, name):
    EmailAddress.objects.create(user=ana, email="proven@example.com", verified=True)
    User.objects.create(username="eve")  # without a password that could be right
    make_user("closed", is_active=False)
    make_user("like@mail.example")
    assert hashes(lambda: log_in(name)) == 1


def test_several_accounts_with_one_unproven_address_cost_one_hash(ana):
    for n in range(3):
        User.objects.create_user(f"other{n}", ana.email, WRONG)
    assert hashes(lambda: log_in(ana.email)) == 1


# What costs us, by client address -----------------------------------------------------------------
def posts(name: str, times: int, address: str = "198.51.100.1", **fields: str) -> list[int]:
    client = Client(REMOTE_ADDR=address)
    return [
        client.post(reverse(name), {key: value.format(n) for key, value in fields.items()}).status_code
        for n in range(times)
    ]


def test_ten_forgotten_passwords_an_hour_are_mailed_for_one_address(ana, clock):
    told = posts("account_reset_password", 12, email="ana@example.com")
    assert told == [302] * 10 + [429] * 2
    assert len(mail.outbox) == 10
    assert posts("account_reset_password", 1, "198.51.100.2", email="ana@example.com") == [302]
    clock.shift(3600)
    assert posts("account_reset_password", 1, email="ana@example.com") == [302]


@pytest.mark.parametrize("name", ["account_reset_password", "account_signup"])
@pytest.mark.parametrize("email", ["ana@example.com", "new@example.com"])
def test_nobody_fills_the_mailbox_of_another_from_many_addresses(ana, name, email):
    fields = {"email": email, "password1": RIGHT, "password2": RIGHT}
    told = [posts(name, 1, f"198.51.100.{n}", **fields) for n in range(12)]
    assert told == [[302]] * 12
    kinds = {message.subject for message in mail.outbox}
    assert all([message.subject for message in mail.outbox].count(kind) <= 10 for kind in kinds)
    assert len(mail.outbox) in (10, 11)


def test_twenty_sign_ups_an_hour_come_from_one_address():
    fields = {"email": "new{}@example.com", "password1": RIGHT, "password2": RIGHT}
    told = [posts("account_signup", 1, **fields | {"email": f"new{n}@example.com"})[0] for n in range(22)]
    assert told == [302] * 20 + [429] * 2
    assert User.objects.count() == 20


def test_forms_that_come_back_leave_room_for_others_at_the_address():
    fields = {"email": "new@example.com", "password1": "short", "password2": "other"}
    assert posts("account_signup", 30, **fields) == [200] * 30
    right = {"email": "new@example.com", "password1": RIGHT, "password2": RIGHT}
    assert posts("account_signup", 1, **right) == [302]


def test_twenty_changes_and_confirmations_of_an_address_an_hour(ana):
    browser = signed_in(ana)
    browser.get(reverse("account_email"))
    send = {"email": ana.email, "action_send": ""}
    told = [browser.post(reverse("account_email"), send).status_code for _ in range(22)]
    assert told == [302] * 20 + [429] * 2
    assert len(mail.outbox) == 10, "to one mailbox"


def test_a_try_is_counted_before_it_is_looked_at(ana, rf):
    request = rf.post(LOG_IN, REMOTE_ADDR="198.51.100.1")
    told = [seconds_to_next_try(request, account_key(ana, "")) for _ in range(6)]
    assert told == [0] * 5 + [30]
