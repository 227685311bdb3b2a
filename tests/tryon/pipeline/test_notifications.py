"""Who is told by mail of what happened to their pictures: once, in one mail, and nobody who wants none."""

from __future__ import annotations

import datetime as dt
import html
import re
import threading
from collections.abc import Iterator
from email import message_from_string, policy

import pytest
import time_machine
from allauth.account.models import EmailAddress
from celery import current_app
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import Image, RejectionReason
from tests.asking import signed_in
from tests.factories import make_guest, make_image, make_user
from tests.live import Worker, until
from tests.tryon.lines import everything_logged
from tests.tryon.mailing import Inbox, deliver
from tests.tryon.making import accepted, only_generation
from tryon.accounts.models import User
from tryon.models import Generation, Mail, Notification, Site, TryOn
from tryon.pipeline import recovery, run, submission
from tryon.pipeline.notifications import batches
from tryon.pipeline.privacy import deletion, erasure, export

pytestmark = pytest.mark.django_db(transaction=True)
Kind = Notification.Kind
OWNERS = [Kind.READY, Kind.APPROVED, Kind.REJECTED]  # the others are for staff: test_review_mail


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(dt.datetime.now(dt.UTC)) as traveller:
        yield traveller


def member(name: str = "ana", *, is_proven: bool = True) -> User:
    user = make_user(name)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=is_proven)
    return user


@pytest.fixture
def ana() -> User:
    return member()


@pytest.fixture
def staff() -> User:
    return make_user("staff", is_staff=True)


def made_after(clock, owner: User, minutes: float = 3, **changes) -> TryOn:
    """A try-on whose picture came after so many minutes."""
    tryon = accepted(owner, **changes)
    clock.shift(dt.timedelta(minutes=minutes))
    for generation in tryon.generations.order_by("number"):
        run.run_generation(generation.pk)
    return tryon


def later(clock, minutes: float = 2) -> None:
    """What the sweeps of the next minutes send."""
    clock.shift(dt.timedelta(minutes=minutes))
    deliver()


def subjects(inbox: Inbox) -> list[str]:
    return [parsed(message)["Subject"] for message in inbox.messages]


def parsed(message: str):
    return message_from_string(message, policy=policy.default)


def words(message: str, kind: str = "plain") -> str:
    return parsed(message).get_body((kind,)).get_content()


# A picture after a long wait ------------------------------------------------------------------------
def test_a_picture_after_a_long_wait_is_told_to_who_has_left(gateway, inbox, ana, clock):
    tryon = made_after(clock, ana)
    deliver()
    assert not inbox.messages, "a page may still say it"
    later(clock)
    assert subjects(inbox) == ["[Tryon] Your picture is ready"]
    assert f"http://testserver/tryons/{tryon.pk}/" in words(inbox.messages[0])
    later(clock, 30)
    assert len(inbox.messages) == 1
    assert not Mail.objects.exists(), "its address goes with it"


def test_a_short_wait_is_worth_no_mail(gateway, inbox, ana, clock):
    made_after(clock, ana, minutes=1.9)
    later(clock)
    assert not inbox.messages


@pytest.mark.parametrize("hidden", ["", "&hidden=1"])
def test_a_page_that_is_open_says_it_whether_somebody_sees_it_or_not(gateway, inbox, ana, clock, hidden):
    tryon = made_after(clock, ana)
    told = signed_in(ana).get(reverse("tryon_status", args=[tryon.pk]) + f"?seen=1{hidden}")
    assert "Your picture is ready" in told.content.decode()
    later(clock)
    assert not inbox.messages


def test_whoever_looked_at_it_elsewhere_is_not_told(gateway, inbox, ana, clock):
    made_after(clock, ana)
    signed_in(ana).get(reverse("gallery"))
    later(clock)
    assert not inbox.messages


def test_the_pictures_of_a_try_on_make_one_mail_when_the_last_has_ended(gateway, inbox, ana, clock):
    tryon = accepted(ana, wanted=2)
    first, second = tryon.generations.order_by("number")
    clock.shift(dt.timedelta(minutes=3))
    run.run_generation(first.pk)
    later(clock)
    assert not inbox.messages, "one is still to come"
    second.cancel()
    later(clock)
    assert len(inbox.messages) == 1


