"""The end of all that somebody has here: hidden at once, gone from files and rows, and told by a receipt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery import renditions
from gallery.deletion_log import DeletionRecord
from gallery.models import AuditEntry, Image, ShareLink
from tests.asking import signed_in, visiting
from tests.factories import make_guest, make_image, make_reference, make_tryon, make_user
from tests.live import ROOT
from tests.remains import Remains, files_in
from tests.tryon.making import accepted, only_generation, sent_and_died, spool_an_answer
from tryon.accounts.models import User
from tryon.billing import reconcile
from tryon.models import Reference, TryOn
from tryon.operations.replay_deletions import replay
from tryon.pipeline import recovery, references, run
from tryon.pipeline.privacy import erasure

pytestmark = pytest.mark.django_db(transaction=True)

NAMED = (
    "Mildred",
    "mildred@example.com",
    "Whitby pier",
    "a wish of hers",
    "her old coat",
    "her chin",
)


@pytest.fixture
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def mildred(media) -> User:
    """Somebody with all that an account can have, all of it with words of its own."""
    user = make_user("Mildred", first_name="Mildred")
    User.objects.filter(pk=user.pk).update(email="mildred@example.com")
    EmailAddress.objects.create(user=user, email="mildred@example.com", primary=True, verified=True)
    tryon = make_tryon(user, "done")
    TryOn.objects.filter(pk=tryon.pk).update(note="a wish of hers")
    make_reference(user, "garment", label="her old coat")
    image = Image.objects.get(owner=user)
    image.reject(make_user("reviewer"), "face", "her chin")
    shown = make_image(user, "approved")
    ShareLink.objects.create_link(user, [shown], title="Whitby pier")
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=make_user(), content_type=kind, object_id=user.pk, object_repr="Mildred", action_flag=CHANGE
    )
    signed_in(user).get("/")
    user.refresh_from_db()
    return user


def rows_that_name() -> list[str]:
    """Every row of the database that holds one of her words."""
    found = []
    for model in apps.get_models():
        for row in model._default_manager.all().values():
            found += [f"{model.__name__}: {word}" for word in NAMED if word in str(row)]
    return found


def files(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def test_no_row_and_no_file_is_left_that_tells_of_somebody_erased(mildred, media):
    assert {word for word in NAMED if any(word in told for told in rows_that_name())} == set(NAMED)
    assert len(files(media)) == 5

    receipt = erasure.erase(mildred, mildred)

    assert rows_that_name() == []
    assert files(media) == []
    assert (receipt.photos, receipt.tryons, receipt.pictures, receipt.links) == (3, 1, 2, 1)
    assert not [s for s in Session.objects.all() if s.get_decoded().get("_auth_user_id") == str(mildred.pk)]
    assert reconcile.disagreements() == []
    entry = AuditEntry.objects.get(pk=receipt.number)
    assert (entry.action, entry.subject) == ("erased", str(mildred.pk))


def test_the_account_opens_nothing_any_more(mildred):
    browser = signed_in(mildred)
    [image] = Image.objects.owned_by(mildred).filter(review="approved")
    _, token = ShareLink.objects.create_link(mildred, [image], title="")
    assert Client().get(reverse("share", args=[token])).status_code == 200
    erasure.erase(mildred, None)

    assert "Log in" in browser.get("/").text
    assert browser.get(reverse("image", args=[image.pk])).status_code == 404
    assert Client().get(reverse("share", args=[token])).status_code == 404
    Client().post(
        reverse("account_login"), {"login": "mildred@example.com", "password": "correct horse battery"}
    )
    assert not Session.objects.exists()


def test_the_books_and_the_trail_of_others_stay(mildred):
    other = make_tryon(make_user(), "done")
    before = AuditEntry.objects.filter(subject=str(Image.objects.owned_by(mildred).first().pk)).count()
    picture = str(Image.objects.owned_by(mildred).first().pk)
    erasure.erase(mildred, None)

    assert TryOn.objects.present().get() == other
    assert AuditEntry.objects.filter(subject=picture).count() == before + 1
    assert User.objects.filter(pk=mildred.pk).exists()


def test_what_a_call_in_flight_brings_afterwards_goes_with_the_next_purge(mildred, media):
    erasure.erase(mildred, None)
    make_image(mildred)
    recovery.purge()
    assert files(media) == []


def test_an_erasure_that_was_cut_short_is_finished_by_the_purge(mildred, media, monkeypatch):
    monkeypatch.setattr(erasure, "AT_ONCE", -1.0)
    make_tryon(mildred, "done")
    erasure.erase(mildred, None)
    assert files(media)
    assert Client().get("/").status_code == 200
    recovery.purge()
    assert files(media) == []


def test_the_last_administrator_stays():
    boss = make_user(is_staff=True, is_superuser=True)
    with pytest.raises(erasure.LastAdministrator):
        erasure.erase(boss, boss)
    other = make_user(is_staff=True, is_superuser=True)
    erasure.erase(boss, boss)
    assert User.objects.filter(is_superuser=True).get() == other


def test_a_restored_backup_erases_again(mildred, media):
    line = DeletionRecord("2026-11-30", "erased", "user", str(mildred.pk))
    assert replay([line]).accounts == 1
    assert rows_that_name() == []
    assert replay([line]).accounts == 0


# A scan --------------------------------------------------------------------------------------------
def test_neither_byte_nor_word_nor_likeness_is_left_also_of_a_call_in_flight(
    gateway, media, settings, tmp_path
):
    """The whole product, with logs and broker: tests/test_forgotten.py."""
    settings.SANDBOX, settings.SPOOL_DIR = True, tmp_path / "spool"
    who = make_user("Mildred")
    person, garment = (
        references.keep(who, kind, (ROOT / "tests/pictures" / file).read_bytes())
        for kind, file in (("person", "person.jpg"), ("garment", "red-dress.jpg"))
    )
    person.consent("person", "test")
    usual = {"person": person, "garments": ((garment, "dress"),)}
    run.run_generation(only_generation(accepted(who, key="1", **usual)).pk)
    renditions.make(Image.objects.get(owner=who))
    attempt = sent_and_died(accepted(who, key="2", **usual))
    spool_an_answer(gateway, attempt)
    os.utime(run.spooled(attempt), (0, 0))  # its worker died a while ago
    where = [media, tmp_path / "spool", tmp_path / "sandbox" / "files"]
    left = Remains(files_in(*where), ["Mildred"])
    assert {how for how, _ in left.found(*where)} == {"bytes", "looks"}

    erasure.erase(who, who)
    recovery.sweep_spool()
    recovery.purge()

    assert left.found(*where) == set()
    assert files_in(*where) == set()


# Its pages ----------------------------------------------------------------------------------------
def test_a_guest_is_forgotten_on_a_shared_computer(media):
    guest = make_guest()
    make_tryon(guest, "done")
    browser = visiting(guest)
    assert "Forget me on this device" in browser.get(reverse("my_data")).text
    assert "Tick the box" in browser.post(reverse("my_data_delete")).text
    assert files(media)

    answer = browser.post(reverse("my_data_delete"), {"agreed": "1"})

    assert "Receipt" in answer.text
    assert answer.cookies["visitor"]["max-age"] == 0
    assert files(media) == []
    assert "Nothing of yours is kept here" in Client().get(reverse("my_data")).text


def test_an_account_gives_its_password_once_more_and_gets_a_receipt(mildred, media, mailoutbox, settings):
    settings.SENDS_MAIL, settings.BACKUP_DAYS = True, 30
    signed_in(mildred).post(reverse("my_data_delete"), {"agreed": "1"})
    assert files(media), "not without the password"

    browser = signed_in(mildred)
    asked = browser.get(reverse("my_data_delete"))
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    browser.post(asked["Location"], {"password": "correct horse battery"})
    answer = browser.post(reverse("my_data_delete"), {"agreed": "1"})

    assert "Receipt" in answer.text
    assert "<img" not in answer.text
    for where in ("gone from its journal within ten minutes", "backups that were made before: 30 days"):
        assert where in answer.text
    assert files(media) == []
    [mail] = [mail for mail in mailoutbox if "deleted" in mail.subject]
    assert mail.to == ["mildred@example.com"]
    assert "3 photos, 2 pictures from 1 request, and 1 link" in mail.body
    assert "backups that were made before: 30 days" in mail.body
    assert "Log in" in browser.get("/").text


def test_staff_erase_an_account_with_the_right_to_it_alone(mildred, media):
    address = reverse("admin:accounts_user_erase", args=[mildred.pk])
    assert signed_in(make_user(is_staff=True)).post(address).status_code == 403
    boss = make_user(is_staff=True, is_superuser=True)
    browser = signed_in(boss)
    assert "Erase all data" in browser.get(reverse("admin:accounts_user_change", args=[mildred.pk])).text
    assert "This cannot be undone" in browser.get(address).text
    assert files(media)

    told = browser.post(address, follow=True).text

    assert "Erased. Receipt" in told
    assert files(media) == []
    assert AuditEntry.objects.get(action="erased").actor == boss
    assert browser.post(address).status_code == 404
    assert not Reference.objects.present().filter(owner=mildred).exists()
    assert User.objects.get(pk=mildred.pk).erased_at <= timezone.now()
