"""What one visitor, one address and one account may upload in an hour, at every door that takes photos."""

from __future__ import annotations

import datetime as dt
import io
import itertools
from contextlib import contextmanager
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pillow

from gallery import pictures
from gallery.decode import seats
from gallery.decode.client import Decoder
from tests.asking import signed_in, visiting
from tests.factories import make_guest, make_user
from tests.live import raced
from tests.rings import matrix
from tests.tryon.studio_form import wishes
from tryon.accounts.models import RateLimit, User
from tryon.models import Reference, TryOn
from tryon.web.upload_handler import BoundedUploadHandler

# Uploads to the gateway run in threads with connections of their own.
pytestmark = pytest.mark.django_db(transaction=True)

NOON = dt.datetime(2026, 11, 30, 12, 20, tzinfo=dt.UTC)
_shades = itertools.count()


@pytest.fixture(autouse=True)
def _an_hour():
    with time_machine.travel(NOON, tick=False):
        yield


def photo(size: tuple[int, int] = (300, 400), kind: str = "PNG", more: bytes = b"") -> SimpleUploadedFile:
    """One that nobody has sent before."""
    shade, file = next(_shades), io.BytesIO()
    Pillow.new("RGB", size, (shade % 256, shade // 256, 9)).save(file, kind)
    return SimpleUploadedFile("photo", file.getvalue() + more, "image/jpeg")


def sent(client: Client, file: SimpleUploadedFile | None = None, **headers: str):
    return client.post("/references/", {"kind": "garment", "file": file or photo()}, **headers)


@contextmanager
def decoded(monkeypatch):
    """The jobs that children were asked to do."""
    jobs, run = [], Decoder.run
    with monkeypatch.context() as patched:
        patched.setattr(Decoder, "run", lambda *a, **k: (jobs.append(a[1]["task"]), run(*a, **k))[1])
        yield jobs


@pytest.mark.parametrize("before", matrix([57, 1], first=1))
def test_the_61st_photo_of_an_hour_is_refused_with_when_more_are_taken(client, monkeypatch, before):
    """The first of them is sent; of those up to `before`, which cost seconds, the count alone is there."""
    assert sent(client).status_code == 201
    RateLimit.objects.filter(name__startswith="upload files").update(taken=before)
    assert {sent(client).status_code for _ in range(60 - before)} == {201}
    with decoded(monkeypatch) as jobs:
        answer = sent(client)
    assert (answer.status_code, answer["Retry-After"], jobs) == (429, "2400", [])
    assert "You have sent 60 photos this hour. More from <time" in answer.text
    assert 'datetime="2026-11-30T13:00:00+00:00">13:00 UTC</time>' in answer.text
    assert Reference.objects.count() == 61 - before
    with time_machine.travel(NOON + dt.timedelta(minutes=40), tick=False):
        assert sent(client).status_code == 201


def test_new_cookies_do_not_help_and_another_address_is_free(settings):
    settings.UPLOADS_PER_HOUR = 3
    assert [sent(Client()).status_code for _ in range(4)] == [201, 201, 201, 429]
    answer = sent(Client())
    assert "No more than 3 photos an hour are taken from your network. More from" in answer.text
    assert 'href="/accounts/login/"' in answer.text, "an account has its own"
    assert User.objects.count() == Reference.objects.count() + 2
    assert sent(Client(), REMOTE_ADDR="203.0.113.7").status_code == 201


def test_a_guest_is_bounded_wherever_it_comes_from(settings):
    settings.UPLOADS_PER_HOUR = 3
    client = visiting(make_guest())
    seen = [sent(client, REMOTE_ADDR=f"203.0.113.{n}").status_code for n in range(5)]
    assert seen == [201, 201, 201, 429, 429]


def test_an_account_has_ten_times_that_wherever_others_are_and_staff_no_bound(settings):
    settings.UPLOADS_PER_HOUR = 1
    assert [sent(Client()).status_code, sent(Client()).status_code] == [201, 429]
    account = signed_in(make_user())
    assert [sent(account).status_code for _ in range(11)] == [201] * 10 + [429]
    staff = signed_in(make_user(is_staff=True))
    assert {sent(staff).status_code for _ in range(12)} == {201}
    settings.UPLOADS_PER_HOUR = None
    assert sent(Client()).status_code == 201


def test_pixels_count_by_the_files_head_before_it_is_opened(client, settings, monkeypatch):
    settings.UPLOADS_PER_HOUR = 2  # 50 megapixels
    small_files = [photo((6000, 4500)) for _ in range(2)]
    assert max(file.size for file in small_files) < 200_000
    assert sent(client, small_files[0]).status_code == 201
    with decoded(monkeypatch) as jobs:
        answer = sent(client, small_files[1])
    assert (answer.status_code, jobs) == (429, [])
    assert "You can send 50 megapixels of photos in an hour" in answer.text


def test_what_says_nothing_of_its_pixels_counts_as_the_most(client, settings):
    settings.UPLOADS_PER_HOUR = 4
    words = [SimpleUploadedFile("photo", b"words" * n, "image/jpeg") for n in range(1, 4)]
    assert [sent(client, file).status_code for file in words] == [422, 422, 429]


def test_bytes_count_and_what_is_too_much_is_not_kept_while_it_arrives(client, settings, monkeypatch):
    settings.UPLOADS_PER_HOUR = 2  # 10 MB
    kept, complete = [], BoundedUploadHandler.file_complete
    monkeypatch.setattr(
        BoundedUploadHandler,
        "file_complete",
        lambda *a: (file := complete(*a), kept.append(on_disk(file)))[0],
    )
    large = 9 * 1024**2
    assert sent(client, photo(more=bytes(large))).status_code == 201
    answer = sent(client, photo(more=bytes(large)))
    assert (answer.status_code, kept[0] > large, kept[1]) == (429, True, 0)
    assert "You can send 10 MB of photos in an hour" in answer.text
    assert RateLimit.objects.filter(name__startswith="upload files of").get().taken == 1


def on_disk(file) -> int:
    return Path(file.temporary_file_path()).stat().st_size


def test_a_file_that_is_too_large_counts_too(client, settings):
    settings.UPLOADS_PER_HOUR = 5  # 25 MB
    answers = [sent(client, photo(more=bytes(21 * 1024**2))) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 429]
    assert "must be smaller than 20 MB" in answers[0].text


def test_the_form_says_it_at_the_card_and_loses_nothing(settings):
    settings.UPLOADS_PER_HOUR = 2
    more = {"garment-2": photo(), "category-2": "hat"}
    client = visiting(make_guest())
    answer = client.post("/", wishes(person=photo(), garment=photo(), note="tucked in", **more))
    assert answer.status_code == 422
    assert answer.text.count("You have sent 2 photos this hour. More from") == 2  # the summary and the card
    assert answer.text.count("data-kept") == 2
    assert "tucked in" in answer.text
    assert not TryOn.objects.exists()


def test_the_same_bytes_again_count_and_are_not_opened_again(client, settings, monkeypatch):
    settings.UPLOADS_PER_HOUR = 2
    content = photo().read()
    again = [SimpleUploadedFile("photo", content, "image/jpeg") for _ in range(3)]
    with decoded(monkeypatch) as jobs:
        assert [sent(client, file).status_code for file in again] == [201, 201, 429]
    assert jobs == ["normalise"]
    assert Reference.objects.count() == 1


# Too many at this moment ----------------------------------------------------------------------------
@pytest.fixture
def full(tmp_path, monkeypatch):
    """Others hold all seats, and nobody is patient."""
    monkeypatch.setattr(seats, "_shared", tmp_path / "seats")
    monkeypatch.setattr(seats, "UPLOAD", seats.UPLOAD._replace(patience=0.02))
    monkeypatch.setattr(seats, "TICK", 0.0)
    decoder = Decoder()
    monkeypatch.setattr(pictures, "_decoder", decoder)
    decoder.bound_requests(0)
    yield decoder
    decoder._end()


def test_a_photo_that_comes_while_too_many_others_do_may_come_again_and_has_not_counted(client, full):
    answer = sent(client)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Many photos are arriving just now. Try again in a few seconds" in answer.text
    assert "data-error" in answer.text
    assert not RateLimit.objects.exclude(taken=0).exists()
    full.bound_requests(1)
    assert sent(client).status_code == 201


def test_the_form_says_so_too_and_keeps_what_is_there(client, full):
    answer = client.post("/", wishes(note="tucked in"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Many photos are arriving just now" in answer.text
    assert "tucked in" in answer.text


# At once --------------------------------------------------------------------------------------------
@pytest.mark.both_databases
@pytest.mark.processes
def test_32_processes_get_exactly_the_bound():
    guests = [make_guest() for _ in range(4)]
    orders = [{"step": "count_upload", "owner": guests[n % 4].pk} for n in range(32)]
    with time_machine.travel(dt.datetime.now(dt.UTC)):
        answers = raced(orders, UPLOADS_PER_HOUR=18)
    assert sorted(answers) == ["counted"] * 18 + ["files until"] * 14
    assert RateLimit.objects.get(name="upload files from everybody").taken == 18
    assert (
        sum(RateLimit.objects.filter(name__startswith="upload files of").values_list("taken", flat=True))
        == 18
    )