def test_where_no_picture_came_there_is_nothing_to_tell(gateway, inbox, ana, clock):
    generation = only_generation(accepted(ana))
    clock.shift(dt.timedelta(hours=25))
    generation.expire()
    later(clock)
    assert not inbox.messages


def test_a_try_on_that_ran_again_tells_of_the_new_picture_alone(gateway, inbox, ana, clock):
    first, second = accepted(ana, wanted=2).generations.order_by("number")
    clock.shift(dt.timedelta(minutes=3))
    run.run_generation(first.pk)
    second.cancel()
    later(clock)
    again = submission.again(Generation.objects.get(pk=second.pk), "")
    clock.shift(dt.timedelta(minutes=3))
    again.cancel()
    later(clock)
    assert len(inbox.messages) == 1


# Decisions --------------------------------------------------------------------------------------------
def test_an_approved_picture_is_told_with_the_way_to_it(inbox, ana, staff, clock):
    image = make_image(ana)
    image.approve(staff)
    later(clock)
    assert subjects(inbox) == ["[Tryon] Your picture was approved"]
    assert f"http://testserver/gallery/{image.pk}/" in words(inbox.messages[0])


def test_a_rejected_one_is_told_with_its_reason_and_the_reviewers_words(inbox, ana, staff, clock):
    make_image(ana).reject(staff, RejectionReason.FACE, "The eyes are another's")
    later(clock)
    assert subjects(inbox) == ["[Tryon] Your picture was not approved"]
    told = Image.objects.get().why_rejected + ": The eyes are another's"
    assert told in words(inbox.messages[0])
    assert told in html.unescape(words(inbox.messages[0], "html"))


def test_fifty_decisions_make_one_mail_an_owner(inbox, ana, staff, clock):
    for owner in (ana, member("bob")):
        for image in [make_image(owner) for _ in range(50)]:
            image.approve(staff)
            clock.shift(dt.timedelta(seconds=1))
    later(clock)
    assert subjects(inbox) == ["[Tryon] 50 pictures were approved"] * 2
    assert words(inbox.messages[0]).count("/gallery/") == 11, "ten, and the way to the others"


def test_decisions_that_come_all_the_time_are_told_now_and_then(inbox, ana, staff, clock):
    for _ in range(30):
        make_image(ana).approve(staff)
        later(clock, 1)
    assert len(inbox.messages) == 3


def test_what_was_decided_otherwise_within_moments_is_told_as_it_is_in_the_end(inbox, ana, staff, clock):
    image = make_image(ana)
    image.approve(staff)
    clock.shift(dt.timedelta(seconds=20))
    deliver()
    image.undo(staff)
    image.reject(staff, RejectionReason.FACE)
    later(clock)
    assert subjects(inbox) == ["[Tryon] Your picture was not approved"]


def test_a_decision_that_was_undone_is_not_told(inbox, ana, staff, clock):
    image = make_image(ana)
    image.approve(staff)
    image.undo(staff)
    later(clock)
    assert not inbox.messages


def test_what_the_owner_decided_is_no_news_to_them(inbox, ana, clock):
    make_image(ana).approve(ana)
    later(clock)
    assert not inbox.messages


# To whom ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", OWNERS)
def test_nobody_is_told_what_they_chose_away(gateway, inbox, ana, staff, clock, kind):
    wanted = {f"mail_when_{each}": "on" for each in OWNERS if each != kind}
    signed_in(ana).post(reverse("account_mails"), wanted)
    happened = {
        Kind.READY: lambda: made_after(clock, ana),
        Kind.APPROVED: lambda: make_image(ana).approve(staff),
        Kind.REJECTED: lambda: make_image(ana).reject(staff, RejectionReason.FACE),
    }
    for happen in happened.values():
        happen()
    later(clock)
    assert len(inbox.messages) == 2
    assert kind == Kind.READY or any("ready" in subject for subject in subjects(inbox))
    assert not Notification.objects.exists()


def test_neither_guests_nor_accounts_without_a_proven_address_nor_closed_ones(inbox, staff, clock):
    closed = member("closed")
    for owner in (make_guest(), member("unproven", is_proven=False), closed):
        make_image(owner).approve(staff)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    later(clock)
    assert not inbox.messages
    assert not Notification.objects.exists()


