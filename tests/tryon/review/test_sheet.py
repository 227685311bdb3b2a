"""The contact sheet: many decided on at once, and none that was not on the page."""

from __future__ import annotations

import re
import uuid

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from gallery.models import AuditEntry, Image, RejectionReason
from tests.asking import signed_in
from tests.factories import make_image
from tests.tryon.review.deciding import made_picture
from tryon.review.sheet import TILES

pytestmark = [pytest.mark.django_db]
SHEET = reverse("review_sheet")


def tiles(page: HttpResponse) -> list[str]:
    return re.findall(r'data-tile="([^"]+)"', page.content.decode())


def signed(page: HttpResponse) -> str:
    return re.search(r'name="page" value="([^"]+)"', page.content.decode())[1]


def decide(client: Client, page: HttpResponse, images: list[Image], **fields: str) -> HttpResponse:
    return client.post(SHEET, {"page": signed(page), "image": [i.pk for i in images]} | fields, follow=True)


def reviews(images: list[Image]) -> list[str]:
    return [Image.objects.get(pk=image.pk).review for image in images]


def test_the_sheet_shows_each_result_with_its_person_small_beside_it(owner, client):
    images = [made_picture(owner), make_image(owner)]
    page = client.get(SHEET)
    assert tiles(page) == [str(image.pk) for image in images]
    assert "/thumbnail" in page.text


def test_the_selected_are_approved_and_the_others_wait(owner, client, ana):
    images = [make_image(owner) for _ in range(3)]
    page = client.get(SHEET)
    answer = decide(client, page, images[:2], decision="approve")
    assert reviews(images) == ["approved", "approved", "pending"]
    assert "2 pictures approved" in answer.text
    assert tiles(answer) == [str(images[2].pk)]
    assert AuditEntry.objects.filter(action="approved", actor=ana).count() == 2


def test_the_selected_are_rejected_for_one_reason_which_alone_says_so(owner, client):
    images = [make_image(owner) for _ in range(2)]
    answer = decide(client, client.get(SHEET), images, reason="quality", words="Too dark")
    assert reviews(images) == ["rejected", "rejected"]
    assert {(i.reason, i.words) for i in Image.objects.all()} == {("quality", "Too dark")}
    assert "2 pictures rejected" in answer.text


def test_a_press_on_undo_puts_all_of_them_back(owner, client):
    images = [make_image(owner) for _ in range(3)]
    done = decide(client, client.get(SHEET), images, decision="approve")
    undone = decide(client, done, images, decision="undo")
    assert "3 pictures put back" in undone.text
    assert tiles(undone) == [str(image.pk) for image in images]
    assert "3 pictures" not in client.get(SHEET).text


def test_nothing_is_taken_that_was_not_on_the_page(owner, client, ben):
    seen = make_image(owner)
    page = client.get(SHEET)
    unseen = make_image(owner)
    decide(client, page, [seen, unseen], decision="approve")
    assert reviews([seen, unseen]) == ["approved", "pending"]

    forged = {"page": "rubbish", "image": [unseen.pk, uuid.uuid4()], "decision": "approve"}
    assert "Select at least one picture of this page." in client.post(SHEET, forged, follow=True).text
    others = signed(signed_in(ben).get(SHEET)) if tiles(signed_in(ben).get(SHEET)) else ""
    client.post(SHEET, forged | {"page": others})
    assert reviews([unseen]) == ["pending"]


@pytest.mark.both_databases
def test_what_somebody_decided_since_is_told_and_left(owner, client, ben):
    images = [make_image(owner) for _ in range(3)]
    page = client.get(SHEET)
    images[0].reject(ben, RejectionReason.FACE)
    images[1].approve(ben)
    images[1].undo(ben)  # as it was: nothing stands against it
    answer = decide(client, page, images, decision="approve")
    assert reviews(images) == ["rejected", "approved", "approved"]
    assert "1 was already rejected by ben@example.com." in answer.text


def test_nothing_selected_or_no_reason_decides_nothing(owner, client):
    image = make_image(owner)
    page = client.get(SHEET)
    assert "Select at least one picture" in decide(client, page, [], decision="approve").text
    assert "Choose why it is rejected." in decide(client, page, [image], decision="reject").text
    assert reviews([image]) == ["pending"]


@pytest.mark.proof
def test_a_sheet_that_was_left_for_later_goes_on_behind_it(owner, client):
    images = [make_image(owner) for _ in range(TILES + 2)]
    page = client.get(SHEET)
    assert tiles(page) == [str(image.pk) for image in images[:TILES]]
    later = re.search(r'href="([^"]*sheet/\?after=[^"]+)"', page.text)[1]
    assert tiles(client.get(later.replace("&amp;", "&"))) == [str(image.pk) for image in images[TILES:]]


def test_two_reviewers_get_sheets_without_a_picture_in_common(owner, client, ben):
    images = [make_image(owner) for _ in range(2)]
    assert len(tiles(client.get(SHEET))) == 2
    page = signed_in(ben).get(SHEET)
    assert tiles(page) == []
    assert "Others are at all that waits" in page.text
    assert reviews(images) == ["pending", "pending"]


def test_filters_hold_on_the_sheet_too(owner, client, ana):
    made_picture(owner)
    rejected = make_image(owner)
    rejected.reject(ana, RejectionReason.EXTRA)
    assert tiles(client.get(f"{SHEET}?reason=extra")) == [str(rejected.pk)]
    assert tiles(client.get(f"{SHEET}?category=shoes")) == []
