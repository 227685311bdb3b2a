"""How long it takes to check what waits, from the decisions of late."""

from __future__ import annotations

import math
from itertools import pairwise

from django.db.models import QuerySet
from django.utils.translation import ngettext

from gallery.models import Image
from tryon.accounts.models import User

NEEDED = 5  # decisions, before anything is claimed
LATEST = 50  # are looked at
LONGEST_LOOK = 300  # seconds; a longer one was a pause


def minutes(count: int, user: User) -> str:
    """In words, "about 3 minutes", by one's own pace, else by everybody's; "" where too little is known."""
    decided = Image.objects.filter(reviewed_at__isnull=False).order_by("-reviewed_at")
    pace = _seconds_each(decided.filter(reviewed_by=user)) or _seconds_each(decided)
    if not (pace and count):
        return ""
    n = max(1, math.ceil(count * pace / 60))
    if n > 90:
        hours = round(n / 60)
        return ngettext("about %(n)s hour", "about %(n)s hours", hours) % {"n": hours}
    return ngettext("about %(n)s minute", "about %(n)s minutes", n) % {"n": n}


def _seconds_each(decided: QuerySet[Image]) -> float:
    """From one decision to the next, on average; 0 where too few are known."""
    times = [at.timestamp() for at in decided.values_list("reviewed_at", flat=True)[:LATEST] if at]
    looks = [newer - older for newer, older in pairwise(times) if newer - older <= LONGEST_LOOK]
    return sum(looks) / len(looks) if len(times) >= NEEDED and looks else 0