def test_where_no_mail_is_sent_nothing_waits_for_a_time_when_it_is(inbox, ana, staff, clock, settings):
    settings.SENDS_MAIL = False
    make_image(ana).approve(staff)
    settings.SENDS_MAIL = True
    later(clock)
    assert not inbox.messages


def test_what_is_older_than_a_day_is_no_news(inbox, ana, staff, clock):
    make_image(ana).approve(staff)
    clock.shift(dt.timedelta(days=1, minutes=1))
    deliver()
    assert not inbox.messages
    recovery.purge()
    assert not Notification.objects.exists()


@pytest.mark.parametrize("is_written", [False, True])
@pytest.mark.parametrize("gone", ["picture", "account", "choice"])
def test_no_mail_of_what_is_gone_or_to_who_is(inbox, ana, staff, clock, settings, gone, is_written):
    """Also where the mail was written, and the mail server was away."""
    image = make_image(ana)
    image.approve(staff)
    clock.shift(dt.timedelta(minutes=2))
    if is_written:
        recovery.sweep()
        assert Mail.objects.exists()
    if gone == "picture":
        deletion.delete_image(image, ana)
    elif gone == "account":
        erasure.erase(ana, ana)
    else:
        ana.stop_mail(Kind.APPROVED)
    later(clock)
    assert not inbox.messages
    assert not Mail.objects.exists()
    assert not Notification.objects.exists()


def test_what_is_to_be_told_is_in_the_copy_of_ones_data(ana, staff):
    image = make_image(ana)
    image.approve(staff)
    data = b"".join(export.archive(ana, ana)).decode("latin-1")
    assert '"mails": [\n   "ready",\n   "approved",\n   "rejected"\n  ]' in data
    assert f'"subject": "{image.pk}"' in data


# Exactly once -------------------------------------------------------------------------------------------
def test_it_is_part_of_what_it_tells_of(inbox, ana, staff, clock):
    with transaction.atomic():
        make_image(ana).approve(staff)
        transaction.set_rollback(True)
    assert not Notification.objects.exists()


@pytest.mark.both_databases
def test_two_workers_write_one_mail(ana, staff, clock):
    for _ in range(3):
        make_image(ana).approve(staff)
    clock.shift(dt.timedelta(minutes=2))
    (due,) = Notification.objects.due()
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        batches.write_mail(*due)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Mail.objects.count() == 1
    assert not Notification.objects.exists()


def test_a_worker_that_dies_over_it_leaves_it_to_another(inbox, ana, staff, clock):
    make_image(ana).approve(staff)
    clock.shift(dt.timedelta(minutes=2))
    (due,) = Notification.objects.due()
    with transaction.atomic():  # as a connection that ends before it commits
        batches.write_mail(*due)
        transaction.set_rollback(True)
    assert not Mail.objects.exists()
    deliver()
    assert len(inbox.messages) == 1


@pytest.mark.proof
@pytest.mark.processes(20)
def test_workers_that_sweep_at_once_and_one_that_is_killed_tell_each_decision_once(
    broker, gateway, inbox, ana, staff, settings
):
    """What was on its way when its worker died goes again, and is known by its Message-ID to be one mail."""
    broker.empty()
    email = f"smtp://127.0.0.1:{settings.EMAIL_PORT}"
    with Worker(broker, gateway.url, TEST_EMAIL=email) as one, Worker(broker, gateway.url, TEST_EMAIL=email):
        for turn in range(4):
            for _ in range(5):
                make_image(ana).approve(staff)
            Notification.objects.update(at=timezone.now() - dt.timedelta(minutes=2))
            for _ in range(6):
                current_app.send_task("tryon.tasks.sweep")
            if turn == 2:
                one.kill()
            until(lambda: not Notification.objects.exists(), what="they are told")
        Mail.objects.update(not_before=timezone.now())  # what the killed one had claimed
        current_app.send_task("tryon.tasks.sweep")
        until(lambda: not Mail.objects.exists(), what="they are sent")
    mails = {parsed(message)["Message-ID"]: words(message) for message in inbox.messages}
    named = [pk for text in mails.values() for pk in re.findall(r"/gallery/([0-9a-f-]{36})/", text)]
    assert sorted(named) == sorted(str(pk) for pk in Image.objects.values_list("pk", flat=True))


