"""Several machines: each looks after the answers in its own spool, and rows tell all what is deleted."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import ClassVar

import pytest
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from gallery.media import DurableStorage
from gallery.models import Image
from tests.live import Worker, until
from tests.tryon.making import accepted, only_generation, sent_and_died, spool_an_answer
from tryon.accounts.models import User
from tryon.billing import reconcile
from tryon.gateway import FileGone, spool
from tryon.models import Attempt, Budget, Generation, TryOn
from tryon.pipeline import outcomes, recovery, run
from tryon.pipeline.privacy import deletion

pytestmark = pytest.mark.django_db(transaction=True)
Status = Generation.Status


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ana")


@pytest.fixture
def spool_of_a(settings, tmp_path) -> Path:
    """The spool of machine A; this process is one of machine B."""
    settings.SPOOL_DIR = tmp_path / "b" / "spool"
    settings.SPOOL_DIR.mkdir(parents=True)
    (tmp_path / "a" / "spool").mkdir(parents=True)
    return tmp_path / "a" / "spool"


def rested(gateway, attempt: Attempt, folder: Path) -> Path:
    """Its whole answer, in a spool whose worker died half a minute ago."""
    spool_an_answer(gateway, attempt)
    body = folder / run.spooled(attempt).name
    run.spooled(attempt).rename(body)
    os.utime(body, (time.time() - 30,) * 2)
    return body


def site_day() -> tuple[int, int, int]:
    day = Budget.objects.get(scope="site day")
    return day.reserved, day.at_risk, day.spent


def originals(settings, attempt: Attempt) -> list[Path]:
    return list((Path(settings.MEDIA_ROOT) / "originals").rglob(f"{attempt.pk.hex}*"))


def test_what_rests_on_a_machine_that_was_down_is_kept_on_its_return_and_not_what_was_deleted(
    broker, gateway, owner, settings, spool_of_a
):
    kept, deleted = accepted(owner, key="kept"), accepted(owner, key="deleted")
    bodies = [rested(gateway, sent_and_died(tryon), spool_of_a) for tryon in (kept, deleted)]
    half = spool_of_a / "0b1c2d3e-0000-4000-8000-000000000000.json.partial"
    half.write_bytes(b'{"data": [')
    os.utime(half, (time.time() - 700,) * 2)
    Generation.objects.end_leases()  # machine A is down for longer than its claims hold

    for _ in range(2):
        recovery.sweep_spool()
        recovery.sweep()
    recovery.purge()
    deletion.delete_tryon(TryOn.objects.get(pk=deleted.pk), owner)
    assert {only_generation(tryon).status for tryon in (kept, deleted)} == {Status.UNKNOWN}
    assert site_day() == (0, 90_000, 0)
    assert all(body.exists() for body in bodies), "nobody but machine A may touch them"

    with Worker(broker, gateway.url, "calls", TEST_SPOOL=str(spool_of_a)):
        until(lambda: not any(spool_of_a.glob("*")), 60, "its own worker has looked after its spool")

    rows = [only_generation(tryon) for tryon in (kept, deleted)]
    assert [(row.status, bool(row.dropped_at)) for row in rows] == [("done", False), ("done", True)]
    assert [row.attempts.get().status for row in rows] == ["ok", "ok"]
    assert site_day() == (0, 0, 90_000), "both were paid"
    assert reconcile.disagreements() == []
    image = Image.objects.get()
    assert image.original.size > 1000
    assert [len(originals(settings, row.attempts.get())) for row in rows] == [1, 0]
    assert rows[1].attempts.get().prompt == ""


def test_an_answer_whose_worker_died_is_adopted_while_its_claim_still_holds(gateway, owner):
    attempt = sent_and_died(accepted(owner))
    rested(gateway, attempt, run.spooled(attempt).parent)
    assert attempt.generation.is_held()

    assert [message.task for message in recovery.sweep_spool()] == ["render"]

    assert only_generation(attempt.generation.tryon).status == Status.DONE
    assert site_day() == (0, 0, 45_000)


def test_an_answer_is_left_to_its_worker_while_that_one_lives(gateway, owner):
    attempt = sent_and_died(accepted(owner))
    body = rested(gateway, attempt, run.spooled(attempt).parent)

    with spool.hold(body) as is_its_workers:
        recovery.sweep_spool()
        assert is_its_workers
        assert only_generation(attempt.generation.tryon).status == Status.RUNNING
    os.utime(body)  # it has just been written, and its worker is about to take hold of it
    recovery.sweep_spool()
    assert only_generation(attempt.generation.tryon).status == Status.RUNNING
    body.unlink()


class Watching(DurableStorage):
    """A disk that notes, whenever a picture is kept, which answers are held by a worker just then."""

    held: ClassVar[set[str]] = set()

    def _save(self, name: str, content: File) -> str:
        self.held.update(body.stem for body in settings.SPOOL_DIR.glob("*.json") if spool.is_held(body))
        return super()._save(name, content)


def test_a_worker_holds_its_answer_until_the_pictures_are_kept(gateway, owner, settings):
    attempt = sent_and_died(accepted(owner))
    body = rested(gateway, attempt, run.spooled(attempt).parent)
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": f"{__name__}.Watching"}}

    run.finish(attempt, attempt.generation, body)

    assert Watching.held == {str(attempt.pk)}
    assert not body.exists()


def test_a_paused_worker_keeps_nobody_from_its_answer_once_its_claim_has_ended(gateway, owner):
    attempt = sent_and_died(accepted(owner))
    body = rested(gateway, attempt, run.spooled(attempt).parent)
    Generation.objects.end_leases()

    with spool.hold(body):
        recovery.sweep_spool()

    assert only_generation(attempt.generation.tryon).status == Status.DONE


def test_an_answer_of_a_lost_claim_does_not_end_the_run_that_took_its_place(gateway, owner):
    tryon = accepted(owner)
    old = sent_and_died(tryon)
    rested(gateway, old, run.spooled(old).parent)
    assert outcomes.without_answer(old, old.generation, FileGone()), "its claim is lost, however that came"
    new = sent_and_died(tryon)
    Attempt.objects.filter(pk=old.pk).update(status=Attempt.Status.UNKNOWN)

    recovery.sweep_spool()

    new.refresh_from_db()
    assert (only_generation(tryon).status, new.status) == (Status.RUNNING, Attempt.Status.SENDING)
    assert not Image.objects.exists()
    assert site_day() == (45_000, 0, 0)


def test_a_machine_that_dies_while_it_drops_a_deleted_picture_does_so_when_it_is_back(
    gateway, owner, settings
):
    attempt = sent_and_died(accepted(owner))
    body = rested(gateway, attempt, run.spooled(attempt).parent)
    answer = body.read_bytes()
    deletion.delete_tryon(TryOn.objects.get(), owner)
    recovery.sweep_spool()
    assert only_generation(attempt.generation.tryon).dropped_at
    # It died right after that was committed: its picture is still stored, its answer still in the spool.
    left = default_storage.save(f"originals/{attempt.pk.hex[:2]}/{attempt.pk.hex}-1.png", ContentFile(answer))
    body.write_bytes(answer)

    recovery.sweep_spool()

    assert not default_storage.exists(left)
    assert not body.exists()
    assert site_day() == (0, 0, 45_000)


def test_what_workers_tidy_up_meanwhile_stops_nothing(gateway, owner, settings):
    attempt = sent_and_died(accepted(owner))
    rested(gateway, attempt, run.spooled(attempt).parent)
    vanished = Path(settings.SPOOL_DIR) / "folder-of-a-worker"
    vanished.symlink_to("nowhere")  # listed, and gone when it is looked at

    assert recovery.sweep_spool()

    assert only_generation(attempt.generation.tryon).status == Status.DONE
    vanished.unlink()


def test_of_several_workers_on_one_folder_one_looks_after_it(gateway, owner, settings):
    attempt = sent_and_died(accepted(owner))
    rested(gateway, attempt, run.spooled(attempt).parent)
    recovery.sweep_spool()  # makes the lock
    again = sent_and_died(accepted(owner, key="two"))
    rested(gateway, again, run.spooled(again).parent)

    with spool.hold(Path(f"{settings.SPOOL_DIR}.lock")):
        assert recovery.sweep_spool() == []
        assert only_generation(again.generation.tryon).status == Status.RUNNING

    recovery.sweep_spool()
    assert only_generation(again.generation.tryon).status == Status.DONE
    assert not run.spooled(again).exists()
