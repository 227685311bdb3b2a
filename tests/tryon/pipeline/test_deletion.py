"""Deleting means gone: rows hide it at once, and no byte of it stays on the disk."""

from __future__ import annotations

import datetime as dt
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from gallery import renditions
from gallery.models import AuditEntry, Image, SourceType
from tests import forks
from tests.factories import make_guest
from tests.live import WITH_KEY
from tests.tryon.making import accepted, garment, only_generation, person, photo
from tests.up import newcomer, placed
from tryon.accounts.models import RateLimit, User
from tryon.models import GatewayFile, Reference, TryOn, TryOnInput
from tryon.pipeline import orphaned_files, recovery, references, run
from tryon.pipeline.gateway_client import gateway_client
from tryon.pipeline.privacy import deletion

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
    assert len(files(media)) == 11
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
    accepted(owner, person=who, garments=((what, "top"),))
    with time_machine.travel(timezone.now() + dt.timedelta(days=settings.PERSON_PHOTO_DAYS - 1)):
        recovery.purge()
        assert Reference.objects.present().count() == 2
    with time_machine.travel(timezone.now() + dt.timedelta(days=settings.PERSON_PHOTO_DAYS + 1)):
        recovery.purge()
    assert list(Reference.objects.present()) == [what]
    assert not Path(who.file.path).exists()


def test_the_sandbox_forgets_a_deleted_photo_and_keeps_the_others(gateway, owner, media, settings, tmp_path):
    settings.SANDBOX = True
    finished(owner, key="kept")
    tryon = finished(
        owner, person=person(owner, "olive"), garments=((garment(owner, "pink"), "top"),), key="gone"
    )
    there = tmp_path / "sandbox" / "files"
    assert len(list(there.iterdir())) == 4
    deletion.delete_tryon(tryon, owner)
    recovery.purge()
    assert len(list(there.iterdir())) == 2
    assert not GatewayFile.objects.filter(reference__inputs__tryon=tryon).exclude(file_id="").exists()
    recovery.purge()
    assert len(list(there.iterdir())) == 2


def test_the_real_gateway_is_asked_to_forget_nothing(gateway, owner, media, settings):
    settings.SANDBOX = False
    deletion.delete_tryon(finished(owner), owner)
    recovery.purge()
    rows = httpx.get(f"{gateway.url}/_sandbox/calls", headers=WITH_KEY).json()["rows"]
    assert {row["method"] for row in rows} == {"POST"}


MAKE = """
owner = User.objects.create_user("ana")
words = " ".join(f"canary-{number:04d}" for number in range(400))
tryon = TryOn.objects.create(owner=owner, mode="imagine", model="m", wanted=1, note=words)
"""
DELETE = """
from tryon.pipeline.privacy import deletion
from tryon.pipeline.tasks import purge
deletion.delete_tryon(TryOn.objects.get(), User.objects.get())
purge()
"""


@pytest.mark.processes
def test_no_word_of_what_was_deleted_stays_in_the_files_of_sqlite(tmp_path, migrated):
    """Neither in its free pages nor in its write-ahead log, while another process has the database open."""
    data = placed(tmp_path / "data", migrated)
    environment = newcomer(data) | {"SECRET_KEY": "any", "REDIS_URL": "redis://127.0.0.1:1"}
    with closing(sqlite3.connect(data / "tryon.sqlite3")) as other:
        other.execute("SELECT count(*) FROM tryon_tryon").fetchone()
        forks.run(["manage.py", "shell", "-c", MAKE], environment).check_returncode()
        assert canaries(data)
        forks.run(["manage.py", "shell", "-c", DELETE], environment).check_returncode()
        assert not canaries(data)


def canaries(data: Path) -> list[str]:
    """The words that lie in the files of the database; read by grep, as our closing of a file would end the
    locks that our own connection to it holds.
    """
    files = map(str, data.glob("tryon.sqlite3*"))
    told = subprocess.run(
        ["grep", "-aoh", "canary-[0-9]*", *files], capture_output=True, text=True, check=False
    )
    return told.stdout.split()


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


# What became no try-on ------------------------------------------------------------------------------
def purged_after(**later: int) -> None:
    with time_machine.travel(timezone.now() + dt.timedelta(**later)):
        recovery.purge()


def saved(owner: User, kind: str = Reference.Kind.GARMENT) -> Reference:
    """A made picture that was saved in the wardrobe."""
    return references.keep(owner, kind, photo("olive"), source_type=SourceType.TRAINED)