# What it looks like, and the way out ----------------------------------------------------------------------
FETCHED = re.compile(r"<(?:img|link|script|iframe|object|video|audio|source)\b|\bsrc=|url\(|@import", re.I)


def test_a_mail_is_text_and_the_same_in_the_shops_look_and_fetches_nothing(inbox, ana, staff, clock):
    Site.objects.keep(Site(pk=1, name="Ana's", accent="#7a1f3d", contact_email="help@ana.example"), 1e9)
    make_image(ana).reject(staff, RejectionReason.FACE, "<b>No</b>")
    later(clock)
    look = words(inbox.messages[0], "html")
    assert not FETCHED.search(look)
    assert "#7a1f3d" in look
    assert "&lt;b&gt;No&lt;/b&gt;" in look
    assert "<b>No</b>" in words(inbox.messages[0])
    assert parsed(inbox.messages[0])["Reply-To"] == "help@ana.example"
    for link in re.findall(r'href="([^"]+)"', look):
        assert link.startswith("http://testserver/")


def test_mails_about_accounts_have_the_same_look(inbox):
    told = {"email": "ana@example.com"} | dict.fromkeys(["password1", "password2"], "correct horse battery")
    Client().post(reverse("account_signup"), told)
    deliver()
    look = words(inbox.messages[0], "html")
    assert not FETCHED.search(look)
    assert re.search(r'href="http://testserver/accounts/confirm-email/[^"]+"', look)
    assert "If you know nothing of this, do nothing." in look


def link_out(message: str) -> str:
    """By RFC 8058, as a mail program finds it."""
    head = parsed(message)
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.fullmatch(r"<http://testserver(/[^>]+)>", head["List-Unsubscribe"].strip())[1]
    assert address in words(message)
    return address


def test_one_post_without_a_log_in_ends_mails_of_this_kind(inbox, ana, staff, clock):
    make_image(ana).approve(staff)
    later(clock)
    program = Client(enforce_csrf_checks=True)
    answer = program.post(link_out(inbox.messages[0]), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    make_image(ana).approve(staff)
    make_image(ana).reject(staff, RejectionReason.FACE)
    later(clock)
    assert subjects(inbox) == ["[Tryon] Your picture was approved", "[Tryon] Your picture was not approved"]


def test_the_link_opens_a_page_with_a_button_and_does_nothing_by_itself(inbox, ana, staff, clock):
    make_image(ana).approve(staff)
    later(clock)
    link, browser = link_out(inbox.messages[0]), Client(enforce_csrf_checks=True)
    page = browser.get(link).content.decode()
    ana.refresh_from_db()
    assert ana.mail_when_approved
    assert ana.email not in page
    assert f'<form method="post" action="{link}">' in page
    assert "No more of these mails" in browser.post(link).content.decode()
    ana.refresh_from_db()
    assert not ana.mail_when_approved


def test_no_line_holds_the_way_out_of_somebodys_mails(inbox, ana, staff, clock):
    make_image(ana).approve(staff)
    later(clock)
    link = link_out(inbox.messages[0])
    with everything_logged() as lines:
        Client().post(link)
    assert "/accounts/mails/stop/[key]" in lines.text
    assert link.rpartition("/")[2] not in lines.text


@pytest.mark.parametrize("token", ["nonsense", "WzEsInJlYWR5Il0:1abcde:aaaa"])
def test_a_link_that_is_not_ours_ends_nothing(ana, token):
    assert Client().post(reverse("unsubscribe", args=[token])).status_code == 404


def test_what_one_chooses_is_kept_and_shown(ana):
    browser, page = signed_in(ana), reverse("account_mails")
    assert browser.get(page).content.decode().count(" checked") == 3
    browser.post(page, {"mail_when_ready": "on"})
    ana.refresh_from_db()
    assert [ana.wants_mail(kind) for kind in OWNERS] == [True, False, False]
    assert browser.get(page).content.decode().count(" checked") == 1


def test_a_mail_that_waits_is_sent_after_a_mail_server_was_away(inbox, ana, staff, clock, settings):
    there, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    make_image(ana).approve(staff)
    later(clock)
    assert Mail.objects.get().tries == 1
    settings.EMAIL_PORT = there
    later(clock)
    assert len(inbox.messages) == 1
