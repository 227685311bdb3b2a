"""Bytes without a row, which a crash left: found by themselves, wherever pictures rest."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from gallery import renditions
from gallery.models import Image
from tests.factories import jpeg, make_user
from tests.tryon.making import accepted, garment, only_generation
from tryon.models import Reference
from tryon.pipeline import orphaned_files, recovery, references, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def files(media: Path) -> set[str]:
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}


def grow_old(media: Path, seconds: float = 2 * orphaned_files.YOUNG_SECONDS) -> None:
    for name in files(media):
        os.utime(media / name, (time.time() - seconds,) * 2)


def test_every_file_that_a_row_names_stays_and_no_other(gateway, media):
    tryon = accepted(make_user())
    run.run_generation(only_generation(tryon).pk)
    renditions.make(Image.objects.get())
    for reference in Reference.objects.all():
        references.shrink(reference)
    named = files(media)
    for name in ("references/ab/photo.jpg", "originals/00/picture-1.png", "renditions/ff/x-small.webp"):
        default_storage.save(name, ContentFile(jpeg()))
    grow_old(media)

    assert sum(orphaned_files.remove(part) for part in range(orphaned_files.PARTS)) == 3
    assert files(media) == named
    assert len(named) == 11


def test_a_file_whose_row_may_still_come_is_left_alone(media):
    default_storage.save("references/ab/photo.jpg", ContentFile(jpeg()))

    assert orphaned_files.remove(0xAB) == 0
    assert files(media)


def test_beside_a_database_that_nobody_used_no_file_is_removed(media):
    default_storage.save("references/ab/photo.jpg", ContentFile(jpeg()))
    grow_old(media)
    assert orphaned_files.remove(0xAB) == 0
    assert files(media)


def test_the_purge_gives_each_part_its_turn(media, settings):
    garment(make_user())
    kept = files(media)
    default_storage.save("references/ab/photo.jpg", ContentFile(jpeg()))
    grow_old(media)
    seconds, now = settings.CELERY_BEAT_SCHEDULE["purge"]["schedule"], time.time()
    turns = set()

    for n in range(orphaned_files.PARTS):
        with time_machine.travel(now + n * seconds):
            turns.add(orphaned_files.part_due_now())
            if orphaned_files.part_due_now() == 0xAB:
                recovery.purge()

    assert turns == set(range(orphaned_files.PARTS))
    assert files(media) == kept
