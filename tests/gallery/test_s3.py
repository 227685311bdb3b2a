"""The same promises with pictures in a bucket, against a local S3 server on a socket."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import httpx
import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery import deletion_log, media, pictures, renditions
from gallery.models import Image
from tests.asking import body, signed_in, status
from tests.factories import jpeg, make_image
from tests.gallery import bucket
from tests.gallery.marks import TRAINED, pixels, source_type
from tests.gallery.opening import opened, picture, shared
from tests.tryon.making import accepted, garment, only_generation, person
from tryon.models import Generation, Reference
from tryon.pipeline import orphaned_files, recovery, references, run
from tryon.pipeline.privacy import deletion

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with bucket.s3_server() as address:
        yield address


@pytest.fixture(autouse=True)
def s3(server, settings, tmp_path) -> dict:
    """Pictures rest in a bucket of this test's own; a file on the disk would be found in `tmp_path`."""
    settings.MEDIA_ROOT = tmp_path / "media"
    options = bucket.options(server)
    bucket.rest_in(settings, options)
    return options


@pytest.fixture
def image(owner) -> Image:
    return make_image(owner, colour="olive")


def names() -> list[str]:
    """What rests in the bucket, beside the journal of deletions."""
    found = [kept.name for kept in default_storage.listed()]
    return [name for name in found if not name.startswith(deletion_log.SHARED)]


def ask(user, image: Image, size: str = "original", query: str = "", **headers):
    answer = signed_in(user).get(reverse("image_bytes", args=[image.pk, size]) + query, headers=headers)
    answer.bytes = body(answer)
    return answer


def test_a_try_on_needs_no_file_of_this_machine(gateway, owner, settings):
    tryon = accepted(owner)

    run.run_generation(only_generation(tryon).pk)
    made = Image.objects.get()
    renditions.make(made)
    for reference in Reference.objects.all():
        references.shrink(reference)

    assert only_generation(tryon).status == Generation.Status.DONE
    assert len(names()) == 11
    assert not settings.MEDIA_ROOT.exists()
    for size in ("small", "large"):
        assert ask(owner, made, size).bytes[8:12] == b"WEBP"


def test_pictures_inside_the_call_come_out_of_the_bucket(gateway, owner, settings):
    settings.INLINE_REFERENCES = True
    tryon = accepted(owner)

    run.run_generation(only_generation(tryon).pk)

    assert only_generation(tryon).status == Generation.Status.DONE


def test_what_is_kept_is_private_and_below_the_prefix(owner, image, s3):
    client = bucket.client(s3["endpoint_url"])
    key = f"tryon/{image.original.name}"
    head = client.head_object(Bucket=s3["bucket_name"], Key=key)
    grants = client.get_object_acl(Bucket=s3["bucket_name"], Key=key)["Grants"]

    assert head["ContentType"] == "image/jpeg"
    assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"]
    with pytest.raises(ValueError, match="no public address"):
        image.original.url  # noqa: B018


def test_the_same_headers_leave_as_from_the_disk(image, settings):
    renditions.make(image)
    image.refresh_from_db()
    here = ask(image.owner, image, query="?download=1")
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "gallery.media.DurableStorage"}}
    image.download.save(image.download.name, ContentFile(here.bytes), save=False)
    there = ask(image.owner, image, query="?download=1")

    assert here.bytes == there.bytes
    assert pixels(here.bytes) == pixels(jpeg("olive"))
    assert dict(here.headers) == dict(there.headers)


def test_a_browser_that_has_the_picture_costs_no_question_to_the_bucket(image, settings, s3):
    etag = ask(image.owner, image)["ETag"]
    bucket.rest_in(settings, s3 | {"endpoint_url": "http://127.0.0.1:9"})

    assert ask(image.owner, image, **{"If-None-Match": etag}).status_code == 304


