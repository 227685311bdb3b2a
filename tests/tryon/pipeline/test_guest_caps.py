"""What guests can cost is bounded without their cookie: by client address, and by a share for all of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.asking import signed_in, visiting
from tests.factories import make_guest, make_user
from tests.live import until
from tests.tryon.making import accepted, only_generation, wishes
from tests.tryon.studio_form import wishes as form
from tryon.accounts.client_address import address_name
from tryon.accounts.models import User
from tryon.billing import reconcile
from tryon.models import Budget, Generation, TryOn
from tryon.models.money.budget import BudgetScope, CapReached
from tryon.operations import checks
from tryon.pipeline import recovery, run, submission
from tryon.pipeline.guest_merge import merge_guest_into_account

pytestmark = pytest.mark.django_db(transaction=True)

HERE, ELSEWHERE = "93.184.215.14", "8.8.4.4"
PRICE = 45_000  # micro-USD of a picture of 512 px
PASSWORD = "correct horse battery"


def ask(client: Client, address: str = HERE, **changes: str):
    """In words alone, which costs the test no photo."""
    words = {"mode": "imagine", "note": "By candle light", "size": "512"}
    fields = {name: value for name, value in form().items() if isinstance(value, str)}
    return client.post("/", fields | words | changes, REMOTE_ADDR=address)


def told(page: str) -> str:
    """Why the form was not accepted."""
    summary = re.search(r'id="problems".*?</ul>', page, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", summary[0].split("<ul>")[1])) if summary else ""


def taken(scope: str) -> int:
    return sum(row.taken for row in Budget.objects.filter(scope=scope))


@pytest.fixture(autouse=True)
def the_books_agree() -> Iterator[None]:
    yield
    assert reconcile.disagreements() == []


# By client address ------------------------------------------------------------------------------------
def test_one_address_with_eighteen_cookies_gets_its_cap_and_an_account_elsewhere_its_picture(settings):
    settings.PICTURES_PER_DAY_GUEST, settings.PICTURES_PER_HOUR_ADDRESS = 10, 20
    settings.SPEND_PER_DAY = 72 * PRICE / 1e6
    for _ in range(18):
        ask(Client(), n="4")
    assert sum(Generation.objects.values_list("count", flat=True)) == 20
    assert taken("site day") == 20 * PRICE
    assert ask(signed_in(make_user("ana"))).status_code == 302
    assert ask(Client(), ELSEWHERE, n="4").status_code == 302
    assert User.objects.get(username="ana").tryons.count() == 1


@pytest.mark.parametrize(
    ("other", "status"),
    [("2001:db8:1:2:ffff::9", 422), ("2001:db8:1:3::1", 302), ("::ffff:93.184.215.14", 302)],
)
def test_a_household_counts_as_one_whichever_of_its_addresses_it_takes(settings, other, status):
    settings.PICTURES_PER_DAY_ADDRESS = 1
    assert ask(Client(), "2001:db8:1:2::1").status_code == 302
    assert ask(Client(), other).status_code == status


def test_accounts_and_staff_are_not_counted_by_address(settings):
    settings.PICTURES_PER_HOUR_ADDRESS = settings.PICTURES_PER_DAY_ADDRESS = 1
    for who in (make_user(), make_user(is_staff=True)):
        assert [ask(signed_in(who)).status_code for _ in range(2)] == [302, 302]
    assert not Budget.objects.of_addresses().exists()
    assert ask(Client()).status_code == 302


def test_no_address_is_kept_where_no_cap_counts_by_it_and_never_the_address_itself(settings):
    ask(Client())
    assert not Budget.objects.of_addresses().exists()
    privacy = reverse("privacy")
    assert "From which internet address" not in Client().get(privacy).text
    settings.PICTURES_PER_DAY_ADDRESS = 60
    assert "From which internet address" in Client().get(privacy).text
    ask(Client())
    [row] = Budget.objects.of_addresses()
    assert re.fullmatch(r"address [0-9a-f]{32} day", row.scope)


@pytest.mark.parametrize(("span", "opens"), [("HOUR", "11:00"), ("DAY", "00:00")])
def test_an_address_is_told_when_it_opens_and_it_does(settings, span, opens):
    setattr(settings, f"PICTURES_PER_{span}_ADDRESS", 1)
    with time_machine.travel("2026-11-30T10:59:00Z", tick=False):
        ask(Client())
        assert f"New ones from {opens} UTC" in told(ask(Client()).text)
    with time_machine.travel(f"2026-{'11-30' if span == 'HOUR' else '12-01'}T{opens}:01Z", tick=False):
        assert ask(Client()).status_code == 302


def test_what_was_cancelled_is_given_back_to_the_address(settings):
    settings.PICTURES_PER_HOUR_ADDRESS = 1
    ask(Client())
    assert only_generation(TryOn.objects.get()).cancel()
    assert ask(Client()).status_code == 302


def test_run_again_of_yesterday_counts_today_and_by_the_address_of_now(settings):
    settings.PICTURES_PER_DAY_ADDRESS = 1
    guest = make_guest()
    with time_machine.travel("2026-11-29T12:00:00Z", tick=False):
        ask(visiting(guest))
        row = only_generation(TryOn.objects.get())
        row.cancel()
    with time_machine.travel("2026-11-30T12:00:00Z", tick=False):
        ask(Client(), ELSEWHERE)
        again = reverse("generation_again", args=[row.pk])
        page = visiting(guest).post(again, follow=True, REMOTE_ADDR=ELSEWHERE).text
        assert "From your connection 1 picture was made today" in page
        visiting(guest).post(again, REMOTE_ADDR=HERE)
    [newest] = Generation.objects.filter(repeats=row)
    assert ["guests day", "2026-11-30"] in newest.budget_keys
    assert newest.address_keys[0][1] == "2026-11-30"


# For two days -----------------------------------------------------------------------------------------
@pytest.mark.both_databases
def test_what_an_address_was_counted_by_is_gone_after_two_days_and_all_goes_on(settings, gateway):
    settings.PICTURES_PER_HOUR_ADDRESS = settings.PICTURES_PER_DAY_ADDRESS = 9
    settings.QUEUED_HOURS = 999
    with time_machine.travel("2026-11-28T23:59:00Z", tick=False):
        ask(Client())
        ask(Client())
        recovery.purge()
    with time_machine.travel("2026-11-29T23:59:00Z", tick=False):
        recovery.purge()
        assert Budget.objects.of_addresses().count() == 2
    first, second = Generation.objects.order_by("created_at", "pk")
    with time_machine.travel("2026-11-30T00:00:00Z", tick=False):
        recovery.purge()
        assert not Budget.objects.of_addresses().exists()
        assert not Generation.objects.exclude(address_keys=None).exists()
        with transaction.atomic():
            assert first.reprice(60_000), "read before its address was forgotten"
        assert first.cancel()
        run.run_generation(second.pk)
        assert taken("guests day") == PRICE
        assert not Budget.objects.of_addresses().exists()


def test_a_move_over_a_purged_row_changes_nothing(settings):
    settings.PICTURES_PER_DAY_ADDRESS = 9
    ask(Client())
    row = only_generation(TryOn.objects.get())
    Budget.objects.of_addresses().delete()
    with transaction.atomic():
        assert row.reprice(2 * PRICE)
    assert row.cancel()
    assert not Budget.objects.of_addresses().exists()


# The guests' share ------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["SPEND_PER_DAY", "SPEND_PER_MONTH"])
def test_guests_have_their_share_and_accounts_always_the_rest(settings, name):
    setattr(settings, name, 5 * PRICE / 1e6)
    settings.GUESTS_SHARE = 0.4
    assert [ask(Client(), f"8.8.8.{n}").status_code for n in range(3)] == [302, 302, 422]
    ana = make_user()
    assert [ask(signed_in(ana)).status_code for _ in range(4)] == [302, 302, 302, 422]


def test_where_sign_up_is_closed_guests_may_have_all_of_it(settings):
    settings.SPEND_PER_DAY, settings.SIGNUP = 2 * PRICE / 1e6, "closed"
    assert [ask(Client()).status_code for _ in range(3)] == [302, 302, 422]


def test_an_account_counts_as_a_guest_until_its_email_is_proven_where_mail_works(settings):
    settings.ACCOUNT_EMAIL_VERIFICATION, settings.ACCOUNTS_NEED_PROOF = "optional", True
    settings.PICTURES_PER_DAY_GUEST, settings.PICTURES_PER_DAY_ACCOUNT = 1, 3
    client = Client()
    client.post(
        reverse("account_signup"), {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert ask(client).status_code == 302
    assert "Confirm your e-mail for an allowance of your own" in told(ask(client).text)
    page = client.get(reverse("account_email")).text
    assert "Until your e-mail is confirmed you have a guest" in page
    assert "Send the confirmation again" in page
    assert taken("guests day") == PRICE

    [sent] = mail.outbox
    assert sent.to == ["new@example.com"]
    client.post(re.search(r"http://testserver(/accounts/confirm-email/\S+)", sent.body)[1])

    assert EmailAddress.objects.get().verified
    assert [ask(client).status_code for _ in range(3)] == [302, 302, 422]
    assert taken("guests day") == PRICE, "what was accepted before stays where it was counted"
    assert "Until your e-mail is" not in client.get(reverse("account_email")).text


@pytest.mark.parametrize(("needs_proof", "status"), [(True, 422), (False, 302)])
def test_without_mail_an_account_is_one_at_once_and_staff_need_no_proof(settings, needs_proof, status):
    settings.PICTURES_PER_DAY_GUEST, settings.ACCOUNTS_NEED_PROOF = 0, needs_proof
    assert ask(signed_in(make_user())).status_code == status
    assert ask(signed_in(make_user(is_staff=True))).status_code == 302


# A guest becomes an account ---------------------------------------------------------------------------
@pytest.fixture
def running(gateway, settings) -> tuple[User, Generation]:
    """A guest whose call is on its way."""
    settings.PICTURES_PER_HOUR_ADDRESS = 9
    guest = make_guest()
    ask(visiting(guest))
    return guest, only_generation(TryOn.objects.get())


def columns(scope: str) -> tuple[int, int]:
    row = Budget.objects.get(scope=scope)
    return row.reserved, row.spent


def settled_as_guest() -> bool:
    [by_address] = Budget.objects.of_addresses()
    return (
        columns("guests day") == columns("guests month") == (0, PRICE)
        and (by_address.reserved, by_address.spent) == (0, 1)
        and columns("site day") == (0, PRICE)
    )


def test_a_call_of_a_guest_who_signs_up_meanwhile_ends_where_it_was_counted(running):
    guest, row = running
    fields = {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
    visiting(guest).post(reverse("account_signup"), fields)
    guest.refresh_from_db()
    assert not guest.is_guest
    run.run_generation(row.pk)
    assert settled_as_guest()
    assert columns(f"owner {guest.pk} day") == (0, 1)


@pytest.mark.both_databases
@pytest.mark.parametrize("is_first", [True, False])
def test_a_call_of_a_guest_who_logs_in_meanwhile_ends_where_it_was_counted(running, is_first):
    guest, row = running
    account = make_user()
    steps = [lambda: merge_guest_into_account(guest, account), lambda: run.run_generation(row.pk)]
    for step in steps if is_first else reversed(steps):
        step()
    assert settled_as_guest()
    assert columns(f"owner {account.pk} day") == (0, 1)
    assert not Budget.objects.filter(scope=f"owner {guest.pk} day").exists()


@pytest.mark.both_databases
def test_what_is_moved_to_a_dearer_model_after_the_log_in_is_set_aside_among_the_guests(running, settings):
    guest, row = running
    settings.SPEND_PER_DAY = 4 * PRICE / 1e6
    merge_guest_into_account(guest, make_user())
    with pytest.raises(CapReached, match="guests day"), transaction.atomic():
        row.reprice(3 * PRICE)
    with transaction.atomic():
        assert row.reprice(2 * PRICE)
    assert columns("guests day") == (2 * PRICE, 0)
    row.refresh_from_db()
    assert row.cancel()
    assert taken("guests day") == taken("guests month") == 0


# Two at once: where PostgreSQL lets them in both, SQLite has one go after the other ---------------------
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time"
)


@contextmanager
def beside(step: Callable[[], object]) -> Iterator[None]:
    """Somebody else takes this step, and waits for a lock of ours until the block's end; then it succeeds."""

    def closing() -> None:
        try:
            step()
        finally:
            connection.close()

    def is_waiting() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
            return cursor.fetchone() is not None or other.done()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            yield
            other = pool.submit(closing)
            until(is_waiting)
        other.result(timeout=30)


