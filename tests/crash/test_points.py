"""A worker dies at every named point, whatever the gateway answers: what was promised holds."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from django.conf import settings

from gallery.models import Image
from tests.crash.points import ANSWERS, CASES, POINTS, SPANNING, Answer, Ending, Point, promised, reached_by
from tests.factories import make_user
from tests.tryon.making import swept
from tryon.billing import reconcile
from tryon.models import Budget, CircuitBreaker, GatewayFile, Generation
from tryon.pipeline import recovery, run, tasks

PRICE = 45_000  # micro-USD of a picture


def _marks(point: Point, answer: Answer) -> tuple[pytest.MarkDecorator, ...]:
    """Some of all cases are in `make test`; the deaths within a transaction on both databases."""
    if (point, answer) not in SPANNING:
        return (pytest.mark.proof,)
    return (pytest.mark.both_databases,) if point.name in ("amid rows", "before commit") else ()


DEATHS = [
    pytest.param(
        point,
        answer,
        id=f"{point.name}, {answer.name}",
        marks=_marks(point, answer),
    )
    for point, answer in CASES
]


@pytest.mark.parametrize("answer", ANSWERS, ids=[answer.name for answer in ANSWERS])
def test_the_table_knows_which_points_an_answer_passes(shop, answer: Answer):
    """Else a case could be missing, or one be tried that is never reached."""
    told = shop.life("", answer)
    assert told["signal"] == 0
    assert set(told["passed"]) == {point.name for point in reached_by(answer)}


@pytest.mark.processes(30)
@pytest.mark.parametrize(("point", "answer"), DEATHS)
def test_a_worker_that_dies_keeps_every_promise(shop, point: Point, answer: Answer):
    told = shop.life(point.name, answer)
    assert (told["signal"], told["passed"][-1]) == (9, point.name)
    set_right()
    row = Generation.objects.get()
    assert Ending(row.status, shop.billed()) == promised(point, answer)
    assert money() == held(row)
    # Both may have been under way when the process died, and none was written down.
    assert 2 <= shop.uploads() <= (4 if point.name == "in upload" else 2)
    assert shop.new_files() == in_gallery(row.status == "done")


def set_right() -> None:
    """Another worker, when the claims of the dead one have ended and staff have opened what closed."""
    for _ in range(9):
        Generation.objects.end_leases()
        GatewayFile.objects.end_leases()
        for line in CircuitBreaker.objects.paused():
            recovery.resume(line, make_user(is_staff=True))
        Generation.objects.release()
        wakes = [wake for wake in swept() if wake.task != "shrink"]
        if not wakes:
            break
        for wake in wakes:
            if wake.task == "generate":
                run.run_generation(wake.id)
            else:
                {"render": tasks.render, "measure": tasks.measure}[wake.task](image_id=str(wake.id))
    else:
        raise AssertionError(f"there is always more to do: {wakes}")
    _ten_minutes_later()


def _ten_minutes_later() -> None:
    """No half answer is young enough that somebody may still be writing it."""
    for left in Path(settings.SPOOL_DIR).glob("*"):
        if left.suffix != ".json":
            os.utime(left, (time.time() - 700,) * 2)
    recovery.sweep_spool()
    recovery.purge()


def money() -> tuple[int, int, int]:
    day = Budget.objects.get(scope="site day")
    month = Budget.objects.get(scope="site month")
    sums = (day.reserved, day.spent, day.at_risk)
    assert (month.reserved, month.spent, month.at_risk) == sums
    owner = Budget.objects.exclude(scope__startswith="site").get()
    assert tuple(PRICE * count for count in (owner.reserved, owner.spent, owner.at_risk)) == sums
    assert reconcile.disagreements() == []
    return sums


def held(row: Generation) -> tuple[int, int, int]:
    """Reserved, spent and at risk, in micro-USD, when it has ended like this."""
    return (0, PRICE * (row.status == "done"), PRICE * (row.status == "unknown"))


def in_gallery(is_there: bool) -> set[Path]:
    """The files of the one picture with its renditions, and that it can be opened; none without it."""
    if not is_there:
        assert not Image.objects.exists()
        return set()
    image = Image.objects.get()
    assert image.rendered_at
    assert {Path(file.path).read_bytes()[8:12] for file in (image.small, image.large)} == {b"WEBP"}
    assert image.original.size > 1000
    return {Path(getattr(image, column).path) for column in Image.FILES}


def test_every_point_is_reached_by_a_picture_or_an_error():
    assert {point.name for point, _ in CASES} == {point.name for point in POINTS}


def test_the_deaths_of_make_test_meet_every_point_and_every_answer():
    assert {point.name for point, _ in SPANNING} == {point.name for point in POINTS}
    assert {answer.name for _, answer in SPANNING} == {answer.name for answer in ANSWERS}
