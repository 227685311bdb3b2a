"""Read side of the try-on page: what can honestly be said about a picture that is not there yet."""

from __future__ import annotations

from statistics import median

from tryon.models import Attempt, Generation

RECENT_CALLS = 25
ENOUGH_CALLS = 5


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
