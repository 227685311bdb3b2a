"""What a visitor may still ask for today, and from when more."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tryon.accounts.models import AnyUser, User
from tryon.models import Budget
from tryon.models.budget import CapReached
from tryon.presenters.labels import counted


def remaining(owner: AnyUser) -> dict[str, float | None]:
    """How many of today's pictures are left, of how many; None where there is no cap."""
    is_account = isinstance(owner, User) and not owner.is_guest
    cap = settings.PICTURES_PER_DAY_ACCOUNT if is_account else settings.PICTURES_PER_DAY_GUEST
    here = Budget.objects.left(owner, timezone.now()) if isinstance(owner, User) else cap
    return {"pictures_cap": None if cap is None else int(cap), "pictures_left": here}


def explain_cap(owner: User, reached: CapReached) -> SafeString:
    """Why nothing more can be accepted now, and from when it can, in the reader's own time."""
    here = Budget.objects.left(owner, timezone.now()) or 0
    if not reached.of_owner:
        words = "This site has used what it may spend for now, so nothing was accepted or charged."
    elif here:
        words = f"You have {here} of today's {counted(reached.cap, 'picture')} left: choose fewer."
    else:
        words = f"You have used today's {counted(reached.cap, 'picture')}."
    return format_html(
        '{} New ones from <time data-local="{}" datetime="{}">{} UTC</time>'
        '<span class="needs-js"> (your time)</span>',
        words,
        "moment" if not reached.of_owner else "time",
        reached.opens_at.isoformat(),
        f"{reached.opens_at:%H:%M}" if reached.of_owner else f"{reached.opens_at:%d %B, %H:%M}",
    )
