"""When the try-on page asks again: close together round the expected end, sparse elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from tryon.models import Generation

CLOSE = 100  # milliseconds, just round the usual time
NEAR = 250
BLIND = 150  # at first, where the usual time is not known
EARLY = 400
SPARSE = 1000
PATIENT = 2500
PART_OF_THE_WAIT = 0.007  # where the end is not known, nobody waits a hundredth longer for our asking


def next_poll(generations: Iterable[Generation], usual: float | None, now: dt.datetime) -> int | None:
    """Milliseconds until the page should ask again; None once every generation has ended."""
    return min((_wait(g, usual, now) for g in generations if not g.is_ended), default=None)


def _wait(generation: Generation, usual: float | None, now: dt.datetime) -> int:
    if generation.status == Generation.Status.QUEUED:
        if generation.waiting_for:
            return PATIENT
        return EARLY if (now - generation.created_at).total_seconds() < 15 else SPARSE
    if generation.sent_at is None:
        return EARLY
    sent = (now - generation.sent_at).total_seconds()
    if usual is None or sent > usual * 1.3 + 1:
        return round(min(PATIENT, max(BLIND, sent * 1000 * PART_OF_THE_WAIT)))
    if abs(sent - usual) <= usual * 0.07 + 0.5:
        return CLOSE
    opens = min(usual * 0.8, usual - 0.5)
    return NEAR if sent >= opens else min(SPARSE, max(NEAR, round((opens - sent) * 1000)))
