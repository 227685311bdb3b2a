"""The small copy of a made picture is there when its page is told, and is not made a second time."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image as Pillow

from gallery.models import Image
from tests.asking import body, signed_in, status
from tests.factories import make_user
from tests.gallery.marks import source_type
from tests.tryon.making import accepted, only_generation, sent_and_died, spool_an_answer, swept
from tryon.models import Generation
from tryon.pipeline import run, tasks
from tryon.pipeline.privacy import deletion

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def files(media: Path) -> dict[str, int]:
    """Each file with its place on the disk, which is another when it is written anew."""
    return {str(path.relative_to(media)): path.stat().st_ino for path in media.rglob("*") if path.is_file()}


def finished() -> Image:
    run.run_generation(only_generation(accepted(make_user(), size="1K")).pk)
    return Image.objects.get()


def test_the_small_copy_is_there_when_the_picture_is(gateway):
    image = finished()
    assert image.rendered_at is None, "the others are still to be made"
    answer = signed_in(image.owner).get(f"/gallery/{image.pk}/small")
    content = body(answer)
    assert answer["Content-Type"] == "image/webp"
    assert Pillow.open(io.BytesIO(content)).width == Image.SIZES["small"]
    assert source_type(content) == image.source_type, "it says what made it, as all copies do"


def test_the_worker_of_the_copies_leaves_it_as_it_is(gateway, media):
    image = finished()
    early = files(media)[image.small.name]
    tasks.render(image_id=str(image.pk))
    assert files(media)[image.small.name] == early
    image.refresh_from_db()
    assert image.large
    assert image.preview


def test_one_that_went_missing_is_made_again(gateway, media):
    image = finished()
    (media / image.small.name).unlink()
    status(signed_in(image.owner).get(f"/gallery/{image.pk}/small"))
    for message in swept():
        if message.task == "render":
            tasks.render(image_id=str(message.id))
    image.refresh_from_db()
    assert (media / image.small.name).is_file()


def test_a_picture_that_comes_after_its_deletion_leaves_no_copy(gateway, media):
    tryon = accepted(make_user())
    attempt = sent_and_died(tryon)
    spool_an_answer(gateway, attempt)
    deletion.delete_tryon(tryon, tryon.owner)
    Generation.objects.end_leases()
    swept()
    assert Generation.objects.get().dropped_at
    assert not [name for name in files(media) if name.startswith(("originals", "renditions"))]