def test_head_tells_the_length_and_asks_the_bucket_for_no_bytes(image, caplog):
    renditions.make(image)
    image.refresh_from_db()
    caplog.clear()
    answer = signed_in(image.owner).head(reverse("image_bytes", args=[image.pk, "original"]))

    assert answer["Content-Length"] == str(image.download.size)
    assert body(answer) == b""
    asked = [record.getMessage() for record in caplog.records if record.name == "werkzeug"]
    assert not [line for line in asked if "GET /" in line]


def test_a_stranger_gets_nothing_in_any_way(image):
    client, address = Client(), reverse("image_bytes", args=[image.pk, "original"])
    etag = ask(image.owner, image)["ETag"]

    for headers in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": etag}):
        assert status(client.get(address, headers=headers)) == 404
    assert status(client.head(address)) == 404


def test_a_lost_copy_is_answered_by_the_original_and_ordered_anew(image):
    renditions.make(image)
    image.refresh_from_db()
    default_storage.delete(image.small.name)

    answer = ask(image.owner, image, "small")
    assert (source_type(answer.bytes), pixels(answer.bytes)) == (TRAINED, pixels(jpeg("olive")))
    assert list(Image.objects.without_renditions()) == [image]


def test_a_lost_original_is_not_found(image):
    default_storage.delete(image.original.name)

    assert ask(image.owner, image).status_code == 404


def test_a_lost_preview_for_chats_is_made_at_once(owner):
    image = make_image(owner, "approved")
    renditions.make(image)
    image.refresh_from_db()
    _, token = shared(owner, image)
    address = reverse("share_preview", args=[token])
    assert body(Client().get(address)).startswith(b"\xff\xd8")
    default_storage.delete(image.preview.name)

    assert body(Client().get(address)).startswith(b"\xff\xd8")


def test_a_deleted_try_on_leaves_no_object(gateway, owner):
    tryon = accepted(owner)
    run.run_generation(only_generation(tryon).pk)
    renditions.make(Image.objects.get())

    deletion.delete_tryon(tryon, owner)

    assert names() == []


def test_what_a_crash_left_in_the_bucket_is_purged(owner, image):
    kept = person(owner)
    image.wipe()
    kept.wipe()  # and the process dies here
    assert len(names()) == 2

    recovery.purge()

    assert names() == []


def test_what_is_taken_back_on_one_machine_is_in_the_journal_of_all(owner, staff, settings, tmp_path, s3):
    settings.DELETIONS_LOG = here = tmp_path / "here.log"
    first, second = make_image(owner, "approved"), make_image(owner)
    first.reject(staff, "face")
    deletion.delete_image(first, owner)
    bucket.rest_in(settings, s3 | {"endpoint_url": "http://127.0.0.1:9"})
    deletion.delete_image(second, owner)
    bucket.rest_in(settings, s3)
    assert list(deletion_log.shared()) == list(deletion_log.read(here))[:2], "the bucket was away"

    settings.DELETIONS_LOG = there = tmp_path / "there.log"
    for _ in range(2):
        recovery.purge()

    assert list(deletion_log.shared()) == list(deletion_log.read(here)) == list(deletion_log.read(there))
    assert [line.subject for line in deletion_log.shared()] == [str(row.pk) for row in (first, first, second)]


def test_a_photo_uploaded_again_is_kept_once(owner):
    assert garment(owner) == garment(owner)
    assert len(names()) == 1


def test_a_bucket_that_does_not_answer_is_waited_for(gateway, owner, settings, s3, image):
    tryon = accepted(owner)
    bucket.rest_in(settings, s3 | {"endpoint_url": "http://127.0.0.1:9"})

    run.run_generation(only_generation(tryon).pk)

    row = only_generation(tryon)
    assert (row.status, row.crashes, row.sends) == (Generation.Status.QUEUED, 0, 0)
    answer = ask(image.owner, image)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")

    bucket.rest_in(settings, s3)
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=5)):
        run.run_generation(row.pk)
    assert only_generation(tryon).status == Generation.Status.DONE