@on_postgresql
@pytest.mark.both_databases
@pytest.mark.parametrize("asked", ["a form", "again", "a cancel"])
def test_what_is_asked_for_while_a_log_in_is_under_way_is_counted_somewhere(running, asked):
    guest, row = running
    row = Generation.objects.select_related("tryon__owner").get()
    form = wishes(guest, key="two")
    if asked == "again":
        row.cancel()
        row.refresh_from_db(fields=["status"])
    steps = {
        "a form": lambda: submission.accept(guest, form),
        "again": lambda: submission.again(row),
        "a cancel": row.cancel,
    }
    with beside(steps[asked]):
        merge_guest_into_account(guest, make_user())


@on_postgresql
@pytest.mark.both_databases
@pytest.mark.parametrize("asked", ["a form", "again", "a cancel"])
def test_a_log_in_waits_for_what_is_being_asked_for(running, asked):
    guest, row = running
    account, form = make_user(), wishes(guest, key="two")
    if asked == "again":
        row.cancel()
        row.refresh_from_db(fields=["status"])
    with beside(lambda: merge_guest_into_account(guest, account)):
        if asked == "a form":
            submission.accept(guest, form)
        elif asked == "again":
            submission.again(row)
        else:
            row.cancel()
    assert not guest.tryons.exists()


