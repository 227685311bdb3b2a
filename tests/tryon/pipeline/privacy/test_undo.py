"""What was deleted can be taken back for some seconds; after that it is gone as ever."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery import renditions
from gallery.models import AuditEntry, Image, ShareLink
from tests.asking import signed_in, status
from tests.factories import make_tryon, make_user
from tests.tryon.making import accepted, garment, only_generation, person, sent_and_died, spool_an_answer
from tryon.accounts.models import User
from tryon.models import Generation, PendingDeletion, Reference, TryOn
from tryon.models.money.budget import Budget
from tryon.pipeline import recovery, run
from tryon.pipeline.privacy import erasure, undo

pytestmark = pytest.mark.django_db(transaction=True)
SOON = dt.timedelta(seconds=5)
TOO_LATE = dt.timedelta(seconds=16)
LATER = dt.timedelta(seconds=21)


@pytest.fixture
def owner() -> User:
    return make_user("ana")


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def files(media: Path) -> list[Path]:
    return sorted(path for path in media.rglob("*") if path.is_file())


def finished(owner: User, **changes) -> tuple[TryOn, Image]:
    tryon = accepted(owner, **changes)
    run.run_generation(only_generation(tryon).pk)
    image = Image.objects.present().latest("created_at")
    renditions.make(image)
    return tryon, image


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def swept(clock) -> None:
    clock.shift(LATER)
    recovery.sweep()


def undo_of(answer, client: Client) -> str:
    """Where the button leads that the next page shows."""
    page = client.get(answer.url).text
    _, _, rest = page.partition('action="/undo/')
    return f"/undo/{rest.partition(chr(34))[0]}"


def test_a_picture_comes_back_as_it_was(gateway, owner, media, clock):
    _, image = finished(owner)
    image.approve(make_user("boss"))
    image.mark_favourite(True)
    link, _ = ShareLink.objects.create_link(owner, [image], title="")
    before, client = files(media), signed_in(owner)

    button = undo_of(client.post(reverse("image_delete", args=[image.pk])), client)
    for page in (reverse("image", args=[image.pk]), reverse("image_bytes", args=[image.pk, "original"])):
        assert status(client.get(page)) == 404
    assert not link.shown_images()
    clock.shift(SOON)
    recovery.sweep()
    recovery.purge()
    back = client.post(button)

    assert back.url == reverse("image", args=[image.pk]), "there it was deleted"
    assert files(media) == before
    image.refresh_from_db()
    assert (image.deleted_at, image.favourite, image.review) == (None, True, "approved")
    assert link.shown_images()
    assert status(client.get(reverse("image_bytes", args=[image.pk, "original"]))) == 200
    swept(clock)
    assert files(media) == before
    assert not AuditEntry.objects.filter(action="deleted").exists()


def test_a_try_on_comes_back_with_its_words_its_pictures_and_its_photos(gateway, owner, media, clock):
    tryon, image = finished(owner, note="for my birthday")
    before = files(media)
    press = undo.hide_tryon(tryon, owner)
    assert not Image.objects.present().exists()
    assert not Reference.objects.present().exists()
    clock.shift(SOON)
    subject, waiting = undo.take_back(press, owner)
    assert subject == tryon
    assert waiting == []
    tryon.refresh_from_db()
    assert (tryon.deleted_at, tryon.note) == (None, "for my birthday")
    assert Image.objects.present().get() == image
    assert Reference.objects.present().count() == 2
    assert only_generation(tryon).attempts.get().prompt
    swept(clock)
    assert files(media) == before


@pytest.mark.both_databases
def test_what_nobody_takes_back_is_gone_as_ever(gateway, owner, media, clock):
    tryon, _ = finished(owner, note="for my birthday")
    undo.hide_tryon(tryon, owner)
    swept(clock)
    assert files(media) == []
    tryon.refresh_from_db()
    assert tryon.note == ""
    assert only_generation(tryon).attempts.get().prompt == ""
    assert sorted(
        AuditEntry.objects.filter(action="deleted", actor=owner).values_list("kind", flat=True)
    ) == [
        "image",
        "reference",
        "reference",
        "tryon",
    ]
    assert not PendingDeletion.objects.exists()
    recovery.sweep()
    assert AuditEntry.objects.filter(action="deleted").count() == 4


def test_after_a_quarter_of_a_minute_it_is_too_late(gateway, owner, media, clock):
    _, image = finished(owner)
    client = signed_in(owner)
    button = undo_of(client.post(reverse("image_delete", args=[image.pk])), client)
    clock.shift(TOO_LATE)
    page = client.post(button, follow=True)
    assert "It is too late: that is gone for good." in page.text
    assert not Image.objects.present().exists()
    swept(clock)
    assert not [file for file in files(media) if "references" not in str(file)]


def test_nobody_else_takes_it_back(gateway, owner, clock):
    _, image = finished(owner)
    press = undo.hide_images([image], owner)
    for stranger in (make_user("ben"), make_user("boss", is_staff=True, is_superuser=True)):
        signed_in(stranger).post(reverse("undo", args=[press]))
    signed_in(owner).post(reverse("undo", args=[uuid.uuid4()]))
    assert not Image.objects.present().exists()


def test_the_last_picture_takes_its_try_on_along_and_the_photos_stay(gateway, owner, clock):
    tryon, image = finished(owner)
    undo.hide_images([image], owner)
    assert not TryOn.objects.present().exists()
    swept(clock)
    tryon.refresh_from_db()
    assert tryon.deleted_at
    assert Reference.objects.present().count() == 2


def test_one_picture_of_several_leaves_the_others_and_the_try_on(owner, clock):
    tryon = make_tryon(owner, "done", count=2)
    first, second = Image.objects.order_by("pk")
    undo.hide_images([first], owner)
    swept(clock)
    assert list(Image.objects.present()) == [second]
    assert TryOn.objects.present().get() == tryon


# Calls that wait or are under way -------------------------------------------------------------------
@pytest.mark.both_databases
def test_a_call_that_waits_is_not_sent_meanwhile_and_is_sent_after_it_is_taken_back(
    gateway, owner, bill, clock
):
    tryon = accepted(owner)
    pk = only_generation(tryon).pk
    press = undo.hide_tryon(tryon, owner)
    run.run_generation(pk)
    assert bill()["pictures"] == 0
    assert only_generation(tryon).status == "queued"
    _, (message,) = undo.take_back(press, owner)
    assert (message.task, message.id) == ("generate", pk)
    run.run_generation(pk)
    assert only_generation(tryon).status == "done"
    assert Image.objects.present().count() == 1


def test_a_call_that_waits_costs_nothing_once_it_is_too_late(gateway, owner, bill, clock):
    tryon = accepted(owner)
    undo.hide_tryon(tryon, owner)
    run.run_generation(only_generation(tryon).pk)
    swept(clock)
    run.run_generation(only_generation(tryon).pk)
    assert only_generation(tryon).status == "cancelled"
    assert bill()["pictures"] == 0
    assert not Budget.objects.exclude(reserved=0).exists()


@pytest.mark.both_databases
@pytest.mark.parametrize("is_taken_back", [True, False])
def test_a_picture_that_arrives_meanwhile_waits_with_its_try_on(gateway, owner, media, clock, is_taken_back):
    tryon = accepted(owner)
    attempt = sent_and_died(tryon)
    spool_an_answer(gateway, attempt)
    press = undo.hide_tryon(tryon, owner)
    run.finish(attempt, attempt.generation, run.spooled(attempt))
    assert only_generation(tryon).status == "done"
    assert not Image.objects.present().exists()
    if is_taken_back:
        _, (message,) = undo.take_back(press, owner)
        assert message.task == "render"
        assert Image.objects.present().get().original.storage.exists(str(Image.objects.get().original))
    else:
        swept(clock)
        recovery.purge()
        assert files(media) == []
        assert not Image.objects.present().exists()


# Between two who are at it --------------------------------------------------------------------------
@pytest.mark.both_databases
def test_of_taking_back_and_making_final_one_wins(gateway, owner, media):
    """Both at once, many times: it is whole, or it is gone."""
    for colour in ("red", "green", "blue", "pink", "olive"):
        tryon, image = finished(owner, person=person(owner, colour), key=colour)
        press = undo.hide_tryon(tryon, owner)
        start = Barrier(2)

        def taken_back(press=press, start=start) -> bool:
            start.wait()
            try:
                return undo.take_back(press, owner)[0] is not None
            finally:
                connection.close()

        def finish(start=start) -> None:
            start.wait()
            try:
                undo.finish_of(owner)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            is_back, _ = pool.submit(taken_back), pool.submit(finish).result()
            is_back = is_back.result()
        image.refresh_from_db()
        tryon.refresh_from_db()
        assert (tryon.deleted_at is None, image.deleted_at is None) == (is_back, is_back)
        assert bool(image.original) == is_back
        assert not PendingDeletion.objects.exists()


def test_the_same_photo_given_again_meanwhile_stays_and_is_there_once(gateway, owner, clock):
    who = person(owner)
    press = undo.hide_reference(who, owner)
    again = person(owner)
    assert again.pk != who.pk
    undo.take_back(press, owner)
    assert Reference.objects.present().get() == again
    who.refresh_from_db()
    assert (who.deleted_at is not None, str(who.file)) == (True, "")


def test_a_photo_comes_back_with_its_copy_at_the_gateway(gateway, owner, clock):
    what = garment(owner)
    client = signed_in(owner)
    button = undo_of(client.post(reverse("reference_delete", args=[what.pk])), client)
    assert client.post(button).url == reverse("wardrobe")
    assert Reference.objects.present().get() == what


def test_who_is_erased_takes_nothing_back(gateway, owner, media, clock):
    tryon, _ = finished(owner, note="for my birthday")
    press = undo.hide_tryon(tryon, owner)
    erasure.erase(owner, owner)
    assert undo.take_back(press, owner) == (None, [])
    assert files(media) == []
    tryon.refresh_from_db()
    assert tryon.note == ""


def test_two_presses_are_one_deletion(gateway, owner, clock):
    tryon, _ = finished(owner)
    assert undo.hide_tryon(tryon, owner)
    assert undo.hide_tryon(tryon, owner) is None
    client = signed_in(owner)
    assert client.post(reverse("tryon_delete", args=[tryon.pk])).status_code == 404
    assert Generation.objects.count() == 1
