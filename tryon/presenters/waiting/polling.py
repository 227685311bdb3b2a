"""When the try-on page asks again: close together round the expected end, sparse elsewhere and in a crowd.

So it asks where nobody can hold the answer until something changes (tryon/web/watcher.py).
"""

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
COMFORTABLE = 10  # pictures under way on the whole site before everybody's page asks less often
MOST = 5000
PLACE = 5.0  # seconds after which a page that is told looks for its place in the queue
PLACE_EACH = 0.25  # the same for each picture under way: everybody's place changes with each that is begun


def place_seconds(crowd: int) -> float:
    return max(PLACE, crowd * PLACE_EACH)


def next_poll(
    generations: Iterable[Generation], usual: float | None, now: dt.datetime, crowd: int
) -> int | None:
    """Milliseconds until the page should ask again; None once every generation has ended.

    With a `crowd` of unfinished generations on the site, so that all pages together ask about as often.
    """
    pace = max(1.0, crowd / COMFORTABLE)
    return min((_wait(g, usual, now, pace) for g in generations if not g.is_ended), default=None)


def _wait(generation: Generation, usual: float | None, now: dt.datetime, pace: float) -> int:
    def slowed(milliseconds: float) -> int:
        return round(min(MOST, milliseconds * pace))

    if generation.status == Generation.Status.QUEUED:
        if generation.waiting_for:
            return slowed(PATIENT)
        return slowed(EARLY if (now - generation.created_at).total_seconds() < 15 else SPARSE)
    if generation.sent_at is None:
        return slowed(EARLY)
    sent = (now - generation.sent_at).total_seconds()
    if usual is None or sent > usual * 1.3 + 1:
        return slowed(min(PATIENT, max(BLIND, sent * 1000 * PART_OF_THE_WAIT)))
    if abs(sent - usual) <= usual * 0.07 + 0.5:
        return slowed(CLOSE)
    opens = min(usual * 0.8, usual - 0.5)
    if sent >= opens:
        return slowed(NEAR)
    return min(slowed(SPARSE), max(slowed(NEAR), round((opens - sent) * 1000)))
