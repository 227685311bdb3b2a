"""What becomes of one generation, whatever the gateway answers: the real client against a real socket."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import httpx
import pytest
import time_machine
from django.utils import timezone

from gallery import pictures
from gallery.models import Image
from tests.live import WITH_KEY
from tests.tryon.making import (
    accepted,
    garment,
    only_generation,
    person,
    sent_and_died,
    spool_an_answer,
    swept,
)
from tryon.accounts.models import User
from tryon.billing import reconcile
from tryon.gateway import FileGone, OutcomeUnknown, answer
from tryon.models import Attempt, Budget, Generation
from tryon.pipeline import outcomes, references, run
from tryon.pipeline.gateway_client import gateway_client
from tryon.pipeline.privacy import deletion

pytestmark = pytest.mark.django_db(transaction=True)

Status, Reason = Generation.Status, Generation.FailureReason


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ana")


def calls(gateway, endpoint: str) -> int:
    rows = httpx.get(f"{gateway.url}/_sandbox/calls", headers=WITH_KEY).json()["rows"]
    return sum(endpoint in row["endpoint"] for row in rows)


def budget(scope: str) -> Budget:
    return Budget.objects.get(scope=scope)


def ran(tryon) -> Generation:
    run.run_generation(only_generation(tryon).pk)
    return only_generation(tryon)


@pytest.mark.both_databases
def test_a_picture_arrives_and_is_paid_once(gateway, owner, bill):
    done = ran(accepted(owner))
    assert done.status == Status.DONE
    image = Image.objects.get()
    assert (image.width, image.height, image.owner, image.sandbox) == (448, 600, owner, True)
    assert image.original.size > 1000
    assert bill()["pictures"] == 1
    assert (budget("site day").reserved, budget("site day").spent) == (0, 45_000)
    assert budget(f"owner {owner.pk} day").spent == 1
    body = run.spooled(done.attempts.get())
    assert not list(body.parent.glob(f"{body.stem}*"))


@pytest.mark.both_databases
def test_a_second_delivery_costs_nothing(gateway, owner, bill):
    tryon = accepted(owner)
    ran(tryon)
    assert run.run_generation(only_generation(tryon).pk) == []
    assert bill()["pictures"] == 1


@pytest.mark.parametrize(
    ("kind", "options", "status", "reason", "attempt"),
    [
        ("status", {"status": 400, "type": "invalid_request"}, "failed", "rejected", "rejected"),
        ("status", {"status": 413, "type": "request_too_large"}, "failed", "rejected", "rejected"),
        ("html", {"status": 404}, "failed", "rejected", "rejected"),
        ("status", {"status": 429, "type": "rate_limit_exceeded"}, "queued", "", "unbilled"),
        ("status", {"status": 503, "type": "provider_unavailable"}, "queued", "", "unbilled"),
        ("status", {"status": 500, "type": "internal_error"}, "unknown", "", "unknown"),
        ("status", {"status": 502, "type": "provider_error", "billed": True}, "unknown", "", "unknown"),
        ("status", {"status": 504, "type": "timeout"}, "unknown", "", "unknown"),
        ("html", {"status": 502}, "unknown", "", "unknown"),
        ("html", {"status": 503}, "unknown", "", "unknown"),
        ("redirect", {}, "unknown", "", "unknown"),
        ("drop_before", {}, "unknown", "", "unknown"),
        ("drop_after", {}, "unknown", "", "unknown"),
        ("truncate", {}, "unknown", "", "unknown"),
        ("truncate_json", {}, "unknown", "", "unknown"),
        ("empty", {}, "refused", "no_picture", "refused"),
        ("no_picture", {}, "refused", "no_picture", "refused"),
    ],
)
def test_each_answer_has_one_outcome(gateway, owner, fault, kind, options, status, reason, attempt):
    fault(kind, **options)
    row = ran(accepted(owner))
    assert (row.status, row.reason) == (status, reason)
    assert row.attempts.get().status == attempt
    assert not Image.objects.exists()
    day = budget("site day")
    held = {"queued": (45_000, 0, 0), "unknown": (0, 0, 45_000)}.get(status, (0, 0, 0))
    assert (day.reserved, day.spent, day.at_risk) == held


@pytest.mark.parametrize(
    "kind",
    [
        "jpeg",
        "data_url",
        "escaped",
        "bigdecimal",
        "nan",
        "bom",
        "trailing",
        "wrapped",
        "chunk_cut",
        "late_address",
    ],
)
def test_every_form_of_a_picture_is_understood(gateway, owner, fault, kind):
    fault(kind)
    assert ran(accepted(owner)).status == Status.DONE
    assert Image.objects.get().width == 448


@pytest.mark.parametrize(("per_call", "sends"), [(1, 4), (4, 1)])
def test_four_pictures_come_by_four_calls_or_by_one(gateway, owner, settings, bill, per_call, sends):
    settings.PICTURES_PER_CALL = per_call
    tryon = accepted(owner, wanted=4)
    for row in tryon.generations.all():
        run.run_generation(row.pk)
    assert Image.objects.count() == 4
    assert (bill()["pictures"], calls(gateway, "generations")) == (4, sends)


@pytest.mark.parametrize(("kind", "count", "made"), [("fewer", 3, 3), ("more", 5, 5)])
def test_fewer_or_more_pictures_than_asked_are_all_kept(gateway, owner, fault, settings, kind, count, made):
    settings.PICTURES_PER_CALL = 4
    fault(kind, count=count)
    assert ran(accepted(owner, wanted=4)).status == Status.DONE
    assert Image.objects.count() == made
    assert budget("site day").spent == made * 45_000


def test_a_busy_gateway_is_asked_again_when_it_said_and_five_times_at_most(gateway, owner, fault):
    fault("status", status=429, headers={"Retry-After": "7"}, times=9)
    tryon = accepted(owner)
    with time_machine.travel(timezone.now(), tick=True) as clock:
        begun = timezone.now()
        row = ran(tryon)
        assert dt.timedelta(seconds=6) < row.not_before - begun < dt.timedelta(seconds=9)
        assert run.run_generation(row.pk) == []
        for _ in range(4):
            clock.shift(60)
            row = ran(tryon)
    assert (row.status, row.reason, row.attempts.count()) == ("failed", "too_many_sends", 5)
    assert budget("site day").reserved == 0


def test_a_busy_gateway_is_left_alone_for_as_long_as_it_asked(gateway, owner, fault):
    fault("status", status=429, headers={"Retry-After": "1800"})
    tryon, begun = accepted(owner), timezone.now()
    waits = ran(tryon).not_before - begun
    assert dt.timedelta(seconds=1800) <= waits < dt.timedelta(seconds=1860)


@pytest.mark.parametrize("shape", ["param", "message", "id"])
def test_a_file_that_is_gone_is_uploaded_again_and_the_call_repeated_once(gateway, owner, fault, shape):
    fault("file_gone", shape=shape, delete=True)
    tryon = accepted(owner)
    row = ran(tryon)
    assert (row.status, row.attempts.get().status) == ("queued", "unbilled")
    assert ran(tryon).status == Status.DONE
    assert calls(gateway, "files") == 4


def test_a_file_that_is_gone_twice_fails_and_charges_nothing(gateway, owner, fault, bill):
    fault("file_gone", times=2)
    tryon = accepted(owner)
    ran(tryon)
    assert ran(tryon).status == Status.FAILED
    assert bill()["pictures"] == 0


@pytest.mark.both_databases
def test_a_worker_that_died_before_sending_is_replaced_and_three_deaths_end_it(gateway, owner):
    tryon = accepted(owner)
    pk = only_generation(tryon).pk
    now = timezone.now()
    for death in range(3):
        with time_machine.travel(now + dt.timedelta(minutes=death * 5)):
            assert Generation.objects.claim(pk)
            swept()
            assert only_generation(tryon).status == Status.RUNNING
        with time_machine.travel(now + dt.timedelta(minutes=death * 5 + 2)):
            swept()
    row = only_generation(tryon)
    assert (row.status, row.reason, row.crashes) == ("failed", "crashed", 2)
    assert budget("site day").reserved == 0


@pytest.mark.both_databases
def test_a_worker_that_died_after_sending_leaves_an_unknown_outcome(gateway, owner, bill):
    tryon = accepted(owner)
    attempt = sent_and_died(tryon)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=6)):
        assert swept() == [] or only_generation(tryon).status == Status.UNKNOWN
    attempt.refresh_from_db()
    assert (only_generation(tryon).status, attempt.status) == ("unknown", "unknown")
    assert budget("site day").at_risk == 45_000
    assert run.run_generation(only_generation(tryon).pk) == []


@pytest.mark.both_databases
@pytest.mark.parametrize("after_the_lease", [True, False])
def test_a_whole_answer_on_disk_is_adopted(gateway, owner, after_the_lease):
    tryon = accepted(owner)
    attempt = sent_and_died(tryon)
    if not after_the_lease:
        spool_an_answer(gateway, attempt)
        swept()
        assert only_generation(tryon).status == Status.RUNNING, "its worker may still live"
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=6)):
        swept()
        if after_the_lease:
            assert only_generation(tryon).status == Status.UNKNOWN
            spool_an_answer(gateway, attempt)
            swept()
    assert only_generation(tryon).status == Status.DONE
    assert Image.objects.count() == 1
    day = budget("site day")
    assert (day.reserved, day.spent, day.at_risk) == (0, 45_000, 0)


def test_an_answer_that_could_not_be_kept_is_kept_later_and_not_paid_again(
    gateway, owner, bill, settings, tmp_path
):
    tryon = accepted(owner)
    references.push([row.reference for row in tryon.ordered_inputs()], seconds=10)
    usual, settings.MEDIA_ROOT = settings.MEDIA_ROOT, tmp_path / "full"
    settings.MEDIA_ROOT.write_text("a disk that takes nothing")
    with pytest.raises(OSError):
        ran(tryon)
    settings.MEDIA_ROOT = usual
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=6)):
        swept()
    assert only_generation(tryon).status == Status.DONE
    assert Image.objects.get().original.size > 1000
    assert bill()["pictures"] == 1


@pytest.mark.parametrize("is_well_again", [True, False])
def test_a_picture_whose_opening_was_cut_short_is_opened_later_for_an_hour(
    gateway, owner, bill, monkeypatch, is_well_again
):
    tryon = accepted(owner)
    references.push([row.reference for row in tryon.ordered_inputs()], seconds=10)
    usual = pictures.WALL_CLOCK
    monkeypatch.setattr(pictures, "WALL_CLOCK", 0)  # as on a machine that is out of memory
    assert ran(tryon).status == Status.RUNNING
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=6)):
        swept()
        assert only_generation(tryon).attempts.get().status == Attempt.Status.UNKNOWN
    monkeypatch.setattr(pictures, "WALL_CLOCK", usual if is_well_again else 0)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=70)):
        swept()
    assert only_generation(tryon).status == (Status.DONE if is_well_again else Status.UNKNOWN)
    assert only_generation(tryon).reason == ("" if is_well_again else Reason.UNREADABLE)
    assert Image.objects.count() == is_well_again
    assert bill()["pictures"] == 1
    paid = (45_000, 0) if is_well_again else (0, 45_000)
    assert (budget("site day").spent, budget("site day").at_risk) == paid


@pytest.mark.both_databases
def test_a_call_that_leaves_after_staff_settled_it_as_not_made_is_unknown_again(owner):
    """Its worker was paused right before the call, staff found nothing on the bill, and then it went on."""
    attempt = sent_and_died(accepted(owner))
    Generation.objects.end_leases()
    swept()
    reconcile.resolve_by_staff(attempt.generation, False, owner)
    assert (budget("site day").reserved, budget("site day").at_risk) == (0, 0)

    outcomes.without_answer(attempt, attempt.generation, OutcomeUnknown("cut"))

    after = only_generation(attempt.generation.tryon)
    assert (after.status, after.settled, after.attempts.get().status) == ("unknown", "", "unknown")
    assert (budget("site day").reserved, budget("site day").at_risk) == (0, 45_000)
    assert reconcile.disagreements() == []


@pytest.mark.both_databases
def test_a_paused_worker_cannot_write_old_truth(gateway, owner):
    tryon = accepted(owner)
    old = Generation.objects.claim(only_generation(tryon).pk)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2)):
        swept()
        assert Generation.objects.claim(old.pk)
        assert old.intend(model="m", prompt="p", prompt_version="v", price_micros=1) is None
        assert not old.requeue(None)
        assert not old.end(Status.FAILED, Reason.REJECTED)


@pytest.mark.both_databases
def test_an_answer_of_a_lost_claim_does_not_end_the_run_that_took_its_place(gateway, owner, tmp_path):
    """The owner gets the picture of the run that holds the claim, and it alone is booked."""
    tryon = accepted(owner)
    old = sent_and_died(tryon)
    spool_an_answer(gateway, old)
    found = answer.read(run.spooled(old), tmp_path)  # by a worker that then stands still
    assert outcomes.without_answer(old, old.generation, FileGone()), "its claim is lost, however that came"
    new = sent_and_died(tryon)
    assert run._finish(old, old.generation, found, run.spooled(old), is_last_try=False) == []
    new.refresh_from_db()
    assert (only_generation(tryon).status, new.status) == (Status.RUNNING, Attempt.Status.SENDING)
    assert not Image.objects.exists()
    assert (budget("site day").reserved, budget("site day").spent) == (45_000, 0)
    spool_an_answer(gateway, new)
    run.finish(new, new.generation, run.spooled(new))
    assert only_generation(tryon).status == Status.DONE
    assert Image.objects.get().original.name.startswith(f"originals/{new.pk.hex[:2]}/{new.pk.hex}")
    assert (budget("site day").reserved, budget("site day").spent) == (0, 45_000)
    assert reconcile.disagreements() == []


@pytest.mark.both_databases
def test_a_worker_that_comes_too_late_leaves_no_byte_of_a_deleted_picture(gateway, owner, settings, tmp_path):
    tryon = accepted(owner)
    attempt = sent_and_died(tryon)
    spool_an_answer(gateway, attempt)
    found = answer.read(run.spooled(attempt), tmp_path)  # by a worker that then stands still
    Generation.objects.end_leases()
    swept()
    originals = Path(settings.MEDIA_ROOT) / "originals"
    assert list(originals.rglob(f"{attempt.pk.hex}*")), "another has kept it"
    deletion.delete_tryon(tryon, owner)
    assert run._finish(attempt, attempt.generation, found, run.spooled(attempt), is_last_try=False) == []
    assert not list(originals.rglob(f"{attempt.pk.hex}*"))


@pytest.mark.both_databases
def test_a_worker_whose_answer_another_has_just_kept_does_nothing(gateway, owner):
    tryon = accepted(owner)
    attempt = sent_and_died(tryon)
    spool_an_answer(gateway, attempt)
    body = run.spooled(attempt)
    body.unlink()  # between its look at the row and its look at the file
    assert run.finish(attempt, attempt.generation, body) == []
    assert only_generation(tryon).status == Status.RUNNING


@pytest.mark.both_databases
def test_pictures_of_a_deleted_try_on_are_settled_and_dropped(gateway, owner):
    tryon = accepted(owner)
    attempt = sent_and_died(tryon)
    deletion.delete_tryon(tryon, owner)
    spool_an_answer(gateway, attempt)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=6)):
        swept()
    row = only_generation(tryon)
    assert (row.status, bool(row.dropped_at)) == ("done", True)
    assert row.attempts.get().prompt == "", "what its owner wrote goes with it"
    assert not Image.objects.exists()
    assert budget("site day").spent == 45_000


def test_a_waiting_generation_of_a_deleted_try_on_is_cancelled(gateway, owner, bill):
    tryon = accepted(owner)
    deletion.delete_tryon(tryon, owner)
    assert ran(tryon).status == Status.CANCELLED
    assert bill()["pictures"] == 0
    assert budget("site day").reserved == 0


@pytest.mark.both_databases
def test_what_waits_for_over_a_day_fails_and_charges_nothing(gateway, owner):
    tryon = accepted(owner)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=25)):
        swept()
    assert (only_generation(tryon).status, only_generation(tryon).reason) == ("failed", "too_long")


def test_a_live_file_is_reused_for_seven_days_less_the_margin(gateway, owner):
    who, what = person(owner), garment(None)
    usual = {"person": who, "garments": ((what, "top"),)}
    now = timezone.now()
    uploads = []
    for days in (0, 6.4, 6.6):
        with time_machine.travel(now + dt.timedelta(days=days), tick=True):
            assert ran(accepted(owner, key=str(days), **usual)).status == Status.DONE
            uploads.append(calls(gateway, "files"))
    assert uploads == [2, 2, 4]


def test_a_house_garment_is_uploaded_once_for_everybody(gateway, owner):
    what = garment(None)
    for name in ("bo", "cy"):
        other = User.objects.create_user(name)
        tryon = accepted(other, person=person(other, name and "tan"), garments=((what, "dress"),))
        assert ran(tryon).status == Status.DONE
    assert calls(gateway, "files") == 3


def test_references_go_out_in_the_order_that_the_prompt_numbers(gateway, owner, bill):
    inner, outer = garment(owner, "red"), garment(owner, "blue")
    row = ran(accepted(owner, garments=((outer, "outerwear"), (inner, "top"))))
    sent = row.attempts.get()
    inputs = row.tryon.ordered_inputs()
    assert [i.role for i in inputs] == ["person", "top", "outerwear"]
    ids = [i.reference.gateway_files.live(gateway_client().account).first().file_id for i in inputs]
    assert sent.file_ids == ids
    words = sent.prompt.lower()
    assert words.index("image 2") < words.index("image 3")
    assert bill()["rows"][0]["file_ids"] == ids
