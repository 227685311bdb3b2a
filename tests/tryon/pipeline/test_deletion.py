"""Deleting means gone: rows hide it at once, and no byte of it stays on the disk."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from gallery import renditions
from gallery.models import AuditEntry, Image
from tests.tryon.making import accepted, garment, only_generation, person
from tryon.accounts.models import User
from tryon.models import Reference, TryOn, TryOnInput
from tryon.pipeline import deletion, recovery, references, run
from tryon.pipeline.gateway_client import gateway_client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ana")


@pytest.fixture
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def files(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def finished(owner: User, **changes) -> TryOn:
    tryon = accepted(owner, **changes)
    run.run_generation(only_generation(tryon).pk)
    renditions.make(Image.objects.present().latest("created_at"))
    return tryon


def test_a_deleted_try_on_leaves_no_byte_behind(gateway, owner, media):
    tryon = finished(owner, note="for my birthday")
    for reference in Reference.objects.all():
        references.shrink(reference)
    assert len(files(media)) == 9
    deletion.delete_tryon(tryon, owner)
    assert files(media) == []
    tryon.refresh_from_db()
    assert tryon.note == ""
    attempt = only_generation(tryon).attempts.get()
    assert (attempt.prompt, attempt.pictures) == ("", 1), "the words go, the ledger stays"
    assert not Image.objects.present().exists()
    assert AuditEntry.objects.filter(action="deleted", kind="tryon", actor=owner).count() == 1
    assert only_generation(tryon).attempts.get().price_micros == 45_000, "the ledger stays"


def test_a_photo_that_another_try_on_uses_stays_and_the_houses_always(gateway, owner, media):
    who, house = person(owner), garment(None)
    usual = {"person": who, "garments": ((house, "top"),)}
    first, second = finished(owner, key="1", **usual), finished(owner, key="2", **usual)
    deletion.delete_tryon(first, owner)
    who.refresh_from_db()
    assert who.deleted_at is None
    deletion.delete_tryon(second, owner)
    who.refresh_from_db()
    house.refresh_from_db()
    assert who.deleted_at
    assert house.deleted_at is None


def test_a_deleted_photo_is_not_used_at_the_gateway_again(gateway, owner, media):
    who = person(owner)
    references.push([who])
    assert who.gateway_files.live(gateway_client().account).first()
    deletion.delete_reference(who, owner)
    assert who.gateway_files.live(gateway_client().account).first() is None


@pytest.mark.both_databases
def test_what_a_crash_left_behind_is_purged(gateway, owner, media):
    finished(owner)
    image = Image.objects.get()
    image.wipe()  # and the process dies here
    assert Path(image.original.path).exists()
    recovery.purge()
    assert not Path(image.original.path).exists()


def test_a_rendition_made_while_its_picture_is_deleted_is_not_kept(gateway, owner, media):
    tryon = accepted(owner)
    run.run_generation(only_generation(tryon).pk)
    image = Image.objects.get()
    image.wipe()
    renditions.make(image)
    image.refresh_from_db()
    image.remove_files()
    assert not [path for path in files(media) if image.pk.hex in path.name]


@pytest.mark.both_databases
def test_photos_of_people_that_nobody_uses_are_deleted_after_the_promised_time(
    gateway, owner, media, settings
):
    who, what = person(owner), garment(owner)
    with time_machine.travel(timezone.now() + dt.timedelta(days=settings.PERSON_PHOTO_DAYS - 1)):
        recovery.purge()
        assert Reference.objects.present().count() == 2
    with time_machine.travel(timezone.now() + dt.timedelta(days=settings.PERSON_PHOTO_DAYS + 1)):
        recovery.purge()
    assert list(Reference.objects.present()) == [what]
    assert not Path(who.file.path).exists()


@pytest.mark.both_databases
def test_a_garment_that_was_worked_from_is_kept_no_longer_than_a_photo_of_a_person(gateway, owner, settings):
    """By its tick, by what was made of it before there was one, or by another row of the same photo."""
    ticked, worked_from, worn = (garment(owner, colour) for colour in ("red", "green", "blue"))
    garment(owner, "tan")  # the person's own photo, given as a garment too
    ticked.consent("picture", "test")
    tryon = accepted(owner, garments=((worn, "top"),))
    TryOnInput.objects.create(tryon=tryon, reference=worked_from, position=3, role="picture")
    with time_machine.travel(timezone.now() + dt.timedelta(days=settings.PERSON_PHOTO_DAYS - 1)):
        recovery.purge()
        assert Reference.objects.present().count() == 5
    with time_machine.travel(timezone.now() + dt.timedelta(days=settings.PERSON_PHOTO_DAYS + 1)):
        recovery.purge()
    assert list(Reference.objects.present()) == [worn]
