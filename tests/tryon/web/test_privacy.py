"""The privacy page tells how long everything is kept, from what acts."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import Image
from tests.asking import signed_in
from tests.factories import make_tryon, make_user, person_of
from tryon.models import GatewayFile
from tryon.operations import backup

pytestmark = pytest.mark.django_db


def table() -> dict[str, str]:
    page = Client().get(reverse("privacy")).text
    return dict(re.findall(r'<th scope="row">([^<]+)</th><td>([^<]+)</td>', page))


def row(begins: str) -> str:
    [told] = [until for what, until in table().items() if what.startswith(begins)]
    return told


def test_it_follows_the_settings_that_act(settings):
    settings.PERSON_PHOTO_DAYS, settings.BACKUP_DAYS = 7, 14
    settings.SANDBOX = settings.INLINE_REFERENCES = False

    assert row("A photo given as the person").startswith("7 days after its last use")
    assert row("The copy of a photo at the service").startswith("7 days after it was sent")
    assert row("Backups").startswith("14 days")
    settings.INLINE_REFERENCES, settings.BACKUP_DAYS = True, None
    assert row("The copy of a photo at the service").startswith("None is made")
    assert row("Backups").startswith("As long as whoever runs this site keeps them")


@pytest.mark.parametrize(
    ("setting", "begins"), [("GUESTS", "The number in your"), ("SENDS_MAIL", "Mails to")]
)
def test_it_tells_of_what_there_is_alone(settings, setting, begins):
    setattr(settings, setting, True)
    assert row(begins)
    setattr(settings, setting, False)
    assert not [what for what in table() if what.startswith(begins)]


@pytest.mark.parametrize("where", ["tryon", "image"])
def test_where_a_photo_is_shown_stands_until_when_its_copy_lies_at_the_gateway(where):
    owner = make_user()
    tryon = make_tryon(owner, "done")
    subject = tryon if where == "tryon" else Image.objects.get(owner=owner)
    address = reverse(where, args=[subject.pk])
    assert "copy at the service until" not in signed_in(owner).get(address).text

    end = timezone.now() + dt.timedelta(days=3)
    fields = {"state": "live", "file_id": "f", "uploaded_at": timezone.now(), "expires_at": end}
    copy = GatewayFile.objects.create(reference=person_of(tryon), account="a", lease_until=end, **fields)

    page = signed_in(owner).get(address).text
    assert page.count("copy at the service until") == 1
    assert f'datetime="{timezone.localtime(end):%Y-%m-%dT%H:%M:%S}' in page
    GatewayFile.objects.filter(pk=copy.pk).update(expires_at=timezone.now())
    assert "copy at the service until" not in signed_in(owner).get(address).text


# Backups ------------------------------------------------------------------------------------------
def made(folder: Path, days_ago: int) -> Path:
    folder.mkdir()
    at = timezone.now() - dt.timedelta(days=days_ago)
    (folder / backup.MANIFEST).write_text(f'{{"made_at": "{at.isoformat()}"}}')
    (folder / "database.sqlite3").write_text("rows")
    return folder


def test_backups_that_are_too_old_go_with_the_next_one_and_nothing_else(tmp_path, settings, monkeypatch):
    old, young = made(tmp_path / "a", 31), made(tmp_path / "b", 29)
    others = tmp_path / "holiday pictures"
    others.mkdir()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / backup.MANIFEST).write_text("[]")
    new = made(tmp_path / "c", 0)

    assert backup.remove_older(new, 30) == [old]

    assert not old.exists()
    assert all(each.exists() for each in (young, others, new, tmp_path / "odd"))
