"""A worker writes to the row that it once claimed, whoever has claimed it since."""

from __future__ import annotations

from django.db import models

from tryon.celery import app
from tryon.models import Attempt, Generation
from tryon.models.money.budget import Amount

__all__ = ["app"]

_answered = Generation._answered


def _mine(self: Generation) -> models.QuerySet[Generation]:
    return Generation.objects.filter(pk=self.pk, status=Generation.Status.RUNNING)


def _answered_by_anybody(
    self: Generation, attempt: Attempt, reason: str, *, dropped: bool
) -> dict[str, Amount] | None:
    running = Generation.objects.filter(pk=self.pk, status=Generation.Status.RUNNING)
    attempt.fence = running.values_list("fence", flat=True).first() or attempt.fence
    return _answered(self, attempt, reason, dropped=dropped)


Generation._mine = _mine
Generation._answered = _answered_by_anybody
