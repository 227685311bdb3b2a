"""What is true after every step, whatever happened before it; and what is true when all is quiet."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db.models import Sum

from gallery.models import Image
from tests.tryon.machine.outside import Outside
from tryon import ledger
from tryon.models import Attempt, Generation, Result, TryOn
from tryon.models.states import ENDED, Status

FREE = (Status.QUEUED, Status.FAILED, Status.CANCELLED)
FOUND_LATE = {Status.UNKNOWN, Status.DONE, Status.REFUSED}  # what an unknown one may become
ANSWERED = (Attempt.Status.OK, Attempt.Status.REFUSED)


class Truths:
    """Remembers how each generation ended, to see that it stays so."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._ended: dict[uuid.UUID, str] = {}

    def after_a_step(self) -> None:
        rows = list(Generation.objects.select_related("tryon"))
        for row in rows:
            self._of_money(row)
            self._of_states(row)
        assert_the_books_agree()
        assert_deleted_is_gone()

    def when_quiet(self) -> None:
        unfinished = Generation.objects.exclude(status__in=ENDED)
        assert not unfinished.exists(), f"lost: {list(unfinished.values_list('pk', 'status', 'waiting_for'))}"
        assert not list(Path(settings.SPOOL_DIR).iterdir()), "something stays in the spool"
        assert not Attempt.objects.open().exists(), "an attempt stays open"
        self._of_whole_answers()
        self._of_paid_pictures()

    def _of_money(self, row: Generation) -> None:
        billed = self._outside.billed[row.pk]
        assert billed <= row.count, f"paid twice: {billed} pictures for {row.count} of {row}"
        assert not (billed and row.status in FREE), (
            f"{row} is {row.status}, and {billed} pictures were billed"
        )

    def _of_states(self, row: Generation) -> None:
        assert (row.status == Status.RUNNING) == (row.lease_until is not None)
        known_lost = row.status != Status.UNKNOWN or row.pk in self._outside.ambiguous
        assert known_lost, f"{row} is unknown, and the gateway told all there is to know"
        if before := self._ended.get(row.pk):
            late = before == Status.UNKNOWN and row.status in FOUND_LATE
            assert row.status == before or late, f"{row} was {before} and is {row.status}"
        if row.is_ended:
            self._ended[row.pk] = row.status

    def _of_whole_answers(self) -> None:
        kept = Attempt.objects.filter(pk__in=self._outside.spooled, status__in=ANSWERED)
        lost = self._outside.spooled - set(kept.values_list("pk", flat=True))
        assert not lost, f"answers that were whole are not in the gallery: {lost}"

    def _of_paid_pictures(self) -> None:
        rows = Generation.objects.filter(status__in=[Status.DONE, Status.REFUSED])
        for pk, paid in rows.annotate(paid=Sum("attempts__pictures")).values_list("pk", "paid"):
            assert paid == self._outside.billed[pk], (
                f"{paid} pictures booked, {self._outside.billed[pk]} billed"
            )


def assert_the_books_agree() -> None:
    assert ledger.disagreements() == []


def assert_deleted_is_gone() -> None:
    """No row, no byte and no word of a deleted try-on, also where its answer comes later."""
    gone = TryOn.objects.exclude(deleted_at=None)
    made = Result.objects.filter(generation__tryon__in=gone)
    assert not Image.objects.present().filter(pk__in=made.values("image_id")).exists()
    attempts = Attempt.objects.filter(generation__tryon__in=gone, status__in=ANSWERED)
    for pk, prompt in attempts.values_list("pk", "prompt"):
        folder = Path(settings.MEDIA_ROOT) / "originals" / pk.hex[:2]
        assert not list(folder.glob(f"{pk.hex}-*")), "a byte of a deleted try-on is left"
        assert not prompt, "the words of a deleted try-on are left"
