"""How long a picture waits for its check, from those that were decided lately."""

from __future__ import annotations

import math

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gallery.models import Image

NEEDED = 5  # decisions, before anything is claimed
LATEST = 50  # are looked at
MOST_OF_THEM = 0.8  # were decided within what is told


def usual_wait() -> str:
    """In words, "3 hours"; "" where too little is known. What owners decided themselves tells nothing."""
    decided = Image.objects.filter(reviewed_at__isnull=False).exclude(reviewed_by=F("owner"))
    times = decided.order_by("-reviewed_at").values_list("created_at", "reviewed_at")[:LATEST]
    waits = sorted((at - created).total_seconds() for created, at in times if at)
    if len(waits) < NEEDED:
        return ""
    hours = math.ceil(waits[math.ceil(MOST_OF_THEM * len(waits)) - 1] / 3600)
    if hours <= 1:
        return _("an hour")
    if hours <= 48:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    days = math.ceil(hours / 24)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
