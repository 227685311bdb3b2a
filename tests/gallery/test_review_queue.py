"""What waits for a check, in which order, and who is at it."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from gallery.models import Flag, Image, RejectionReason, ReviewClaim
from gallery.models.queue import refresh_priority
from gallery.models.sharing.share import forget_ended_sharing
from tests.factories import make_image, make_user
from tests.gallery.opening import shared

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def queue() -> list[Image]:
    return list(Image.objects.in_queue())


def flag(image: Image, kind: str) -> None:
    Flag.objects.create(image=image, kind=kind, measure=1)
    refresh_priority(Image.objects.filter(pk=image.pk))


def test_reported_ones_come_first_then_those_wanted_by_others_then_flagged_ones_then_the_oldest(owner):
    first, second, flagged, wanted, reported = (make_image(owner) for _ in range(5))
    make_image(owner, "approved")
    make_image(owner, "rejected")
    flag(flagged, Flag.Kind.TWIN)
    shared(owner, wanted)
    flag(reported, Flag.Kind.REPORTED)

    assert queue() == [reported, wanted, flagged, first, second]


def test_a_link_that_is_stopped_or_ended_hurries_nobody(owner):
    first, stopped, ended = (make_image(owner) for _ in range(3))
    link, _ = shared(owner, stopped)
    shared(owner, ended)
    assert queue()[0] != first

    link.revoke(owner)
    with time_machine.travel(timezone.now() + dt.timedelta(days=91), tick=False):
        forget_ended_sharing(100)
    assert queue() == [first, stopped, ended]


def test_what_was_decided_on_leaves_and_comes_back_by_undo_to_its_old_place(owner):
    first, second = make_image(owner), make_image(owner)
    staff = make_user("staff")
    shared(owner, second)

    second.approve(staff)
    first.reject(staff, RejectionReason.FACE)
    assert queue() == []
    first.undo(staff)
    second.undo(staff)
    assert queue() == [second, first]


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_an_approved_picture_that_is_reported_is_checked_once_more(owner, decision):
    image, staff = make_image(owner, "approved"), make_user("staff")
    flag(image, Flag.Kind.REPORTED)
    assert queue() == [image]

    decided = {"approve": image.approve, "reject": lambda by: image.reject(by, RejectionReason.MODESTY)}
    assert decided[decision](staff)
    assert queue() == []
    assert not image.flags.exists()
    if decision == "approve":
        assert not image.approve(staff), "it was decided on"


def test_who_came_first_is_at_it_until_their_time_is_over(owner):
    image = make_image(owner)
    ana, ben = make_user("ana"), make_user("ben")
    ReviewClaim.objects.claim([image.pk], ana, 60)
    ReviewClaim.objects.claim([image.pk], ben, 60)
    assert ReviewClaim.objects.live().get(image=image).reviewer == ana

    with time_machine.travel(timezone.now() + dt.timedelta(seconds=61), tick=False):
        assert not ReviewClaim.objects.live().exists()
        ReviewClaim.objects.claim([image.pk], ben, 60)
        assert ReviewClaim.objects.live().get(image=image).reviewer == ben