def test_run_again_after_the_log_in_counts_for_the_account(running):
    guest, row = running
    row.cancel()
    row = Generation.objects.select_related("tryon__owner").get()  # as the guest's page has read it
    account = make_user()
    merge_guest_into_account(guest, account)
    newest = submission.again(row)
    assert newest.budget_keys[-1][0] == f"owner {account.pk} day"
    assert taken("guests day") == 0


def test_a_form_that_is_accepted_while_its_guest_signs_up_counts_for_the_account():
    guest = make_guest()
    guest.is_guest = True  # as the request has read it
    User.objects.filter(pk=guest.pk).update(is_guest=False)
    accepted(guest)
    assert not Budget.objects.of(BudgetScope("day", "guests")).exists()


def test_what_a_version_before_accepted_ends_in_the_rows_of_that_version(gateway):
    guest, account = make_guest(), make_user()
    tryon = accepted(guest)
    Generation.objects.update(budget_keys=None)
    Budget.objects.filter(scope__startswith="guests").delete()
    merge_guest_into_account(guest, account)
    assert reconcile.disagreements() == []
    run.run_generation(only_generation(tryon).pk)
    assert columns(f"owner {account.pk} day") == (0, 1)
    assert columns("site day") == (0, PRICE)


# What people read -------------------------------------------------------------------------------------
def test_who_is_refused_reads_why_when_and_how_to_sign_in(settings):
    settings.PICTURES_PER_HOUR_ADDRESS = 3
    ask(Client(), n="2")
    page = ask(Client(), n="2").text
    assert "From your connection 1 more picture can be made this hour: choose fewer." in told(page)
    ask(Client())
    page = ask(Client()).text
    assert "From your connection 3 pictures were made this hour" in told(page)
    assert "Log in or create an account for an allowance of your own" in told(page)
    for name in ("account_login", "account_signup"):
        assert f'href="{reverse(name)}"' in page.split('id="problems"')[1].split("</ul>")[0]
    settings.SIGNUP = "closed"
    assert ". Log in for an allowance of your own" in told(ask(Client()).text)


