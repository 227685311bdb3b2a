"""Mails go through a worker: no page waits for the mail server, and what it cannot take now goes later."""

from __future__ import annotations

import datetime as dt
import logging

import pytest
import time_machine
from django.core import mail
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.factories import make_user
from tests.live import Worker, until
from tests.tryon.mailing import deliver, free_port
from tryon.models import Mail
from tryon.pipeline.notifications import mails
from tryon.pipeline.privacy import erasure

PASSWORD = "correct horse battery"


@pytest.fixture
def worker_with_mail(broker, gateway, inbox, settings):
    with Worker(broker, gateway.url, TEST_EMAIL=f"smtp://127.0.0.1:{settings.EMAIL_PORT}") as worker:
        yield worker


def sign_up(email: str = "ana@example.com") -> int:
    fields = {"email": email, "password1": PASSWORD, "password2": PASSWORD}
    return Client().post(reverse("account_signup"), fields).status_code


def told(caplog) -> list[tuple[int, str]]:
    """Our own lines; the mail server of the tests has others."""
    return [
        (record.levelno, record.getMessage()) for record in caplog.records if record.name.startswith("tryon")
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.processes
def test_who_signs_up_has_a_mail_from_the_worker(inbox, worker_with_mail):
    assert sign_up() == 302
    (message,) = until(lambda: inbox.messages)
    assert "To: ana@example.com" in message
    assert "Auto-Submitted: auto-generated" in message
    assert "/accounts/confirm-email/" in message
    until(lambda: not Mail.objects.exists(), what="address and link are forgotten once it is sent")


@pytest.mark.django_db
def test_a_mail_server_that_is_away_holds_up_no_page_and_loses_no_mail(inbox, settings):
    there, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    assert sign_up() == 302
    deliver()
    assert Mail.objects.get().tries == 1

    settings.EMAIL_PORT = there
    deliver()
    assert not inbox.messages, "not again at once"
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)):
        deliver()
    assert len(inbox.messages) == 1
    assert not Mail.objects.exists()


@pytest.mark.django_db
def test_a_mail_that_is_sent_twice_is_known_as_one(inbox):
    mail.send_mail("Hello", "Words", "shop@example.com", ["ana@example.com"])
    twice = Mail.objects.get()
    mails.send(twice.pk)
    twice.save()
    mails.send(twice.pk)
    first, second = (
        [line for line in message.splitlines() if line.startswith("Message-ID")] for message in inbox.messages
    )
    assert first == second


@pytest.mark.django_db
def test_it_is_tried_for_a_day_and_its_address_is_gone_then(inbox, caplog):
    inbox.answers = ["451 come later"] * 99
    mail.send_mail("Hello", "Words", "shop@example.com", ["ana@example.com"])
    begun, tries = dt.datetime.now(dt.UTC), 0
    with time_machine.travel(begun) as clock:
        while Mail.objects.exists() and tries < 99:
            clock.shift(dt.timedelta(minutes=30))
            deliver()
            tries += 1
    assert dt.timedelta(days=1) < tries * dt.timedelta(minutes=30) <= dt.timedelta(days=1, hours=2)
    assert [level for level, words in told(caplog) if "given up" in words] == [logging.ERROR]
    assert "ana@example.com" not in str(told(caplog))


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["550 no such user: {}", "553 {}"])
def test_an_address_that_nobody_has_is_given_up_at_once(inbox, caplog, answer):
    inbox.answers = [answer.format("ana@example.com")]
    mail.send_mail("Hello", "Words", "shop@example.com", ["ana@example.com"])
    deliver()
    assert not Mail.objects.exists()
    assert not inbox.messages
    ((level, words),) = told(caplog)
    assert level == logging.ERROR
    assert "ana@example.com" not in words


@pytest.mark.django_db
def test_words_in_html_go_beside_those_in_plain_text_and_answers_to_the_shop(inbox):
    message = mail.EmailMultiAlternatives("Hello", "Plain", "shop@example.com", ["ana@example.com"])
    message.reply_to = ["help@example.com"]
    message.attach_alternative("<p>Rich</p>", "text/html")
    message.send()
    deliver()
    (sent,) = inbox.messages
    assert "Reply-To: help@example.com" in sent
    assert "Plain" in sent
    assert "<p>Rich</p>" in sent


@pytest.mark.django_db(transaction=True)
def test_a_mail_of_what_did_not_happen_is_not_sent(inbox):
    with transaction.atomic():
        mail.send_mail("Ready", "Words", "shop@example.com", ["ana@example.com"])
        transaction.set_rollback(True)
    assert not Mail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_a_mail_once(inbox):
    mail.send_mail("Hello", "Words", "shop@example.com", ["ana@example.com"])
    pk = Mail.objects.get().pk
    assert Mail.objects.claim(pk)
    mails.send(pk)
    assert not inbox.messages
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=6)):
        deliver()
    assert len(inbox.messages) == 1, "the one that died over it left it to another"


@pytest.mark.django_db
def test_what_waits_for_somebody_who_is_erased_is_not_sent_but_the_receipt_is(inbox):
    ana = make_user("ana")
    mail.send_mail("Your link", "/reset/", "shop@example.com", [ana.email.upper()])
    erasure.erase(ana, ana)
    assert not Mail.objects.exists()
    mail.send_mail("Your data was deleted", "Receipt", "shop@example.com", ["ana@example.com"])
    deliver()
    assert len(inbox.messages) == 1
