"""Each picture reaches the gateway once, whoever pushes it, and not before consent."""

from __future__ import annotations

import datetime as dt
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow

from tests.asking import body, signed_in
from tests.factories import jpeg
from tests.live import WITH_KEY
from tests.stopwatch import Stopwatch
from tests.tryon.making import garment, person, photo
from tryon.accounts.models import User
from tryon.models import CircuitBreaker, GatewayFile, Reference
from tryon.pipeline import payload, recovery, references, tasks
from tryon.pipeline.gateway_client import gateway_client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ana")


def uploads(gateway) -> int:
    rows = httpx.get(f"{gateway.url}/_sandbox/calls", headers=WITH_KEY).json()["rows"]
    return sum("files" in row["endpoint"] for row in rows)


def slow(gateway, seconds: float) -> None:
    httpx.post(f"{gateway.url}/_sandbox/latency", json={"files": seconds})


@pytest.mark.both_databases
def test_the_same_bytes_are_one_reference_for_one_owner(owner, settings):
    other = User.objects.create_user("bo")
    assert garment(owner).pk == garment(owner).pk
    assert garment(owner).pk != garment(other).pk
    kept = set(Path(settings.MEDIA_ROOT).rglob("references/**/*.*"))
    assert garment(owner).pk == garment(owner).pk
    assert set(Path(settings.MEDIA_ROOT).rglob("references/**/*.*")) == kept, "nothing is left of the second"


@pytest.mark.both_databases
def test_two_uploads_of_one_picture_at_once_are_one_reference(owner):
    def keep(_: int) -> Reference:
        try:
            return references.keep(owner, "garment", photo("green"))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert len({row.pk for row in threads.map(keep, range(4))}) == 1


def test_what_is_kept_is_pushed_before_the_answer(gateway, owner):
    who, what = person(owner), garment(owner)
    references.push([who, what])
    assert who.gateway_files.live(gateway_client().account).first().file_id.startswith("file")
    assert what.gateway_files.live(gateway_client().account).first()
    references.push([who, what])
    assert uploads(gateway) == 2


def test_a_photo_without_consent_does_not_leave(gateway, owner):
    row = references.keep(owner, Reference.Kind.PERSON, photo("tan"))
    references.push([row])
    with pytest.raises(references.InputGone):
        references.ready([row])
    assert uploads(gateway) == 0


def test_a_slow_gateway_costs_the_visitor_only_the_agreed_time_and_no_second_upload(gateway, owner):
    slow(gateway, 2)
    who = person(owner)
    watch = Stopwatch()
    references.push([who], seconds=0.5)
    assert watch.seconds < 1.5
    assert (
        references.ready([who])[0].file_id == who.gateway_files.live(gateway_client().account).first().file_id
    )
    assert uploads(gateway) == 1


def test_a_dead_gateway_costs_the_visitor_nothing_and_the_worker_makes_it_good(owner, settings, request):
    who = person(owner)
    watch = Stopwatch()
    references.push([who])
    assert watch.seconds < 1.5
    gateway = request.getfixturevalue("gateway")
    assert references.ready([who])
    assert uploads(gateway) == 1


def test_while_the_line_is_paused_the_visitor_does_not_wait_for_it(gateway, owner):
    slow(gateway, 2)
    CircuitBreaker.objects.stop_everything(owner)
    watch = Stopwatch()
    references.push([person(owner)])
    assert watch.seconds < 1
    assert uploads(gateway) == 0


@pytest.mark.both_databases
def test_twenty_that_need_one_picture_upload_it_once(gateway, owner):
    slow(gateway, 0.5)
    what = garment(owner)

    def ready(_: int) -> payload.OutgoingReference:
        try:
            return references.ready([what])[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        assert len(set(threads.map(ready, range(20)))) == 1
    assert uploads(gateway) == 1


@pytest.mark.both_databases
def test_an_upload_whose_process_died_is_taken_over(gateway, owner):
    what = garment(owner)
    assert GatewayFile.objects.begin(what, gateway_client().account)
    with pytest.raises(references.StillUploading):
        references.ready([what])
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=3), tick=True):
        assert references.ready([what])
    assert uploads(gateway) == 1


@pytest.mark.both_databases
def test_a_photo_deleted_during_its_upload_is_not_used(gateway, owner):
    who = person(owner)
    row = GatewayFile.objects.begin(who, gateway_client().account)
    who.wipe()
    assert not row.arrived("file_late", timezone.now())
    assert who.gateway_files.live(gateway_client().account).first() is None


def test_another_key_is_another_account_and_uploads_anew(gateway, owner, settings):
    what = garment(owner)
    references.push([what])
    gateway_client().close()
    settings.LLMTR_API_KEY = "llmtr-other"
    with pytest.raises(Exception, match="401"):
        references.ready([what])
    assert GatewayFile.objects.filter(state="live").count() == 1


# Smaller copies -----------------------------------------------------------------------------------
def width(reference: Reference, size: str) -> int:
    answer = signed_in(reference.owner).get(reverse("reference_bytes", args=[reference.pk, size]))
    return Pillow.open(io.BytesIO(body(answer))).width


def shrink_all() -> None:
    """What the sweep orders of the worker."""
    for message in recovery.sweep():
        if message.task == "shrink":
            tasks.shrink(reference_id=str(message.id))


def test_tiles_get_a_picture_of_their_own_and_the_next_larger_one_until_it_is_made(owner):
    reference = references.keep(owner, "garment", jpeg("navy", (900, 1200)))
    assert [width(reference, size) for size in ("thumbnail", "small", "original")] == [900] * 3

    shrink_all()
    assert [width(reference, size) for size in ("thumbnail", "small", "original")] == [144, 480, 900]

    Reference.objects.update(thumbnail="")  # as the version before left it
    small = Reference.objects.get().small.name
    assert width(reference, "thumbnail") == 480
    shrink_all()
    assert width(reference, "thumbnail") == 144
    assert Reference.objects.get().small.name == small
    assert not Reference.objects.without_copies().exists()
