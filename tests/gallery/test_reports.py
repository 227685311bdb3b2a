"""A shared picture that somebody objects to: told to staff, who decide; nobody learns who told it."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import AuditEntry, Image, RejectionReason, Report, ShareLink, ShareTry
from tests.asking import body, signed_in, status
from tests.factories import make_image, make_user
from tests.gallery.opening import opened, page, picture, shared
from tryon.pipeline import recovery
from tryon.pipeline.privacy import deletion, export

pytestmark = pytest.mark.django_db

WORDS = "That is my sister, and she knows nothing of it"


def report(client: Client, link: ShareLink, image: Image, reason: str = "me", **more) -> HttpResponse:
    address = reverse("shared_report", args=[link.pk, image.pk])
    return client.post(address, {"reason": reason, "words": more.pop("words", WORDS)}, **more)


@pytest.fixture
def image(owner) -> Image:
    return make_image(owner, "approved")


def test_a_report_puts_the_picture_on_top_of_the_queue_and_leaves_it_as_it_is(owner, image):
    older = make_image(owner, created_at=timezone.now() - dt.timedelta(days=1))
    link, token = shared(owner, image)
    client = opened(token)
    assert "Report this picture" in client.get(page(link)).text

    told = report(client, link, image)

    assert (told.status_code, "Thank you" in told.text) == (200, True)
    assert list(Image.objects.in_queue()) == [image, older]
    assert image.flags.get().measure == 1
    report(opened(token), link, image, "child")
    assert image.flags.get().measure == 2
    assert {status(client.get(address)) for address in (page(link), picture(link, image))} == {200}
    rows = AuditEntry.objects.filter(action="reported", subject=str(image.pk))
    assert {(row.actor, WORDS in str(row.detail)) for row in rows} == {(None, False)}


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_the_next_decision_answers_all_reports_and_its_undo_opens_them_again(owner, staff, image, decision):
    link, token = shared(owner, image)
    report(opened(token), link, image)
    report(opened(token), link, image, "child")

    decided = {"approve": image.approve, "reject": lambda by: image.reject(by, RejectionReason.MODESTY)}
    assert decided[decision](staff)

    assert not Report.objects.open_of([image]).exists()
    assert not Image.objects.in_queue().exists()
    image.undo(staff)
    assert [each.reason for each in Report.objects.open_of([image])] == ["me", "child"]
    assert image.flags.get().measure == 2
    assert Image.objects.in_queue().get().is_reported


@pytest.mark.parametrize("reported", [True, False])
def test_where_checks_come_after_sharing_a_pending_picture_is_reported_too(owner, settings, reported):
    settings.REVIEW = "after_sharing"
    first, image = make_image(owner), make_image(owner)
    link, token = shared(owner, image)
    shared(owner, first)
    if reported:
        report(opened(token), link, image)

    assert Image.objects.in_queue().first() == (image if reported else first)
    assert status(opened(token).get(picture(link, image))) == 200


def test_only_what_may_be_seen_is_reported_and_not_by_its_owner(owner, owners_client, image):
    link, token = shared(owner, image, make_image(owner))
    waiting = link.images.get(review="pending")
    locked, locked_token = shared(owner, image, password="apricot jam")
    client = opened(token)

    assert "Report this picture" not in owners_client.get(page(link)).text
    assert status(report(owners_client, link, image)) == 404
    assert status(report(Client(), link, image)) == 404
    assert {status(report(client, link, each)) for each in (waiting, make_image(owner, "approved"))} == {404}
    assert status(report(opened(locked_token), locked, image)) == 404
    link.revoke(owner)
    assert status(report(client, link, image)) == 404
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("given", "told"), [({"reason": ""}, "Choose a reason"), ({"words": "x" * 501}, "at most 500")]
)
def test_what_is_missing_is_said_beside_it_and_what_was_written_stays(owner, image, given, told):
    link, token = shared(owner, image)
    client = opened(token)

    for headers in ({}, {"HX-Request": "true"}):
        answer = report(client, link, image, **({"words": "so be it"} | given), headers=headers)
        assert (answer.status_code, told in answer.text) == (422, True)
        assert ("<html" in answer.text) == (not headers)
        assert given.get("words", "so be it") in answer.text
    assert not Report.objects.exists()


def test_a_form_sent_twice_is_one_report_and_ten_an_hour_are_taken_from_one_address(owner, image):
    link, token = shared(owner, image)
    client = opened(token)
    with time_machine.travel(timezone.now(), tick=False):
        assert [status(report(client, link, image)) for _ in range(10)] == [200] * 10
        refused = report(opened(token), link, image, "child")
        assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
        assert "Try again in 60 minutes" in refused.text
        assert status(report(client, link, image, "child", REMOTE_ADDR="203.0.113.9")) == 200
    assert sorted(Report.objects.values_list("reason", flat=True)) == ["child", "me"]
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1, minutes=1)):
        assert status(report(client, link, image, "child")) == 200


def test_a_report_keeps_no_address_and_forgets_its_digest_after_two_days(owner, image):
    link, token = shared(owner, image)
    report(opened(token), link, image, REMOTE_ADDR="203.0.113.9")
    [row] = Report.objects.all()
    assert row.sender
    assert "203.0.113.9" not in str(vars(row))

    with time_machine.travel(timezone.now() + dt.timedelta(days=2, minutes=1)):
        recovery.purge()
    row.refresh_from_db()
    assert (row.sender, row.words) == ("", WORDS)
    assert not ShareTry.objects.exists()


def test_staff_read_the_words_beside_the_picture_and_its_owner_reads_none(owner, owners_client, staff, image):
    link, token = shared(owner, image)
    report(opened(token), link, image)

    beside = signed_in(staff).get(reverse("admin:gallery_image_change", args=[image.pk])).text
    assert "It shows me, and I did not agree" in beside
    assert WORDS in beside
    assert "Approve once more" in beside
    data = b"".join(export.archive(owner, owner))
    assert b'"reason": "me"' in data
    for address in (reverse("image", args=[image.pk]), reverse("links"), page(link)):
        assert WORDS not in owners_client.get(address).text
    assert WORDS.encode() not in data


def test_reports_end_with_their_picture(owner, image):
    link, token = shared(owner, image)
    report(opened(token), link, image)

    deletion.delete_image(image, owner)

    assert not Report.objects.exists()


def test_a_form_of_another_site_reports_nothing(owner, image):
    """It brings no cookie, as that is SameSite=Lax; and without one there is nothing here."""
    link, token = shared(owner, image)
    client = opened(token)
    assert client.cookies["shared"]["samesite"] == "Lax"

    assert body(report(Client(), link, image)) == body(report(Client(), link, make_image(make_user())))
    assert not Report.objects.exists()