def test_guests_whose_share_is_used_read_so(settings):
    settings.SPEND_PER_DAY = 2 * PRICE / 1e6
    ask(Client())
    words = told(ask(Client()).text)
    assert "Guests have used up what this site has for them today" in words
    assert "Log in or create an account" in words


def test_an_account_is_not_sent_to_the_log_in_and_nothing_helps_where_the_site_has_none_left(settings):
    settings.PICTURES_PER_DAY_ACCOUNT = 0
    assert "Log in for" not in told(ask(signed_in(make_user())).text)
    settings.SPEND_PER_DAY = 0
    assert told(ask(Client()).text).count("Log in for") == 0


@pytest.mark.parametrize(
    ("caps", "words"),
    [
        ({"PICTURES_PER_DAY_GUEST": 3}, "2 of today&#x27;s 3 pictures left."),
        ({"PICTURES_PER_HOUR_ADDRESS": 2}, "1 more picture from your connection this hour."),
        ({"PICTURES_PER_HOUR_ADDRESS": 1}, "No more pictures from your connection this hour."),
        (
            {"PICTURES_PER_DAY_GUEST": 9, "PICTURES_PER_DAY_ADDRESS": 8, "PICTURES_PER_HOUR_ADDRESS": 20},
            "7 more pictures from your connection today.",
        ),
        ({}, ""),
    ],
)
def test_the_page_promises_no_more_than_the_tightest_cap(settings, caps, words):
    for name, cap in caps.items():
        setattr(settings, name, cap)
    client = Client()
    client.get("/")
    ask(client)
    line = re.search(r'<p class="small soft go-words[^>]*>(.*?)</p>', client.get("/", REMOTE_ADDR=HERE).text)
    assert line[1].strip() == words


