"""Reviewers hear once a day by mail that pictures wait for them, while some do."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import Image
from tests.asking import signed_in
from tests.factories import make_image, make_user
from tryon.accounts.models import User
from tryon.models import Mail
from tryon.pipeline import recovery
from tryon.pipeline.notifications import batches, mails

pytestmark = [pytest.mark.django_db]
MORNING = dt.datetime(2026, 12, 1, 7, tzinfo=dt.UTC)


def proven(user: User) -> User:
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


@pytest.fixture
def told(ana, owner) -> User:
    proven(owner)
    return proven(ana)


def remind(at: dt.datetime = MORNING) -> list[Mail]:
    batches.remind_reviewers(at)
    return list(Mail.objects.order_by("created_at"))


def test_a_reviewer_is_told_how_many_wait_and_how_to_get_there(told, owner, settings):
    for _ in range(3):
        make_image(owner)
    [mail] = remind()
    assert (mail.to, mail.subject) == ("ana@example.com", "[Tryon] 3 pictures wait for a check")
    assert "http://testserver/accounts/login/?next=/review/" in mail.body.replace("%2F", "/")
    assert "nobody has checked them yet" in mail.body
    assert "Check now" in mail.html
    link = re.search(r"http://testserver(/accounts/login/\S+)", mail.body)[1]
    assert signed_in(told).get(link)["Location"] == "/review/"


def test_once_a_day_and_not_before_the_hour(told, owner, monkeypatch):
    make_image(owner)
    assert remind(MORNING - dt.timedelta(hours=2)) == []
    for hours in (0, 1, 12):
        assert len(remind(MORNING + dt.timedelta(hours=hours))) == 1
    assert len(remind(MORNING + dt.timedelta(days=1))) == 2


def test_nobody_is_told_while_nothing_waits(told, owner):
    make_image(owner, "approved")
    assert remind() == []


def test_nobody_else_is_told(told, owner, ben):
    for user in (
        make_user(is_staff=True),
        make_user("gone", is_staff=True, is_superuser=True, is_active=False),
    ):
        proven(user)
    User.objects.filter(pk=ben.pk).update(mail_when_waiting=False)
    proven(ben)
    make_image(owner)
    assert [mail.to for mail in remind()] == ["ana@example.com"]


def test_a_mail_that_is_true_no_more_does_not_leave(told, owner, ana, mailoutbox):
    image = make_image(owner)
    [mail] = remind()
    Image.objects.get(pk=image.pk).approve(ana)
    mails.send(mail.pk)
    assert not Mail.objects.filter(to="ana@example.com").exists()
    assert not mailoutbox


def test_the_clock_of_upkeep_writes_it(told, owner):
    make_image(owner)
    with time_machine.travel(timezone.now().replace(hour=7), tick=False):
        recovery.purge()
        recovery.purge()
    assert Mail.objects.filter(to="ana@example.com").count() == 1


def test_reviewers_alone_choose_whether_they_get_it(told, owner):
    page = reverse("account_mails")
    assert "Pictures wait for a check, once a day" in signed_in(told).get(page).text
    assert "Pictures wait for a check" not in signed_in(owner).get(page).text
    signed_in(told).post(page, {"mail_when_ready": "on"})
    told.refresh_from_db()
    assert not told.mail_when_waiting
    signed_in(owner).post(page, {})
    owner.refresh_from_db()
    assert owner.mail_when_waiting, "what was not offered was not chosen"


def test_the_link_in_the_mail_ends_mails_like_it(told, owner):
    make_image(owner)
    [mail] = remind()
    Client().post(mail.unsubscribe_url.removeprefix("http://testserver"))
    told.refresh_from_db()
    assert not told.mail_when_waiting
    assert told.mail_when_ready