def test_a_photo_is_not_accepted_by_a_bucket_that_does_not_answer(owner, settings, s3):
    bucket.rest_in(settings, s3 | {"endpoint_url": "http://127.0.0.1:9"})

    with pytest.raises(OSError, match="did not answer"):
        garment(owner)
    assert not Reference.objects.exists()


def test_an_object_that_is_no_picture_of_ours_fills_no_disk(image, s3):
    key = f"tryon/{image.original.name}"
    large = b"x" * (pictures.MADE_BYTES + 1)
    bucket.client(s3["endpoint_url"]).put_object(Bucket=s3["bucket_name"], Key=key, Body=large)

    with pytest.raises(OSError, match="larger than any picture"):
        renditions.make(image)


def test_many_threads_share_one_connection_pool(image):
    seen: list[bytes] = []

    def read() -> None:
        with default_storage.open(image.original.name) as file:
            seen.append(file.read())

    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [jpeg("olive")] * 20


# Addresses that are lent ----------------------------------------------------------------------------
@pytest.fixture
def lending(settings, s3) -> None:
    bucket.rest_in(settings, s3 | {"signed": True})


def test_the_owner_is_sent_to_the_bucket_for_a_minute(lending, image):
    renditions.make(image)
    answer = ask(image.owner, image, query="?download=1")

    assert answer.status_code == 302
    assert answer["Cache-Control"] == "private, no-store"
    assert "X-Amz-Expires=60" in answer["Location"]
    assert "X-Amz-Signature=" in answer["Location"]
    given = httpx.get(answer["Location"])
    assert source_type(given.content) == TRAINED
    assert pixels(given.content) == pixels(jpeg("olive"))
    assert given.headers["content-type"] == "image/jpeg"
    assert given.headers["content-disposition"].startswith("attachment")


def test_an_address_is_lent_of_nothing_without_its_mark(lending, image):
    for size in ("small", "large", "original"):
        answer = ask(image.owner, image, size)
        assert (answer.status_code, source_type(answer.bytes)) == (200, TRAINED)


def test_a_lent_address_ends_with_the_picture(lending, image):
    renditions.make(image)
    address = ask(image.owner, image)["Location"]

    deletion.delete_image(image, image.owner)

    assert httpx.get(address).status_code in (403, 404)
    assert ask(image.owner, image).status_code == 404


def test_an_address_is_lent_to_nobody_who_can_lose_the_right(lending, owner, staff):
    image = make_image(owner, "approved")
    link, token = shared(owner, image)

    for answer in (ask(staff, image), opened(token).get(picture(link, image))):
        assert answer.status_code == 200
    body(answer)


# What the operator is told --------------------------------------------------------------------------
def told() -> list[str]:
    return [f"{found.id} {found.msg}" for found in media.media_can_be_kept()]


def test_a_bucket_that_works_is_no_news():
    assert told() == []


@pytest.mark.parametrize(
    ("change", "id_and_words"),
    [
        ({"bucket_name": "no-such-bucket"}, ("gallery.E003", "no such bucket")),
        ({"endpoint_url": "http://127.0.0.1:9"}, ("gallery.E003", "did not answer")),
        ({"signed": True, "endpoint_url": None, "region_name": None}, ("gallery.E002", "SIGNED")),
    ],
)
def test_what_is_wrong_with_the_bucket_is_said(settings, s3, monkeypatch, change, id_and_words):
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3["endpoint_url"])  # no test asks Amazon
    bucket.rest_in(settings, s3 | change)

    assert any(all(word in line for word in id_and_words) for line in told())


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(media, "NEEDED_BY_BUCKET", ("no_such_package",))

    assert "gallery.E001" in told()[0]


def test_an_object_without_a_row_is_found(owner):
    kept = garment(owner)
    part = int(kept.pk.hex[:2], 16)
    default_storage.save(f"references/{part:02x}/photo.jpg", ContentFile(jpeg()))

    with time_machine.travel(timezone.now() + dt.timedelta(hours=2)):
        assert orphaned_files.remove(part) == 1
    assert names() == [kept.file.name]
