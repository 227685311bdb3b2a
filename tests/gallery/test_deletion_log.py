"""The journal of what people took back: on the disk with the deletion, and whole again after a crash."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from gallery import deletion_log
from gallery.models import AuditEntry
from tests.factories import make_image
from tests.gallery.opening import shared
from tryon.pipeline import recovery
from tryon.pipeline.privacy import deletion

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def file(settings, tmp_path) -> Path:
    settings.DELETIONS_LOG = tmp_path / "elsewhere" / "deletions.log"
    return settings.DELETIONS_LOG


def told(file: Path) -> list[tuple[str, str, str]]:
    return (
        [(line.action, line.kind, line.subject) for line in deletion_log.read(file)] if file.exists() else []
    )


def test_what_is_taken_back_is_written_down_at_once(owner, staff, file):
    link, _ = shared(owner)
    image = make_image(owner, "approved")
    image.undo(staff)
    image.reject(staff, "face")
    link.revoke(owner)
    deletion.delete_image(image, owner)

    assert told(file) == [
        ("undone", "image", str(image.pk)),
        ("rejected", "image", str(image.pk)),
        ("revoked", "sharelink", str(link.pk)),
        ("deleted", "image", str(image.pk)),
    ]
    assert [line.reason for line in deletion_log.read(file)] == ["", "face", "", ""]


def test_a_deletion_that_is_rolled_back_is_not_written_down(owner, file):
    with transaction.atomic():
        deletion.delete_image(make_image(owner), owner)
        transaction.set_rollback(True)

    assert told(file) == []


def test_what_a_crash_kept_from_it_is_added_once(owner, file):
    first, second = make_image(owner), make_image(owner)
    deletion.delete_image(first, owner)
    deletion.delete_image(second, owner)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text(lines[0] + lines[1][:20] + "\n")  # the power went while it was written

    for _ in range(2):
        recovery.purge()

    assert [subject for *_, subject in told(file)] == [str(first.pk), str(second.pk)]


def test_a_journal_that_is_gone_begins_anew_and_stops_nothing(owner, file):
    file.parent.write_text("no folder")
    image = make_image(owner)

    deletion.delete_image(image, owner)

    image.refresh_from_db()
    assert image.deleted_at
    file.parent.unlink()
    recovery.purge()
    assert told(file) == [("deleted", "image", str(image.pk))]


def test_only_the_last_hour_is_looked_at(owner):
    deletion.delete_image(make_image(owner), owner)

    assert not AuditEntry.objects.lately_taken_back(timezone.now() + dt.timedelta(seconds=1)).exists()
    assert AuditEntry.objects.lately_taken_back(timezone.now() - dt.timedelta(hours=1)).count() == 1