# A proxy that names nobody ----------------------------------------------------------------------------
@pytest.fixture
def behind_a_proxy(settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "try.example.com"]
    settings.PICTURES_PER_DAY_ADDRESS = 60
    for _ in range(3):
        ask(Client(), "172.18.0.5", n="4")


def notice() -> str:
    return signed_in(make_user(is_staff=True)).get("/admin/").text


def test_where_most_guests_come_from_one_private_address_staff_and_check_are_told(behind_a_proxy):
    [found] = checks.guests_have_addresses()
    assert found.id == "tryon.W031"
    assert found.msg.startswith("12 of 12 pictures of guests")
    assert "CLIENT_IP_HEADER" in found.hint
    assert "12 of 12 pictures of guests" in notice()
    with time_machine.travel(timezone.now() + dt.timedelta(days=2)):
        assert checks.guests_have_addresses() == []


def test_where_most_come_from_elsewhere_nothing_is_said(behind_a_proxy):
    for n in range(3):
        ask(Client(), f"8.8.8.{n}", n="4")
    assert checks.guests_have_addresses() == []
    assert "Guests are counted as one" not in notice()


def test_on_this_machine_alone_nothing_is_said(behind_a_proxy, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    assert checks.guests_have_addresses() == []


def test_many_of_one_public_address_are_no_proxy(settings):
    settings.ALLOWED_HOSTS, settings.PICTURES_PER_DAY_ADDRESS = ["testserver"], 60
    for _ in range(3):
        ask(Client(), n="4")
    assert checks.guests_have_addresses() == []


def test_the_name_of_a_private_address_says_so_and_nothing_else(rf):
    def name(address: str) -> str:
        return address_name(rf.get("/", REMOTE_ADDR=address))

    assert re.fullmatch(r"private [0-9a-f]{32}", name("10.0.0.7"))
    assert name("10.0.0.7") != name("10.0.0.8")
    assert re.fullmatch(r"[0-9a-f]{32}", name(HERE))
