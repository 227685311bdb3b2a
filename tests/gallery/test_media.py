"""The bytes of pictures: what leaves, in which headers, and what happens when a file is lost."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from gallery import renditions
from gallery.media import DurableStorage
from gallery.models import Image
from tests.asking import body, signed_in
from tests.factories import jpeg, make_image, make_user
from tests.gallery.marks import TRAINED, pixels, source_type

pytestmark = pytest.mark.django_db


@pytest.fixture
def image() -> Image:
    return make_image(make_user(), colour="olive")


def ask(image: Image, size: str, *, download: bool = False, **headers):
    """The answer to the owner's browser, with its content read into `bytes`."""
    address = reverse("image_bytes", args=[image.pk, size]) + ("?download=1" if download else "")
    answer = signed_in(image.owner).get(address, headers=headers)
    answer.bytes = body(answer)
    return answer


def test_until_the_copies_are_made_the_original_stands_in_with_its_mark(image):
    for size in ("small", "large", "original"):
        answer = ask(image, size)
        assert answer["Content-Type"] == "image/jpeg"
        assert int(answer["Content-Length"]) == len(answer.bytes)
        assert pixels(answer.bytes) == pixels(jpeg("olive"))
        assert source_type(answer.bytes) == TRAINED


def test_small_and_large_are_webp(image):
    renditions.make(image)

    for size in ("small", "large"):
        answer = ask(image, size)
        assert answer["Content-Type"] == "image/webp"
        assert answer.bytes[8:12] == b"WEBP"


def test_a_lost_copy_is_answered_by_the_original_and_ordered_anew(image):
    renditions.make(image)
    image.refresh_from_db()
    image.small.storage.delete(image.small.name)

    answer = ask(image, "small")
    assert (source_type(answer.bytes), pixels(answer.bytes)) == (TRAINED, pixels(jpeg("olive")))
    assert list(Image.objects.without_renditions()) == [image]


def test_copies_that_were_made_meanwhile_are_not_ordered_anew(image):
    renditions.make(image)
    image.refresh_from_db()
    Image.objects.forget_renditions(image.pk, image.rendered_at - dt.timedelta(seconds=1))

    assert not Image.objects.without_renditions().exists()


def test_download_gives_the_originals_pixels_under_a_name_that_tells_nothing(image):
    for _ in ("put in on the way", "stored"):
        answer = ask(image, "original", download=True)

        assert answer["Content-Disposition"] == f'attachment; filename="picture-{str(image.pk)[:8]}.jpg"'
        assert answer["Content-Type"] == "image/jpeg"
        assert pixels(answer.bytes) == pixels(jpeg("olive"))
        assert source_type(answer.bytes) == TRAINED
        renditions.make(image)


def test_the_stored_original_stays_byte_for_byte(image):
    renditions.make(image)
    ask(image, "original", download=True)

    with image.original.storage.open(image.original.name) as file:
        assert file.read() == jpeg("olive")


def test_a_picture_is_inert_in_any_browser(image):
    answer = ask(image, "original")

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["Content-Disposition"].startswith("inline")


def test_a_browser_that_has_the_picture_gets_no_bytes_again(image):
    etag = ask(image, "original")["ETag"]

    assert ask(image, "original", **{"If-None-Match": etag}).status_code == 304


def test_the_sizes_have_different_tags(image):
    renditions.make(image)

    assert len({ask(image, size)["ETag"] for size in ("small", "large", "original")}) == 3


@pytest.mark.parametrize("size", ["huge", "preview", "owner", "original.png"])
def test_no_other_size_is_answered(image, size):
    assert ask(image, size).status_code == 404


def test_a_picture_without_a_file_is_not_found(image):
    image.original.storage.delete(image.original.name)

    assert ask(image, "original").status_code == 404


def test_behind_a_proxy_the_proxy_sends_the_bytes(image, settings):
    settings.MEDIA_ACCEL = "/protected/"

    unmade = ask(image, "original")
    renditions.make(image)
    image.refresh_from_db()
    answer = ask(image, "original")

    assert "X-Accel-Redirect" not in unmade.headers, "it has no mark, which the proxy could not put in"
    assert source_type(unmade.bytes) == TRAINED
    assert answer["X-Accel-Redirect"] == f"/protected/{image.download.name}"
    assert answer.bytes == b""


def test_a_file_that_is_saved_again_is_replaced_in_one_step_or_stays(tmp_path):
    storage = DurableStorage(location=tmp_path)

    class TornOff(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"hal"
            raise OSError("the disk is full")

    assert storage.save("originals/ab/one.png", ContentFile(b"first")) == "originals/ab/one.png"
    with pytest.raises(OSError):
        storage.save("originals/ab/one.png", TornOff(b"half"))
    assert (tmp_path / "originals/ab/one.png").read_bytes() == b"first"
    assert storage.save("originals/ab/one.png", ContentFile(b"second")) == "originals/ab/one.png"
    assert (tmp_path / "originals/ab/one.png").read_bytes() == b"second"
    assert [kept.name for kept in storage.listed("originals/ab/")] == ["originals/ab/one.png"]
