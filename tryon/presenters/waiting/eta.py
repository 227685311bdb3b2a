"""Read side of the try-on page: what can honestly be said about a picture that is not there yet."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from tryon.models import Attempt, Generation

RECENT_CALLS = 25
ENOUGH_CALLS = 5
CROWD_SECONDS = 2.0
LARGEST_CROWD = 1000  # beyond it nothing changes, so nothing is counted


def usual_seconds(model: str) -> float | None:
    """Median seconds from send to end of this model's recent calls; None until there were five."""
    answered = {"attempts__model": model, "attempts__status": Attempt.Status.OK}  # waiting work may be moved
    recent = Generation.objects.filter(status=Generation.Status.DONE, sent_at__isnull=False, **answered)
    times = recent.order_by("-ended_at").values_list("sent_at", "ended_at")[:RECENT_CALLS]
    seconds = [(ended - sent).total_seconds() for sent, ended in times if sent and ended]
    return median(seconds) if len(seconds) >= ENOUGH_CALLS else None


def ahead(generation: Generation) -> int:
    """How many queued generations were accepted before this one."""
    queued = Generation.objects.filter(status=Generation.Status.QUEUED)
    return queued.filter(created_at__lt=generation.created_at).count()


class Crowd:
    """How many generations of the whole site are unfinished; counted every two seconds in each process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._size = 0
        self._until = 0.0

    def size(self) -> int:
        now = self._clock()
        if now >= self._until:
            self._until = now + CROWD_SECONDS
            self._size = Generation.objects.unfinished()[:LARGEST_CROWD].count()
        return self._size


crowd = Crowd()
