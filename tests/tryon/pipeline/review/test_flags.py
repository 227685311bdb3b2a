"""Pictures that wait for a check are measured, and those to look at twice come first."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image as Pillow
from PIL import ImageEnhance

from gallery.models import Flag, Image
from tests.factories import make_image, make_tryon, make_user, person_of
from tests.live import ROOT
from tests.rings import matrix
from tests.tryon.asked import asked_for, photo, picture_of
from tests.tryon.making import swept
from tryon.models import Result, TryOn
from tryon.pipeline import tasks
from tryon.pipeline.enqueue import TaskMessage
from tryon.pipeline.privacy import deletion, undo
from tryon.pipeline.recovery import MEASURED_AT_ONCE
from tryon.pipeline.review import flags

pytestmark = pytest.mark.django_db

PERSON = ROOT / "tests/pictures/person.jpg"
DRESSED = ROOT / "tryon/samples/ada-red-dress.jpg"


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@cache
def webp(path: Path, brightness: float = 1.0) -> bytes:
    """A copy as pages show it, a little brighter or darker."""
    file = io.BytesIO()
    small = ImageEnhance.Brightness(Pillow.open(path).resize((300, 400))).enhance(brightness)
    small.save(file, "WEBP", quality=80)
    return file.getvalue()


def shows(image: Image, content: bytes) -> Image:
    """It has its copies now, with this in the small one."""
    image.small = default_storage.save(f"renditions/{image.pk.hex}.webp", ContentFile(content))
    image.width, image.height, image.rendered_at = 896, 1200, timezone.now()
    image.save(update_fields=["small", "width", "height", "rendered_at"])
    return image


def dressed(content: bytes, **fields) -> Image:
    """The picture of a try-on of the person in tests/pictures."""
    tryon = make_tryon(make_user(), "done", **fields)
    person = person_of(tryon)
    person.small = default_storage.save(f"renditions/{person.pk.hex}.webp", ContentFile(webp(PERSON)))
    person.save(update_fields=["small"])
    return shows(picture_of(tryon), content)


def flags_of(image: Image) -> set[str]:
    flags.measure(image.pk)
    return set(image.flags.values_list("kind", flat=True))


def sibling_of(image: Image, content: bytes) -> Image:
    generation = Result.objects.get(image=image).generation
    other = make_image(image.owner)
    position = generation.results.count() + 1
    Result.objects.create(generation=generation, image=other, position=position)
    return shows(other, content)


def test_a_picture_in_which_nothing_changed_comes_first_and_nothing_is_decided():
    older, image = make_image(make_user()), dressed(webp(PERSON, 1.1))

    assert flags_of(image) == {"unchanged"}
    assert list(Image.objects.in_queue()) == [image, older]
    image.refresh_from_db()
    assert (image.review, image.reviewed_at) == ("pending", None)
    assert image.measured_at
    assert 0 <= image.flags.get().measure <= 32


def test_one_with_something_put_on_has_no_flag_and_keeps_its_place():
    older, image = make_image(make_user()), dressed(webp(DRESSED))

    assert "unchanged" not in flags_of(image)
    assert Image.objects.in_queue().first() == older


def test_a_second_delivery_gives_the_same_flags_once():
    image = dressed(webp(PERSON))
    flags.measure(image.pk)
    first = list(image.flags.values())
    flags.measure(image.pk)
    Image.objects.filter(pk=image.pk).update(measured_at=None)
    flags.measure(image.pk)

    [again] = image.flags.values("kind", "measure")
    assert again == {name: first[0][name] for name in ("kind", "measure")}


def test_the_copies_are_made_first_and_the_sweep_orders_what_was_not_measured():
    image = picture_of(make_tryon(make_user(), "done"))
    order = TaskMessage("measure", image.pk)
    flags.measure(image.pk)
    assert order not in swept()
    assert not image.flags.exists()

    tasks.render(image_id=str(image.pk))
    assert order in swept()
    tasks.measure(image_id=str(image.pk))
    assert order not in swept()
    assert set(image.flags.values_list("kind", flat=True)) == {"one_colour", "unchanged", "small"} - {
        "unchanged"
    }


def test_a_sweep_orders_some_and_the_next_one_the_rest():
    owner = make_user()
    ready = {"source_type": "trainedAlgorithmicMedia", "rendered_at": timezone.now()}
    images = {make_image(owner, **ready).pk for _ in range(MEASURED_AT_ONCE + 3)}
    ordered = [{each.id for each in swept() if each.task == "measure"}]
    Image.objects.filter(pk__in=ordered[0]).update(measured_at=timezone.now())
    ordered.append({each.id for each in swept() if each.task == "measure"})

    assert [len(each) for each in ordered] == [MEASURED_AT_ONCE, 3]
    assert ordered[0] | ordered[1] == images


def test_what_was_decided_on_before_is_not_measured():
    image = shows(make_image(make_user(), "approved"), webp(PERSON))

    flags.measure(image.pk)
    image.refresh_from_db()
    assert image.measured_at is None
    assert TaskMessage("measure", image.pk) not in swept()


@pytest.mark.parametrize("mode", matrix(["imagine", "compose"], first=1))
def test_where_nothing_is_put_on_anybody_there_is_nothing_to_be_unchanged(mode):
    owner = make_user()
    tryon = asked_for(owner, mode, *([photo(owner), photo(owner)] if mode == "compose" else []))
    image = shows(picture_of(tryon), webp(PERSON))

    assert flags_of(image) == set()


def test_a_remix_that_changed_nothing_is_told():
    owner = make_user()
    before = photo(owner)
    before.small = default_storage.save("renditions/before.webp", ContentFile(webp(PERSON)))
    before.save(update_fields=["small"])
    image = shows(picture_of(asked_for(owner, "remix", before)), webp(PERSON, 0.9))

    assert "unchanged" in flags_of(image)


def test_a_photo_that_was_deleted_meanwhile_is_left_out():
    image = dressed(webp(PERSON))
    deletion.delete_reference(person_of(Result.objects.get(image=image).generation.tryon), None)

    assert flags_of(image) == set()
    image.refresh_from_db()
    assert image.measured_at


@pytest.mark.parametrize("content", matrix([PERSON.read_bytes()[:2000], b"", b"no picture"], first=1))
def test_a_picture_that_cannot_be_opened_has_the_flags_of_its_size_alone(content):
    image = shows(dressed(webp(PERSON)), content)
    default_storage.delete(image.original.name)
    Image.objects.filter(pk=image.pk).update(width=448, height=600)

    assert flags_of(image) == {"small"}
    image.refresh_from_db()
    assert image.measured_at


def test_files_that_are_lost_stop_nothing():
    image = dressed(webp(PERSON))
    for name in (image.small.name, image.original.name):
        default_storage.delete(name)

    assert flags_of(image) == set()


def test_of_two_variations_that_are_alike_the_later_one_is_the_twin():
    first = dressed(webp(DRESSED))
    second = sibling_of(first, webp(DRESSED, 1.02))
    other = sibling_of(first, webp(DRESSED.with_name("ada-breton-top.jpg")))

    assert "twin" not in flags_of(first)
    assert "twin" in flags_of(second)
    assert "twin" not in flags_of(other)


def test_a_deleted_picture_leaves_no_flag_that_tells_of_it():
    first = dressed(webp(DRESSED))
    second = sibling_of(first, webp(DRESSED))
    assert "twin" in flags_of(second)
    flags.measure(first.pk)

    deletion.delete_image(first, None)
    assert not Flag.objects.filter(image=first).exists()
    assert not Flag.objects.filter(kind="twin").exists()
    flags.measure(first.pk)
    assert "twin" not in flags_of(second), "it is measured anew, and alone now"
    assert not Flag.objects.filter(image=first).exists()


def test_a_deletion_that_is_taken_back_leaves_a_picture_to_be_measured():
    image = dressed(webp(PERSON))
    press = undo.hide_images([image], image.owner)
    flags.measure(image.pk)
    assert not image.flags.exists()

    undo.take_back(press, image.owner)
    assert flags_of(image) == {"unchanged"}


def test_what_a_viewer_reported_stays_when_it_is_measured():
    image = dressed(webp(DRESSED))
    Flag.objects.create(image=image, kind="reported", measure=1)

    assert "reported" in flags_of(image)


def test_a_try_on_of_another_shape_is_told():
    image = dressed(webp(DRESSED))
    tryon = Result.objects.get(image=image).generation.tryon
    TryOn.objects.filter(pk=tryon.pk).update(aspect_ratio="1:1")

    assert "reframed" in flags_of(image)
