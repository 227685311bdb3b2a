"""What a visitor may still ask for today, and from when more."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tryon.accounts.models import AnyUser, User
from tryon.accounts.upload_bounds import TooManyUploads
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
    return _from_then_on(f"{words} New ones", reached.opens_at, with_date=not reached.of_owner)


def explain_upload_bound(reached: TooManyUploads) -> SafeString:
    """Why no more photos are taken in this hour, and from when they are, in the reader's own time."""
    most = {
        "files": counted(reached.most, "photo"),
        "bytes": f"{reached.most // 1024**2:,} MB of photos",
        "pixels": f"{reached.most // 10**6:,} megapixels of photos",
    }[reached.unit]
    if reached.of_address:
        words = f"No more than {most} an hour are taken from your network"
    elif reached.unit == "files":
        words = f"You have sent {most} this hour"
    else:
        words = f"You can send {most} in an hour, and this would be more"
    return _from_then_on(f"{words}. More", reached.opens_at)


def _from_then_on(words: str, moment: dt.datetime, *, with_date: bool = False) -> SafeString:
    return format_html(
        '{} from <time data-local="{}" datetime="{}">{} UTC</time><span class="needs-js"> (your time)</span>',
        words,
        "moment" if with_date else "time",
        moment.isoformat(),
        f"{moment:%d %B, %H:%M}" if with_date else f"{moment:%H:%M}",
    )
