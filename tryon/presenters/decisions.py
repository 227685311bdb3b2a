"""What staff are told of decisions on pictures that somebody had made before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gallery.models import Image
from gallery.models.audit import Words

DECIDED: dict[str, Words] = {
    Image.Review.PENDING: _("put back into the queue"),
    Image.Review.APPROVED: _("approved"),
    Image.Review.REJECTED: _("rejected"),
}


def already(left: Sequence[Image]) -> str:
    """That these were decided before, how and by whom, as far as it is the same for all of them."""
    [how, *others] = {(DECIDED[image.review], image.reviewed_by) for image in left}
    state, who = (gettext("decided"), None) if others else how
    told: dict[str, Any] = {"n": len(left), "state": state, "who": who}
    if who is None:
        return ngettext("%(n)d was already %(state)s.", "%(n)d were already %(state)s.", len(left)) % told
    by = ngettext(
        "%(n)d was already %(state)s by %(who)s.", "%(n)d were already %(state)s by %(who)s.", len(left)
    )
    return by % told


def already_this(image: Image) -> str:
    """The same of one that is named."""
    told: dict[str, Any] = {"name": image.called, "state": DECIDED[image.review], "who": image.reviewed_by}
    if image.reviewed_by is None:
        return gettext("%(name)s was already %(state)s.") % told
    return gettext("%(name)s was already %(state)s by %(who)s.") % told