@pytest.mark.both_databases
def test_what_a_guest_uploaded_and_did_not_use_goes_after_a_day(gateway, media):
    guest = make_guest()
    person(guest), garment(guest)
    references.push(list(Reference.objects.all()))
    purged_after(hours=23)
    assert (Reference.objects.present().count(), len(files(media))) == (2, 2)
    purged_after(hours=25)
    assert (Reference.objects.present().count(), files(media)) == (0, [])
    assert set(GatewayFile.objects.values_list("state", flat=True)) == {"gone"}
    assert AuditEntry.objects.filter(action="deleted", kind="reference", actor=None).count() == 2
    assert Path(django_settings.DELETIONS_LOG).read_text().count("reference") >= 2


@pytest.mark.both_databases
def test_an_account_keeps_its_garments_and_what_it_saved_and_a_guest_what_it_saved_for_a_week(
    gateway, owner, media
):
    guest = make_guest()
    kept = [garment(owner), saved(owner, "person"), saved(guest)]
    gone = [person(owner), garment(guest), references.keep(owner, Reference.Kind.OTHER, photo("pink"))]
    purged_after(hours=25)
    assert set(Reference.objects.present()) == set(kept)
    assert not [reference for reference in gone if Path(reference.file.path).exists()]
    purged_after(days=7, hours=1)
    assert set(Reference.objects.present()) == set(kept[:2])


@pytest.mark.both_databases
def test_what_became_a_try_on_stays_for_the_time_of_its_kind(gateway, media, settings):
    guest = make_guest()
    tryon = accepted(guest)
    purged_after(days=2)
    assert Reference.objects.filter(is_kept=True).count() == Reference.objects.present().count() == 2
    assert len(files(media)) == 2
    purged_after(days=settings.PERSON_PHOTO_DAYS + 1)
    assert [reference.kind for reference in Reference.objects.present()] == ["garment"]
    assert tryon.generations.exists()


def test_a_photo_of_the_version_before_that_became_a_try_on_after_it_was_looked_at_stays(gateway, media):
    """Nothing tells the row when a try-on takes it: the purge asks, and only of what nobody used since."""
    guest = make_guest()
    who = person(guest)
    Reference.objects.filter(pk=who.pk).update(last_used_at=timezone.now() - dt.timedelta(hours=20))
    recovery.purge()
    accepted(guest, person=who)
    purged_after(hours=23)
    purged_after(days=3)
    assert Reference.objects.present().filter(pk=who.pk).exists()


def test_the_houses_own_stay(gateway, media):
    house = garment(None)
    purged_after(days=800)
    assert list(Reference.objects.present()) == [house]


@pytest.mark.both_databases
def test_what_is_undecided_is_found_by_an_index(owner):
    decided = [Reference(owner=owner, sha256=f"{n}", file=f"{n}", is_kept=True) for n in range(300)]
    Reference.objects.bulk_create(decided)
    old = Reference.objects.undecided_since(timezone.now()).values("pk")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which index is short it learns by this
            cursor.execute("ANALYZE tryon_reference")
        assert "reference_undecided" in old.explain()


# Guests ----------------------------------------------------------------------------------------------
def purged_whole_after(**later: int) -> None:
    """All parts, as the purges of a day do."""
    with time_machine.travel(timezone.now() + dt.timedelta(**later)):
        recovery.purge()
        for part in range(orphaned_files.PARTS):
            deletion.delete_gone_guests(timezone.now(), part, orphaned_files.PARTS)


@pytest.mark.both_databases
def test_a_guest_who_owns_nothing_and_cannot_come_back_is_forgotten_after_a_year(gateway, owner, media):
    gone, busy, looking = make_guest(), make_guest(), make_guest()
    garment(gone)
    accepted(busy)
    purged_whole_after(days=364)
    assert User.objects.count() == 4
    User.objects.filter(pk=looking.pk).update(date_joined=timezone.now() + dt.timedelta(days=2))
    purged_whole_after(days=366)
    assert set(User.objects.all()) == {owner, busy, looking}
    assert not Reference.objects.filter(owner=gone.pk).exists()


def test_a_guest_whose_files_could_not_be_removed_yet_is_not_forgotten(gateway, media):
    guest = make_guest()
    what = garment(guest)
    what.wipe()
    with time_machine.travel(timezone.now() + dt.timedelta(days=366)):
        deletion.delete_gone_guests(timezone.now(), 0, 1)
        assert User.objects.filter(pk=guest.pk).exists()
        what.remove_files()
        deletion.delete_gone_guests(timezone.now(), 0, 1)
    assert not User.objects.filter(pk=guest.pk).exists()


def test_the_purge_forgets_past_counters_and_sessions(client, owner):
    client.force_login(owner)
    RateLimit.objects.take("files of 1", 1, most=5, window=dt.timedelta(hours=1), now=timezone.now())
    recovery.purge()
    assert (RateLimit.objects.count(), Session.objects.count()) == (1, 1)
    purged_after(days=30)
    assert (RateLimit.objects.count(), Session.objects.count()) == (0, 0)
